//! TagResource.

use super::ARN_LENGTH_MAX;
use super::schema::{Tag, decode};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Adds or replaces tags.
#[derive(Clone, Debug)]
pub struct TagResource {
    /// The table's ARN.
    pub resource_arn: String,
    /// The tags.
    pub tags: Vec<Tag>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl TagResource {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<TagResource, ApiError> {
        let layer = Layer::of(Operation::TagResource);
        let (mut resource_arn, mut tags) = (None, None);
        request(body, |reader, name| {
            match name {
                "ResourceArn" => resource_arn = owned_string(reader)?,
                "Tags" => tags = decode::tags(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(layer);
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.required("tags", tags.as_ref());
        let tags = decode::Check(&mut constraints).tags(tags.unwrap_or_default());
        constraints.finish()?;
        Ok(TagResource { resource_arn: resource_arn.unwrap_or_default(), tags, layer })
    }
}

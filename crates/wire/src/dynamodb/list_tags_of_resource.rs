//! ListTagsOfResource.

use super::ARN_LENGTH_MAX;
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Lists tags.
#[derive(Clone, Debug)]
pub struct ListTagsOfResource {
    /// The table's ARN.
    pub resource_arn: String,
    /// Where the page before ended.
    pub next_token: Option<String>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl ListTagsOfResource {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListTagsOfResource, ApiError> {
        let layer = Layer::of(Operation::ListTagsOfResource);
        let (mut resource_arn, mut next_token) = (None, None);
        request(body, |reader, name| {
            match name {
                "ResourceArn" => resource_arn = owned_string(reader)?,
                "NextToken" => next_token = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(layer);
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(ListTagsOfResource { resource_arn: resource_arn.unwrap_or_default(), next_token, layer })
    }
}

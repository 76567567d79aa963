//! UntagResource.

use super::ARN_LENGTH_MAX;
use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request, strings};
use crate::operation::Operation;

const KEY_LENGTHS: &[Constraint] = &[Constraint::MaxLength(128), Constraint::MinLength(1)];

/// Removes tags.
#[derive(Clone, Debug)]
pub struct UntagResource {
    /// The table's ARN.
    pub resource_arn: String,
    /// The keys of the tags.
    pub tag_keys: Vec<String>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl UntagResource {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UntagResource, ApiError> {
        let layer = Layer::of(Operation::UntagResource);
        let (mut resource_arn, mut tag_keys) = (None, None);
        request(body, |reader, name| {
            match name {
                "ResourceArn" => resource_arn = owned_string(reader)?,
                "TagKeys" => tag_keys = strings(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(layer);
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.required("tagKeys", tag_keys.as_ref());
        constraints.texts("tagKeys", tag_keys.as_deref().unwrap_or_default(), KEY_LENGTHS);
        constraints.finish()?;
        Ok(UntagResource {
            resource_arn: resource_arn.unwrap_or_default(),
            tag_keys: tag_keys.unwrap_or_default(),
            layer,
        })
    }
}

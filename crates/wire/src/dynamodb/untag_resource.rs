//! UntagResource.

use crate::layer::Layer;

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

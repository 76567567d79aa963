//! TagResource.

use super::schema::Tag;
use crate::layer::Layer;

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

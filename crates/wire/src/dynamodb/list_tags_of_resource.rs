//! ListTagsOfResource.

use crate::layer::Layer;

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

//! DescribeTimeToLive.

use crate::layer::Layer;

/// Tells by which attribute items expire.
#[derive(Clone, Debug)]
pub struct DescribeTimeToLive {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

//! DescribeContinuousBackups.

use crate::layer::Layer;

/// Tells whether a table is backed up continuously.
#[derive(Clone, Debug)]
pub struct DescribeContinuousBackups {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

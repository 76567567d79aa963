//! DescribeTable.

use crate::layer::Layer;

/// Describes a table.
#[derive(Clone, Debug)]
pub struct DescribeTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

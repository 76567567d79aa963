//! DeleteTable.

use crate::layer::Layer;

/// Deletes a table.
#[derive(Clone, Debug)]
pub struct DeleteTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

//! DeleteTable.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Deletes a table.
#[derive(Clone, Debug)]
pub struct DeleteTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl DeleteTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DeleteTable, ApiError> {
        let layer = Layer::of(Operation::DeleteTable);
        let table_name = super::only_table_name(body, layer)?;
        Ok(DeleteTable { table_name, layer })
    }
}

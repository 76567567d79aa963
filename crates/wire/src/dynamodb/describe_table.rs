//! DescribeTable.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Describes a table.
#[derive(Clone, Debug)]
pub struct DescribeTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl DescribeTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeTable, ApiError> {
        let layer = Layer::of(Operation::DescribeTable);
        let table_name = super::only_table_name(body, layer)?;
        Ok(DescribeTable { table_name, layer })
    }
}

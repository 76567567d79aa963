//! DescribeGlobalTable.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Tells of a global table.
#[derive(Clone, Debug)]
pub struct DescribeGlobalTable {
    /// The name.
    pub global_table_name: String,
}

impl DescribeGlobalTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeGlobalTable, ApiError> {
        let global_table_name = super::only_text(body, "GlobalTableName")?;
        let mut constraints = Constraints::new(Layer::of(Operation::DescribeGlobalTable));
        constraints.required("globalTableName", global_table_name.as_ref());
        constraints.plain_table_name("globalTableName", global_table_name.as_deref());
        constraints.finish()?;
        Ok(DescribeGlobalTable { global_table_name: global_table_name.unwrap_or_default() })
    }
}

//! DescribeGlobalTable: there are none.

use crate::Database;
use crate::caller::Reply;
use crate::global_tables;
use wire::ApiError;
use wire::dynamodb::DescribeGlobalTable;

impl Database {
    /// DescribeGlobalTable.
    ///
    /// # Errors
    /// Always: there is no such global table.
    pub fn describe_global_table(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeGlobalTable::decode(body)?;
        Err(global_tables::not_found(&request.global_table_name))
    }
}

//! CreateGlobalTable: refused, as AWS refuses it.

use crate::Database;
use crate::caller::Reply;
use crate::global_tables;
use wire::ApiError;
use wire::dynamodb::CreateGlobalTable;

impl Database {
    /// CreateGlobalTable.
    ///
    /// # Errors
    /// Always.
    pub fn create_global_table(&self, body: &[u8]) -> Result<Reply, ApiError> {
        CreateGlobalTable::decode(body)?;
        Err(global_tables::unsupported_version())
    }
}

//! UpdateGlobalTable: there are none, and none can be made.

use crate::Database;
use crate::caller::Reply;
use crate::global_tables;
use wire::ApiError;
use wire::dynamodb::UpdateGlobalTable;

impl Database {
    /// UpdateGlobalTable.
    ///
    /// # Errors
    /// Always.
    pub fn update_global_table(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = UpdateGlobalTable::decode(body)?;
        if request.creates.is_empty() {
            return Err(ApiError::validation("One or more parameter values were invalid"));
        }
        // Before it is known whether there is such a table, as on AWS.
        if request.creates.contains(&true) {
            return Err(global_tables::unsupported_version());
        }
        Err(global_tables::not_found(&request.global_table_name))
    }
}

//! ListGlobalTables: there are none.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::ListGlobalTables;

impl Database {
    /// ListGlobalTables.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_global_tables(&self, body: &[u8]) -> Result<Reply, ApiError> {
        ListGlobalTables::decode(body)?;
        Ok(Reply::json(&json!({ "GlobalTables": [] })))
    }
}

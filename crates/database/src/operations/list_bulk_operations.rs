//! ListBulkOperations: there are none.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::ListBulkOperations;

impl Database {
    /// ListBulkOperations.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_bulk_operations(&self, body: &[u8]) -> Result<Reply, ApiError> {
        ListBulkOperations::decode(body)?;
        Ok(Reply::json(&json!({ "BulkOperationsSummaryList": [] })))
    }
}

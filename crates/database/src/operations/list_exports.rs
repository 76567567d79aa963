//! ListExports: there are none.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::ListExports;

impl Database {
    /// ListExports.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_exports(&self, body: &[u8]) -> Result<Reply, ApiError> {
        ListExports::decode(body)?;
        Ok(Reply::json(&json!({ "ExportSummaries": [] })))
    }
}

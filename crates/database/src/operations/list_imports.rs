//! ListImports: there are none.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::ListImports;

impl Database {
    /// ListImports.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_imports(&self, body: &[u8]) -> Result<Reply, ApiError> {
        ListImports::decode(body)?;
        Ok(Reply::json(&json!({ "ImportSummaryList": [] })))
    }
}

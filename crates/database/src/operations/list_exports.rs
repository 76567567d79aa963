//! ListExports: the oldest first, a page at a time.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::transfer::{page, summarize_export};
use serde_json::{Value, json};
use wire::ApiError;
use wire::dynamodb::ListExports;

impl Database {
    /// ListExports.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_exports(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListExports::decode(body)?;
        let all = self.exports.of(caller);
        let (exports, next) =
            page(all, request.table_arn.as_deref(), request.limit, request.next_token.as_deref())?;
        let summaries: Vec<Value> = exports.iter().map(|export| summarize_export(export)).collect();
        let mut answer = json!({ "ExportSummaries": summaries });
        if let Some(next) = next {
            answer["NextToken"] = json!(next);
        }
        Ok(Reply::json(&answer))
    }
}

//! ListImports: the oldest first, a page at a time.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::transfer::{page, summarize_import};
use serde_json::{Value, json};
use wire::ApiError;
use wire::dynamodb::ListImports;

impl Database {
    /// ListImports.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_imports(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListImports::decode(body)?;
        let all = self.imports.of(caller);
        let (imports, next) =
            page(all, request.table_arn.as_deref(), request.limit, request.next_token.as_deref())?;
        let summaries: Vec<Value> = imports.iter().map(|import| summarize_import(import)).collect();
        let mut answer = json!({ "ImportSummaryList": summaries });
        if let Some(next) = next {
            answer["NextToken"] = json!(next);
        }
        Ok(Reply::json(&answer))
    }
}

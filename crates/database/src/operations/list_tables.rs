//! ListTables: names in order, a page at a time.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::ListTables;

const PAGE: usize = 100;

impl Database {
    /// ListTables.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_tables(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListTables::decode(body)?;
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
        let names = self.catalog.names(caller);
        // The table of the cursor may be gone: go on with what is greater.
        let start = request.exclusive_start_table_name.unwrap_or_default();
        let from = names.partition_point(|name| *name <= start);
        let page = &names[from..names.len().min(from + limit)];
        let mut answer = json!({ "TableNames": page });
        if from + page.len() < names.len() {
            answer["LastEvaluatedTableName"] = json!(page.last());
        }
        Ok(Reply::json(&answer))
    }
}

//! DescribeTable: the descriptor, with exact counts.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::description::{Shown, describe};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeTable;

impl Database {
    /// DescribeTable.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn describe_table(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeTable::decode(body)?;
        let filled = self.catalog.find_any(caller, &request.table_name);
        let entry = match filled.filter(|entry| entry.descriptor.is_being_filled()) {
            Some(entry) => entry,
            None => self.catalog.entry(caller, &request.table_name)?,
        };
        let shown = if entry.descriptor.is_being_filled() { Shown::Creating } else { Shown::Active };
        let sizes = self.sizes(&entry.descriptor)?;
        Ok(Reply::json(&json!({ "Table": describe(&entry.descriptor, &sizes, shown) })))
    }
}

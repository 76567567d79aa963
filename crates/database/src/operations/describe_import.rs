//! DescribeImport.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::transfer::describe_import;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeImport;

impl Database {
    /// DescribeImport.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such import.
    pub fn describe_import(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeImport::decode(body)?;
        let found = self.imports.get(caller, &request.import_arn);
        let import = found
            .ok_or_else(|| ApiError::import_not_found(format!("Import not found: {}", request.import_arn)))?;
        Ok(Reply::json(&json!({ "ImportTableDescription": describe_import(&import) })))
    }
}

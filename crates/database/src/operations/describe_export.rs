//! DescribeExport.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::transfer::describe_export;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeExport;

impl Database {
    /// DescribeExport.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such export.
    pub fn describe_export(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeExport::decode(body)?;
        let found = self.exports.get(caller, &request.export_arn);
        let export = found
            .ok_or_else(|| ApiError::export_not_found(format!("Export not found: {}", request.export_arn)))?;
        Ok(Reply::json(&json!({ "ExportDescription": describe_export(&export) })))
    }
}

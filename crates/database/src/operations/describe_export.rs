//! DescribeExport: there are none.

use crate::Database;
use crate::caller::Reply;
use wire::ApiError;
use wire::dynamodb::DescribeExport;

impl Database {
    /// DescribeExport.
    ///
    /// # Errors
    /// Always: there is no such export.
    pub fn describe_export(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeExport::decode(body)?;
        Err(ApiError::export_not_found(format!("Export not found: {}", request.export_arn)))
    }
}

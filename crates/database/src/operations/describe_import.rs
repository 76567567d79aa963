//! DescribeImport: there are none.

use crate::Database;
use crate::caller::Reply;
use wire::ApiError;
use wire::dynamodb::DescribeImport;

impl Database {
    /// DescribeImport.
    ///
    /// # Errors
    /// Always: there is no such import.
    pub fn describe_import(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeImport::decode(body)?;
        Err(ApiError::import_not_found(format!("Import not found: {}", request.import_arn)))
    }
}

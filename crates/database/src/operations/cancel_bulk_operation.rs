//! CancelBulkOperation: there are none.

use crate::Database;
use crate::caller::Reply;
use wire::ApiError;
use wire::dynamodb::CancelBulkOperation;

impl Database {
    /// CancelBulkOperation.
    ///
    /// # Errors
    /// Always: there is no such bulk operation.
    pub fn cancel_bulk_operation(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = CancelBulkOperation::decode(body)?;
        Err(ApiError::resource_not_found(format!("Bulk operation not found: {}", request.bulk_operation_arn)))
    }
}

//! CancelBulkOperation.

use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Ends a bulk operation.
#[derive(Clone, Debug)]
pub struct CancelBulkOperation {
    /// The bulk operation.
    pub bulk_operation_arn: String,
}

impl CancelBulkOperation {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<CancelBulkOperation, ApiError> {
        let arn = super::only_text(body, "BulkOperationArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::CancelBulkOperation));
        constraints.required("bulkOperationArn", arn.as_ref());
        constraints.length("bulkOperationArn", arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(CancelBulkOperation { bulk_operation_arn: arn.unwrap_or_default() })
    }
}

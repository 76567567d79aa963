//! The table that a tagging operation names by its ARN.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use std::sync::Arc;
use wire::{ApiError, Operation, TableRef};

impl Database {
    /// The table of an ARN, for this operation.
    pub(crate) fn tagged(
        &self,
        operation: Operation,
        caller: &Caller,
        arn: &str,
    ) -> Result<Arc<Entry>, ApiError> {
        let Some(asked) = TableRef::parse_arn(arn) else {
            let text = format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}");
            return Err(ApiError::validation(text));
        };
        if asked.account != Some(&caller.account) && !self.options.shared_tables {
            return Err(ApiError::access_denied(format!(
                "User: arn:aws:iam::{}:root is not authorized to perform: dynamodb:{} on resource: {arn}",
                caller.account,
                operation.name()
            )));
        }
        self.catalog.find(caller, arn).ok_or_else(|| {
            ApiError::resource_not_found(format!("Requested resource not found: ResourcArn: {arn} not found"))
        })
    }
}

//! The table that a tagging operation names by its ARN.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use std::sync::Arc;
use wire::{ApiError, TableRef};

impl Database {
    /// The table of an ARN.
    pub(crate) fn tagged(&self, caller: &Caller, arn: &str) -> Result<Arc<Entry>, ApiError> {
        if TableRef::parse_arn(arn).is_none() {
            let text = format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}");
            return Err(ApiError::validation(text));
        }
        self.catalog.find(caller, arn).ok_or_else(|| {
            ApiError::resource_not_found(format!("Requested resource not found: ResourcArn: {arn} not found"))
        })
    }
}

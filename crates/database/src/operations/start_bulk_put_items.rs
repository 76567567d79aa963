//! StartBulkPutItems, which is not done: a request that is right in itself is told so.

use crate::caller::{Caller, Reply};
use crate::{Database, unsupported};
use wire::dynamodb::StartBulkPutItems;
use wire::{ApiError, Operation};

impl Database {
    /// StartBulkPutItems.
    ///
    /// # Errors
    /// Always: when the request breaks a rule, there is no such table, and else that this is not done here.
    pub fn start_bulk_put_items(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = StartBulkPutItems::decode(body)?;
        self.catalog.get(caller, &request.table_name)?;
        Err(unsupported(Operation::StartBulkPutItems))
    }
}

//! UntagResource: takes tags away; those that are not there are no error.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use std::sync::Arc;
use wire::dynamodb::UntagResource;
use wire::{ApiError, Operation};

impl Database {
    /// UntagResource.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub async fn untag_resource(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = UntagResource::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.untag(&caller, &request).await }).await
    }

    async fn untag(&self, caller: &Caller, request: &UntagResource) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.tagged(Operation::UntagResource, caller, &request.resource_arn)?;
        let mut table = entry.descriptor.clone();
        table.tags.retain(|(key, _)| !request.tag_keys.contains(key));
        self.change(&control, TableChange::quiet(table)).await?;
        Ok(Reply::default())
    }
}

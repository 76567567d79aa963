//! TagResource: adds tags, and replaces those of the same key.

use super::create_table::TAGS_MAX;
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::schema::invalid;
use crate::settings;
use std::sync::Arc;
use wire::dynamodb::TagResource;
use wire::{ApiError, Operation};

impl Database {
    /// TagResource.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, or it would have too many tags.
    pub async fn tag_resource(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = TagResource::decode(body)?;
        settings::check_tags(&request.tags, TAGS_MAX)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.tag(&caller, &request).await }).await
    }

    async fn tag(&self, caller: &Caller, request: &TagResource) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.tagged(Operation::TagResource, caller, &request.resource_arn)?;
        let mut table = entry.descriptor.clone();
        for tag in &request.tags {
            match table.tags.iter_mut().find(|(key, _)| *key == tag.key) {
                Some((_, value)) => value.clone_from(&tag.value),
                None => table.tags.push((tag.key.clone(), tag.value.clone())),
            }
        }
        if table.tags.len() > TAGS_MAX {
            return Err(invalid(format!("Too many tags: a resource has at most {TAGS_MAX}")));
        }
        self.change(&control, TableChange::quiet(table)).await?;
        Ok(Reply::default())
    }
}

//! ListTagsOfResource: all tags on one page; a table has at most 50.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::{Value, json};
use wire::dynamodb::ListTagsOfResource;
use wire::{ApiError, Operation};

impl Database {
    /// ListTagsOfResource.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn list_tags_of_resource(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListTagsOfResource::decode(body)?;
        let entry = self.tagged(Operation::ListTagsOfResource, caller, &request.resource_arn)?;
        let tag = |(key, value): &(String, String)| json!({ "Key": key, "Value": value });
        let tags: Vec<Value> = entry.descriptor.tags.iter().map(tag).collect();
        Ok(Reply::json(&json!({ "Tags": tags })))
    }
}

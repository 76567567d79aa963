//! DeleteResourcePolicy: where there is none, there is nothing to do.

use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::{Database, policies};
use serde_json::json;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::DeleteResourcePolicy;

impl Database {
    /// DeleteResourcePolicy.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table or stream, or its policy is not the one expected.
    pub async fn delete_resource_policy(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = DeleteResourcePolicy::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.delete_policy(&caller, &request).await }).await
    }

    async fn delete_policy(
        &self,
        caller: &Caller,
        request: &DeleteResourcePolicy,
    ) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let arn = &request.resource_arn;
        let entry = self.table_of_resource(caller, arn)?;
        let mut table = entry.descriptor.clone();
        let now = policies::of(&table, arn);
        policies::check_revision(now, &table.name, request.expected_revision_id.as_deref())?;
        let Some(revision) = now.map(|now| now.revision) else { return Ok(Reply::json(&json!({}))) };
        table.policies.retain(|policy| policy.resource != *arn);
        self.change(&control, TableChange::quiet(table)).await?;
        Ok(Reply::json(&json!({ "RevisionId": revision.to_string() })))
    }
}

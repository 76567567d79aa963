//! PutResourcePolicy: stored and shown. A policy that says the same as the one before keeps its revision.

use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::{Database, policies};
use serde_json::json;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::PutResourcePolicy;

impl Database {
    /// PutResourcePolicy.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table or stream, or its policy is not the one expected.
    pub async fn put_resource_policy(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = PutResourcePolicy::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.put_policy(&caller, &request).await }).await
    }

    async fn put_policy(&self, caller: &Caller, request: &PutResourcePolicy) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let arn = &request.resource_arn;
        let entry = self.table_of_resource(caller, arn)?;
        let mut table = entry.descriptor.clone();
        // A document that is none is refused whatever revision is expected.
        policies::parsed(&request.policy)?;
        let expected = request.expected_revision_id.as_deref();
        policies::check_revision(policies::of(&table, arn), &table.name, expected)?;
        let now_ms = self.environment.clock.now_ms();
        let (revision, is_new) = policies::put(&mut table, arn, &request.policy, now_ms)?;
        if is_new {
            self.change(&control, TableChange::quiet(table)).await?;
        }
        Ok(Reply::json(&json!({ "RevisionId": revision.to_string() })))
    }
}

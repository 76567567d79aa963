//! GetResourcePolicy.

use crate::caller::{Caller, Reply};
use crate::{Database, policies};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::GetResourcePolicy;

impl Database {
    /// GetResourcePolicy.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table or stream, or it has no policy.
    pub fn get_resource_policy(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = GetResourcePolicy::decode(body)?;
        let arn = &request.resource_arn;
        let entry = self.table_of_resource(caller, arn)?;
        let policy = policies::of(&entry.descriptor, arn).ok_or_else(|| policies::not_found(arn))?;
        Ok(Reply::json(&json!({ "Policy": policy.document, "RevisionId": policy.revision.to_string() })))
    }
}

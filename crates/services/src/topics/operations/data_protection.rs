//! GetDataProtectionPolicy and PutDataProtectionPolicy: stored and shown; no message is looked at for its sake.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, done, result};
use wire::query::Answer;

/// The longest policy.
const POLICY_BYTES_MAX: usize = 30_720;

impl Topics {
    pub(super) fn get_data_protection_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (_, live) = self.named_topic(request, "ResourceArn")?;
        let mut answer = result("GetDataProtectionPolicy");
        answer.element("DataProtectionPolicy", live.topic.data_protection.as_deref().unwrap_or_default());
        Ok(answer)
    }

    pub(super) async fn put_data_protection_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let policy = kept(request.required("DataProtectionPolicy")?)?;
        let change = self.change_topic(request, "ResourceArn", |topic| {
            topic.data_protection = policy;
            Ok(())
        });
        change.await?;
        Ok(done("PutDataProtectionPolicy"))
    }
}

/// What is kept of a policy, which must be one; an empty text takes it away.
pub(super) fn kept(policy: &str) -> Result<Option<String>, Failure> {
    if policy.is_empty() {
        return Ok(None);
    }
    let is_object = serde_json::from_str::<serde_json::Value>(policy).is_ok_and(|policy| policy.is_object());
    if !is_object || policy.len() > POLICY_BYTES_MAX {
        return Err(Failure::parameter("DataProtectionPolicy Reason: it is not valid JSON"));
    }
    Ok(Some(policy.to_owned()))
}

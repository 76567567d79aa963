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
        let policy = request.required("DataProtectionPolicy")?;
        let is_object =
            serde_json::from_str::<serde_json::Value>(policy).is_ok_and(|policy| policy.is_object());
        if !policy.is_empty() && (!is_object || policy.len() > POLICY_BYTES_MAX) {
            return Err(Failure::parameter("DataProtectionPolicy Reason: it is not valid JSON"));
        }
        let change = self.change_topic(request, "ResourceArn", |topic| {
            topic.data_protection = Some(policy.to_owned()).filter(|policy| !policy.is_empty());
            Ok(())
        });
        change.await?;
        Ok(done("PutDataProtectionPolicy"))
    }
}

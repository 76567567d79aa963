//! Publish.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, message, result};
use wire::query::Answer;

impl Topics {
    pub(super) async fn publish_operation(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let message = message(&request.members)?;
        if request.members.text("PhoneNumber").is_some() {
            return Err(Failure::parameter("PhoneNumber Reason: SMS is not supported by this server"));
        }
        let member = if request.members.text("TopicArn").is_some() { "TopicArn" } else { "TargetArn" };
        let Some(target) = request.members.text(member) else {
            return Err(Failure::missing("TopicArn or TargetArn"));
        };
        if target.splitn(6, ':').nth(5).is_some_and(|resource| resource.starts_with("endpoint/")) {
            return Err(Failure::parameter(
                "TargetArn Reason: No endpoint found for the target arn specified",
            ));
        }
        let (_, live) = self.named_topic(request, member)?;
        let published = self.publish_to(live, message, request.caller.host.to_string()).await?;
        let mut answer = result("Publish");
        answer
            .element("MessageId", &published.message_id)
            .optional("SequenceNumber", published.sequence_number.as_deref());
        Ok(answer)
    }
}

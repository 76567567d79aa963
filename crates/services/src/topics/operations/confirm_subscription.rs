//! ConfirmSubscription: an endpoint that got a token wants to be subscribed.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, result};
use wire::query::Answer;

impl Topics {
    pub(super) async fn confirm_subscription(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let token = request.required("Token")?;
        let signed_only =
            request.members.text("AuthenticateOnUnsubscribe").is_some_and(|flag| flag == "true");
        let _alone = self.inner.control.lock().await;
        let (place, live) = self.named_topic(request, "TopicArn")?;
        let found = live.subscriptions.values().find(|to| !token.is_empty() && to.record.token == token);
        let to = found.ok_or_else(|| Failure::parameter("Token"))?;
        let mut record = to.record.clone();
        if !record.confirmed {
            record.confirmed = true;
            record.authenticated = request.signed;
            record.unsubscribe_signed = signed_only && request.signed;
            self.put_subscription(&place, record.clone()).await?;
            // What asked for it need not be sent any longer.
            self.wake(&record.id);
        }
        let mut answer = result("ConfirmSubscription");
        answer.element("SubscriptionArn", record.arn());
        Ok(answer)
    }
}

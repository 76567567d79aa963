//! GetTopicAttributes and SetTopicAttributes.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::request::{Request, done, result, write_attributes};
use crate::topics::topic_attributes::{check, told};
use wire::query::Answer;

impl Topics {
    pub(super) fn get_topic_attributes(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (_, live) = self.named_topic(request, "TopicArn")?;
        let mut attributes = told(&live.topic);
        let confirmed = live.subscriptions.values().filter(|to| to.record.confirmed).count();
        let pending = live.subscriptions.len() - confirmed;
        attributes.insert("SubscriptionsConfirmed".into(), confirmed.to_string());
        attributes.insert("SubscriptionsPending".into(), pending.to_string());
        attributes.insert("SubscriptionsDeleted".into(), live.topic.unsubscribed.to_string());
        let mut answer = result("GetTopicAttributes");
        write_attributes(&mut answer, &attributes);
        Ok(answer)
    }

    pub(super) async fn set_topic_attributes(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("AttributeName")?;
        let value = request.members.text("AttributeValue").unwrap_or_default();
        let change = self.change_topic(request, "TopicArn", |topic| {
            // What can be empty is shown empty; the rest goes back to what it was at first.
            let is_set = topic.attributes.contains_key(name) || name == "Policy";
            if value.is_empty() && name != "DisplayName" && is_set {
                topic.attributes.remove(name);
                return Ok(());
            }
            check(name, value, topic.is_fifo())?;
            topic.attributes.insert(name.to_owned(), value.to_owned());
            Ok(())
        });
        change.await?;
        Ok(done("SetTopicAttributes"))
    }
}

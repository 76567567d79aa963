//! ListSubscriptions and ListSubscriptionsByTopic: a hundred at a time.

use super::list_topics::{PAGE, after, token};
use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::records::Subscription;
use crate::topics::request::{Request, result};
use crate::topics::state::Live;
use std::sync::Arc;
use wire::query::Answer;

impl Topics {
    pub(super) fn list_subscriptions(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let lives: Vec<Arc<Live>> =
            self.state().topics(&request.caller.account, &request.caller.region).cloned().collect();
        page(request, "ListSubscriptions", &lives)
    }

    pub(super) fn list_subscriptions_by_topic(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (_, live) = self.named_topic(request, "TopicArn")?;
        page(request, "ListSubscriptionsByTopic", &[live])
    }
}

fn page(request: &Request<'_>, operation: &str, lives: &[Arc<Live>]) -> Result<Answer, Failure> {
    let after = after(request)?;
    let after = after.as_deref().and_then(|after| after.split_once(':'));
    let subscriptions = lives
        .iter()
        .flat_map(|live| live.subscriptions.values().map(|to| (live.topic.name.as_str(), &to.record)));
    let mut rest =
        subscriptions.skip_while(|(topic, to)| after.is_some_and(|after| (*topic, to.id.as_str()) <= after));
    let mut answer = result(operation);
    answer.open("Subscriptions");
    let mut last = None;
    for (topic, to) in rest.by_ref().take(PAGE) {
        write(&mut answer, to);
        last = Some(format!("{topic}:{}", to.id));
    }
    answer.close();
    if let Some(last) = last.filter(|_| rest.next().is_some()) {
        answer.element("NextToken", token(&last));
    }
    Ok(answer)
}

fn write(answer: &mut Answer, to: &Subscription) {
    let arn = if to.confirmed { to.arn() } else { "PendingConfirmation".to_owned() };
    answer
        .open("member")
        .element("SubscriptionArn", arn)
        .element("Owner", &to.account)
        .element("Protocol", to.protocol.name())
        .element("Endpoint", &to.endpoint)
        .element("TopicArn", &to.topic_arn)
        .close();
}

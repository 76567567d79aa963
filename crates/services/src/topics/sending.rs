//! One attempt to deliver.

use super::envelope::{self, Confirmation};
use super::http::{self, Post};
use super::message::Notification;
use super::records::{Posting, Protocol, Subscription};
use super::retries::{self, Retries};
use super::state::{Live, Subscriber};
use super::targets::{QueueMessage, TargetError};
use super::{Topics, topic_attributes};
use std::collections::BTreeMap;

/// What became of a delivery that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is over: it is in the dead-letter queue, or there is none that takes it.
    Over,
    /// It is to be tried again later, this long from now.
    Again { delay_ms: u64 },
}

/// How long to wait where the dead-letter queue is, for the moment, not to be had.
const DEAD_LETTER_DELAY_MS: u64 = 20_000;

/// How many attributes a message in a queue has at most.
const QUEUE_ATTRIBUTES_MAX: usize = 10;

impl Topics {
    /// Sends once.
    pub(super) async fn send(
        &self,
        live: &Live,
        subscriber: &Subscriber,
        posting: &Posting,
    ) -> Result<(), TargetError> {
        self.caught(self.send_to(live, subscriber, posting)).await
    }

    /// A panic of who is given something is a failure, after which it is tried again as after any other.
    async fn caught(&self, giving: impl Future<Output = Result<(), TargetError>>) -> Result<(), TargetError> {
        let given = self.inner.environment.background.caught("sending to a subscriber", giving).await;
        given.unwrap_or_else(|| Err(TargetError::Failed("it panicked".to_owned())))
    }

    async fn send_to(
        &self,
        live: &Live,
        subscriber: &Subscriber,
        posting: &Posting,
    ) -> Result<(), TargetError> {
        let to = &subscriber.record;
        match (posting, to.protocol) {
            (Posting::Notification(notification), Protocol::Sqs) => {
                self.inner.queues.send(&to.endpoint, queue_message(notification, to)?).await
            }
            (Posting::Notification(notification), Protocol::Lambda) => {
                let Some(functions) = self.inner.functions.get() else {
                    return Err(TargetError::Failed("functions cannot be reached".into()));
                };
                let event = envelope::event(notification, &to.arn());
                functions.call(&to.endpoint, event.into()).await
            }
            (_, Protocol::Http) => {
                let own = to.attributes.get("DeliveryPolicy").map(String::as_str);
                let policy = topic_attributes::effective(&live.topic, own);
                let post = post(posting, to, policy.content_type);
                http::post(&self.inner.environment.clock, &to.endpoint, post).await
            }
            // Never confirmed, so nothing is ever sent.
            (_, Protocol::Email | Protocol::EmailJson) | (Posting::Confirmation { .. }, _) => Ok(()),
        }
    }

    /// Decides about a delivery that failed; gives it to the dead-letter queue where it is not to be tried again.
    pub(super) async fn failed(
        &self,
        live: &Live,
        subscriber: &Subscriber,
        (posting, attempts): (&Posting, u32),
        error: TargetError,
    ) -> Fate {
        let to = &subscriber.record;
        if let TargetError::Failed(why) = &error
            && let Some(delay_ms) = retries(live, to).delay_ms(attempts)
        {
            tracing::debug!(subscription = to.arn(), attempts, why, "a delivery failed and is tried again");
            return Fate::Again { delay_ms };
        }
        let Posting::Notification(notification) = posting else {
            tracing::warn!(endpoint = to.endpoint, %error, "an endpoint was not asked to confirm its subscription");
            return Fate::Over;
        };
        let Some(queue) = &subscriber.dead_letters else {
            tracing::warn!(
                subscription = to.arn(), endpoint = to.endpoint, id = notification.message_id, attempts, %error,
                "a message was not delivered, and there is no dead-letter queue for it"
            );
            return Fate::Over;
        };
        tracing::warn!(
            subscription = to.arn(), endpoint = to.endpoint, id = notification.message_id, attempts, %error,
            "a message was not delivered, and goes to the dead-letter queue"
        );
        let given = match queue_message(notification, to) {
            Ok(message) => self.caught(async { self.inner.queues.send(queue, message).await }).await,
            Err(error) => Err(error),
        };
        match given {
            Ok(()) => Fate::Over,
            Err(TargetError::Refused(why)) => {
                tracing::warn!(queue, why, "a dead-letter queue does not take a message, which is lost");
                Fate::Over
            }
            Err(TargetError::Failed(_)) => Fate::Again { delay_ms: DEAD_LETTER_DELAY_MS },
        }
    }
}

/// How often a subscriber is tried.
fn retries(live: &Live, to: &Subscription) -> Retries {
    if to.protocol != Protocol::Http {
        return retries::MANAGED;
    }
    let own = to.attributes.get("DeliveryPolicy").map(String::as_str);
    topic_attributes::effective(&live.topic, own).retries.unwrap_or(retries::ENDPOINT)
}

/// What a queue is given.
fn queue_message(notification: &Notification, to: &Subscription) -> Result<QueueMessage, TargetError> {
    let protocol = to.protocol.name();
    let enveloped = QueueMessage {
        body: String::new(),
        attributes: BTreeMap::new(),
        group: notification.group.clone(),
        deduplication: notification.deduplication.clone(),
        sender: to.topic_arn.split(':').nth(4).unwrap_or_default().to_owned(),
    };
    if !to.is_raw() {
        let body = envelope::notification(notification, protocol, &to.arn());
        return Ok(QueueMessage { body, ..enveloped });
    }
    if notification.attributes.len() > QUEUE_ATTRIBUTES_MAX {
        return Err(TargetError::Refused(format!(
            "a raw message has {} attributes, and one in a queue at most {QUEUE_ATTRIBUTES_MAX}",
            notification.attributes.len()
        )));
    }
    let body = notification.texts.for_protocol(protocol).to_owned();
    Ok(QueueMessage { body, attributes: notification.attributes.clone(), ..enveloped })
}

/// What an endpoint is sent.
fn post(posting: &Posting, to: &Subscription, content_type: Option<String>) -> Post {
    let (kind, message_id, body) = match posting {
        Posting::Notification(notification) => {
            let body = match to.is_raw() {
                true => notification.texts.for_protocol("http").to_owned(),
                false => envelope::notification(notification, "http", &to.arn()),
            };
            ("Notification", notification.message_id.as_str(), body)
        }
        Posting::Confirmation { message_id, host, asked_ms } => {
            let request = Confirmation {
                message_id,
                token: &to.token,
                topic_arn: &to.topic_arn,
                host,
                now_ms: *asked_ms,
            };
            ("SubscriptionConfirmation", message_id.as_str(), envelope::confirmation(&request))
        }
    };
    let is_notification = kind == "Notification";
    let mut headers = vec![
        ("x-amz-sns-message-type", kind.to_owned()),
        ("x-amz-sns-message-id", message_id.to_owned()),
        ("x-amz-sns-topic-arn", to.topic_arn.clone()),
    ];
    if is_notification {
        headers.push(("x-amz-sns-subscription-arn", to.arn()));
    }
    if is_notification && to.is_raw() {
        headers.push(("x-amz-sns-rawdelivery", "true".to_owned()));
    }
    let content_type = content_type.unwrap_or_else(|| topic_attributes::CONTENT_TYPE.to_owned());
    headers.push(("content-type", content_type));
    headers.push(("user-agent", envelope::USER_AGENT.to_owned()));
    Post { headers, body }
}

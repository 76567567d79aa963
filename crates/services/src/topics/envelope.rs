//! What subscribers get around a message, member for member and in the order of SNS.
//!
//! Nothing is signed: [`SIGNATURE`] says so, where a signature would be.

use super::message::{Attribute, Notification};
use environment::calendar::iso;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wire::json::write_string;

/// Stands where SNS puts a signature; base64, so that it can be decoded, and for nobody to verify.
const SIGNATURE: &str = "TailwaterDoesNotSignItsNotifications";

/// What calls itself so towards endpoints.
pub(super) const USER_AGENT: &str = "Amazon Simple Notification Service Agent";

/// JSON as SNS writes it: a member a line, spaces around colons.
#[derive(Debug)]
struct Lines {
    text: Vec<u8>,
}

impl Lines {
    fn new() -> Self {
        Self { text: b"{".to_vec() }
    }

    fn name(&mut self, name: &str) {
        self.text.extend_from_slice(if self.text.len() == 1 { b"\n  " } else { b",\n  " });
        write_string(&mut self.text, name);
        self.text.extend_from_slice(b" : ");
    }

    fn member(&mut self, name: &str, value: &str) {
        self.name(name);
        write_string(&mut self.text, value);
    }

    fn finish(mut self) -> String {
        self.text.extend_from_slice(b"\n}");
        text(self.text)
    }
}

/// Written by writers of JSON, which write UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// The link that ends a subscription.
fn unsubscribe_url(host: &str, subscription_arn: &str) -> String {
    format!("http://{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}")
}

/// Where SNS has the certificate of its signatures, and nothing is here.
fn certificate_url(host: &str) -> String {
    format!("http://{host}/SimpleNotificationService-unsigned.pem")
}

/// The link that confirms a subscription.
fn subscribe_url(host: &str, topic_arn: &str, token: &str) -> String {
    format!("http://{host}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}")
}

/// What queues and HTTP endpoints get, unless they want the message raw.
pub(super) fn notification(notification: &Notification, protocol: &str, subscription_arn: &str) -> String {
    let mut lines = Lines::new();
    lines.member("Type", "Notification");
    lines.member("MessageId", &notification.message_id);
    if let Some(number) = notification.sequence_number {
        lines.member("SequenceNumber", &number.to_string());
    }
    lines.member("TopicArn", &notification.topic_arn);
    if let Some(subject) = &notification.subject {
        lines.member("Subject", subject);
    }
    lines.member("Message", notification.texts.for_protocol(protocol));
    lines.member("Timestamp", &iso(notification.published_ms));
    // Notifications of FIFO topics are not signed on AWS either.
    if notification.sequence_number.is_none() {
        lines.member("SignatureVersion", "1");
        lines.member("Signature", SIGNATURE);
        lines.member("SigningCertURL", &certificate_url(&notification.host));
    }
    lines.member("UnsubscribeURL", &unsubscribe_url(&notification.host, subscription_arn));
    if !notification.attributes.is_empty() {
        lines.name("MessageAttributes");
        lines.text.push(b'{');
        for (nth, (name, attribute)) in notification.attributes.iter().enumerate() {
            lines.text.extend_from_slice(if nth == 0 { b"\n    " } else { b",\n    " });
            write_string(&mut lines.text, name);
            lines.text.extend_from_slice(b" : ");
            write_attribute(&mut lines.text, attribute);
        }
        lines.text.extend_from_slice(b"\n  }");
    }
    lines.finish()
}

fn write_attribute(out: &mut Vec<u8>, attribute: &Attribute) {
    out.extend_from_slice(b"{\"Type\":");
    write_string(out, &attribute.kind);
    out.extend_from_slice(b",\"Value\":");
    write_string(out, &attribute.value);
    out.push(b'}');
}

/// The event that functions get.
pub(super) fn event(notification: &Notification, subscription_arn: &str) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let mut attributes = b"{".to_vec();
    for (nth, (name, attribute)) in notification.attributes.iter().enumerate() {
        if nth > 0 {
            attributes.push(b',');
        }
        write_string(&mut attributes, name);
        attributes.push(b':');
        write_attribute(&mut attributes, attribute);
    }
    attributes.push(b'}');
    let mut event = String::with_capacity(1_024);
    let sns = [
        ("Type", json("Notification")),
        ("MessageId", json(&notification.message_id)),
        ("TopicArn", json(&notification.topic_arn)),
        ("Subject", notification.subject.as_deref().map_or("null".into(), json)),
        ("Message", json(notification.texts.for_protocol("lambda"))),
        ("Timestamp", json(&iso(notification.published_ms))),
        ("SignatureVersion", json("1")),
        ("Signature", json(SIGNATURE)),
        ("SigningCertUrl", json(&certificate_url(&notification.host))),
        ("UnsubscribeUrl", json(&unsubscribe_url(&notification.host, subscription_arn))),
        ("MessageAttributes", text(attributes)),
    ];
    // Writing to a string does not fail.
    let _ = write!(
        event,
        "{{\"Records\":[{{\"EventSource\":\"aws:sns\",\"EventVersion\":\"1.0\",\"EventSubscriptionArn\":{},\"Sns\":{{",
        json(subscription_arn)
    );
    for (nth, (name, value)) in sns.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        let _ = write!(event, "{comma}\"{name}\":{value}");
    }
    event.push_str("}}]}");
    event
}

/// Asks an HTTP endpoint to confirm its subscription.
pub(super) fn confirmation(request: &Confirmation<'_>) -> String {
    let mut lines = Lines::new();
    lines.member("Type", "SubscriptionConfirmation");
    lines.member("MessageId", request.message_id);
    lines.member("Token", request.token);
    lines.member("TopicArn", request.topic_arn);
    lines.member(
        "Message",
        &format!(
            "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the SubscribeURL included \
             in this message.",
            request.topic_arn
        ),
    );
    lines.member("SubscribeURL", &subscribe_url(request.host, request.topic_arn, request.token));
    lines.member("Timestamp", &iso(request.now_ms));
    lines.member("SignatureVersion", "1");
    lines.member("Signature", SIGNATURE);
    lines.member("SigningCertURL", &certificate_url(request.host));
    lines.finish()
}

/// What a request for confirmation says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirmation<'a> {
    pub(super) message_id: &'a str,
    pub(super) token: &'a str,
    pub(super) topic_arn: &'a str,
    pub(super) host: &'a str,
    pub(super) now_ms: u64,
}

/// What filters see of attributes: text, numbers, lists; nothing of binary ones.
pub(super) fn filterable(attributes: &BTreeMap<String, Attribute>) -> serde_json::Value {
    let seen = attributes.iter().filter_map(|(name, attribute)| {
        let value = match (attribute.kind.as_str(), attribute.logical_type()) {
            ("String.Array", _) => {
                serde_json::from_str(&attribute.value).ok().filter(serde_json::Value::is_array)?
            }
            (_, "Number") => serde_json::from_str(&attribute.value).ok()?,
            (_, "String") => attribute.value.as_str().into(),
            _ => return None,
        };
        Some((name.clone(), value))
    });
    serde_json::Value::Object(seen.collect())
}

#[cfg(test)]
mod tests;

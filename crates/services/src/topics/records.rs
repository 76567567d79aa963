//! What is kept in the store.

use super::failure::Failure;
use super::message::Notification;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Topic {
    /// What its records are kept under. One that is deleted and made again has another.
    pub(super) id: u64,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) created_ms: u64,
    /// What was set, as it was sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data_protection: Option<String>,
    /// How many subscriptions were deleted.
    #[serde(default)]
    pub(super) unsubscribed: u64,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) topic: u64,
    pub(super) topic_arn: String,
    pub(super) account: String,
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
    /// What was set, as it was sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, String>,
    /// What confirms it; empty where nobody has to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) token: String,
    pub(super) confirmed: bool,
    /// Whether who confirmed it had signed that.
    #[serde(default)]
    pub(super) authenticated: bool,
    /// Whether it is ended only by requests that are signed.
    #[serde(default)]
    pub(super) unsubscribe_signed: bool,
}

/// How a subscriber is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Protocol {
    #[serde(rename = "sqs")]
    Sqs,
    #[serde(rename = "lambda")]
    Lambda,
    #[serde(rename = "http")]
    Http,
    /// Never confirmed here, since nothing is sent by mail; so it never gets a message.
    #[serde(rename = "email")]
    Email,
    #[serde(rename = "email-json")]
    EmailJson,
}

/// Something that is still to be sent to a subscriber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) what: Posting,
    /// How often it was tried.
    #[serde(default)]
    pub(super) attempts: u32,
    /// When it is tried, where its key does not say: that of FIFO topics, whose place stays.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) due_ms: u64,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Posting {
    /// A message.
    Notification(Box<Notification>),
    /// The question whether the endpoint wants to be subscribed.
    Confirmation { message_id: String, host: String, asked_ms: u64 },
}

/// A message of a FIFO topic that will not be sent twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deduplicated {
    pub(super) message_id: String,
    pub(super) sequence_number: u64,
    pub(super) published_ms: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Topic {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:{}", self.region, self.account, self.name)
    }

    pub(super) fn is_fifo(&self) -> bool {
        super::arn::is_fifo(&self.name)
    }

    /// Whether an attribute is set to true.
    pub(super) fn is_set(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|value| value == "true")
    }
}

impl Subscription {
    pub(super) fn arn(&self) -> String {
        format!("{}:{}", self.topic_arn, self.id)
    }

    /// Whether it gets the message alone.
    pub(super) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }
}

impl Protocol {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Lambda => "lambda",
            Self::Http => "http",
            Self::Email => "email",
            Self::EmailJson => "email-json",
        }
    }
}

/// A record from its bytes.
pub(super) fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(value)
        .map_err(|error| Failure::internal(format!("the records of topics are damaged: {error}")))
}

/// A record's bytes.
pub(super) fn stored<T: Serialize>(record: &T) -> Result<Bytes, Failure> {
    serde_json::to_vec(record).map(Bytes::from).map_err(Failure::internal)
}

//! What subscribers are, seen from here: queues and functions.

use super::message::Attribute;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// What comes of giving something to a queue or a function.
pub type Given<'a> = Pin<Box<dyn Future<Output = Result<(), TargetError>> + Send + 'a>>;

/// Calls functions asynchronously.
pub trait Functions: Send + Sync + 'static {
    /// Puts a call into the function's queue, durably.
    fn call(&self, function_arn: &str, event: Bytes) -> Given<'_>;
}

/// Takes messages into queues.
pub trait Queues: Send + Sync + 'static {
    /// Puts a message into a queue, durably.
    fn send(&self, queue_arn: &str, message: QueueMessage) -> Given<'_>;
}

/// A message for a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueMessage {
    /// The body.
    pub body: String,
    /// Attributes, of messages that are delivered raw.
    pub attributes: BTreeMap<String, Attribute>,
    /// The message group.
    pub group: Option<String>,
    /// What a FIFO queue knows it again by.
    pub deduplication: Option<String>,
    /// Who sends it: the account of the topic.
    pub sender: String,
}

/// Why a queue or a function did not take something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It never will: it is not there, or does not take such a thing.
    #[error("{0}")]
    Refused(String),
    /// Another time it may.
    #[error("{0}")]
    Failed(String),
}

impl fmt::Debug for dyn Functions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Functions")
    }
}

impl fmt::Debug for dyn Queues {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Queues")
    }
}

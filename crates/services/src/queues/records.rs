//! The records of queues and their keys: the on-disk schema. Integers are big-endian, values are JSON.
//!
//! | key | value |
//! |---|---|
//! | `01`, queue id (8) | [`QueueRecord`] |
//! | `02`, queue id (8), number (8) | [`super::message::Message`]: what does not change |
//! | `03`, queue id (8), number (8) | [`State`]: what does |
//! | `04`, queue id (8), SHA-256 of scope and id (32) | [`Sent`]: what was sent under a deduplication id |
//! | `05`, task id (16) | [`super::move_task::TaskRecord`] |

use super::QueuesError;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::{Key, Range, SpaceId};

const QUEUE: u8 = 0x01;
const MESSAGE: u8 = 0x02;
const STATE: u8 = 0x03;
const SENT: u8 = 0x04;
const TASK: u8 = 0x05;

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueueRecord {
    pub(super) name: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) created_ms: u64,
    pub(super) modified_ms: u64,
    /// The attributes that were set, as they were sent.
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
    /// Messages below this number were purged.
    #[serde(default)]
    pub(super) purged: u64,
}

/// What changes of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// When it was sent.
    pub(super) sent_ms: u64,
    /// Until when it is not to be received.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) until_ms: u64,
    /// How often it was received.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) receives: u32,
    /// When it was first received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first_received_ms: Option<u64>,
    /// When it was received last.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) received_ms: u64,
    /// How often this changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) changes: u32,
    /// The group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
}

/// What was sent under a deduplication id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) sent_ms: u64,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn queue(self, queue: u64) -> Key {
        self.key(&[&[QUEUE], &queue.to_be_bytes()])
    }

    pub(super) fn message(self, queue: u64, number: u64) -> Key {
        self.key(&[&[MESSAGE], &queue.to_be_bytes(), &number.to_be_bytes()])
    }

    pub(super) fn state(self, queue: u64, number: u64) -> Key {
        self.key(&[&[STATE], &queue.to_be_bytes(), &number.to_be_bytes()])
    }

    /// In a FIFO queue, what was sent under this id: in the whole queue, or in one group.
    pub(super) fn sent(self, queue: u64, group: Option<&str>, id: &str) -> Key {
        let mut hasher = Sha256::new();
        if let Some(group) = group {
            hasher.update((group.len() as u64).to_be_bytes());
            hasher.update(group);
        }
        hasher.update(id);
        self.key(&[&[SENT], &queue.to_be_bytes(), &hasher.finalize()])
    }

    pub(super) fn task(self, task: u128) -> Key {
        self.key(&[&[TASK], &task.to_be_bytes()])
    }

    pub(super) fn queues(self) -> Range {
        self.all(QUEUE)
    }

    pub(super) fn states(self) -> Range {
        self.all(STATE)
    }

    pub(super) fn all_sent(self) -> Range {
        self.all(SENT)
    }

    pub(super) fn tasks(self) -> Range {
        self.all(TASK)
    }

    /// The key of these bytes.
    pub(super) fn of(self, bytes: &[u8]) -> Key {
        self.key(&[bytes])
    }

    fn all(self, tag: u8) -> Range {
        Range::of_prefix(self.space, vec![tag])
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// The id of the queue in a key.
pub(super) fn queue_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..9)?.try_into().ok()?))
}

/// The number of the message in the key of its state.
pub(super) fn number_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(9..)?.try_into().ok()?))
}

/// The id in the key of a task.
pub(super) fn task_of(key: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(key.get(1..)?.try_into().ok()?))
}

/// A record from its stored bytes.
pub(super) fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T, QueuesError> {
    serde_json::from_slice(value)
        .map_err(|error| QueuesError::internal(format!("a record is damaged: {error}")))
}

/// A record as it is stored.
pub(super) fn stored<T: Serialize>(record: &T) -> Result<Bytes, QueuesError> {
    serde_json::to_vec(record).map(Bytes::from).map_err(QueuesError::internal)
}

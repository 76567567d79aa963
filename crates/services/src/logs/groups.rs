//! Log groups and log streams, as they are recorded and as they are in memory.

use super::block::{BLOCK_BYTES, Meta};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is recorded of a log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupRecord {
    pub(super) id: u64,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) created_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retention_days: Option<u32>,
    pub(super) class: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kms_key: Option<String>,
    #[serde(default)]
    pub(super) protected: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
}

impl GroupRecord {
    /// The time below which its events are expired.
    pub(super) fn expired_below_ms(&self, now_ms: u64) -> u64 {
        let keep = |days: u32| now_ms.saturating_sub(u64::from(days) * DAY_MS);
        self.retention_days.map_or(0, keep)
    }
}

/// What is recorded of a log stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreamRecord {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) created_ms: u64,
}

/// A log group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) record: GroupRecord,
    pub(super) streams: BTreeMap<Arc<str>, Stream>,
}

impl Group {
    pub(super) fn new(record: GroupRecord) -> Self {
        Self { record, streams: BTreeMap::new() }
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.streams.values().map(Stream::stored_bytes).sum()
    }
}

/// A log stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) record: StreamRecord,
    /// By their numbers, so in the order in which they were begun.
    pub(super) blocks: VecDeque<Block>,
    /// How many lines were not taken since the last that was.
    pub(super) dropped: u64,
}

impl Stream {
    pub(super) fn new(record: StreamRecord) -> Self {
        Self { record, blocks: VecDeque::new(), dropped: 0 }
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.meta.bytes)).sum()
    }

    /// Lets go of the bytes of blocks that are committed and grow no more, or of all that are committed; answers how many.
    pub(super) fn release(&mut self, all: bool) -> usize {
        let last = self.blocks.back().map_or(0, |block| block.number);
        let mut released = 0;
        for block in self.blocks.iter_mut().rev() {
            let grows = !all && block.number == last && (block.meta.bytes as usize) < BLOCK_BYTES;
            if block.data.is_none() {
                break;
            }
            if !block.dirty && !grows {
                released += block.data.take().map_or(0, |data| data.len());
            }
        }
        released
    }

    /// The times of its first and last event, and when the last came.
    pub(super) fn times_ms(&self) -> Option<(u64, u64, u64)> {
        let metas = || self.blocks.iter().map(|block| block.meta);
        let first = metas().map(|meta| meta.first_ms).min()?;
        let last = metas().map(|meta| meta.last_ms).max()?;
        Some((first, last, metas().map(|meta| meta.ingested_ms).max()?))
    }
}

/// A block of events.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) number: u64,
    pub(super) meta: Meta,
    /// Its bytes, as long as they may grow or are not committed.
    pub(super) data: Option<Vec<u8>>,
    /// Whether it has events that are not committed.
    pub(super) dirty: bool,
}

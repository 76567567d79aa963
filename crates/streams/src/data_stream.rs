//! Data streams: logs in the shape of Kinesis Data Streams, which hold what programs put into them and the changes
//! that tables deliver to them.
//!
//! A shard is a log of the store and owns a range of hash keys while it is open. A [`DataStream`] is a value: planners
//! (in `plan`) answer the next one and the changes of logs that belong to it, and the caller commits both together, so
//! that a closed shard has its children in the same instant. [`DataStreams`] holds all of them for readers. Promises:
//! the open shards cover every hash key, none twice; order in a shard is commit order; a child's sequence numbers are
//! above its parents'; the number of a shard is never given twice in a stream.

mod plan;
pub mod record;
mod registry;

pub use plan::{DataChange, DataPlanError, NewDataStream, create};
pub use registry::{DataStreams, Place};

use crate::retention;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use store::{LogId, LogState, Position, Snapshot, StoreError};

const HOUR_MS: u64 = 3_600_000;

/// A stream and its shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataStream {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// When it was made.
    pub created_ms: u64,
    /// Whether its capacity is on demand. It is stored and shown.
    pub on_demand: bool,
    /// How long its records are kept.
    pub retention_hours: u32,
    /// The largest record that it takes.
    pub record_size_max_kib: u32,
    /// The key of AWS KMS that it is said to be encrypted with. It is stored and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_key: Option<String>,
    /// The metrics of its shards that are asked for. They are stored and shown.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub metrics: BTreeSet<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The number of the next shard.
    pub next_shard: u64,
    /// Its shards, in order of their numbers.
    pub shards: Vec<DataShard>,
}

/// A shard: the records of a range of hash keys, over a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataShard {
    /// Its number, which makes its id.
    pub number: DataShardId,
    /// The log of its records.
    #[serde(with = "crate::descriptor::stored::log")]
    pub log: LogId,
    /// The shards that it goes on from: one that was split, two that were merged. They may be gone already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<DataShardId>,
    /// The first hash key that it owns.
    #[serde(with = "crate::descriptor::stored::hash")]
    pub first: u128,
    /// The last one.
    #[serde(with = "crate::descriptor::stored::hash")]
    pub last: u128,
    /// When it was opened.
    pub created_ms: u64,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<u64>,
}

/// The number of a shard in its stream. Displays as the wire shows it: `shardId-` and twelve digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataShardId(pub u64);

impl DataShardId {
    /// Reads the text of a shard's id, exactly as it was written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("shardId-").filter(|digits| digits.len() == 12)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| all).map(Self)
    }
}

impl fmt::Display for DataShardId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "shardId-{:012}", self.0)
    }
}

impl DataShard {
    /// Whether it takes records.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_ms.is_none()
    }

    /// Whether it is closed, and for so long that all its records have expired.
    #[must_use]
    pub fn has_expired(&self, now_ms: u64, retention_ms: u64) -> bool {
        self.closed_ms.is_some_and(|closed_ms| closed_ms.saturating_add(retention_ms) <= now_ms)
    }
}

impl DataStream {
    /// How long its records are kept.
    #[must_use]
    pub fn retention_ms(&self) -> u64 {
        u64::from(self.retention_hours) * HOUR_MS
    }

    /// The shard of this id.
    #[must_use]
    pub fn shard(&self, id: DataShardId) -> Option<&DataShard> {
        let at = self.shards.binary_search_by_key(&id, |shard| shard.number).ok()?;
        self.shards.get(at)
    }

    /// The shards that take records, in order of their ranges.
    #[must_use]
    pub fn open_shards(&self) -> Vec<&DataShard> {
        let mut open: Vec<&DataShard> = self.shards.iter().filter(|shard| shard.is_open()).collect();
        open.sort_unstable_by_key(|shard| shard.first);
        open
    }

    /// The open shard that owns a hash key.
    #[must_use]
    pub fn owner(&self, hash_key: u128) -> Option<&DataShard> {
        self.shards.iter().find(|shard| shard.is_open() && (shard.first..=shard.last).contains(&hash_key))
    }

    /// The shards that go on from this one.
    pub fn children(&self, parent: DataShardId) -> impl Iterator<Item = &DataShard> {
        self.shards.iter().filter(move |shard| shard.parents.contains(&parent))
    }

    /// The position at and below which the records of one of its logs are gone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn horizon(
        &self,
        snapshot: &impl Snapshot,
        log: LogId,
        state: &LogState,
        now_ms: u64,
    ) -> Result<Position, StoreError> {
        retention::horizon(snapshot, log, state, retention::cutoff_ms(now_ms, self.retention_ms()))
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, integers and lists of them always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// What is wrong, when the bytes are not a stream, or one whose shards do not fit together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let stream: Self = serde_json::from_slice(bytes).map_err(|error| format!("data stream: {error}"))?;
        match stream.inconsistency() {
            None => Ok(stream),
            Some(what) => Err(format!("{what} in {}", stream.arn)),
        }
    }

    fn inconsistency(&self) -> Option<&'static str> {
        if !self.shards.is_sorted_by(|one, next| one.number < next.number) {
            return Some("shards out of order");
        }
        if self.shards.iter().any(|shard| shard.number.0 >= self.next_shard) {
            return Some("a shard of a number that was not given yet");
        }
        let mut next = Some(0);
        for shard in self.open_shards() {
            if next != Some(shard.first) || shard.last < shard.first {
                return Some("open shards that do not partition the hash keys");
            }
            next = shard.last.checked_add(1);
        }
        next.map(|_| "open shards that do not cover the hash keys")
    }
}

#[cfg(test)]
mod tests;

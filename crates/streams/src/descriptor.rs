//! What is known of a stream: its name, its state and its tree of shards.
//!
//! A descriptor is a value. It is changed by the planners ([`open`], [`disable`], [`roll`], [`split`],
//! [`expire`]), which are pure: each answers the new descriptor and the changes of logs that belong to it,
//! and the caller commits both together with whatever else changes, so that a closed shard has its children
//! in the same instant. It is stored as JSON ([`StreamDescriptor::to_bytes`]).
//!
//! The open shards of an enabled stream partition the hash space; a disabled stream has none. Shards stand in
//! order of their ids, which is the order of their creation. Where a shard's numbers start and end is not
//! written here: the store knows ([`store::LogState`]).

mod expiry;
mod plan;
pub(crate) mod stored;

pub use expiry::{Expiry, Until, expire, trim};
pub use plan::{Change, NewStream, Opening, PlanError, disable, open, roll, split};
pub use stored::Damaged;

use crate::{ShardId, ViewType};
use serde::{Deserialize, Serialize};
use store::LogId;

/// On or off. Switching takes no time here, so there are no states in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamStatus {
    /// Takes records.
    Enabled,
    /// Takes no more records; what it holds is read until it expires.
    Disabled,
}

impl StreamStatus {
    /// The text on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            StreamStatus::Enabled => "ENABLED",
            StreamStatus::Disabled => "DISABLED",
        }
    }
}

/// The part that an attribute has in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyRole {
    /// The partition key.
    Hash,
    /// The sort key.
    Range,
}

impl KeyRole {
    /// The text on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyRole::Hash => "HASH",
            KeyRole::Range => "RANGE",
        }
    }
}

/// One attribute of the table's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyElement {
    /// The attribute.
    pub name: String,
    /// Its part of the key.
    pub role: KeyRole,
}

/// A shard: the records of a range of partition hashes, over a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its id.
    pub id: ShardId,
    /// The log of its records.
    #[serde(with = "stored::log")]
    pub log: LogId,
    /// The shard that it goes on from; it may be gone already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ShardId>,
    /// The first partition hash that it owns.
    #[serde(with = "stored::hash")]
    pub first: u128,
    /// The last one.
    #[serde(with = "stored::hash")]
    pub last: u128,
    /// When it was opened.
    pub created_ms: u64,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<u64>,
}

impl Shard {
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

/// A stream and its shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamDescriptor {
    /// Its ARN.
    pub arn: String,
    /// The time at which it was asked for, as text; unique among the streams of one table name.
    pub label: String,
    /// The account that owns it.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// Its table's name.
    pub table_name: String,
    /// Its table's key.
    pub key_schema: Vec<KeyElement>,
    /// What its records hold.
    pub view: ViewType,
    /// When it was asked for: the time in the label.
    pub created_ms: u64,
    /// On or off.
    pub status: StreamStatus,
    /// When it was switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<u64>,
    /// Its shards, in order of their ids.
    pub shards: Vec<Shard>,
}

impl StreamDescriptor {
    /// The shard of this id.
    #[must_use]
    pub fn shard(&self, id: ShardId) -> Option<&Shard> {
        let at = self.shards.binary_search_by_key(&id, |shard| shard.id).ok()?;
        self.shards.get(at)
    }

    /// The shards that take records, in order of their hash ranges.
    #[must_use]
    pub fn open_shards(&self) -> Vec<&Shard> {
        let mut open: Vec<&Shard> = self.shards.iter().filter(|shard| shard.is_open()).collect();
        open.sort_unstable_by_key(|shard| shard.first);
        open
    }

    /// The shards that go on from this one.
    pub fn children(&self, parent: ShardId) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(move |shard| shard.parent == Some(parent))
    }

    /// What was so before shards were last rolled over or split: without the newest children, and with their parents open.
    /// None where that never was, or the stream is off.
    #[must_use]
    pub fn before_last_change(&self) -> Option<Self> {
        let newest_ms =
            self.shards.iter().filter(|shard| shard.parent.is_some()).map(|shard| shard.created_ms).max()?;
        if self.status == StreamStatus::Disabled {
            return None;
        }
        let is_new = |shard: &Shard| shard.parent.is_some() && shard.created_ms == newest_ms;
        let (new, mut shards): (Vec<Shard>, Vec<Shard>) = self.shards.iter().cloned().partition(is_new);
        for shard in &mut shards {
            if new.iter().any(|child| child.parent == Some(shard.id)) {
                shard.closed_ms = None;
            }
        }
        Some(Self { shards, ..self.clone() })
    }

    /// The open shards that have lived for their time and should be rolled over.
    #[must_use]
    pub fn due_for_rollover(&self, now_ms: u64, shard_lifetime_ms: u64) -> Vec<ShardId> {
        let due =
            |shard: &&Shard| shard.is_open() && shard.created_ms.saturating_add(shard_lifetime_ms) <= now_ms;
        self.shards.iter().filter(due).map(|shard| shard.id).collect()
    }

    /// When, without anybody's doing, the next shard falls due for rollover, or a shard or the stream
    /// expires. Records expire meanwhile: trimming them has a rhythm of its own.
    #[must_use]
    pub fn next_due_ms(&self, shard_lifetime_ms: u64, retention_ms: u64) -> Option<u64> {
        let due = |shard: &Shard| match shard.closed_ms {
            Some(closed_ms) => closed_ms.saturating_add(retention_ms),
            None => shard.created_ms.saturating_add(shard_lifetime_ms),
        };
        let whole = self.closed_ms.map(|closed_ms| self.expires_ms(closed_ms, retention_ms));
        self.shards.iter().map(due).chain(whole).min()
    }

    /// Whether it was switched off so long ago that nothing of it is left.
    #[must_use]
    pub fn has_expired(&self, now_ms: u64, retention_ms: u64) -> bool {
        self.closed_ms.is_some_and(|closed_ms| self.expires_ms(closed_ms, retention_ms) <= now_ms)
    }

    /// Not before its label's own time has passed (a label may be a little ahead of the clock), so that no
    /// later stream of the same table name can get the same label.
    fn expires_ms(&self, closed_ms: u64, retention_ms: u64) -> u64 {
        closed_ms.max(self.created_ms).saturating_add(retention_ms.max(1))
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::example;

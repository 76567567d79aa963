//! A lease: who reads a shard, and how far the group has come in it. One item of the lease table.
//!
//! The attributes are those of the Kinesis Client Library (`leaseKey`, `leaseOwner`, `leaseCounter`, `checkpoint`,
//! `checkpointSubSequenceNumber`, `ownerSwitchesSinceCheckpoint`, `parentShardId`, and from its version 3
//! `checkpointOwner`), with the same meaning, so that its tools can read the table and a group can move from one
//! to the other. Four more are ours: `shardStart`, `bookmark`, `initial` and
//! `orphan`.

use crate::reader::Position;
use crate::{Item, SequenceNumber, Value};

mod write;

pub(crate) use write::Request;
pub use write::{LeaseWrite, Reached};

/// The partition key of a lease table.
pub const LEASE_KEY: &str = "leaseKey";
const OWNER: &str = "leaseOwner";
const COUNTER: &str = "leaseCounter";
const CHECKPOINT: &str = "checkpoint";
const SUB_SEQUENCE: &str = "checkpointSubSequenceNumber";
const SWITCHES: &str = "ownerSwitchesSinceCheckpoint";
const PARENTS: &str = "parentShardId";
const CHECKPOINT_OWNER: &str = "checkpointOwner";
const SHARD_START: &str = "shardStart";
const BOOKMARK: &str = "bookmark";
const INITIAL: &str = "initial";
const ORPHAN: &str = "orphan";

/// How far a shard has been processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Not at all: it is read from the oldest change that it had when the group began.
    TrimHorizon,
    /// Not at all: it is read from the place at which the group began.
    Latest,
    /// Up to and with this change.
    Sequence(SequenceNumber),
    /// To its end.
    ShardEnd,
}

impl Checkpoint {
    /// As it stands in the table.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
            Self::Sequence(number) => number.as_str(),
            Self::ShardEnd => "SHARD_END",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "TRIM_HORIZON" => Self::TrimHorizon,
            "LATEST" => Self::Latest,
            "SHARD_END" => Self::ShardEnd,
            number => Self::Sequence(SequenceNumber::new(number)),
        }
    }
}

/// One lease, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The shard.
    pub shard_id: String,
    /// Who has it.
    pub owner: Option<String>,
    /// Raised by each write of an owner: a write that expects an older one has been overtaken.
    pub counter: u64,
    /// How far the shard has been processed.
    pub checkpoint: Checkpoint,
    /// How often it changed hands since the last checkpoint.
    pub owner_switches: u64,
    /// The shards that it continues.
    pub parents: Vec<String>,
    /// Who had it before the owner, has not let go yet, and may still set the checkpoint.
    pub checkpoint_owner: Option<String>,
    /// At or below the first change that is to be read, which is expected to be there. Ours.
    pub shard_start: Option<SequenceNumber>,
    /// The iterator at which `LATEST` is, or the end of a shard that had no changes yet. Ours.
    pub bookmark: Option<String>,
    /// Made by the first worker of the group, which has not yet made all of them. Ours.
    pub initial: bool,
    /// The shard that it continues was dropped before the group saw it. Ours.
    pub orphan: bool,
}

impl Lease {
    /// A lease that nobody has, of a shard that nobody has read.
    #[must_use]
    pub fn new(shard_id: &str, checkpoint: Checkpoint) -> Self {
        Self {
            shard_id: shard_id.to_owned(),
            owner: None,
            counter: 0,
            checkpoint,
            owner_switches: 0,
            parents: Vec::new(),
            checkpoint_owner: None,
            shard_start: None,
            bookmark: None,
            initial: false,
            orphan: false,
        }
    }

    /// Whether the shard has been processed to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.checkpoint == Checkpoint::ShardEnd
    }

    /// Where reading goes on.
    pub(crate) fn position(&self) -> Position {
        let beginning = || self.shard_start.clone().map_or(Position::TrimHorizon, Position::At);
        match (&self.checkpoint, &self.bookmark) {
            (Checkpoint::Sequence(number), _) => Position::After(number.clone()),
            (Checkpoint::Latest | Checkpoint::TrimHorizon, Some(iterator)) => {
                Position::Bookmark { iterator: iterator.clone(), shard_start: self.shard_start.clone() }
            }
            _ => beginning(),
        }
    }

    /// The lease in an item of the table; none if it is no lease.
    #[must_use]
    pub fn from_item(item: &Item) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(Value::as_s).map(str::to_owned);
        let number = |name: &str| item.get(name).and_then(Value::as_n).and_then(|digits| digits.parse().ok());
        let parents = match item.get(PARENTS) {
            Some(Value::Ss(parents)) => parents.clone(),
            _ => Vec::new(),
        };
        Some(Self {
            shard_id: text(LEASE_KEY)?,
            owner: text(OWNER),
            counter: number(COUNTER)?,
            checkpoint: Checkpoint::parse(&text(CHECKPOINT)?),
            owner_switches: number(SWITCHES).unwrap_or_default(),
            parents,
            checkpoint_owner: text(CHECKPOINT_OWNER),
            shard_start: text(SHARD_START).map(|digits| SequenceNumber::new(&digits)),
            bookmark: text(BOOKMARK),
            initial: item.contains_key(INITIAL),
            orphan: item.contains_key(ORPHAN),
        })
    }

    /// The item that holds it.
    #[must_use]
    pub fn to_item(&self) -> Item {
        let mut item = Item::from([
            (LEASE_KEY.to_owned(), self.shard_id.as_str().into()),
            (COUNTER.to_owned(), self.counter.into()),
            (CHECKPOINT.to_owned(), self.checkpoint.as_str().into()),
            (SUB_SEQUENCE.to_owned(), 0.into()),
            (SWITCHES.to_owned(), self.owner_switches.into()),
        ]);
        let mut text = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                item.insert(name.to_owned(), value.into());
            }
        };
        text(OWNER, self.owner.as_deref());
        text(CHECKPOINT_OWNER, self.checkpoint_owner.as_deref());
        text(SHARD_START, self.shard_start.as_ref().map(SequenceNumber::as_str));
        text(BOOKMARK, self.bookmark.as_deref());
        if !self.parents.is_empty() {
            item.insert(PARENTS.to_owned(), Value::Ss(self.parents.clone()));
        }
        for (name, set) in [(INITIAL, self.initial), (ORPHAN, self.orphan)] {
            if set {
                item.insert(name.to_owned(), Value::Bool(true));
            }
        }
        item
    }
}

/// The key of a shard's lease.
pub(crate) fn key(shard_id: &str) -> Item {
    Item::from([(LEASE_KEY.to_owned(), shard_id.into())])
}

#[cfg(test)]
mod tests;

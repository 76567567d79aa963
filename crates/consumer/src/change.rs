//! What a stream says: changes of items, and where it can no longer say what changed.

use crate::{Item, SequenceNumber};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was done to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeKind {
    /// An item that was not there was written.
    Insert,
    /// An item that was there was written.
    Modify,
    /// An item was deleted.
    Remove,
}

/// One change of one item. Which images it has follows from the view type of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was done.
    pub kind: ChangeKind,
    /// The primary key of the item.
    pub keys: Item,
    /// The item after the change, unless it was removed or the stream has no new images.
    pub new: Option<Item>,
    /// The item before the change, unless it was inserted or the stream has no old images.
    pub old: Option<Item>,
    /// The place of the change in its shard.
    pub sequence_number: SequenceNumber,
    /// A name of the change that is the same whenever it is read.
    pub event_id: Option<String>,
    /// When about it was made, in milliseconds since the epoch; streams give whole seconds.
    pub created_ms: Option<u64>,
    /// The size of keys and images.
    pub size_bytes: Option<u64>,
    /// Who made it, when it was not a user: `dynamodb.amazonaws.com` where time to live expired the item.
    pub principal: Option<String>,
}

/// Why changes may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GapReason {
    /// The changes after the last one that was read are older than the stream keeps them.
    Trimmed,
    /// The shard was dropped before its end had been read.
    ShardGone,
    /// Shards that came before this one, or after its end, were dropped before anybody saw them.
    Unseen,
    /// The stream was dropped before the end of this shard had been read.
    StreamGone,
}

/// A place in a shard at which changes may be missing: the reader was away for longer than the stream keeps
/// changes. What follows is what the stream still has. A copy of the table is to be made anew.
///
/// ```
/// use tailwater_consumer::{Gap, GapReason, SequenceNumber};
///
/// let after = Some(SequenceNumber::new("700000000013256296913"));
/// let gap = Gap { shard_id: "shardId-1".to_owned(), after, reason: GapReason::Trimmed };
/// assert_eq!(
///     gap.to_string(),
///     "changes of shardId-1 may be missing after 700000000013256296913: its changes were trimmed"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The shard.
    pub shard_id: String,
    /// The last change that was read of it; none if there was none.
    pub after: Option<SequenceNumber>,
    /// Why.
    pub reason: GapReason,
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            GapReason::Trimmed => "its changes were trimmed",
            GapReason::ShardGone => "the shard is gone",
            GapReason::Unseen => "shards came and went unseen",
            GapReason::StreamGone => "the stream is gone",
        };
        write!(formatter, "changes of {} may be missing", self.shard_id)?;
        if let Some(after) = &self.after {
            write!(formatter, " after {after}")?;
        }
        write!(formatter, ": {reason}")
    }
}

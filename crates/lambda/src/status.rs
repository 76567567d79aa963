//! Where a mapping stands at a moment: for each shard, how far it has come and what it waits for. Made only when somebody
//! asks ([`crate::history::Questions`]); pure.

use std::sync::Arc;

/// What a mapping answers when it is asked where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether it delivers.
    pub enabled: bool,
    /// Its shards; for a queue, one, by the queue's ARN.
    pub shards: Vec<ShardStatus>,
    /// The shards of which something that was given up is still on its way to where it is kept and sent.
    pub discarding: Vec<Arc<str>>,
}

impl Status {
    /// Where it stands with the shard of this id.
    #[must_use]
    pub fn shard(&self, id: &str) -> Option<&ShardState> {
        self.shards.iter().find(|shard| *shard.shard == *id).map(|shard| &shard.state)
    }

    /// Whether nothing is under way: no call, and nothing that was given up.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let calls = self.shards.iter().any(|shard| match &shard.state {
            ShardState::Reads { lanes, .. } => lanes.iter().any(|lane| lane.activity == Activity::Runs),
            _ => false,
        });
        !calls && self.discarding.is_empty()
    }
}

/// Where it stands with a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStatus {
    /// The shard's id, or the queue's ARN.
    pub shard: Arc<str>,
    /// How it stands.
    pub state: ShardState,
}

/// How it stands with a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardState {
    /// These shards come first, and are not finished. None where the mapping has only not begun with it.
    Waits {
        /// Which.
        parents: Vec<Arc<str>>,
        /// The sequence number at which it will be begun.
        from: u128,
    },
    /// It is being read.
    Reads {
        /// The next sequence number to be read.
        read_to: u128,
        /// Whether the shard is closed and has been read to its end.
        ended: bool,
        /// The lanes, in order. A record is in the lane of the remainder of its key's hash by their number.
        lanes: Vec<LaneStatus>,
    },
    /// All of it is done.
    Finished,
}

/// Where a lane stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStatus {
    /// The lane's records with lower sequence numbers are done.
    pub done_to: u128,
    /// How many records it holds, of which those in a batch that is tried or retried.
    pub records: usize,
    /// What it does.
    pub activity: Activity,
}

/// What a lane does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing: it has no records.
    Idle,
    /// It waits until its batch is full, or for this time.
    Fills {
        /// The end of the batching window, or of the tumbling window.
        until_ms: u64,
    },
    /// A call is under way.
    Runs,
    /// Its batch failed, or could not be delivered at all, and is tried again at this time.
    BacksOff {
        /// When.
        until_ms: u64,
        /// Failures of the function that count.
        failures: u32,
        /// Calls in a row that did not reach the function.
        not_invoked: u32,
    },
}

//! What the machine tells of itself.

use super::lane::Lane;
use super::reader::Reader;
use super::{Mapping, Rules, Shard, State};
use crate::status::{LaneStatus, ShardState, ShardStatus, Status};

impl<P: Clone> Mapping<P> {
    /// Where it stands with each shard.
    #[must_use]
    pub fn status(&self, now_ms: u64) -> Status {
        let shard = |(name, shard): (&super::ShardName, &Shard<P>)| ShardStatus {
            shard: name.clone(),
            state: self.shard_status(shard, now_ms),
        };
        let shards = self.shards.iter().map(shard).collect();
        Status { enabled: self.enabled, shards, discarding: Vec::new() }
    }

    fn shard_status(&self, shard: &Shard<P>, now_ms: u64) -> ShardState {
        match &shard.state {
            State::Finished => ShardState::Finished,
            State::Reading(reader) => reader.status(&self.rules, now_ms),
            State::Waiting(stored) => {
                let unfinished = |parent: &&super::ShardName| {
                    self.shards.get(*parent).is_some_and(|parent| !matches!(parent.state, State::Finished))
                };
                ShardState::Waits {
                    parents: shard.parents.iter().filter(unfinished).cloned().collect(),
                    from: stored.as_ref().map_or(0, super::Checkpoint::watermark),
                }
            }
        }
    }
}

impl<P: Clone> Reader<P> {
    fn status(&self, rules: &Rules, now_ms: u64) -> ShardState {
        let (lanes, read_to, ended) = self.position();
        let lane = |lane: &Lane<P>| LaneStatus {
            done_to: lane.checkpoint(read_to).next,
            records: lane.held().0,
            activity: lane.activity(rules, now_ms),
        };
        ShardState::Reads { read_to, ended, lanes: lanes.iter().map(lane).collect() }
    }
}

//! Looking at the stream: which shards are new, which are gone, and whether there will be more.

use super::{BTreeSet, Description, Follower, Gap, GapReason, Waits};
use crate::missing::{Lack, Look, Missing};
use crate::reader::Position;
use crate::replica::state::{Progress, ShardState, Stage};
use crate::transport::{CallError, Shard, StreamStatus};

/// How long a finished shard must not have been listed before it is forgotten.
const FORGET_MS: u64 = 600_000;

impl Follower {
    pub(super) fn on_described(&mut self, answer: Result<Description, CallError>, now_ms: u64) {
        self.look.waits = false;
        let description = match answer {
            Ok(description) => description,
            Err(CallError::NotFound(_)) if self.state.stage == Stage::Follows => return self.stream_gone(),
            Err(error) => {
                self.look.failed(now_ms, &mut self.dice);
                return self.note(error);
            }
        };
        self.look.next_ms = self.look.next_ms.min(now_ms + self.options.discovery_ms);
        self.state.table.clone_from(&description.table);
        self.key_attributes.clone_from(&description.key_attributes);
        match self.state.stage {
            Stage::Begins { .. } => {
                self.look.backoff.reset();
                self.begin(&description, now_ms);
            }
            Stage::Copies { .. } => {}
            Stage::Follows => self.looked(&description, now_ms),
        }
    }

    fn stream_gone(&mut self) {
        self.closed = true;
        let unfinished = self.state.shards.iter().filter_map(|(id, shard)| match &shard.progress {
            Progress::At(Position::After(number)) => Some((id, Some(number.clone()))),
            Progress::At(_) => Some((id, None)),
            Progress::Finished => None,
        });
        let gaps: Vec<Gap> = unfinished
            .map(|(id, after)| Gap { shard_id: id.clone(), after, reason: GapReason::StreamGone })
            .collect();
        // What was read of them already comes first, and its end is not theirs.
        for gap in gaps {
            self.waits.push_back(Waits::Gap(gap));
        }
    }

    fn looked(&mut self, description: &Description, now_ms: u64) {
        let listed: BTreeSet<&str> = description.shards.iter().map(|shard| shard.id.as_str()).collect();
        self.meet(&description.shards, &listed);
        let parents: BTreeSet<&str> =
            description.shards.iter().filter_map(|shard| shard.parent.as_deref()).collect();
        let disabled = description.status == StreamStatus::Disabled;
        let look = Look { asked_ms: self.asked_ms, had_ms: now_ms };
        let unsure = self.miss_children((&listed, &parents), disabled, look);
        let finished = |shard: &ShardState| shard.progress == Progress::Finished;
        self.closed = disabled && !unsure && self.state.shards.values().all(finished);
        let childless = |id: &&str| {
            let done = self.state.shards.get(*id).is_some_and(finished);
            done && !parents.contains(id)
        };
        let waits = !disabled && listed.iter().any(childless);
        if !waits && !unsure {
            self.look.backoff.reset();
        } else {
            // A child that is not listed yet is looked for soon.
            let soon_ms = now_ms + self.look.backoff.failed(&mut self.dice);
            self.look.next_ms = self.look.next_ms.min(soon_ms);
        }
        self.forget(&listed, now_ms);
    }

    /// Takes up shards that are new; ones that continue a shard which was never seen, when that was told.
    fn meet(&mut self, shards: &[Shard], listed: &BTreeSet<&str>) {
        let new = |shard: &&Shard| {
            !self.state.shards.contains_key(&shard.id) && !self.orphans.contains_key(&shard.id)
        };
        for shard in shards.iter().filter(new).collect::<Vec<_>>() {
            let seen = |id: &String| listed.contains(id.as_str()) || self.state.shards.contains_key(id);
            if shard.parent.as_ref().is_none_or(seen) {
                self.state.shards.insert(shard.id.clone(), new_shard(shard));
            } else {
                self.orphans.insert(shard.id.clone(), new_shard(shard));
                self.unseen(&shard.id);
            }
        }
    }

    /// Finished shards whose children nobody has seen: they are gone, and their children perhaps with them, or the last
    /// ones of a stream that is disabled. True if more looks have to say so.
    fn miss_children(
        &mut self,
        (listed, parents): (&BTreeSet<&str>, &BTreeSet<&str>),
        disabled: bool,
        look: Look,
    ) -> bool {
        let known: BTreeSet<&str> =
            self.state.shards.values().filter_map(|shard| shard.parent.as_deref()).collect();
        let childless = self.state.shards.iter().filter(|(id, shard)| {
            let id = id.as_str();
            let ends = shard.progress == Progress::Finished && (disabled || !listed.contains(id));
            ends && !parents.contains(id) && !known.contains(id)
        });
        let childless: BTreeSet<String> = childless.map(|(id, _)| id.clone()).collect();
        self.childless.retain(|id, _| childless.contains(id));
        for id in &childless {
            let lack = if listed.contains(id.as_str()) { Lack::Child } else { Lack::Shard };
            let missing = self.childless.entry(id.clone()).or_insert_with(|| Missing::since(lack, look));
            if missing.again(lack, look) && lack == Lack::Shard {
                self.unseen(id);
            }
        }
        !self.childless.values().all(Missing::is_sure)
    }

    fn unseen(&mut self, shard_id: &str) {
        let gap = Gap { shard_id: shard_id.to_owned(), after: None, reason: GapReason::Unseen };
        let told = |waits: &Waits| matches!(waits, Waits::Gap(other) if *other == gap);
        if !self.waits.iter().any(told) {
            self.waits.push_back(Waits::Gap(gap));
        }
    }

    /// The user knows that shards before this one, or after it, were never seen.
    pub(super) fn told_unseen(&mut self, shard_id: &str) {
        if let Some(shard) = self.orphans.remove(shard_id) {
            self.state.shards.insert(shard_id.to_owned(), shard);
        } else {
            self.state.shards.remove(shard_id);
        }
    }

    fn forget(&mut self, listed: &BTreeSet<&str>, now_ms: u64) {
        let (state, missing) = (&mut self.state, &mut self.missing);
        state.shards.retain(|id, shard| {
            if listed.contains(id.as_str()) || shard.progress != Progress::Finished {
                missing.remove(id);
                return true;
            }
            now_ms - *missing.entry(id.clone()).or_insert(now_ms) < FORGET_MS
        });
        missing.retain(|id, _| state.shards.contains_key(id));
    }
}

/// A shard that was not there before: all of its changes are new.
fn new_shard(shard: &Shard) -> ShardState {
    let position = shard.starting.clone().map_or(Position::TrimHorizon, Position::At);
    ShardState { parent: shard.parent.clone(), progress: Progress::At(position) }
}

//! An event source mapping as a state machine: what happens goes in, what is to be done comes out.
//!
//! [`Mapping::step`] takes an [`Event`] and a time, and gives [`Action`]s; whoever drives it reads, invokes, stores
//! and waits. What it promises, as long as actions are done in their order and a stored checkpoint stays stored:
//!
//! - Every record that passes the filters is delivered until an invocation succeeds, or is discarded by a rule of
//!   the mapping, with an action that says so. None is skipped, whatever restarts and updates there are.
//! - Records of one key are delivered in their order; a shard is begun when all its parents are finished.
//! - After a restart is delivered again at most what was under way, not what other lanes have done meanwhile.
//! - The same events give the same actions.
//!
//! Attempts are not stored: a restart begins to count anew. So does an update, which lets the invocations under way
//! end and reads again what is not done. One that changes the number of lanes delivers again what some lanes have
//! done ahead of others, and begins the tumbling windows anew.

mod checkpoint;
mod lane;
mod reader;
mod response;
mod rules;
mod status;
#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, Damaged, LaneCheckpoint, Window};
pub use reader::Page;
pub(crate) use response::failed;
pub use rules::{PAYLOAD_LIMIT, Rules, STATE_LIMIT};

use lane::Wish;
use reader::{Reader, ReaderWish};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The id of a shard.
pub type ShardName = Arc<str>;

/// A record, as far as the machine looks at it. `P` is whatever its driver needs to deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<P> {
    /// Its sequence number: above those of all records before it in its shard and the shard's parents.
    pub sequence: u128,
    /// A hash of the whole primary key, or of the partition key of a data stream: records of one key keep their
    /// order.
    pub key_hash: u64,
    /// The bytes of its JSON in the function's event.
    pub size_bytes: usize,
    /// When it was made.
    pub time_ms: u64,
    /// Whether the mapping's filters let it through.
    pub passes: bool,
    /// What the driver needs.
    pub payload: P,
}

/// A shard of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    /// Its id.
    pub name: ShardName,
    /// The shards that it came from; those that are no longer listed count as finished.
    pub parents: Vec<ShardName>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event<P> {
    /// The shards that the source has now. The first event, and again whenever they change.
    Shards(Vec<ShardInfo>),
    /// The answer to [`Action::Read`].
    Read {
        /// Which read.
        read: u64,
        /// The shard.
        shard: ShardName,
        /// What it gave.
        page: Page<P>,
    },
    /// The answer to [`Action::Invoke`].
    Invoked {
        /// Which invocation.
        invocation: u64,
        /// The shard.
        shard: ShardName,
        /// What became of it.
        outcome: Outcome,
    },
    /// Nothing but time has passed.
    Tick,
    /// What failed may be worth another try now: waits before retries are over.
    Retry,
    /// The mapping is enabled, or disabled. What is under way ends either way.
    Enable(bool),
    /// The mapping has other rules, or other filters.
    Update(Rules),
}

/// What became of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Answered {
        /// The invocation's request id.
        request_id: String,
        /// The answer, as it is.
        body: Vec<u8>,
    },
    /// It failed: an error, a timeout, an exit, an answer that is too long.
    FunctionError {
        /// The invocation's request id.
        request_id: String,
    },
    /// It was not called at all: throttled, not there, the service failed. This counts as no attempt.
    NotInvoked,
}

/// What is known of the last failure of a batch, for the message about its discard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The invocation's request id.
    pub request_id: String,
    /// Whether the function failed; else it answered that records did.
    pub function_error: bool,
}

/// Why records are discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Their batch failed more often than it may be retried.
    RetryAttemptsExhausted,
    /// They are older than the mapping delivers, or than the source keeps them.
    RecordAgeExceeded,
}

impl Condition {
    /// As OnFailure messages call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Condition::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// What an invocation in a tumbling window says besides its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowCall {
    /// When the window begins.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// What the function returned last in this window; `{}` at first.
    pub state: Vec<u8>,
    /// Whether this is the window's last invocation; it has no records.
    pub is_final: bool,
    /// Whether the window ends before its time.
    pub is_terminated_early: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<P> {
    /// Read records of the shard from this sequence number on, and answer once there are some, or its end. At most
    /// one read of a shard is under way; an older one that is answered all the same does no harm.
    Read {
        /// Which read, for the answer.
        read: u64,
        /// The shard.
        shard: ShardName,
        /// The lowest sequence number wanted.
        from: u128,
    },
    /// Call the function.
    Invoke {
        /// Which invocation, for the answer.
        invocation: u64,
        /// The shard.
        shard: ShardName,
        /// The lane.
        lane: usize,
        /// The records.
        records: Vec<Record<P>>,
        /// The tumbling window, where the mapping has such.
        window: Option<WindowCall>,
    },
    /// Records, none for a window that could not be closed, are given up; then comes the checkpoint behind them.
    Discard {
        /// The shard.
        shard: ShardName,
        /// The lane.
        lane: usize,
        /// The records.
        records: Vec<Record<P>>,
        /// Why.
        condition: Condition,
        /// How often they were delivered, in this batch; at least 1, as AWS counts.
        invokes: u32,
        /// The last failure, if they were delivered.
        failure: Option<Failure>,
    },
    /// Store how far the shard has come. It may be stored late, but not before what comes before it is done.
    Store {
        /// The shard.
        shard: ShardName,
        /// How far.
        checkpoint: Checkpoint,
    },
    /// The shard is read to its end, and all of it is done. Its checkpoint says so too.
    Finished {
        /// The shard.
        shard: ShardName,
    },
    /// The shard is no longer there: its checkpoint may be deleted.
    Forget {
        /// The shard.
        shard: ShardName,
    },
    /// Come back at this time, unless something happens before; the last of these holds.
    Wake {
        /// When.
        at_ms: u64,
    },
}

/// Where a mapping stands with a shard.
#[derive(Debug)]
enum State<P> {
    /// It waits for its parents.
    Waiting(Option<Checkpoint>),
    Reading(Reader<P>),
    Finished,
}

#[derive(Debug)]
struct Shard<P> {
    parents: Vec<ShardName>,
    state: State<P>,
}

/// One event source mapping.
#[derive(Debug)]
pub struct Mapping<P> {
    rules: Rules,
    enabled: bool,
    shards: BTreeMap<ShardName, Shard<P>>,
    /// Checkpoints of shards that are not listed yet.
    stored: BTreeMap<ShardName, Checkpoint>,
    last_id: u64,
    wake_ms: Option<u64>,
}

impl<P: Clone> Mapping<P> {
    /// A mapping that goes on from its checkpoints. A shard without one is read from its oldest record; for LATEST,
    /// store [`Checkpoint::starting`] for every shard there is at the moment of creation.
    #[must_use]
    pub fn new(
        rules: Rules,
        enabled: bool,
        stored: impl IntoIterator<Item = (ShardName, Checkpoint)>,
    ) -> Self {
        let stored = stored.into_iter().collect();
        Self { rules, enabled, shards: BTreeMap::new(), stored, last_id: 0, wake_ms: None }
    }

    /// Forgets all shards: the source is another one now, whose shards may have the same names. An answer to what was asked
    /// before does no harm, since no number is given twice.
    pub fn begin_anew(&mut self) {
        self.shards.clear();
        self.stored.clear();
        self.wake_ms = None;
    }

    /// Whether invocations are under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.shards.values().any(|shard| matches!(&shard.state, State::Reading(reader) if reader.is_busy()))
    }

    /// Takes what happened, and says what is to be done, in this order.
    pub fn step(&mut self, event: Event<P>, now_ms: u64) -> Vec<Action<P>> {
        let mut actions = Vec::new();
        match event {
            Event::Shards(shards) => self.list(shards, &mut actions),
            Event::Read { read, shard, page } => {
                if let Some(reader) = self.reader(&shard) {
                    reader.page(read, page, now_ms);
                    self.run(&shard, now_ms, &mut actions);
                }
                self.wake(now_ms, &mut actions);
                return actions;
            }
            Event::Invoked { invocation, shard, outcome } => {
                let rules = self.rules;
                let reader = self.reader(&shard);
                if let Some(wish) = reader.and_then(|it| it.outcome(&rules, invocation, outcome, now_ms)) {
                    self.act(&shard, wish, &mut actions);
                }
                self.run(&shard, now_ms, &mut actions);
                self.wake(now_ms, &mut actions);
                return actions;
            }
            Event::Tick => self.wake_ms = None,
            Event::Retry => self.readers().for_each(Reader::retry),
            Event::Enable(enabled) => {
                self.enabled = enabled;
                self.drain(self.rules);
            }
            Event::Update(rules) => {
                let before = std::mem::replace(&mut self.rules, rules);
                self.drain(before);
            }
        }
        let names: Vec<ShardName> = self.shards.keys().cloned().collect();
        for name in names {
            self.run(&name, now_ms, &mut actions);
        }
        self.wake(now_ms, &mut actions);
        actions
    }

    fn reader(&mut self, shard: &ShardName) -> Option<&mut Reader<P>> {
        match &mut self.shards.get_mut(shard)?.state {
            State::Reading(reader) => Some(reader),
            _ => None,
        }
    }

    fn readers(&mut self) -> impl Iterator<Item = &mut Reader<P>> {
        self.shards.values_mut().filter_map(|shard| match &mut shard.state {
            State::Reading(reader) => Some(reader),
            _ => None,
        })
    }

    fn drain(&mut self, rules: Rules) {
        self.readers().for_each(|reader| reader.drain(rules));
    }

    fn list(&mut self, listed: Vec<ShardInfo>, actions: &mut Vec<Action<P>>) {
        let names: std::collections::BTreeSet<ShardName> =
            listed.iter().map(|shard| Arc::clone(&shard.name)).collect();
        self.shards.retain(|name, shard| {
            let mut keep = names.contains(name);
            if let (false, State::Reading(reader)) = (keep, &mut shard.state) {
                // What was read of it before it went is still delivered.
                reader.end();
                keep = true;
            }
            if !keep {
                actions.push(Action::Forget { shard: Arc::clone(name) });
            }
            keep
        });
        for ShardInfo { name, parents } in listed {
            let stored = self.stored.remove(&name);
            self.shards.entry(name).or_insert_with(|| Shard {
                parents,
                state: match stored {
                    Some(checkpoint) if checkpoint.finished => State::Finished,
                    stored => State::Waiting(stored),
                },
            });
        }
        for shard in std::mem::take(&mut self.stored).into_keys() {
            actions.push(Action::Forget { shard });
        }
    }

    /// Lets a shard do all that it can do now.
    fn run(&mut self, name: &ShardName, now_ms: u64, actions: &mut Vec<Action<P>>) {
        self.start(name);
        let (rules, enabled) = (self.rules, self.enabled);
        while let Some(wish) = self.reader(name).and_then(|reader| reader.next(&rules, enabled, now_ms)) {
            self.act(name, wish, actions);
        }
        let Some(reader) = self.reader(name) else { return };
        let finished = reader.is_finished();
        if let Some(checkpoint) = reader.checkpoint_to_store(finished) {
            actions.push(Action::Store { shard: Arc::clone(name), checkpoint });
        }
        if !finished {
            return;
        }
        actions.push(Action::Finished { shard: Arc::clone(name) });
        if let Some(shard) = self.shards.get_mut(name) {
            shard.state = State::Finished;
        }
        let children: Vec<ShardName> = self
            .shards
            .iter()
            .filter(|(_, shard)| shard.parents.contains(name))
            .map(|(child, _)| Arc::clone(child))
            .collect();
        for child in children {
            self.run(&child, now_ms, actions);
        }
    }

    /// Begins with a shard, if it is time.
    fn start(&mut self, name: &ShardName) {
        let Some(shard) = self.shards.get(name) else { return };
        let finished = |parent: &ShardName| {
            self.shards.get(parent).is_none_or(|parent| matches!(parent.state, State::Finished))
        };
        let State::Waiting(stored) = &shard.state else { return };
        if !self.enabled || !shard.parents.iter().all(finished) {
            return;
        }
        let beginning = Checkpoint::starting(0);
        let reader = Reader::new(&self.rules, stored.as_ref().unwrap_or(&beginning));
        if let Some(shard) = self.shards.get_mut(name) {
            shard.state = State::Reading(reader);
        }
    }

    fn act(&mut self, name: &ShardName, wish: ReaderWish<P>, actions: &mut Vec<Action<P>>) {
        let shard = Arc::clone(name);
        match wish {
            ReaderWish::Read(from) => {
                let read = self.id();
                if let Some(reader) = self.reader(name) {
                    reader.read(read);
                }
                actions.push(Action::Read { read, shard, from });
            }
            ReaderWish::Lane(lane, Wish::Invoke(records, window)) => {
                let invocation = self.id();
                if let Some(reader) = self.reader(name) {
                    reader.run(lane, invocation);
                }
                actions.push(Action::Invoke { invocation, shard, lane, records, window });
            }
            ReaderWish::Lane(lane, Wish::Discard(records, condition, invokes, failure)) => {
                actions.push(Action::Discard { shard, lane, records, condition, invokes, failure });
            }
        }
    }

    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Asks to be woken when the next wait ends.
    fn wake(&mut self, now_ms: u64, actions: &mut Vec<Action<P>>) {
        if !self.enabled {
            return;
        }
        let deadline = |shard: &Shard<P>| match &shard.state {
            State::Reading(reader) => reader.deadline_ms(&self.rules),
            _ => None,
        };
        let Some(at_ms) = self.shards.values().filter_map(deadline).min() else { return };
        if self.wake_ms.is_some_and(|known_ms| known_ms <= now_ms) {
            // The tick is due and comes. A later one in its place would not come while service time is frozen.
            return;
        }
        let at_ms = at_ms.max(now_ms + 1);
        if self.wake_ms != Some(at_ms) {
            self.wake_ms = Some(at_ms);
            actions.push(Action::Wake { at_ms });
        }
    }
}

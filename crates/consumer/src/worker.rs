//! One worker of a group, as a state machine: `step(event, now) -> actions`, without a call, a clock or a thread in
//! it. [`crate::Consumer`] makes the calls; a simulation makes them up.
//!
//! What it promises, whatever happens to calls and to other workers, as long as clocks run about equally fast
//! (within a tenth; what they show does not matter):
//!
//! - No two workers believe at the same time that they hold a shard. An owner believes for nine tenths of the
//!   lease's time after it *sent* its last successful renewal. Another takes it when it has *seen* no renewal for
//!   the whole of that time, or when the owner has let go.
//! - A checkpoint is never ahead of what the handler has done.
//! - A shard is begun when its parent has been finished, and finished when its children have leases.
//! - A place that was trimmed away is told to the handler.

use crate::backoff::{Backoff, Dice};
use crate::lease::{Lease, LeaseWrite};
use crate::transport::{CallError, RecordPage, Shard, StartingPosition, StreamStatus};
use crate::{Change, Gap, Measure, SequenceNumber};
use std::collections::BTreeMap;
use std::sync::Arc;

mod balance;
mod discovery;
mod held;
mod holding;
mod leases;

use discovery::Discovery;
use held::Held;

/// Where a group begins that has no leases yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// With the oldest change that the stream has when the group's first leases are made. What is trimmed from then on,
    /// before it was read, is told as a gap.
    #[default]
    TrimHorizon,
    /// With what is written from now on.
    Latest,
}

/// The settings of a worker. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the group begins.
    pub start: Start,
    /// How long a lease is good without being renewed. It is renewed three times as often.
    pub lease_ms: u64,
    /// How often at most a shard's checkpoint is written while changes come.
    pub checkpoint_ms: u64,
    /// How long a shard is left alone after an empty page.
    pub idle_ms: u64,
    /// How often the stream is described though nothing asks for it.
    pub discovery_ms: u64,
    /// How many shards this worker takes at most.
    pub leases_max: usize,
    /// How many changes the handler is given at most at once.
    pub batch_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start: Start::TrimHorizon,
            lease_ms: 10_000,
            checkpoint_ms: 1_000,
            idle_ms: 500,
            discovery_ms: 60_000,
            leases_max: usize::MAX,
            batch_max: 1_000,
        }
    }
}

impl Settings {
    /// How long an owner believes in its lease.
    pub(crate) fn belief_ms(&self) -> u64 {
        self.lease_ms - self.lease_ms / 10
    }
}

/// The whole of a stream's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Where the stream stands.
    pub status: StreamStatus,
    /// All its shards.
    pub shards: Vec<Shard>,
}

/// What the handler is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Changes, in order.
    Changes(Arc<[Change]>),
    /// A place at which changes may be missing.
    Gap(Gap),
}

/// Why a write to a lease did not go as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteFailure {
    /// Its condition did not hold; the lease as it is now.
    Overtaken(Option<Box<Lease>>),
    /// The call failed. It may have been carried out.
    Call(CallError),
}

/// The oldest change that a shard still has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oldest {
    /// This one.
    Change(SequenceNumber),
    /// None so far: this iterator stands where the next one will be.
    NoneYet(String),
    /// None, and there will be none: the shard is closed, and has nothing.
    Never,
}

/// What happens to a worker.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time has come to [`Worker::wake_ms`].
    Tick,
    /// The answer to [`Action::ScanLeases`].
    Leases(Result<Vec<Lease>, CallError>),
    /// The answer to [`Action::Describe`].
    Described(Result<Listing, CallError>),
    /// The answer to [`Action::Bookmark`].
    Bookmarked(Result<String, CallError>),
    /// The answer to [`Action::FindOldest`].
    Oldest(Result<Oldest, CallError>),
    /// The answer to [`Action::Write`]: the lease as it is after it.
    Written {
        /// The shard.
        shard_id: String,
        /// The lease after the write.
        answer: Result<Lease, WriteFailure>,
    },
    /// The answer to [`Action::GetIterator`].
    Iterator {
        /// The ticket of the action.
        ticket: Ticket,
        /// The iterator.
        answer: Result<String, CallError>,
    },
    /// The answer to [`Action::GetRecords`].
    Records {
        /// The ticket of the action.
        ticket: Ticket,
        /// The iterator that was read.
        iterator: String,
        /// What it gave.
        answer: Result<RecordPage, CallError>,
    },
    /// The handler has done what [`Action::Handle`] asked for, or could not.
    Handled {
        /// The ticket of the action.
        ticket: Ticket,
        /// Whether it did.
        done: bool,
    },
    /// The worker is to finish what it is at, give its leases back, and end.
    Stop,
}

/// One time of holding a shard. What belongs to an earlier one is ignored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    /// The shard.
    pub shard_id: String,
    /// Which time.
    pub number: u64,
}

/// What a worker wants done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Read all leases, consistently.
    ScanLeases,
    /// Read the whole description of the stream. A stream that does not exist is [`CallError::NotFound`].
    Describe,
    /// Get an iterator after the newest change of a shard.
    Bookmark {
        /// The shard.
        shard_id: String,
    },
    /// Find the oldest change that a shard still has, or the place of the first that it will get.
    FindOldest {
        /// The shard.
        shard_id: String,
    },
    /// Write a lease.
    Write {
        /// The shard.
        shard_id: String,
        /// What.
        write: LeaseWrite,
    },
    /// Get an iterator.
    GetIterator {
        /// Of which shard, and when it was taken.
        ticket: Ticket,
        /// Where.
        position: StartingPosition,
    },
    /// Get changes.
    GetRecords {
        /// Of which shard, and when it was taken.
        ticket: Ticket,
        /// With this iterator.
        iterator: String,
    },
    /// Give something to the handler.
    Handle {
        /// Of which shard, and when it was taken.
        ticket: Ticket,
        /// What.
        delivery: Delivery,
    },
    /// The lease is lost: the handler is to be stopped, if it is at something.
    Abandon {
        /// Of which shard, and when it was taken.
        ticket: Ticket,
    },
    /// Count something.
    Measure(Measure),
    /// The stream is disabled, and all of it has been processed.
    Ended,
    /// All leases were given back.
    Stopped,
}

/// A write that has been sent and not answered.
#[derive(Debug)]
struct Pending {
    write: LeaseWrite,
    sent_ms: u64,
    /// The time of holding that it is for; none if the lease was not held.
    ticket: Option<u64>,
}

/// A lease, and since when it has been seen unchanged.
#[derive(Debug)]
struct Seen {
    lease: Lease,
    since_ms: u64,
}

#[derive(Debug, Default)]
struct Scan {
    /// How many were begun.
    begun: u64,
    waits: bool,
    next_ms: u64,
    backoff: Backoff,
}

/// One worker of a group.
#[derive(Debug)]
pub struct Worker {
    name: String,
    settings: Settings,
    dice: Dice,
    seen: BTreeMap<String, Seen>,
    held: BTreeMap<String, Held>,
    writes: BTreeMap<String, Pending>,
    scan: Scan,
    discovery: Discovery,
    tickets: u64,
    stopping: bool,
    over: bool,
    actions: Vec<Action>,
}

impl Worker {
    /// A worker with a name that no other worker has, and a seed for its chances. The lease table must be there.
    #[must_use]
    pub fn new(name: &str, settings: Settings, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            dice: Dice::new(seed),
            seen: BTreeMap::new(),
            held: BTreeMap::new(),
            writes: BTreeMap::new(),
            scan: Scan::default(),
            discovery: Discovery::default(),
            tickets: 0,
            stopping: false,
            over: false,
            actions: Vec::new(),
        }
    }

    /// Something happened: what is to be done now? `now_ms` is of a clock that never goes back; it may start
    /// anywhere.
    pub fn step(&mut self, event: Event, now_ms: u64) -> Vec<Action> {
        if !self.over {
            // First, so that what comes too late starts nothing.
            self.lose_expired(now_ms);
            self.take_event(event, now_ms);
            self.proceed(now_ms);
        }
        std::mem::take(&mut self.actions)
    }

    /// When it wants an [`Event::Tick`].
    #[must_use]
    pub fn wake_ms(&self) -> Option<u64> {
        if self.over {
            return None;
        }
        let held = self.held.iter().filter_map(|(shard_id, held)| {
            held.wake_ms(&self.settings, self.writes.contains_key(shard_id), self.stopping)
        });
        let beats =
            if self.stopping { [None, None] } else { [self.scan.wake_ms(), self.discovery.wake_ms()] };
        held.chain(beats.into_iter().flatten()).min()
    }

    /// The shards that the worker believes to hold now, and may give to the handler.
    #[must_use]
    pub fn holds(&self, now_ms: u64) -> Vec<&str> {
        let believed = self.held.iter().filter(|(_, held)| held.believes(now_ms));
        believed.map(|(shard_id, _)| shard_id.as_str()).collect()
    }

    /// Whether the first leases of the group are there, so that no change from now on is passed over.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.discovery.is_ready()
    }

    fn take_event(&mut self, event: Event, now_ms: u64) {
        match event {
            Event::Tick => {}
            Event::Leases(answer) => self.on_leases(answer, now_ms),
            Event::Described(answer) => self.on_described(answer, now_ms),
            Event::Bookmarked(answer) => self.on_bookmarked(answer, now_ms),
            Event::Oldest(answer) => self.on_oldest(answer, now_ms),
            Event::Written { shard_id, answer } => self.on_written(shard_id, answer, now_ms),
            Event::Iterator { ticket, answer } => {
                self.on_reading(&ticket, now_ms, |held, dice| held.reader.iterator(answer, now_ms, dice));
            }
            Event::Records { ticket, iterator, answer } => {
                self.on_reading(&ticket, now_ms, |held, dice| {
                    held.reader.records(answer, &iterator, now_ms, dice)
                });
            }
            Event::Handled { ticket, done } => self.on_handled(&ticket, done, now_ms),
            Event::Stop => self.stopping = true,
        }
    }

    fn proceed(&mut self, now_ms: u64) {
        if !self.stopping {
            self.proceed_discovery(now_ms);
            self.proceed_scan(now_ms);
        }
        let shards: Vec<String> = self.held.keys().cloned().collect();
        for shard_id in shards {
            self.proceed_held(&shard_id, now_ms);
        }
        if self.stopping && self.held.is_empty() && !self.takes_a_lease() && !self.over {
            self.over = true;
            self.actions.push(Action::Stopped);
        }
    }

    /// Whether a lease may turn out to be ours at any moment.
    fn takes_a_lease(&self) -> bool {
        let takes =
            |pending: &Pending| matches!(pending.write, LeaseWrite::Take { .. } | LeaseWrite::Ask { .. });
        self.writes.values().any(takes)
    }

    fn proceed_scan(&mut self, now_ms: u64) {
        if !self.scan.waits && now_ms >= self.scan.next_ms {
            self.scan.waits = true;
            self.scan.begun += 1;
            self.actions.push(Action::ScanLeases);
        }
    }

    fn on_leases(&mut self, answer: Result<Vec<Lease>, CallError>, now_ms: u64) {
        self.scan.waits = false;
        let leases = match answer {
            Ok(leases) => leases,
            Err(error) => {
                self.scan.next_ms = now_ms + self.scan.backoff.failed(&mut self.dice);
                return self.measure_failure(&error);
            }
        };
        self.scan.backoff.reset();
        // Half a lease's time, so that one that is not renewed is seen so before long.
        self.scan.next_ms = now_ms + self.settings.lease_ms / 2;
        self.observe(leases, now_ms);
        self.discovery_has_leases(now_ms);
        if self.discovery.is_ready() && !self.stopping {
            self.take_leases(now_ms);
        }
    }

    /// Has the leases read now, and not only when it is time.
    fn scan_soon(&mut self, now_ms: u64) {
        self.scan.next_ms = self.scan.next_ms.min(now_ms);
    }

    fn send(&mut self, shard_id: &str, write: LeaseWrite, ticket: Option<u64>, now_ms: u64) {
        let pending = Pending { write: write.clone(), sent_ms: now_ms, ticket };
        self.writes.insert(shard_id.to_owned(), pending);
        self.actions.push(Action::Write { shard_id: shard_id.to_owned(), write });
    }

    fn measure(&mut self, measure: Measure) {
        self.actions.push(Action::Measure(measure));
    }

    fn measure_failure(&mut self, error: &CallError) {
        self.measure(match error {
            CallError::Throttled(_) => Measure::Throttled,
            error => Measure::CallFailed { error: error.to_string() },
        });
    }
}

impl Scan {
    fn wake_ms(&self) -> Option<u64> {
        (!self.waits).then_some(self.next_ms)
    }
}

#[cfg(test)]
mod tests;

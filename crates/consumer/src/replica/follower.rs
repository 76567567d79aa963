//! A replica as a state machine: `step(event, now) -> calls`, and what they brought, one by one.
//!
//! It promises that what was given out is exactly what its state has behind it, and that a place which is no longer in
//! the stream is said to be so.

use super::state::{Progress, ShardState, Stage, State};
use crate::backoff::{Backoff, Dice};
use crate::missing::Missing;
use crate::reader::{Position, Reader, ReaderCall, Reading};
use crate::transport::{CallError, RecordPage, ScanPage, Shard, StartingPosition, StreamStatus};
use crate::worker::Start;
use crate::{Change, Gap, GapReason, Item};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

mod begin;
mod look;

/// How many changes are asked for at once.
pub const PAGE_MAX: u32 = 1_000;

/// How often the place of a shard is held fresh during a copy: well within the life of an iterator.
const REFRESH_MS: u64 = 60_000;

/// What a replica gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicaEvent {
    /// All items of the table follow. What was copied before is void.
    CopyBegins,
    /// An item of the table.
    Item {
        /// Its primary key.
        keys: Item,
        /// All of it.
        item: Item,
    },
    /// That was all of the table; changes follow.
    Copied,
    /// A change.
    Change {
        /// The shard that has it.
        shard_id: String,
        /// The change.
        change: Change,
    },
    /// Changes may be missing at this place.
    Gap(Gap),
}

/// What a step wants called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// DescribeStream, all of it.
    Describe,
    /// GetShardIterator.
    Iterator {
        /// The shard.
        shard_id: String,
        /// Where.
        position: StartingPosition,
    },
    /// GetRecords.
    Records {
        /// The shard.
        shard_id: String,
        /// With this iterator.
        iterator: String,
    },
    /// One page of a consistent scan.
    Scan {
        /// After this item.
        after: Option<Item>,
    },
}

/// What a stream is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its table.
    pub table: String,
    /// The names of the attributes of the table's key.
    pub key_attributes: Vec<String>,
    /// Where it stands.
    pub status: StreamStatus,
    /// All its shards.
    pub shards: Vec<Shard>,
}

/// What happens to a follower.
#[derive(Clone, Debug)]
pub enum Event {
    /// Nothing but time.
    Tick,
    /// The answer to [`Call::Describe`].
    Described(Result<Description, CallError>),
    /// The answer to [`Call::Iterator`].
    Iterator {
        /// The shard.
        shard_id: String,
        /// The iterator.
        answer: Result<String, CallError>,
    },
    /// The answer to [`Call::Records`].
    Records {
        /// The shard.
        shard_id: String,
        /// The iterator that was read.
        iterator: String,
        /// What it gave.
        answer: Result<RecordPage, CallError>,
    },
    /// The answer to [`Call::Scan`].
    Scanned(Result<ScanPage, CallError>),
}

/// What [`Follower::pop`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Something for the user.
    Event(ReplicaEvent),
    /// The service refuses a call. It will be made again.
    Failed(CallError),
    /// The stream is disabled, and all of it was read.
    Ended,
}

/// Settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where a follower begins that copies nothing.
    pub start: Start,
    /// How long a shard is left alone after an empty page.
    pub idle_ms: u64,
    /// How often the stream is described though nothing asks for it.
    pub discovery_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { start: Start::Latest, idle_ms: 500, discovery_ms: 30_000 }
    }
}

/// What waits to be given out, and what that means.
#[derive(Clone, Debug)]
enum Waits {
    Event(ReplicaEvent),
    /// The page of a scan ends here.
    ScanEnds {
        after: Option<Item>,
    },
    Change {
        shard_id: String,
        change: Change,
    },
    /// The page of a shard ends here.
    PageEnds {
        shard_id: String,
    },
    Gap(Gap),
    Failed(CallError),
}

/// One kind of call, which is made once at a time.
#[derive(Debug, Default)]
struct Paced {
    waits: bool,
    next_ms: u64,
    backoff: Backoff,
}

impl Paced {
    fn is_due(&self, now_ms: u64) -> bool {
        !self.waits && now_ms >= self.next_ms
    }

    fn failed(&mut self, now_ms: u64, dice: &mut Dice) {
        self.next_ms = now_ms + self.backoff.failed(dice);
    }
}

/// A replica without its calls.
#[derive(Debug)]
pub struct Follower {
    state: State,
    options: Options,
    dice: Dice,
    key_attributes: Vec<String>,
    readers: BTreeMap<String, Reader>,
    /// The shards whose places are being asked for, before the follower begins.
    bookmarks: BTreeMap<String, begin::Bookmark>,
    waits: VecDeque<Waits>,
    look: Paced,
    /// When the last description was asked for.
    asked_ms: u64,
    scan: Paced,
    /// The page that is being scanned belongs to a copy that was begun anew meanwhile.
    scan_is_void: bool,
    /// Shards that continue ones which were never seen: they count when that was told.
    orphans: BTreeMap<String, ShardState>,
    /// Finished shards without a child, which are gone, or the last of their stream.
    childless: BTreeMap<String, Missing>,
    /// Since when finished shards have not been listed.
    missing: BTreeMap<String, u64>,
    /// The stream is disabled, or gone.
    closed: bool,
    calls: Vec<Call>,
}

impl Follower {
    /// Goes on from a state, with a seed for its chances.
    #[must_use]
    pub fn new(mut state: State, options: Options, seed: u64) -> Self {
        if matches!(state.stage, Stage::Begins { .. }) {
            // Places of which not all were taken are worth nothing.
            state.shards.clear();
        }
        let mut waits = VecDeque::new();
        if matches!(state.stage, Stage::Copies { after: None }) {
            // It is scanned from the beginning, and whether this was given out before nobody knows.
            waits.push_back(Waits::Event(ReplicaEvent::CopyBegins));
        }
        Self {
            state,
            options,
            dice: Dice::new(seed),
            key_attributes: Vec::new(),
            readers: BTreeMap::new(),
            bookmarks: BTreeMap::new(),
            waits,
            look: Paced::default(),
            asked_ms: 0,
            scan: Paced::default(),
            scan_is_void: false,
            orphans: BTreeMap::new(),
            childless: BTreeMap::new(),
            missing: BTreeMap::new(),
            closed: false,
            calls: Vec::new(),
        }
    }

    /// A state that begins anew, for tests of the machine itself.
    #[must_use]
    pub fn fresh(stream_arn: &str, copies: bool) -> State {
        State::new(stream_arn, copies)
    }

    pub(super) fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether all shards have their places. Until then pages are read only to find these, and are read again.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !matches!(self.state.stage, Stage::Begins { .. })
    }

    pub(super) fn stream_arn(&self) -> &str {
        &self.state.stream_arn
    }

    pub(super) fn table(&self) -> &str {
        &self.state.table
    }

    /// Copies the table again, once it has begun.
    pub fn copy_again(&mut self) {
        if !matches!(self.state.stage, Stage::Begins { .. }) {
            self.waits.retain(|waits| !matches!(waits, Waits::Event(_) | Waits::ScanEnds { .. }));
            self.begin_copy();
        }
    }

    fn begin_copy(&mut self) {
        self.state.stage = Stage::Copies { after: None };
        self.scan.next_ms = 0;
        self.scan_is_void = self.scan.waits;
        self.waits.push_back(Waits::Event(ReplicaEvent::CopyBegins));
    }

    /// Something happened: what is to be called now?
    pub fn step(&mut self, event: Event, now_ms: u64) -> Vec<Call> {
        match event {
            Event::Tick => {}
            Event::Described(answer) => self.on_described(answer, now_ms),
            Event::Iterator { shard_id, answer } => self.on_iterator(&shard_id, answer, now_ms),
            Event::Records { shard_id, answer, .. } if matches!(self.state.stage, Stage::Begins { .. }) => {
                self.on_oldest(&shard_id, answer, now_ms);
            }
            Event::Records { shard_id, iterator, answer } => {
                self.on_reading(&shard_id, |reader, dice| reader.records(answer, &iterator, now_ms, dice));
            }
            Event::Scanned(answer) => self.on_scanned(answer, now_ms),
        }
        self.proceed(now_ms);
        std::mem::take(&mut self.calls)
    }

    fn proceed(&mut self, now_ms: u64) {
        if self.look.is_due(now_ms) && self.needs_look() {
            self.look.waits = true;
            self.asked_ms = now_ms;
            // Whoever wants one from now on wants one that begins later.
            self.look.next_ms = u64::MAX;
            self.calls.push(Call::Describe);
        }
        match &self.state.stage {
            Stage::Begins { .. } => return self.ask_bookmarks(now_ms),
            Stage::Copies { after } => {
                // One page at a time, so that the user sets the pace.
                if self.scan.is_due(now_ms) && self.waits.is_empty() && !self.key_attributes.is_empty() {
                    self.scan.waits = true;
                    self.calls.push(Call::Scan { after: after.clone() });
                }
            }
            Stage::Follows => {}
        }
        self.read(now_ms);
    }

    /// While the table is copied, only its keys have to be known.
    fn needs_look(&self) -> bool {
        match self.state.stage {
            Stage::Begins { .. } => self.bookmarks.is_empty(),
            Stage::Copies { .. } => self.key_attributes.is_empty(),
            Stage::Follows => !self.closed,
        }
    }

    fn on_scanned(&mut self, answer: Result<ScanPage, CallError>, now_ms: u64) {
        self.scan.waits = false;
        if std::mem::take(&mut self.scan_is_void) {
            return;
        }
        let page = match answer {
            Ok(page) => page,
            Err(error) => {
                self.scan.failed(now_ms, &mut self.dice);
                return self.note(error);
            }
        };
        self.scan.backoff.reset();
        for item in page.items {
            let part = |name: &String| item.get(name).map(|value| (name.clone(), value.clone()));
            let keys = self.key_attributes.iter().filter_map(part).collect();
            self.waits.push_back(Waits::Event(ReplicaEvent::Item { keys, item }));
        }
        self.waits.push_back(Waits::ScanEnds { after: page.last_evaluated });
    }

    /// A refusal is told, and that there is no such table or stream; anything else is tried again without a word.
    fn note(&mut self, error: CallError) {
        tracing::debug!(%error, "a call failed, and is made again");
        if matches!(error, CallError::Refused(_) | CallError::NotFound(_)) {
            self.waits.push_back(Waits::Failed(error));
        }
    }

    /// Whether a shard may be read: when its parent was read to the end; while the table is copied, when its place is an iterator,
    /// which has to be held fresh. One whose parent is still to be told of waits for that.
    fn may_read(&self, shard: &ShardState) -> bool {
        if matches!(self.state.stage, Stage::Copies { .. }) {
            return matches!(shard.progress, Progress::At(Position::Bookmark { .. }));
        }
        let finished = |id: &String| {
            let parent = self.state.shards.get(id);
            !self.orphans.contains_key(id)
                && parent.is_none_or(|parent| parent.progress == Progress::Finished)
        };
        shard.parent.as_ref().is_none_or(finished)
    }

    /// Makes the next calls of all shards that may be read.
    fn read(&mut self, now_ms: u64) {
        let copies = matches!(self.state.stage, Stage::Copies { .. });
        let idle_ms = if copies { REFRESH_MS } else { self.options.idle_ms };
        let ready = self.state.shards.iter().filter(|(_, shard)| self.may_read(shard));
        let ready = ready.filter_map(|(id, shard)| match &shard.progress {
            Progress::At(position) => Some((id.clone(), position.clone())),
            Progress::Finished => None,
        });
        for (shard_id, position) in ready.collect::<Vec<_>>() {
            let reader = self
                .readers
                .entry(shard_id.clone())
                .or_insert_with(|| Reader::new(&shard_id, position, idle_ms));
            reader.set_idle_ms(idle_ms);
            self.calls.extend(reader.poll(now_ms).map(|call| match call {
                ReaderCall::Iterator(position) => Call::Iterator { shard_id, position },
                ReaderCall::Records(iterator) => Call::Records { shard_id, iterator },
            }));
        }
    }

    fn on_iterator(&mut self, shard_id: &str, answer: Result<String, CallError>, now_ms: u64) {
        if matches!(self.state.stage, Stage::Begins { .. }) {
            return self.on_bookmark(shard_id, answer, now_ms);
        }
        self.on_reading(shard_id, |reader, dice| reader.iterator(answer, now_ms, dice));
    }

    fn on_reading(&mut self, shard_id: &str, answer: impl FnOnce(&mut Reader, &mut Dice) -> Reading) {
        let copies = matches!(self.state.stage, Stage::Copies { .. });
        let Some(reader) = self.readers.get_mut(shard_id) else { return };
        let reading = answer(reader, &mut self.dice);
        let id = || shard_id.to_owned();
        match reading {
            Reading::Goes => {}
            Reading::Replays => {
                tracing::info!(shard_id, "a place was lost; the shard is read from its beginning");
            }
            Reading::Failed(error) => self.note(error),
            Reading::End => self.waits.push_back(Waits::PageEnds { shard_id: id() }),
            Reading::Gap(gap) => self.waits.push_back(Waits::Gap(gap)),
            // Its first number is all that was wanted.
            Reading::Changes(_) if copies => reader.put_back(),
            Reading::Changes(changes) => {
                let changes = changes.into_iter().map(|change| Waits::Change { shard_id: id(), change });
                self.waits.extend(changes);
                self.waits.push_back(Waits::PageEnds { shard_id: id() });
            }
        }
        self.keep_position(shard_id);
    }

    fn keep_position(&mut self, shard_id: &str) {
        if let Some(reader) = self.readers.get(shard_id)
            && let Some(shard) = self.state.shards.get_mut(shard_id)
        {
            shard.progress = Progress::At(reader.position().clone());
        }
    }

    /// What is to be given out next.
    pub fn pop(&mut self, now_ms: u64) -> Option<Output> {
        while let Some(waits) = self.waits.pop_front() {
            match waits {
                Waits::Event(event) => return Some(Output::Event(event)),
                Waits::Failed(error) => return Some(Output::Failed(error)),
                Waits::ScanEnds { after: None } => {
                    self.state.stage = Stage::Follows;
                    self.look.next_ms = now_ms;
                    return Some(Output::Event(ReplicaEvent::Copied));
                }
                Waits::ScanEnds { after } => self.state.stage = Stage::Copies { after },
                Waits::Change { shard_id, change } => {
                    if let Some(reader) = self.readers.get_mut(&shard_id) {
                        reader.passed(&change.sequence_number);
                    }
                    self.keep_position(&shard_id);
                    return Some(Output::Event(ReplicaEvent::Change { shard_id, change }));
                }
                Waits::PageEnds { shard_id } => self.page_ends(&shard_id, now_ms),
                Waits::Gap(gap) => {
                    self.page_ends(&gap.shard_id, now_ms);
                    match gap.reason {
                        GapReason::StreamGone => self.finish(&gap.shard_id, now_ms),
                        GapReason::Unseen => self.told_unseen(&gap.shard_id),
                        GapReason::Trimmed | GapReason::ShardGone => {}
                    }
                    return Some(Output::Event(ReplicaEvent::Gap(gap)));
                }
            }
        }
        let finished = |shard: &ShardState| shard.progress == Progress::Finished;
        let follows = matches!(self.state.stage, Stage::Follows);
        (self.closed && follows && self.state.shards.values().all(finished)).then_some(Output::Ended)
    }

    fn page_ends(&mut self, shard_id: &str, now_ms: u64) {
        let Some(reader) = self.readers.get_mut(shard_id) else { return };
        let ended = reader.delivered();
        self.keep_position(shard_id);
        if ended {
            self.finish(shard_id, now_ms);
        }
    }

    fn finish(&mut self, shard_id: &str, now_ms: u64) {
        self.readers.remove(shard_id);
        if let Some(shard) = self.state.shards.get_mut(shard_id) {
            shard.progress = Progress::Finished;
        }
        self.look.next_ms = self.look.next_ms.min(now_ms);
    }

    /// When it wants an [`Event::Tick`], or to be asked for what waits.
    #[must_use]
    pub fn wake_ms(&self) -> Option<u64> {
        let look = (!self.look.waits && self.needs_look()).then_some(self.look.next_ms);
        let copies = matches!(self.state.stage, Stage::Copies { .. });
        let scans = copies && !self.scan.waits && !self.key_attributes.is_empty();
        let scan = scans.then_some(self.scan.next_ms);
        let may_read = |id: &String| self.state.shards.get(id).is_some_and(|shard| self.may_read(shard));
        let readers =
            self.readers.iter().filter(|(id, _)| may_read(id)).filter_map(|(_, reader)| reader.wake_ms());
        let bookmarks = self.bookmarks.values().filter_map(begin::Bookmark::wake_ms);
        readers.chain(bookmarks).chain(look).chain(scan).min()
    }
}

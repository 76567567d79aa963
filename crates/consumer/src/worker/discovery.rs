//! Looking at the stream: each of its shards gets a lease, parents before children.
//!
//! A group that is new may begin with what is written from now on. Then open shards get the place after their newest
//! change, kept as an iterator in the lease, and closed ones count as finished. Or it begins with the oldest changes:
//! then the oldest of each shard is looked up before the lease is made, and is its place, so that what is trimmed
//! between this moment and the first read is noticed. Several workers may begin at
//! once, and any of them may die meanwhile, so every lease is marked as initial until one has been through all
//! shards; and the child of a shard whose lease another one made, and that is still to be read, begins with its
//! first change. Once one has been through all shards, the group is ready, and passes over nothing: so the leases are
//! read again between taking the places after the newest changes and making leases of them.

use super::{Action, Listing, Oldest, Start, Worker, WriteFailure};
use crate::Measure;
use crate::backoff::Backoff;
use crate::lease::{Checkpoint, Lease, LeaseWrite};
use crate::missing::Look;
use crate::transport::{CallError, Shard, StreamStatus};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a shard must have been missing in every description before its finished lease is deleted.
const FORGET_MS: u64 = 600_000;

#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// How many looks were begun.
    begun: u64,
    stage: Stage,
    /// When the last description was asked for.
    asked_ms: u64,
    next_ms: u64,
    backoff: Backoff,
    /// Whether a look was finished.
    ready: bool,
    disabled: bool,
    /// Since when shards of finished leases have been missing.
    missing: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Rests,
    Describes,
    /// The leases are to be read, by a scan after this one.
    Reads {
        listing: Listing,
        after_scan: u64,
    },
    Makes(Box<Making>),
}

/// What a look says of the children of a shard that has been processed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Children {
    /// They have leases.
    Known,
    /// There will never be any, unless the description lags behind.
    None,
    /// They are not listed yet.
    NotYet,
    /// The shard is gone itself, and its children perhaps with it.
    Unseen,
}

#[derive(Debug)]
struct Making {
    start: Start,
    listing: Listing,
    todo: VecDeque<Shard>,
    /// The leases that are there.
    known: BTreeMap<String, Lease>,
    /// Whether nobody has been through all shards before.
    initial: bool,
    /// Shards in which the group begins with their first change, or with one of an earlier shard: nothing has been
    /// trimmed from their children.
    whole: BTreeSet<String>,
    /// The places after the newest changes of open shards, where the group begins there.
    bookmarks: Bookmarks,
    /// The shard whose bookmark or lease is being made.
    at: Option<Shard>,
}

/// Where a group begins that begins with what is written from now on. As long as it is not ready, that is.
#[derive(Debug, Default)]
struct Bookmarks {
    of: BTreeMap<String, String>,
    /// All were taken, and the leases are to be read again, by a scan after this one.
    after_scan: Option<u64>,
    /// Nobody was ready when they were taken.
    good: bool,
}

impl Discovery {
    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    pub(super) fn wake_ms(&self) -> Option<u64> {
        matches!(self.stage, Stage::Rests).then_some(self.next_ms)
    }

    pub(super) fn look_soon(&mut self, now_ms: u64) {
        self.next_ms = self.next_ms.min(now_ms);
    }

    pub(super) fn look_soon_if_disabled(&mut self, now_ms: u64) {
        if self.disabled {
            self.look_soon(now_ms);
        }
    }
}

impl Worker {
    pub(super) fn proceed_discovery(&mut self, now_ms: u64) {
        if matches!(self.discovery.stage, Stage::Rests) && now_ms >= self.discovery.next_ms {
            self.discovery.begun += 1;
            self.discovery.stage = Stage::Describes;
            self.discovery.asked_ms = now_ms;
            // Set here, so that whoever wants a look from now on gets one that begins after it.
            self.discovery.next_ms = u64::MAX;
            self.actions.push(Action::Describe);
        }
    }

    pub(super) fn on_described(&mut self, answer: Result<Listing, CallError>, now_ms: u64) {
        if !matches!(self.discovery.stage, Stage::Describes) {
            return;
        }
        let listing = match answer {
            Ok(listing) => listing,
            // What does not exist has no shards, and gets none.
            Err(CallError::NotFound(_)) => Listing { status: StreamStatus::Disabled, shards: Vec::new() },
            Err(error) => return self.look_failed(&error, now_ms),
        };
        self.discovery.stage = Stage::Reads { listing, after_scan: self.scan.begun };
        self.scan_soon(now_ms);
    }

    fn look_failed(&mut self, error: &CallError, now_ms: u64) {
        self.measure_failure(error);
        self.discovery.stage = Stage::Rests;
        self.discovery.next_ms = now_ms + self.discovery.backoff.failed(&mut self.dice);
    }

    /// The leases were read.
    pub(super) fn discovery_has_leases(&mut self, now_ms: u64) {
        if let Stage::Makes(_) = &self.discovery.stage {
            return self.check_bookmarks(now_ms);
        }
        let Stage::Reads { listing, after_scan } = &self.discovery.stage else { return };
        if self.scan.begun <= *after_scan {
            return self.scan_soon(now_ms);
        }
        let listing = listing.clone();
        let known: BTreeMap<String, Lease> =
            self.seen.iter().map(|(shard_id, seen)| (shard_id.clone(), seen.lease.clone())).collect();
        let mut todo = parents_first(&listing.shards);
        todo.retain(|shard| !known.contains_key(&shard.id));
        let initial = known.values().all(|lease| lease.initial);
        let start = self.settings.start;
        self.discovery.stage = Stage::Makes(Box::new(Making {
            start,
            listing,
            todo,
            known,
            initial,
            whole: BTreeSet::new(),
            bookmarks: Bookmarks::default(),
            at: None,
        }));
        self.make_next(now_ms);
    }

    fn make_next(&mut self, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        if let Some(shard) = making.to_bookmark().cloned() {
            self.actions.push(Action::Bookmark { shard_id: shard.id.clone() });
            making.at = Some(shard);
            return;
        }
        if !making.bookmarks.good && !making.bookmarks.of.is_empty() {
            making.bookmarks.after_scan = Some(self.scan.begun);
            return self.scan_soon(now_ms);
        }
        let Some(shard) = making.todo.pop_front() else { return self.made_all(now_ms) };
        if making.begins_with_oldest(&shard) {
            self.actions.push(Action::FindOldest { shard_id: shard.id.clone() });
            making.at = Some(shard);
            return;
        }
        let bookmark = making.bookmarks.of.remove(&shard.id).filter(|_| making.begins_here(&shard));
        let base = making.lease(&shard);
        let lease = if bookmark.is_some() {
            Lease { checkpoint: Checkpoint::Latest, bookmark, ..base }
        } else {
            making.whole.insert(shard.id.clone());
            base
        };
        self.create(shard, lease, now_ms);
    }

    /// The leases were read once more: were the bookmarks taken before anybody was ready?
    fn check_bookmarks(&mut self, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        let Some(after_scan) = making.bookmarks.after_scan else { return };
        if self.scan.begun <= after_scan {
            return self.scan_soon(now_ms);
        }
        if self.seen.values().all(|seen| seen.lease.initial) {
            making.bookmarks.after_scan = None;
            making.bookmarks.good = true;
            return self.make_next(now_ms);
        }
        // Another worker has begun the group meanwhile: what it left to be made begins with its first change.
        self.discovery.stage = Stage::Rests;
        self.discovery.next_ms = now_ms;
    }

    fn create(&mut self, shard: Shard, lease: Lease, now_ms: u64) {
        if let Stage::Makes(making) = &mut self.discovery.stage {
            let shard_id = shard.id.clone();
            making.at = Some(shard);
            self.send(&shard_id, LeaseWrite::Create(lease), None, now_ms);
        }
    }

    pub(super) fn on_bookmarked(&mut self, answer: Result<String, CallError>, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        let Some(shard) = making.at.take() else { return };
        match answer {
            Ok(iterator) => {
                making.bookmarks.of.insert(shard.id, iterator);
                self.make_next(now_ms);
            }
            Err(error) => self.look_failed(&error, now_ms),
        }
    }

    pub(super) fn on_oldest(&mut self, answer: Result<Oldest, CallError>, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        let Some(shard) = making.at.take() else { return };
        let oldest = match answer {
            Ok(oldest) => oldest,
            Err(error) => return self.look_failed(&error, now_ms),
        };
        let base = making.lease(&shard);
        let lease = match oldest {
            Oldest::Change(number) => {
                making.whole.insert(shard.id.clone());
                Lease { shard_start: Some(number), ..base }
            }
            // Once the iterator has expired unused, the shard is read from its first number: a gap may be told
            // then of changes from before the group began, but none is passed over.
            Oldest::NoneYet(iterator) => Lease { bookmark: Some(iterator), ..base },
            Oldest::Never if making.parent(&shard).is_none_or(Lease::is_finished) => {
                Lease { checkpoint: Checkpoint::ShardEnd, ..base }
            }
            Oldest::Never => base,
        };
        self.create(shard, lease, now_ms);
    }

    /// A lease was made, by this worker or another, or the first ones were settled.
    pub(super) fn on_made(&mut self, shard_id: &str, answer: Result<Lease, WriteFailure>, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        match answer {
            Ok(lease) => {
                making.known.insert(shard_id.to_owned(), lease);
                making.at = None;
                self.make_next(now_ms);
            }
            Err(WriteFailure::Call(error)) => self.look_failed(&error, now_ms),
            Err(WriteFailure::Overtaken(_)) => {
                // It was there, and is not any more; or what is there is no lease: begin again with what is there then.
                let text = format!("there is no lease of {shard_id}, and none can be made");
                self.look_failed(&CallError::Unavailable(text), now_ms);
            }
        }
    }

    fn made_all(&mut self, now_ms: u64) {
        let Stage::Makes(making) = &mut self.discovery.stage else { return };
        if making.initial
            && let Some(shard_id) = making.known.keys().next().cloned()
        {
            making.initial = false;
            return self.send(&shard_id, LeaseWrite::Settle, None, now_ms);
        }
        if let Stage::Makes(making) = std::mem::take(&mut self.discovery.stage) {
            self.looked(&making.listing, &making.known, now_ms);
        }
    }

    fn looked(&mut self, listing: &Listing, known: &BTreeMap<String, Lease>, now_ms: u64) {
        if !std::mem::replace(&mut self.discovery.ready, true) {
            self.measure(Measure::Ready);
        }
        self.discovery.disabled = listing.status == StreamStatus::Disabled;
        let listed: BTreeSet<&str> = listing.shards.iter().map(|shard| shard.id.as_str()).collect();
        let parents: BTreeSet<&str> =
            listing.shards.iter().filter_map(|shard| shard.parent.as_deref()).collect();
        let disabled = self.discovery.disabled;
        let children = |id: &str| match (parents.contains(id), listed.contains(id)) {
            (true, _) => Children::Known,
            (false, true) if disabled => Children::None,
            (false, true) => Children::NotYet,
            (false, false) => Children::Unseen,
        };
        let look = Look { asked_ms: self.discovery.asked_ms, had_ms: now_ms };
        let settled = self.shards_may_finish((look, self.discovery.begun), children);
        let rest_ms = if settled {
            self.discovery.backoff.reset();
            // Not all workers at the same time.
            self.settings.discovery_ms / 2 + self.dice.below(self.settings.discovery_ms)
        } else {
            self.discovery.backoff.failed(&mut self.dice)
        };
        self.discovery.next_ms = self.discovery.next_ms.min(now_ms + rest_ms);
        self.forget(&listed, known, now_ms);
        // New leases are to be taken, by this worker or others.
        self.scan_soon(now_ms);
        if disabled && self.held.is_empty() && known.values().all(Lease::is_finished) {
            self.over = true;
            self.actions.push(Action::Ended);
        }
    }

    /// Deletes finished leases whose shards have been gone for a while.
    fn forget(&mut self, listed: &BTreeSet<&str>, known: &BTreeMap<String, Lease>, now_ms: u64) {
        let gone = |id: &str| known.get(id).is_some_and(Lease::is_finished) && !listed.contains(id);
        self.discovery.missing.retain(|id, _| gone(id));
        if listed.is_empty() {
            // The stream itself is gone, or a description was not what it should be.
            return;
        }
        for (shard_id, lease) in known.iter().filter(|(shard_id, _)| gone(shard_id)) {
            let since_ms = *self.discovery.missing.entry(shard_id.clone()).or_insert(now_ms);
            if now_ms - since_ms >= FORGET_MS && !self.writes.contains_key(shard_id) {
                self.send(shard_id, LeaseWrite::Delete { counter: lease.counter }, None, now_ms);
            }
        }
    }
}

impl Making {
    fn parent(&self, shard: &Shard) -> Option<&Lease> {
        shard.parent.as_ref().and_then(|parent| self.known.get(parent))
    }

    /// An open shard in which the group may begin with what it gets from now on, and whose place is not taken yet.
    fn to_bookmark(&self) -> Option<&Shard> {
        if self.start != Start::Latest || !self.initial || self.bookmarks.good {
            return None;
        }
        let lacks = |shard: &&Shard| shard.ending.is_none() && !self.bookmarks.of.contains_key(&shard.id);
        self.todo.iter().find(lacks)
    }

    /// Whether the group begins with what this shard gets from now on: it is new, and no shard that this one
    /// continues is still to be read.
    fn begins_here(&self, shard: &Shard) -> bool {
        self.start == Start::Latest && self.initial && self.parent(shard).is_none_or(Lease::is_finished)
    }

    /// Whether the group begins with the oldest change that this shard has, and nobody knows which that is: it may
    /// have had older ones.
    fn begins_with_oldest(&self, shard: &Shard) -> bool {
        let whole = shard.parent.as_ref().is_some_and(|parent| self.whole.contains(parent));
        self.start == Start::TrimHorizon && self.initial && !whole
    }

    /// Whether it continues a shard that is neither there any more nor was ever seen.
    fn is_orphan(&self, shard: &Shard) -> bool {
        let listed = |id: &String| self.listing.shards.iter().any(|shard| shard.id == *id);
        shard.parent.as_ref().is_some_and(|id| !self.known.contains_key(id) && !listed(id))
    }

    /// The lease of a shard, except for a bookmark.
    fn lease(&self, shard: &Shard) -> Lease {
        let past = self.begins_here(shard) && shard.ending.is_some();
        let checkpoint = if past { Checkpoint::ShardEnd } else { Checkpoint::TrimHorizon };
        Lease {
            parents: shard.parent.iter().cloned().collect(),
            shard_start: shard.starting.clone(),
            initial: self.initial,
            orphan: !self.initial && self.is_orphan(shard),
            ..Lease::new(&shard.id, checkpoint)
        }
    }
}

/// The shards in an order in which each comes after its parent.
fn parents_first(shards: &[Shard]) -> VecDeque<Shard> {
    let mut left: BTreeMap<&str, &Shard> = shards.iter().map(|shard| (shard.id.as_str(), shard)).collect();
    let mut order = VecDeque::with_capacity(left.len());
    for shard in shards {
        let mut line = Vec::new();
        let mut next = left.remove(shard.id.as_str());
        while let Some(shard) = next {
            line.push(shard.clone());
            next = shard.parent.as_deref().and_then(|parent| left.remove(parent));
        }
        order.extend(line.into_iter().rev());
    }
    order
}

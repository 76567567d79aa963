//! What the tasks of a run did and saw.

use super::tables::Place;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// When something began and ended, in stamps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) began: u64,
    pub(super) ended: u64,
}

impl Span {
    fn overlaps(self, other: Span) -> bool {
        self.began < other.ended && other.began < self.ended
    }
}

/// What an operation says of an item.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// Nothing.
    Nothing,
    /// This is it; none where there was none.
    Item(Option<Value>),
    /// It has this id; none where there was none.
    Id(Option<String>),
}

/// A write that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) place: Place,
    /// The id that it gave the item; none where it deleted it.
    pub(super) id: Option<String>,
    pub(super) old: Told,
    pub(super) new: Told,
    pub(super) span: Span,
    /// Whether it was a request of its own.
    pub(super) single: bool,
    /// Where the answer says that the record is: shard and number. Only of requests of one write.
    pub(super) position: Option<(String, String)>,
}

/// A consistent read of one item.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) place: Place,
    pub(super) id: Option<String>,
    pub(super) span: Span,
}

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) writes: Vec<Write>,
    pub(super) reads: Vec<Read>,
}

impl History {
    pub(super) fn extend(&mut self, other: History) {
        self.writes.extend(other.writes);
        self.reads.extend(other.reads);
    }
}

/// What has to happen in a run for it to prove anything.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Conditions that failed because somebody wrote between a read and the write that relied on it.
    pub(super) conflicts: AtomicUsize,
    /// Splits of a shard during a write that has its record in it, or in one of its children.
    pub(super) splits_during_a_write: AtomicUsize,
    /// Transactions that were cancelled by a condition.
    pub(super) cancelled: AtomicUsize,
    /// Ends of shards from which a reader went on to the children.
    pub(super) rollovers_crossed: AtomicUsize,
    /// Iterators that expired under a reader.
    pub(super) expired: AtomicUsize,
    /// Times that an index was filled under writes.
    pub(super) filled: AtomicUsize,
    watch: Mutex<SplitWatch>,
}

/// When shards were split, by the parent and by each child; and when there were writes to them.
#[derive(Debug, Default)]
struct SplitWatch {
    splits: HashMap<String, Span>,
    writes: HashMap<String, Vec<Span>>,
    /// The shard of the last write of each item.
    last: HashMap<Place, String>,
}

impl Seen {
    fn all(&self) -> [(&'static str, &AtomicUsize); 6] {
        [
            ("conflicts", &self.conflicts),
            ("splits during a write", &self.splits_during_a_write),
            ("cancelled transactions", &self.cancelled),
            ("readers across a rollover", &self.rollovers_crossed),
            ("expired iterators", &self.expired),
            ("filled indexes", &self.filled),
        ]
    }

    /// There was a write, and it has its record in this shard.
    pub(super) fn note_write(&self, place: Place, shard: &str, span: Span) {
        let mut watch = self.watch.lock().unwrap();
        watch.last.insert(place, shard.to_owned());
        if watch.splits.get(shard).is_some_and(|split| split.overlaps(span)) {
            count(&self.splits_during_a_write);
        }
        watch.writes.entry(shard.to_owned()).or_default().push(span);
    }

    /// The shard of the last write of an item.
    pub(super) fn last_shard(&self, place: Place) -> Option<String> {
        self.watch.lock().unwrap().last.get(&place).cloned()
    }

    /// There was a split, and it closed or opened this shard.
    pub(super) fn note_split(&self, shard: &str, span: Span) {
        let mut watch = self.watch.lock().unwrap();
        let writes = watch.writes.get(shard).map_or(&[][..], Vec::as_slice);
        if writes.iter().any(|write| write.overlaps(span)) {
            count(&self.splits_during_a_write);
        }
        watch.splits.insert(shard.to_owned(), span);
    }

    /// Whether everything was seen.
    pub(super) fn everything(&self) -> bool {
        self.all().iter().all(|(_, count)| count.load(Ordering::Relaxed) > 0)
    }

    pub(super) fn assert_all(&self) {
        for (what, count) in self.all() {
            println!("{what}: {}", count.load(Ordering::Relaxed));
        }
        assert!(self.everything(), "the run proves nothing");
    }
}

/// One more of these was seen.
pub(super) fn count(what: &AtomicUsize) {
    what.fetch_add(1, Ordering::Relaxed);
}

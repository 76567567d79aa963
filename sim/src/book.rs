//! What the clients were told: the books that the stream and the tables are held against.

use crate::tables::Key;
use crate::trace::Trace;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a client knows of a write of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It happened, with its record at one of these positions; of a single write there is one.
    Done(Vec<u128>),
    /// It did not happen.
    Refused,
    /// Nothing.
    Unknown,
}

/// A write of one item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// Its name, which the item holds; a deletion leaves none.
    pub(crate) name: Option<String>,
    pub(crate) key: Key,
    pub(crate) told: Told,
    /// Its transaction, if it is part of one.
    pub(crate) transaction: Option<String>,
    /// Whether it was one of several: then the positions told are those of the commit, not of each.
    pub(crate) grouped: bool,
    /// How often it may have happened: more than once only where a token was too old to help.
    pub(crate) times_max: usize,
}

/// An item that was shown to a client, or shown to be missing.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) key: Key,
    /// The write that it was of.
    pub(crate) write: Option<String>,
    /// The highest position of this item that was known when it was asked for.
    pub(crate) floor: u128,
    pub(crate) by: &'static str,
}

/// A transaction whose answer was lost, to be asked for again after the restart.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) token: String,
    pub(crate) request: serde_json::Value,
    pub(crate) begun_ms: u64,
}

/// The books, which everybody writes to.
pub(crate) type Shared = Arc<Mutex<Book>>;

/// Everything that was told.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) pending: Vec<Pending>,
    pub(crate) writes: Vec<Write>,
    pub(crate) shown: Vec<Shown>,
    /// The highest position of each item that a client was told.
    pub(crate) floors: BTreeMap<Key, u128>,
    /// The highest position that was ever told or read, in lost commits too.
    pub(crate) highest: u128,
    pub(crate) trace: Trace,
    pub(crate) counts: Counts,
}

/// How often what a run is about has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub struct Counts {
    pub done: u64,
    pub lost: u64,
    pub conditions_failed: u64,
    pub transactions_cancelled: u64,
    pub tokens_repeated: u64,
    pub resharded: u64,
    pub indexes_made: u64,
    pub tables_made: u64,
    pub iterators_expired: u64,
    pub records_trimmed: u64,
    pub expired_items: u64,
    pub records_taken_back: u64,
    pub shard_ends_read: u64,
    pub checks: u64,
}

impl Book {
    /// The highest position of an item that is known.
    pub(crate) fn floor(&self, key: &Key) -> u128 {
        self.floors.get(key).copied().unwrap_or(0)
    }

    /// Notes a write, and what was told of it.
    pub(crate) fn wrote(&mut self, write: Write) {
        match &write.told {
            Told::Done(positions) => {
                self.counts.done += 1;
                // Which of the records of a commit is this item's is not told; all are above this.
                let exact = !write.grouped;
                let lowest = positions.iter().min().copied();
                let floor = lowest.map_or(0, |lowest| if exact { lowest } else { lowest >> 20 << 20 });
                // Done again, it may have changed nothing of this item, which then is where it was.
                let floor = if write.times_max > 1 { 0 } else { floor };
                let known = self.floors.entry(write.key.clone()).or_default();
                *known = floor.max(*known);
                self.highest = self.highest.max(positions.iter().max().copied().unwrap_or(0));
            }
            Told::Unknown => self.counts.lost += 1,
            Told::Refused => {}
        }
        self.writes.push(write);
    }

    /// Notes what was told of a transaction after all; with `may_be_twice`, its token may have been forgotten
    /// when it was repeated.
    pub(crate) fn tells(&mut self, token: &str, told: &Told, may_be_twice: bool) {
        for write in self.writes.iter_mut().filter(|write| write.transaction.as_deref() == Some(token)) {
            write.told = told.clone();
            write.times_max += usize::from(may_be_twice);
        }
    }

    /// Notes an item that was shown.
    pub(crate) fn shows(&mut self, key: &Key, write: Option<&str>, floor: u128, by: &'static str) {
        self.shown.push(Shown { key: key.clone(), write: write.map(str::to_owned), floor, by });
    }

    /// Forgets what was told: the power went, and commits with it that had been answered.
    pub(crate) fn forget(&mut self) {
        self.pending.clear();
        self.writes.clear();
        self.shown.clear();
        self.floors.clear();
    }
}

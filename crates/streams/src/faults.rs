//! What faults do to the readers of streams, as [`environment::faults`] decides it.
//!
//! What AWS would not take back is not taken back here: an iterator that has expired stays so, and what has been trimmed is
//! gone for every reader. Both last as long as their fault is listed; nothing of it reaches the store, so when the fault is
//! cleared, records that it trimmed can be read again.

use crate::iterator::ShardIterator;
use crate::reading::{ReadError, ShardPage};
use crate::{Shard, StreamDescriptor, Streams};
use environment::Faults;
use environment::faults::{Kind, Place};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{LogId, Position};
use wire::ApiError;

/// The most iterators that are remembered to have expired.
const EXPIRED_MAX: usize = 10_000;

/// The name of the operation.
const GET_RECORDS: &str = "GetRecords";

/// What faults have done that lasts.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    lasting: Mutex<Lasting>,
}

#[derive(Debug, Default)]
struct Lasting {
    trimmed: Vec<Trimmed>,
    expired: VecDeque<Expired>,
}

/// The records of a log up to a position are gone.
#[derive(Debug)]
struct Trimmed {
    fault: u64,
    log: LogId,
    to: Position,
}

/// An iterator has expired.
#[derive(Debug)]
struct Expired {
    fault: u64,
    log: LogId,
    after: Position,
    issued_ms: u64,
}

impl Damage {
    /// Nothing that holds the lock leaves it half changed, so poison means nothing here.
    fn lasting(&self) -> MutexGuard<'_, Lasting> {
        self.lasting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader of a shard, as faults see it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The stream.
    pub stream: &'a StreamDescriptor,
    /// The shard.
    pub shard: &'a Shard,
    /// The function and the mapping; none for a client.
    pub mapping: Option<(&'a str, &'a str)>,
}

impl Reader<'_> {
    /// Whether a fault strikes it.
    fn meets(&self, faults: &Faults, kind: Kind) -> Option<u64> {
        let (table, shard) = ([&*self.stream.table_name], self.shard.id.to_string());
        let (operation, function, mapping) = match self.mapping {
            None => (Some(GET_RECORDS), None, None),
            Some((function, mapping)) => (None, Some(function), Some(mapping)),
        };
        let place = Place { operation, shard: Some(&shard), function, mapping, ..of(self.stream, &table) };
        let fired = faults.fires(kind, &place)?;
        let (fault, kind, table) = (fired.id, kind.name(), table[0]);
        tracing::info!(fault, kind, table, shard, mapping, "a fault strikes a reader");
        Some(fault)
    }
}

/// Where a stream is.
fn of<'a>(stream: &'a StreamDescriptor, tables: &'a [&'a str]) -> Place<'a> {
    Place { tables, account: Some(&stream.account), region: Some(&stream.region), ..Place::default() }
}

impl Streams {
    /// The position up to which faults have trimmed a log.
    pub(crate) fn hidden(&self, log: LogId) -> Position {
        if !self.faults.is_set() {
            return Position::default();
        }
        let mut lasting = self.damage.lasting();
        lasting.trimmed.retain(|trimmed| self.faults.is_listed(trimmed.fault));
        let of_log = lasting.trimmed.iter().filter(|trimmed| trimmed.log == log);
        of_log.map(|trimmed| trimmed.to).max().unwrap_or_default()
    }

    /// Whether what a reader was about to read is trimmed by a fault, in which case it is gone from now on. There must be
    /// something to read.
    pub fn is_trimmed_by_fault(&self, reader: Reader<'_>, page: &ShardPage) -> bool {
        if !self.faults.is_set() || page.records.is_empty() {
            return false;
        }
        let Some(fault) = reader.meets(&self.faults, Kind::Trim) else { return false };
        let (log, to) = (reader.shard.log, page.next);
        let trimmed = &mut self.damage.lasting().trimmed;
        // One entry for each log and fault, so that there are never more than these.
        trimmed.retain(|other| other.fault != fault || other.log != log);
        trimmed.push(Trimmed { fault, log, to });
        true
    }

    /// Whether an iterator has expired by a fault, before or now.
    pub(crate) fn expire_by_fault(
        &self,
        reader: Reader<'_>,
        iterator: &ShardIterator<'_>,
    ) -> Result<(), ApiError> {
        let error = || ApiError::expired_iterator("The provided iterator exceeds the maximum age allowed.");
        let (log, after, issued_ms) = (reader.shard.log, iterator.after, iterator.issued_ms);
        let is_it = |expired: &Expired| {
            expired.log == log && expired.after == after && expired.issued_ms == issued_ms
        };
        let known = {
            let mut lasting = self.damage.lasting();
            lasting.expired.retain(|expired| self.faults.is_listed(expired.fault));
            lasting.expired.iter().any(is_it)
        };
        if known {
            return Err(error());
        }
        let Some(fault) = reader.meets(&self.faults, Kind::ExpireIterators) else { return Ok(()) };
        let expired = &mut self.damage.lasting().expired;
        if expired.len() >= EXPIRED_MAX {
            expired.pop_front();
        }
        expired.push_back(Expired { fault, log, after, issued_ms });
        Err(error())
    }

    /// An iterator is handed out. Should one that has expired look the same, as it does where the clock stands still, this
    /// is another.
    pub(crate) fn issued(&self, log: LogId, iterator: &ShardIterator<'_>) {
        if self.faults.is_set() {
            let is_it = |expired: &Expired| {
                expired.log == log
                    && expired.after == iterator.after
                    && expired.issued_ms == iterator.issued_ms
            };
            self.damage.lasting().expired.retain(|expired| !is_it(expired));
        }
    }

    /// What a client gets instead of a page with records.
    pub(crate) fn spoiled(
        &self,
        reader: Reader<'_>,
        page: ShardPage,
        after: Position,
    ) -> Result<ShardPage, ReadError> {
        if page.records.is_empty() {
            return Ok(page);
        }
        if self.is_trimmed_by_fault(reader, &page) {
            return Err(ReadError::Trimmed);
        }
        if reader.meets(&self.faults, Kind::EmptyPage).is_some() {
            return Ok(ShardPage { records: Vec::new(), next: after, end: false });
        }
        if reader.meets(&self.faults, Kind::DuplicateBatch).is_some() {
            return Ok(ShardPage { next: after, end: false, ..page });
        }
        Ok(page)
    }

    /// The stream as it was before its shards changed last, where a fault says that this is what is answered.
    pub(crate) fn stale(&self, stream: &StreamDescriptor) -> Option<StreamDescriptor> {
        if !self.faults.is_set() {
            return None;
        }
        let before = stream.before_last_change()?;
        let table = [&*stream.table_name];
        let place = Place { operation: Some("DescribeStream"), ..of(stream, &table) };
        let fired = self.faults.fires(Kind::StaleShards, &place)?;
        let (fault, kind, table) = (fired.id, Kind::StaleShards.name(), table[0]);
        tracing::info!(fault, kind, table, "a fault strikes a reader");
        Some(before)
    }
}

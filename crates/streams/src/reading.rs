//! Reading a shard: where to start, and one page after another. GetRecords is made of this, and so is
//! whatever else follows a stream inside the server.

use crate::descriptor::Shard;
use crate::record::{self, Damaged, Record};
use crate::{SequenceNumber, ShardId, StreamDescriptor, Streams, Wait, retention};
use store::{LogRecord, LogState, Position, Snapshot, Store, StoreError};

/// The most data in one page, by the records' `SizeBytes`.
pub const PAGE_SIZE_BYTES_MAX: usize = 1 << 20;

/// Where a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record that has not expired.
    TrimHorizon,
    /// After the newest record.
    Latest,
    /// At the first record of this number or above.
    At(SequenceNumber),
    /// At the first record above this number.
    After(SequenceNumber),
    /// At the first record whose `ApproximateCreationDateTime` is at or after this, in milliseconds.
    AtTime(u64),
}

/// Why a shard cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such shard, or it has expired.
    #[error("the shard does not exist")]
    UnknownShard,
    /// Records that were asked for have expired.
    #[error("the records asked for have been trimmed")]
    Trimmed,
    /// The number was never given in this shard.
    #[error("the sequence number is not one of the shard's")]
    OutOfRange,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record makes no sense.
    #[error(transparent)]
    Record(#[from] Damaged),
}

/// A part of a shard.
#[derive(Clone, Debug, Default)]
pub struct ShardPage {
    /// Records in order, still encoded: see [`record::decode`].
    pub records: Vec<LogRecord>,
    /// Where to go on.
    pub next: Position,
    /// Whether the shard is closed and this was the last of it. Its children are visible then.
    pub end: bool,
}

impl ShardPage {
    /// The records, decoded, with where and when each was written.
    pub fn decoded(&self) -> impl Iterator<Item = Result<(&LogRecord, Record<'_>), Damaged>> {
        self.records.iter().map(|log_record| Ok((log_record, record::decode(&log_record.bytes)?)))
    }
}

impl Streams {
    /// The position after which a reader that starts there reads.
    ///
    /// # Errors
    /// When the shard is not there, or the sequence number is trimmed or none of the shard's.
    pub fn start<S: Store>(
        &self,
        store: &S,
        stream: &StreamDescriptor,
        shard: ShardId,
        start: Start,
    ) -> Result<Position, ReadError> {
        let shard = self.living_shard(stream, shard)?;
        let snapshot = store.snapshot();
        let state = snapshot.log(shard.log).ok_or(ReadError::UnknownShard)?;
        if start == Start::Latest {
            return Ok(state.tail);
        }
        let horizon = retention::horizon(&snapshot, shard.log, &state, self.cutoff_ms())?;
        let horizon = horizon.max(self.hidden(shard.log));
        match start {
            Start::TrimHorizon | Start::Latest => Ok(horizon),
            Start::AtTime(time_ms) => {
                // Records show whole seconds.
                let shown_from_ms = time_ms.div_ceil(1000).saturating_mul(1000);
                Ok(retention::horizon(&snapshot, shard.log, &state, shown_from_ms)?.max(horizon))
            }
            Start::At(number) => {
                let position = within(number, &state)?;
                // The record itself must still be there; the start of a shard stands for its first record.
                let after = Position(position.0.saturating_sub(1)).max(state.start);
                if after < horizon { Err(ReadError::Trimmed) } else { Ok(after) }
            }
            Start::After(number) => {
                let after = within(number, &state)?.max(state.start);
                if after < horizon { Err(ReadError::Trimmed) } else { Ok(after) }
            }
        }
    }

    /// Reads records above a position: at most `count`, and at most [`PAGE_SIZE_BYTES_MAX`] of data, but
    /// always one where there is one.
    ///
    /// The descriptor must have been taken from these streams before, so that all records of a shard that
    /// it shows as closed are in the snapshot that is taken here.
    ///
    /// # Errors
    /// When the shard is not there, a record above the position has expired, or the store fails.
    pub fn page<S: Store>(
        &self,
        store: &S,
        stream: &StreamDescriptor,
        shard: ShardId,
        (after, count): (Position, usize),
    ) -> Result<ShardPage, ReadError> {
        let shard = self.living_shard(stream, shard)?;
        let cutoff_ms = self.cutoff_ms();
        let snapshot = store.snapshot();
        let state = snapshot.log(shard.log).ok_or(ReadError::UnknownShard)?;
        if after < state.trimmed.max(self.hidden(shard.log)) {
            return Err(ReadError::Trimmed);
        }
        let (mut page, mut size, mut more) = (ShardPage { next: after, ..ShardPage::default() }, 0, true);
        while more && page.records.len() < count {
            let (want, left) = (count - page.records.len(), PAGE_SIZE_BYTES_MAX - size);
            let read = snapshot.log_read(shard.log, page.next, want, left)?;
            more = read.more;
            if read.records.is_empty() {
                break;
            }
            for record in read.records {
                let record_size = record::size_bytes(&record.bytes)?;
                if size + record_size > PAGE_SIZE_BYTES_MAX && !page.records.is_empty() {
                    return Ok(page);
                }
                size = (size + record_size).min(PAGE_SIZE_BYTES_MAX);
                page.next = record.position;
                page.records.push(record);
            }
        }
        // Times never fall within a log, so if the first record has not expired, none has.
        if page.records.first().is_some_and(|record| record.time_ms < cutoff_ms) {
            return Err(ReadError::Trimmed);
        }
        page.end = !shard.is_open() && !more;
        Ok(page)
    }

    /// Waits until a shard has a record above a position, or is closed, or is gone: then there is something
    /// new to see in [`Streams::page`], unless the wait ended early. Done at once where that is so already.
    pub fn wait<S: Store>(
        &self,
        store: &S,
        stream: &StreamDescriptor,
        shard: ShardId,
        after: Position,
    ) -> Option<Wait<'_>> {
        let log = stream.shard(shard)?.log;
        Some(self.wakeups().wait(log, after, || {
            // The stream as it is by now: what closes a shard shows it closed first, and then wakes.
            let closed = self
                .get(&stream.arn)
                .is_none_or(|stream| stream.shard(shard).is_none_or(|shard| !shard.is_open()));
            closed || store.log_state(log).is_none_or(|state| state.tail > after)
        }))
    }

    /// The shard of this id, unless all its records have expired.
    pub(crate) fn living_shard<'a>(
        &self,
        stream: &'a StreamDescriptor,
        id: ShardId,
    ) -> Result<&'a Shard, ReadError> {
        let shard = stream.shard(id).ok_or(ReadError::UnknownShard)?;
        let expired = shard.has_expired(self.clock.now_ms(), self.options.retention_ms);
        if expired { Err(ReadError::UnknownShard) } else { Ok(shard) }
    }

    fn cutoff_ms(&self) -> u64 {
        retention::cutoff_ms(self.clock.now_ms(), self.options.retention_ms)
    }
}

/// The position of a number, if it may have been given in the shard, or is just below its first.
fn within(number: SequenceNumber, state: &LogState) -> Result<Position, ReadError> {
    let position = number.position().ok_or(ReadError::OutOfRange)?;
    let lowest = Position(state.start.0.saturating_sub(1));
    if (lowest..=state.tail).contains(&position) { Ok(position) } else { Err(ReadError::OutOfRange) }
}

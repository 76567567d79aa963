//! What a commit says, and what the store answers.

use crate::Pieces;
use bytes::Bytes;

/// A numbered space of keys. Ids are given out by [`crate::Store::create_space`] and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpaceId(pub u32);

/// A key: ordered bytes in a space. Keys in one space compare as unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The space that holds the key.
    pub space: SpaceId,
    /// The key's bytes, at most 8 KiB.
    pub bytes: Bytes,
}

/// The commit that wrote a value. Every commit has one version, greater than those before it; never reused,
/// so that a key deleted and created again is not mistaken for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u64);

/// A place in a log, given by the store at commit and greater than every position given before it in the
/// same log, in that log's parents, and before any restart. Rendered as a sequence number when read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u128);

/// A log. Ids are chosen by the caller in [`LogChange::Open`] and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId(pub u64);

/// The epoch of a log. A commit planned under an older fence than the log's is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// What must still be true of a key when the commit is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The key has no value.
    Absent,
    /// The key's value is the one written by this version.
    At(Version),
}

/// A value read from the store, with the version that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The commit that wrote it.
    pub version: Version,
    /// The value.
    pub value: Bytes,
}

/// A change to the set of logs, effective in the instant of its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogChange {
    /// Opens a new log at fence 0. `retention_ms` chooses its class of time buckets, and so how soon the
    /// disk space of trimmed records comes back; it is not itself a trimming rule.
    Open {
        /// The new log.
        log: LogId,
        /// How long its records are meant to be kept.
        retention_ms: u64,
    },
    /// Closes a log: no commit may append to it any more; it stays readable.
    Close(LogId),
    /// Raises the fence of a log to this value (it must be above the present one).
    RaiseFence(LogId, Fence),
    /// Records at or below the position are gone at once.
    Trim(LogId, Position),
    /// The log and its records are gone.
    Drop(LogId),
}

/// Names one commit of the engine, for engines whose outcome can be unknown (see L6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommitToken(pub u128);

/// A mini-transaction: all of it happens, or none.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// What must be true of these keys. A key planned upon must be listed, absent ones too.
    pub checks: Vec<(Key, Expect)>,
    /// The fences under which this was planned; an open log's fence must be equal.
    pub fences: Vec<(LogId, Fence)>,
    /// New values; `None` deletes. A key at most once.
    pub writes: Vec<(Key, Option<Bytes>)>,
    /// Records to append, in order; their positions come back in [`Outcome::Done`] in the same order.
    pub appends: Vec<(LogId, Pieces)>,
    /// Counters to add to: two signed 64-bit sums a key, which read as 16 bytes little-endian. They are
    /// unchecked, so that commits to one table need not conflict over its item count.
    pub adds: Vec<(Key, [i64; 2])>,
    /// Logs that open, close, are fenced or trimmed.
    pub logs: Vec<LogChange>,
    /// The service time of the commit, in milliseconds since the epoch. A log's record times never fall:
    /// an earlier time is raised to the log's latest.
    pub time_ms: u64,
    /// A token, where the caller means to commit again after an unknown outcome.
    pub token: Option<CommitToken>,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Committed, and as durable as the store was asked to make it.
    Done {
        /// The commit's version.
        version: Version,
        /// The position of each append, in order.
        positions: Vec<Position>,
    },
    /// A commit with this token had happened before; nothing was done now.
    Replayed {
        /// That commit's version.
        version: Version,
        /// Its positions.
        positions: Vec<Position>,
    },
    /// Nothing was done: the checks with these indexes failed.
    Conflict(Vec<usize>),
    /// Nothing was done: this log's fence is not the one planned under.
    Fenced(LogId),
    /// Nothing was done: this log is closed, or not there.
    LogClosed(LogId),
}

/// A record as read from a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Its position.
    pub position: Position,
    /// The service time of its commit, in milliseconds since the epoch; never less than the one before it.
    pub time_ms: u64,
    /// The record.
    pub bytes: Pieces,
}

/// What is known of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogState {
    /// Its fence.
    pub fence: Fence,
    /// Whether commits may append to it.
    pub open: bool,
    /// Every position given or to be given in this log is above this one.
    pub start: Position,
    /// The position of the last record, or `start` where there is none.
    pub tail: Position,
    /// Records at or below this position are gone; `start` where nothing was trimmed.
    pub trimmed: Position,
}

/// A page of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// Records in order of position.
    pub records: Vec<LogRecord>,
    /// Where to go on: the position of the last record, or the one asked for where the page is empty.
    pub next: Position,
    /// Whether more was there in this snapshot.
    pub more: bool,
}

//! A read-modify-write over keys that are known beforehand, and how it is run.
//!
//! Two drivers run one [`Transaction::plan`]. *Inline* (memory): lock the keys' stripes in order, read, plan,
//! commit, unlock, on the caller's own thread. *Grouped* (engines that sync): the caller's thread does the
//! first read; one committer thread re-reads only what moved, plans each transaction of the group upon the
//! result of the one before it, commits the group once, and only then answers all of it, rejections and
//! no-ops too, since they may have seen a neighbour's write that a crash could still take back.

use crate::{Fence, Key, LogChange, LogId, Pieces, Position, StoreError, Version, Versioned};
use bytes::Bytes;

/// What a transaction does to the store, decided by [`Transaction::plan`]. Empty: nothing to commit.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The fences under which it was planned.
    pub fences: Vec<(LogId, Fence)>,
    /// New values; `None` deletes. A key at most once.
    pub writes: Vec<(Key, Option<Bytes>)>,
    /// Records, in order.
    pub appends: Vec<(LogId, Pieces)>,
    /// Counters to add to.
    pub adds: Vec<(Key, [i64; 2])>,
    /// Logs that change. Such a transaction gets a commit of its own.
    pub logs: Vec<LogChange>,
}

/// A read-modify-write. Its answer is kept in the value itself, which the driver hands back.
pub trait Transaction: Send + 'static {
    /// The keys that it reads, each once. It may write others only if a key it reads guards them.
    fn keys(&self) -> &[Key];

    /// Decides what to do, given the present values in the order of [`Transaction::keys`] and the service
    /// time in milliseconds. Pure but for the answer it keeps: it is called again after a conflict, and
    /// then decides afresh.
    fn plan(&mut self, old: &[Option<Versioned>], now_ms: u64) -> Effect;
}

/// A transaction that reads nothing: what it does was decided by whoever alone writes these keys.
#[derive(Debug)]
pub(crate) struct Decided(pub(crate) Effect);

impl Transaction for Decided {
    fn keys(&self) -> &[Key] {
        &[]
    }

    fn plan(&mut self, _old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        self.0.clone()
    }
}

/// Where a transaction's records went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The version of its commit; `None` where there was nothing to commit.
    pub version: Option<Version>,
    /// The positions of its appends, in order.
    pub positions: Vec<Position>,
}

/// Why a transaction was not committed.
#[derive(Debug)]
pub enum RunError<T> {
    /// It was planned under an old epoch of this log, or appended to a closed one: plan it again under the
    /// present one. The transaction is handed back.
    Stale(LogId, T),
    /// The store failed.
    Store(StoreError),
}

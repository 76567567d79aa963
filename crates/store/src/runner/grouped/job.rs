//! A transaction in the queue, whatever its type.

use super::Failure;
use crate::runner::Shared;
use crate::runner::running::Ran;
use crate::{Committed, Effect, Key, RunError, Snapshot, Store, StoreError, Transaction, Version, Versioned};
use tokio::sync::oneshot;

/// How the committer brings one read up to date: the key, what was read, and in which version (`None`: not
/// to be relied on).
pub(super) type Refresh<'a> =
    &'a mut dyn FnMut(&Key, &mut Option<Versioned>, Option<Version>) -> Result<(), StoreError>;

/// What the committer needs of a transaction.
pub(super) trait Job: Send {
    fn keys(&self) -> &[Key];

    /// Brings each read up to date.
    fn refresh(&mut self, refresh: Refresh<'_>) -> Result<(), StoreError>;

    /// Plans upon what was last refreshed.
    fn plan(&mut self, now_ms: u64) -> Effect;

    fn answer(self: Box<Self>, result: Result<Committed, Failure>);

    /// Notes another attempt, and says how many there were.
    fn retry(&mut self, alone: bool) -> usize;

    /// Whether it must not share a commit.
    fn alone(&self) -> bool;
}

/// A transaction with what it has read.
pub(super) struct Work<T: Transaction> {
    transaction: T,
    old: Vec<Option<Versioned>>,
    seen: Option<Version>,
    attempts: usize,
    alone: bool,
    answer: oneshot::Sender<Ran<T>>,
}

impl<T: Transaction> Work<T> {
    /// Does the first reads.
    pub(super) fn read(
        shared: &Shared,
        transaction: T,
        answer: oneshot::Sender<Ran<T>>,
    ) -> Result<Self, StoreError> {
        let snapshot = shared.store.snapshot();
        let seen = Some(snapshot.version());
        let old = transaction.keys().iter().map(|key| snapshot.get(key)).collect::<Result<_, _>>()?;
        drop(snapshot);
        Ok(Self { transaction, old, seen, attempts: 0, alone: false, answer })
    }
}

impl<T: Transaction> Job for Work<T> {
    fn keys(&self) -> &[Key] {
        self.transaction.keys()
    }

    fn refresh(&mut self, refresh: Refresh<'_>) -> Result<(), StoreError> {
        // Values of neighbours may be put in, which nobody but this group has seen.
        let seen = self.seen.take();
        for (key, old) in self.transaction.keys().iter().zip(&mut self.old) {
            refresh(key, old, seen)?;
        }
        Ok(())
    }

    fn plan(&mut self, now_ms: u64) -> Effect {
        self.transaction.plan(&self.old, now_ms)
    }

    fn answer(self: Box<Self>, result: Result<Committed, Failure>) {
        let ran = match result {
            Ok(committed) => Ok((self.transaction, committed)),
            Err(Failure::Stale(log)) => Err(RunError::Stale(log, self.transaction)),
            Err(Failure::Store(error)) => Err(RunError::Store(error)),
        };
        // Nobody waits any more: it was committed all the same.
        let _ = self.answer.send(ran);
    }

    fn retry(&mut self, alone: bool) -> usize {
        self.alone |= alone;
        self.attempts += 1;
        self.attempts
    }

    fn alone(&self) -> bool {
        self.alone
    }
}

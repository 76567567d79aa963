//! The inline driver: lock the keys, read, plan, commit, unlock, all on the caller's thread.
//!
//! A hot key then needs no retry: who writes it waits for a mutex, not for a conflict.

use super::running::Ran;
use super::{ATTEMPTS_MAX, Failure, Shared, changes_nothing};
use crate::hash::key_hash;
use crate::log_head::last_positions;
use crate::{
    Commit, Committed, Effect, Expect, Key, LogId, Outcome, Snapshot, Store, StoreError, Transaction,
    Version, Versioned,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

const STRIPES: usize = 1024;

/// Mutexes over all keys, by their hash.
pub(super) struct Stripes {
    stripes: Box<[Mutex<()>]>,
}

impl Stripes {
    pub(super) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::new(())).collect() }
    }

    /// Calls `work` with the stripes of all keys locked, in ascending order, so that two transactions never
    /// wait for each other.
    fn locked<R>(&self, keys: &[Key], work: impl FnOnce() -> R) -> R {
        if let [key] = keys {
            let _guard = self.lock(stripe_of(key));
            return work();
        }
        let mut indexes: Vec<usize> = keys.iter().map(stripe_of).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let _guards: Vec<_> = indexes.into_iter().map(|index| self.lock(index)).collect();
        work()
    }

    /// A stripe guards no data of its own, so a panic under it (in a plan) harms nobody else.
    fn lock(&self, index: usize) -> MutexGuard<'_, ()> {
        self.stripes[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stripe_of(key: &Key) -> usize {
    key_hash(key) as usize % STRIPES
}

/// Runs a transaction.
pub(super) fn run<T: Transaction>(shared: &Shared, stripes: &Stripes, mut transaction: T) -> Ran<T> {
    // The keys stay the same while it runs, but `plan` borrows the transaction whole.
    let keys = transaction.keys().to_vec();
    let ran = stripes.locked(&keys, || run_locked(shared, &keys, &mut transaction));
    match ran {
        Ok((committed, logs)) => {
            match (&logs[..], &committed.positions[..]) {
                ([], _) => {}
                // The usual case, without a vector.
                ([log], [position]) => shared.tell(&[(*log, *position)]),
                _ => shared.tell(&last_positions(logs.into_iter(), &committed.positions)),
            }
            Ok((transaction, committed))
        }
        Err(failure) => Err(failure.hand_back(transaction)),
    }
}

/// Plans and commits until there is no conflict; answers the logs of the appends too.
fn run_locked<T: Transaction>(
    shared: &Shared,
    keys: &[Key],
    transaction: &mut T,
) -> Result<(Committed, Vec<LogId>), Failure> {
    for _ in 0..ATTEMPTS_MAX {
        let now_ms = shared.clock.now_ms();
        let (effect, checks, seen) = plan(shared, keys, transaction, now_ms).map_err(Failure::Store)?;
        if changes_nothing(&effect) {
            return shared.check_logs(&effect).map(|()| Default::default()).map_err(Failure::Stale);
        }
        let logs: Vec<LogId> = effect.appends.iter().map(|(log, _)| *log).collect();
        let Effect { fences, writes, appends, adds, logs: changes } = effect;
        let commit =
            Commit { checks, fences, writes, appends, adds, logs: changes, time_ms: now_ms, token: None };
        match shared.commit(commit, seen).map_err(Failure::Store)? {
            Outcome::Done { version, positions } | Outcome::Replayed { version, positions } => {
                return Ok((Committed { version: Some(version), positions }, logs));
            }
            Outcome::Conflict(_) => {}
            Outcome::Fenced(log) | Outcome::LogClosed(log) => return Err(Failure::Stale(log)),
        }
    }
    let message = format!("the transaction met a conflict {ATTEMPTS_MAX} times");
    Err(Failure::Store(StoreError::Engine(message)))
}

type Planned = (Effect, Vec<(Key, Expect)>, Version);

fn plan<T: Transaction>(
    shared: &Shared,
    keys: &[Key],
    transaction: &mut T,
    now_ms: u64,
) -> Result<Planned, StoreError> {
    let snapshot = shared.store.snapshot();
    let seen = snapshot.version();
    if let [key] = keys {
        // The usual case, without a vector.
        let old = [snapshot.get(key)?];
        drop(snapshot);
        let effect = transaction.plan(&old, now_ms);
        return Ok((effect, checks(keys, &old), seen));
    }
    let old = keys.iter().map(|key| snapshot.get(key)).collect::<Result<Vec<_>, _>>()?;
    drop(snapshot);
    let effect = transaction.plan(&old, now_ms);
    Ok((effect, checks(keys, &old), seen))
}

/// What must still be true when the transaction is committed.
fn checks(keys: &[Key], old: &[Option<Versioned>]) -> Vec<(Key, Expect)> {
    keys.iter().zip(old).map(|(key, value)| (key.clone(), expect(value.as_ref()))).collect()
}

fn expect(value: Option<&Versioned>) -> Expect {
    value.map_or(Expect::Absent, |value| Expect::At(value.version))
}

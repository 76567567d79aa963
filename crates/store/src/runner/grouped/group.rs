//! One group: what its transactions have read and written so far, and the commit that comes of it.

use super::job::Job;
use super::{Failure, GROUP_BYTES_MAX, GROUP_MAX};
use crate::hash::KeyMap;
use crate::log_head::check_fence;
use crate::runner::{Shared, changes_nothing};
use crate::{
    AnySnapshot, Commit, Effect, Expect, Fence, LogChange, LogId, Pieces, Snapshot, Store, StoreError,
    Version, Versioned,
};
use bytes::Bytes;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Transactions planned one upon the other.
pub(super) struct Group {
    /// What was read is true in this version.
    pub(super) seen: Version,
    pub(super) planned: Vec<Planned>,
    now_ms: u64,
    slots: KeyMap<Slot>,
    adds: KeyMap<[i64; 2]>,
    fences: Vec<(LogId, Fence)>,
    appends: Vec<(LogId, Pieces)>,
    logs: Vec<LogChange>,
    bytes: usize,
}

/// A key as the group sees it.
struct Slot {
    /// What the store held; `None` where it was only written.
    base: Option<Expect>,
    now: Option<Versioned>,
    written: bool,
}

/// A transaction that waits for the group's commit.
pub(super) struct Planned {
    pub(super) job: Box<dyn Job>,
    /// Whether it has a part in the commit.
    pub(super) changes: bool,
    /// Its records among those of the group.
    pub(super) appends: Range<usize>,
}

/// What became of a transaction that asked to join.
pub(super) enum Admission {
    /// It is part of the group.
    Planned,
    /// It failed, and knows.
    Answered,
    /// It must wait for the commit of those before it.
    Later(Box<dyn Job>),
}

impl Group {
    pub(super) fn new(seen: Version, now_ms: u64) -> Self {
        Self {
            seen,
            planned: Vec::new(),
            now_ms,
            slots: KeyMap::default(),
            adds: KeyMap::default(),
            fences: Vec::new(),
            appends: Vec::new(),
            logs: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.planned.len() >= GROUP_MAX || self.bytes >= GROUP_BYTES_MAX || !self.logs.is_empty()
    }

    /// Reads and plans a transaction upon those before it.
    pub(super) fn admit(
        &mut self,
        shared: &Shared,
        snapshot: &AnySnapshot<'_>,
        mut job: Box<dyn Job>,
    ) -> Admission {
        if !self.adds.is_empty() && job.keys().iter().any(|key| self.adds.contains_key(key)) {
            // It reads a counter whose sum is known only after the commit.
            return Admission::Later(job);
        }
        if let Err(error) = self.refresh(shared, snapshot, &mut *job) {
            job.answer(Err(Failure::Store(error)));
            return Admission::Answered;
        }
        let now_ms = self.now_ms;
        let Ok(effect) = catch_unwind(AssertUnwindSafe(|| job.plan(now_ms))) else {
            // Its caller learns it by the channel's end; the committer must live on for the others.
            tracing::error!("a transaction's plan panicked");
            return Admission::Answered;
        };
        if let Err(log) = check_logs(&effect, snapshot) {
            job.answer(Err(Failure::Stale(log)));
            return Admission::Answered;
        }
        if changes_nothing(&effect) {
            self.planned.push(Planned { job, changes: false, appends: 0..0 });
            return Admission::Planned;
        }
        if self.must_wait(&effect) {
            return Admission::Later(job);
        }
        let first = self.appends.len();
        self.absorb(effect);
        self.planned.push(Planned { job, changes: true, appends: first..self.appends.len() });
        Admission::Planned
    }

    /// Brings the transaction's reads up to the present of the group, and notes what they rest on.
    fn refresh(
        &mut self,
        shared: &Shared,
        snapshot: &AnySnapshot<'_>,
        job: &mut dyn Job,
    ) -> Result<(), StoreError> {
        job.refresh(&mut |key, old, seen| {
            if let Some(slot) = self.slots.get_mut(key)
                && (slot.base.is_some() || slot.written)
            {
                *old = slot.now.clone();
                return Ok(());
            }
            if !seen.is_some_and(|seen| shared.store.unchanged(key, seen)) {
                *old = snapshot.get(key)?;
            }
            let base = Some(old.as_ref().map_or(Expect::Absent, |old| Expect::At(old.version)));
            self.slots.insert(key.clone(), Slot { base, now: old.clone(), written: false });
            Ok(())
        })
    }

    /// Whether an effect does not go into one commit with those before it.
    fn must_wait(&self, effect: &Effect) -> bool {
        if self.planned.iter().all(|planned| !planned.changes) {
            return false;
        }
        !effect.logs.is_empty()
            || effect.writes.iter().any(|(key, _)| self.adds.contains_key(key))
            || effect.adds.iter().any(|(key, _)| self.slots.get(key).is_some_and(|slot| slot.written))
    }

    fn absorb(&mut self, effect: Effect) {
        let Effect { fences, writes, appends, adds, logs } = effect;
        for fence in fences {
            if !self.fences.contains(&fence) {
                self.fences.push(fence);
            }
        }
        // Newer than all that was read. The commit may get a higher one: within the group it only tells values apart.
        let version = Version(self.seen.0 + 1);
        for (key, value) in writes {
            self.bytes += key.bytes.len() + value.as_ref().map_or(0, Bytes::len);
            let now = value.map(|value| Versioned { version, value });
            match self.slots.get_mut(&key) {
                Some(slot) => (slot.now, slot.written) = (now, true),
                None => {
                    self.slots.insert(key, Slot { base: None, now, written: true });
                }
            }
        }
        self.bytes += appends.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.appends.extend(appends);
        for (key, add) in adds {
            let sums = self.adds.entry(key).or_default();
            *sums = [sums[0].wrapping_add(add[0]), sums[1].wrapping_add(add[1])];
        }
        self.logs = logs;
    }

    /// The one commit of the group.
    pub(super) fn into_commit(self) -> Commit {
        let mut commit = Commit {
            fences: self.fences,
            appends: self.appends,
            adds: self.adds.into_iter().collect(),
            logs: self.logs,
            time_ms: self.now_ms,
            ..Commit::default()
        };
        commit.checks.reserve(self.slots.len());
        commit.writes.reserve(self.slots.len());
        for (key, slot) in self.slots {
            let check = slot.base;
            if slot.written {
                if let Some(base) = check {
                    commit.checks.push((key.clone(), base));
                }
                commit.writes.push((key, slot.now.map(|now| now.value)));
            } else if let Some(base) = check {
                commit.checks.push((key, base));
            }
        }
        commit
    }
}

/// Whether the fences stand and the logs of the appends are open; changed logs are left to the commit.
fn check_logs(effect: &Effect, snapshot: &AnySnapshot<'_>) -> Result<(), LogId> {
    for (log, fence) in &effect.fences {
        check_fence(*log, *fence, snapshot.log(*log)).map_err(|_| *log)?;
    }
    if effect.logs.is_empty() {
        for (log, _) in &effect.appends {
            if !snapshot.log(*log).is_some_and(|state| state.open) {
                return Err(*log);
            }
        }
    }
    Ok(())
}

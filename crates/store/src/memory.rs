//! The store in memory: ordered maps and queues behind one lock.
//!
//! A snapshot is a read guard, so it costs nothing and holds writers up while it lives: take it, copy the
//! references out, let it go. Nothing survives the process. Log records have a cap in bytes; above it the
//! oldest records of all logs are trimmed early, and the log says so.

mod ordered;
mod records;
mod snapshot;
#[cfg(test)]
mod tests;

pub use snapshot::MemorySnapshot;

use crate::counter::{COUNTER_BYTES, counter, counter_bytes};
use crate::hash::key_hash;
use crate::log_head::{LogHead, Refusal, StagedLogs};
use crate::{
    Commit, CommitToken, Expect, Key, LogId, LogState, Outcome, Position, SpaceId, Store, StoreError,
    Version, Versioned,
};
use bytes::Bytes;
use ordered::{NodeKey, SpaceMap};
use records::Log;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many commits with a token are remembered.
const TOKENS_MAX: usize = 4096;

/// Slots in the table of last writes; few where a fuzzer makes a store for each input, of which none has many keys.
const SLOTS: usize = if cfg!(feature = "fuzzing") { 1 << 8 } else { 1 << 16 };

/// A store in memory.
#[derive(Debug)]
pub struct Memory {
    state: RwLock<State>,
    /// The last commit that wrote a key of this hash; see [`Store::unchanged`].
    written: Box<[AtomicU64]>,
    log_bytes_max: usize,
}

/// What a memory store holds, in bytes of memory, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUsage {
    /// Keys, values and what their nodes cost.
    pub item_bytes: usize,
    /// Log records and what their nodes cost.
    pub log_bytes: usize,
    /// Records that went early because of the cap.
    pub trimmed_early: u64,
}

#[derive(Clone, Debug, Default)]
struct State {
    version: u64,
    space_next: u32,
    spaces: BTreeMap<SpaceId, SpaceMap>,
    logs: HashMap<LogId, Log>,
    usage: MemoryUsage,
    tokens: HashMap<u128, (Version, Vec<Position>)>,
    token_order: VecDeque<u128>,
    /// How often the cap trimmed; told at each power of two.
    cap_trims: u64,
}

impl Memory {
    /// An empty store whose log records take at most about this many bytes.
    #[must_use]
    pub fn new(log_bytes_max: usize) -> Self {
        Self {
            state: RwLock::default(),
            written: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            log_bytes_max,
        }
    }

    /// A store that holds the same. What is done to one of the two afterwards, the other does not see.
    #[cfg(feature = "fuzzing")]
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.read().clone();
        let same = |slot: &AtomicU64| AtomicU64::new(slot.load(Ordering::Acquire));
        let written = self.written.iter().map(same).collect();
        Self { state: RwLock::new(state), written, log_bytes_max: self.log_bytes_max }
    }

    /// What is held now.
    #[must_use]
    pub fn usage(&self) -> MemoryUsage {
        self.read().usage
    }

    /// The last version given.
    pub(crate) fn snapshot_version(&self) -> Version {
        Version(self.read().version)
    }

    /// Gives no version up to this one any more.
    pub(crate) fn skip_to(&self, version: Version) {
        let mut state = self.write();
        state.version = state.version.max(version.0);
    }

    /// Whether a commit with this token has happened.
    pub(crate) fn knows(&self, token: Option<CommitToken>) -> bool {
        token.is_some_and(|token| self.read().tokens.contains_key(&token.0))
    }

    /// A panic while the lock is held is a defect of this module; carrying on would serve what it left.
    /// Nothing between the checks and the end of a commit can panic.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: &Key) -> &AtomicU64 {
        &self.written[key_hash(key) as usize % SLOTS]
    }
}

impl Store for Memory {
    type Snapshot<'a> = MemorySnapshot<'a>;

    fn snapshot(&self) -> MemorySnapshot<'_> {
        MemorySnapshot::new(self.read())
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        self.commit_seen(commit, Version(0))
    }

    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        let mut state = self.write();
        if let Some(replayed) = state.replayed(commit.token) {
            return Ok(replayed);
        }
        let version = Version(state.version + 1);
        let staged = match state.stage(&commit, version) {
            Ok(staged) => staged,
            Err(Refusal::Outcome(outcome)) => return Ok(outcome),
            Err(Refusal::Error(error)) => return Err(error),
        };
        let moved = |key: &Key| seen.0 == 0 || !self.unchanged(key, seen);
        let failed = state.failed_checks(&commit.checks, moved);
        if !failed.is_empty() {
            return Ok(Outcome::Conflict(failed));
        }
        let keys = commit.writes.iter().map(|(key, _)| key).chain(commit.adds.iter().map(|(key, _)| key));
        keys.for_each(|key| self.slot(key).store(version.0, Ordering::Release));
        let positions = state.apply(commit, version, staged);
        if state.usage.log_bytes > self.log_bytes_max {
            state.trim_to_cap(self.log_bytes_max);
        }
        Ok(Outcome::Done { version, positions })
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        let mut state = self.write();
        state.space_next += 1;
        let space = SpaceId(state.space_next);
        state.spaces.insert(space, SpaceMap::new());
        Ok(space)
    }

    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        let dropped = self.write().spaces.remove(&space);
        // Freed outside the lock: a large one takes a while.
        let bytes =
            dropped.iter().flatten().map(|(key, value)| entry_bytes(key, &value.value)).sum::<usize>();
        drop(dropped);
        let mut state = self.write();
        state.usage.item_bytes = state.usage.item_bytes.saturating_sub(bytes);
        Ok(())
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.read().spaces.keys().copied().collect()
    }

    fn unchanged(&self, key: &Key, since: Version) -> bool {
        if environment::planted("stale_read") {
            return true;
        }
        self.slot(key).load(Ordering::Acquire) <= since.0
    }

    fn log_state(&self, log: LogId) -> Option<LogState> {
        self.read().logs.get(&log).map(|log| log.head.state)
    }
}

impl State {
    fn get(&self, key: &Key) -> Option<&Versioned> {
        self.spaces.get(&key.space)?.get(&NodeKey::probe(&key.bytes))
    }

    fn replayed(&self, token: Option<CommitToken>) -> Option<Outcome> {
        let (version, positions) = self.tokens.get(&token?.0)?;
        Some(Outcome::Replayed { version: *version, positions: positions.clone() })
    }

    /// Works out all that can refuse a commit besides its checks, so that applying it cannot fail.
    fn stage(&self, commit: &Commit, version: Version) -> Result<StagedLogs, Refusal> {
        let staged = StagedLogs::stage(commit, version, |log| self.logs.get(&log).map(|log| log.head))?;
        for key in commit.writes.iter().map(|(key, _)| key).chain(commit.adds.iter().map(|(key, _)| key)) {
            if !self.spaces.contains_key(&key.space) {
                let message = format!("space {} does not exist", key.space.0);
                return Err(Refusal::Error(StoreError::Engine(message)));
            }
        }
        for (key, _) in &commit.adds {
            if self.get(key).is_some_and(|old| old.value.len() != COUNTER_BYTES) {
                return Err(Refusal::Error(StoreError::Corrupt("a counter is not 16 bytes".into())));
            }
        }
        Ok(staged)
    }

    /// The indexes of the checks that do not hold. Keys that did not move since they were read need no look.
    fn failed_checks(&self, checks: &[(Key, Expect)], moved: impl Fn(&Key) -> bool) -> Vec<usize> {
        let holds = |key: &Key, expect: &Expect| match (self.get(key), expect) {
            (None, Expect::Absent) => true,
            (Some(value), Expect::At(version)) => value.version == *version,
            _ => false,
        };
        let failed = |(_, (key, expect)): &(usize, &(Key, Expect))| moved(key) && !holds(key, expect);
        checks.iter().enumerate().filter(failed).map(|(index, _)| index).collect()
    }

    fn apply(&mut self, commit: Commit, version: Version, staged: StagedLogs) -> Vec<Position> {
        self.version = version.0;
        for (key, value) in commit.writes {
            self.write(&key, value, version);
        }
        for (key, add) in commit.adds {
            let old = self.get(&key).map(|old| counter(&old.value)).unwrap_or_default();
            let sums = [old[0].wrapping_add(add[0]), old[1].wrapping_add(add[1])];
            self.write(&key, Some(counter_bytes(sums)), version);
        }
        let StagedLogs { heads, positions } = staged;
        for (log, head) in heads {
            self.set_head(log, head);
        }
        for ((log, bytes), position) in commit.appends.into_iter().zip(&positions) {
            if let Some(log) = self.logs.get_mut(&log) {
                self.usage.log_bytes += log.push(*position, bytes);
            }
        }
        if let Some(token) = commit.token {
            self.remember(token, version, &positions);
        }
        positions
    }

    fn write(&mut self, key: &Key, value: Option<Bytes>, version: Version) {
        let Some(space) = self.spaces.get_mut(&key.space) else { return };
        let probe = NodeKey::probe(&key.bytes);
        let (mut more, mut less) = (0, 0);
        match value {
            None => {
                if let Some(old) = space.remove(&probe) {
                    less = entry_bytes(&probe, &old.value);
                }
            }
            Some(value) => {
                more = entry_bytes(&probe, &value);
                let new = Versioned { version, value };
                if let Some(present) = space.get_mut(&probe) {
                    less = entry_bytes(&probe, &present.value);
                    *present = new;
                } else {
                    space.insert(probe.owned(), new);
                }
            }
        }
        self.usage.item_bytes = (self.usage.item_bytes + more).saturating_sub(less);
    }

    fn set_head(&mut self, log: LogId, head: Option<LogHead>) {
        let freed = match head {
            None => self.logs.remove(&log).map_or(0, |log| log.bytes()),
            Some(head) => self.logs.entry(log).or_insert_with(|| Log::new(head)).set_head(head),
        };
        self.usage.log_bytes -= freed;
    }

    fn remember(&mut self, token: CommitToken, version: Version, positions: &[Position]) {
        self.tokens.insert(token.0, (version, positions.to_vec()));
        self.token_order.push_back(token.0);
        if self.token_order.len() > TOKENS_MAX
            && let Some(oldest) = self.token_order.pop_front()
        {
            self.tokens.remove(&oldest);
        }
    }

    /// Trims the oldest records of all logs until there is some room below the cap again.
    fn trim_to_cap(&mut self, log_bytes_max: usize) {
        let target = log_bytes_max - log_bytes_max / 64;
        let (freed, count) =
            records::trim_oldest(&mut self.logs, self.usage.log_bytes.saturating_sub(target));
        self.usage.log_bytes -= freed;
        self.usage.trimmed_early += count;
        self.cap_trims += 1;
        if self.cap_trims.is_power_of_two() {
            tracing::warn!(
                log_bytes_max,
                records = self.usage.trimmed_early,
                "the memory limit for log records is reached: the oldest go before their time"
            );
        }
    }
}

/// What an entry costs: its bytes, and its part of a tree node that is two thirds full.
fn entry_bytes(key: &NodeKey, value: &Bytes) -> usize {
    const NODE: usize = (size_of::<NodeKey>() + size_of::<Versioned>()) * 3 / 2;
    key.len() + value.len() + NODE
}

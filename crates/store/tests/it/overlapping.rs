//! A store whose commits overlap, and two ways to number its records wrongly, as databases without a log of their
//! own are tempted to. They are here so that the contract suite can show that it sees the difference.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock, RwLockReadGuard};
use store::{
    Commit, Expect, Fence, Key, LogChange, LogId, LogPage, LogRecord, LogState, Outcome, Position, Range,
    Snapshot, SpaceId, Store, StoreError, Version, Versioned,
};

/// How positions come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// Drawn while the commit becomes visible: right.
    InCommit,
    /// Drawn from a counter before the commit is visible, like a SQL sequence: a reader can pass a number
    /// whose record comes in behind it.
    CounterBeforeCommit,
    /// The transaction's number, drawn at its start; readers wait for all older transactions to end. Nothing
    /// is missed, but two updates of one key can stand in the wrong order.
    TransactionAtStart,
}

pub(crate) struct Overlapping {
    numbering: Numbering,
    numbers: AtomicU64,
    running: Mutex<BTreeSet<u64>>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    version: u64,
    spaces: u32,
    keys: BTreeMap<Key, Versioned>,
    logs: HashMap<LogId, BTreeMap<u64, LogRecord>>,
    tokens: HashMap<u128, Outcome>,
}

pub(crate) struct OverlappingSnapshot<'a> {
    state: RwLockReadGuard<'a, State>,
    /// Records from this number on are not shown.
    below: u64,
}

impl Numbering {
    /// A wrong one if it is planted, else the right one.
    pub(crate) fn planted() -> Self {
        if environment::planted("number_before_commit") {
            Self::CounterBeforeCommit
        } else if environment::planted("number_at_start") {
            Self::TransactionAtStart
        } else {
            Self::InCommit
        }
    }
}

impl Overlapping {
    pub(crate) fn new(numbering: Numbering) -> Self {
        let (running, state) = Default::default();
        Self { numbering, numbers: AtomicU64::new(1), running, state }
    }

    fn apply(&self, commit: Commit, number: Option<u64>) -> Outcome {
        let mut state = self.state.write().unwrap();
        let number = number.unwrap_or_else(|| self.numbers.fetch_add(1, Ordering::SeqCst));
        if let Some(Outcome::Done { version, positions }) =
            commit.token.and_then(|token| state.tokens.get(&token.0)).cloned()
        {
            return Outcome::Replayed { version, positions };
        }
        let failed: Vec<usize> = (0..commit.checks.len())
            .filter(|index| {
                let (key, expect) = &commit.checks[*index];
                let present = state.keys.get(key).map_or(Expect::Absent, |value| Expect::At(value.version));
                present != *expect
            })
            .collect();
        if !failed.is_empty() {
            return Outcome::Conflict(failed);
        }
        state.version += 1;
        let version = Version(state.version);
        for change in &commit.logs {
            if let LogChange::Open { log, .. } = change {
                state.logs.entry(*log).or_default();
            }
        }
        for (key, value) in commit.writes {
            match value {
                Some(value) => drop(state.keys.insert(key, Versioned { version, value })),
                None => drop(state.keys.remove(&key)),
            }
        }
        let mut positions = Vec::new();
        for (index, (log, bytes)) in commit.appends.into_iter().enumerate() {
            let position = Position(u128::from(number * 8 + index as u64));
            let record = LogRecord { position, time_ms: 0, bytes };
            state.logs.entry(log).or_default().insert(number * 8 + index as u64, record);
            positions.push(position);
        }
        let outcome = Outcome::Done { version, positions };
        if let Some(token) = commit.token {
            state.tokens.insert(token.0, outcome.clone());
        }
        outcome
    }
}

impl Store for Overlapping {
    type Snapshot<'a> = OverlappingSnapshot<'a>;

    fn snapshot(&self) -> OverlappingSnapshot<'_> {
        // Asked first: what starts later has a higher number.
        let oldest = self.running.lock().unwrap().first().copied();
        let next = self.numbers.load(Ordering::SeqCst);
        let below = match self.numbering {
            Numbering::InCommit | Numbering::CounterBeforeCommit => u64::MAX,
            Numbering::TransactionAtStart => oldest.unwrap_or(next) * 8,
        };
        OverlappingSnapshot { state: self.state.read().unwrap(), below }
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        if self.numbering == Numbering::InCommit {
            return Ok(self.apply(commit, None));
        }
        let mut running = self.running.lock().unwrap();
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        running.insert(number);
        drop(running);
        (0..number % 5).for_each(|_| std::thread::yield_now());
        let outcome = self.apply(commit, Some(number));
        self.running.lock().unwrap().remove(&number);
        Ok(outcome)
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        let mut state = self.state.write().unwrap();
        state.spaces += 1;
        Ok(SpaceId(state.spaces))
    }

    fn drop_space(&self, _space: SpaceId) -> Result<(), StoreError> {
        Ok(())
    }

    fn spaces(&self) -> Vec<SpaceId> {
        (1..=self.state.read().unwrap().spaces).map(SpaceId).collect()
    }

    fn log_state(&self, log: LogId) -> Option<LogState> {
        self.snapshot().log(log)
    }
}

impl Snapshot for OverlappingSnapshot<'_> {
    fn version(&self) -> Version {
        Version(self.state.version)
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        Ok(self.state.keys.get(key).cloned())
    }

    fn range(&self, _: &Range, _: &mut dyn FnMut(&[u8], &Versioned) -> bool) -> Result<(), StoreError> {
        Ok(())
    }

    fn log(&self, log: LogId) -> Option<LogState> {
        let records = self.state.logs.get(&log)?;
        let last = records.range(..self.below).next_back().map_or(0, |(number, _)| *number);
        let (start, tail) = (Position(0), Position(u128::from(last)));
        Some(LogState { fence: Fence(0), open: true, start, tail, trimmed: start })
    }

    fn log_read(&self, log: LogId, after: Position, count: usize, _: usize) -> Result<LogPage, StoreError> {
        let Some(records) = self.state.logs.get(&log) else { return Ok(LogPage::default()) };
        let from = after.0 as u64 + 1;
        let mut left = (from < self.below).then(|| records.range(from..self.below)).into_iter().flatten();
        let records: Vec<_> = left.by_ref().take(count).map(|(_, record)| record.clone()).collect();
        let next = records.last().map_or(after, |record| record.position);
        Ok(LogPage { next, more: left.next().is_some(), records })
    }

    fn log_before(&self, _: LogId, _: u64) -> Result<Position, StoreError> {
        Ok(Position(0))
    }
}

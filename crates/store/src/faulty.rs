//! A store for tests: the memory store behind delays, needless conflicts and unknown outcomes.
//!
//! What happens follows from a seed and the order of calls. Commits of several threads overlap as far as
//! the delays let them; a gate can hold them all, so that a test can look at what happens meanwhile.

use crate::{
    Commit, Key, LogId, LogState, Memory, MemorySnapshot, Outcome, SpaceId, Store, StoreError, Version,
};
use environment::Random;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How likely each fault is, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A pause before or after a step, in which other threads run.
    pub delay_permille: u16,
    /// A conflict although all checks hold.
    pub conflict_permille: u16,
    /// An unknown outcome where nothing was done.
    pub unknown_undone_permille: u16,
    /// An unknown outcome where the commit was applied.
    pub unknown_done_permille: u16,
}

impl Faults {
    /// Some of each.
    #[must_use]
    pub fn some() -> Self {
        Self {
            delay_permille: 200,
            conflict_permille: 50,
            unknown_undone_permille: 30,
            unknown_done_permille: 30,
        }
    }
}

/// A memory store with faults.
#[derive(Debug)]
pub struct Faulty {
    memory: Memory,
    faults: Faults,
    random: Random,
    gate: Mutex<Gate>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Gate {
    shut: bool,
    waiting: usize,
    /// How many may pass although it is shut.
    passes: usize,
}

impl Faulty {
    /// An empty store whose faults follow from the seed.
    #[must_use]
    pub fn new(faults: Faults, seed: u64) -> Self {
        let random = Random::seeded(seed);
        Self {
            memory: Memory::new(usize::MAX),
            faults,
            random,
            gate: Mutex::default(),
            moved: Condvar::new(),
        }
    }

    /// Holds all commits from now on, before they do anything.
    pub fn shut_gate(&self) {
        self.gate().shut = true;
    }

    /// Lets them go on.
    pub fn open_gate(&self) {
        self.gate().shut = false;
        self.moved.notify_all();
    }

    /// Lets one commit pass a gate that stays shut.
    pub fn let_one_pass(&self) {
        self.gate().passes += 1;
        self.moved.notify_all();
    }

    /// Blocks until that many commits wait at the gate.
    pub fn wait_at_gate(&self, count: usize) {
        let mut gate = self.gate();
        while gate.waiting < count {
            gate = self.moved.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_gate(&self) {
        let mut gate = self.gate();
        gate.waiting += 1;
        self.moved.notify_all();
        while gate.shut && gate.passes == 0 {
            gate = self.moved.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        gate.passes = gate.passes.saturating_sub(1);
        gate.waiting -= 1;
    }

    fn happens(&self, permille: u16) -> bool {
        permille > 0 && self.random.next_u64() % 1000 < u64::from(permille)
    }

    /// Gives the processor to others for a while.
    fn delay(&self) {
        if self.happens(self.faults.delay_permille) {
            for _ in 0..self.random.next_u64() % 64 {
                std::thread::yield_now();
            }
        }
    }
}

impl Store for Faulty {
    type Snapshot<'a> = MemorySnapshot<'a>;

    fn snapshot(&self) -> MemorySnapshot<'_> {
        self.delay();
        self.memory.snapshot()
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        self.commit_seen(commit, Version(0))
    }

    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        self.pass_gate();
        self.delay();
        // Without a token there is no way to ask what became of a commit, so its outcome is told.
        let named = commit.token.is_some();
        if self.memory.knows(commit.token) {
            return self.memory.commit_seen(commit, seen);
        }
        if !commit.checks.is_empty() && self.happens(self.faults.conflict_permille) {
            return Ok(Outcome::Conflict(vec![0]));
        }
        if named && self.happens(self.faults.unknown_undone_permille) {
            return Err(StoreError::Unknown("planted: nothing was done".into()));
        }
        let outcome = self.memory.commit_seen(commit, seen)?;
        self.delay();
        if named && self.happens(self.faults.unknown_done_permille) {
            return Err(StoreError::Unknown("planted: the commit was applied".into()));
        }
        Ok(outcome)
    }

    fn may_be_unknown(&self) -> bool {
        true
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        self.memory.create_space()
    }

    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        self.memory.drop_space(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.memory.spaces()
    }

    fn unchanged(&self, key: &Key, since: Version) -> bool {
        self.memory.unchanged(key, since)
    }

    fn log_state(&self, log: LogId) -> Option<LogState> {
        self.memory.log_state(log)
    }
}

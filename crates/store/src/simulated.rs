//! A store for simulated runs: the memory store over a simulated disk, which loses power, fails to sync, and is
//! full, when a seed says so.
//!
//! The disk is a journal of whole commits, a part of which is synced. What readers see is what was committed, as
//! in the embedded store: a commit that failed is not seen, though the disk may have it. [`Simulated::restarted`]
//! gives the store that a restart finds: the journal up to some entry, which is not before the synced ones' end,
//! and versions that begin above every one that was ever given out.
//!
//! It can also behave like a store elsewhere, whose commits conflict needlessly and whose outcomes get lost.

use crate::{
    Commit, Key, LogId, LogState, Memory, MemorySnapshot, Outcome, SpaceId, Store, StoreError, Version,
};
use environment::{Clock, Random};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many versions are reserved at once: few, so that a run sees many reservations.
const RESERVE: u64 = 50;

/// How likely each fault is at a commit, in thousandths, and how the disk is synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskFaults {
    /// Commits are not synced as they happen: a loss of power takes back the last ones.
    pub relaxed: bool,
    /// The power goes before the commit is on the disk.
    pub cut_before_permille: u16,
    /// The power goes when the commit is on the disk, and nobody has been told.
    pub cut_after_permille: u16,
    /// The sync fails: nothing is written any more, and nobody knows whether the disk has the commit.
    pub sync_error_permille: u16,
    /// There is no room: nothing happens.
    pub full_permille: u16,
    /// A conflict although all checks hold, as if somebody else wrote, too.
    pub conflict_permille: u16,
    /// An unknown outcome where nothing was done.
    pub unknown_undone_permille: u16,
    /// An unknown outcome where the commit was applied.
    pub unknown_done_permille: u16,
    /// The disk takes its time, and everybody waits. Only with a clock.
    pub slow_permille: u16,
}

/// The longest time that a slow commit takes: longer than the front door waits for the next piece of a request.
const SLOW_MS_MAX: u64 = 40_000;

/// How often each fault happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in DiskFaults")]
pub struct Fired {
    pub cut_before: u64,
    pub cut_after: u64,
    pub sync_error: u64,
    pub full: u64,
    pub conflict: u64,
    pub unknown_undone: u64,
    pub unknown_done: u64,
    pub slow: u64,
    /// Commits that a loss of power took back.
    pub taken_back: u64,
}

impl Fired {
    /// All of them.
    #[must_use]
    pub fn count(&self) -> u64 {
        let Self { cut_before, cut_after, sync_error, full, conflict, unknown_undone, unknown_done, .. } =
            self;
        cut_before + cut_after + sync_error + full + conflict + unknown_undone + unknown_done + self.slow
    }
}

/// How a run of the store ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process ends; the operating system goes on, and has what was written.
    Process,
    /// The power goes: what was not synced may be gone, from some commit on.
    Power,
}

/// A memory store over a simulated disk.
#[derive(Debug)]
pub struct Simulated {
    memory: Memory,
    faults: DiskFaults,
    random: Random,
    disk: Mutex<Disk>,
    /// The last commit that was on the disk at the start.
    recovered: Version,
    /// What goes on while the disk is slow.
    clock: Option<Clock>,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    journal: Vec<Entry>,
    /// How many entries of the journal are synced.
    synced: usize,
    /// No version above it was given out.
    reserved: u64,
    /// Why nothing is written any more.
    failed: Option<&'static str>,
    /// Whether the power is off.
    is_down: bool,
    fired: Fired,
}

#[derive(Clone, Debug)]
enum Entry {
    /// A commit, and its version. It may be one that would have been refused: that is seen when it is replayed.
    Commit(Commit, Version),
    CreateSpace,
    DropSpace(SpaceId),
}

impl Simulated {
    /// An empty store whose faults follow from the random numbers.
    #[must_use]
    pub fn new(faults: DiskFaults, random: Random) -> Self {
        Self::over(Disk::default(), faults, random)
    }

    /// What is found when the store is started again after a crash, with these faults from now on.
    #[must_use]
    pub fn restarted(&self, crash: Crash, faults: DiskFaults) -> Self {
        let mut disk = self.disk().clone();
        let lost_most = disk.journal.len() - disk.synced;
        if crash == Crash::Power && lost_most > 0 {
            let lost = self.random.next_u64() as usize % (lost_most + 1);
            disk.fired.taken_back += lost as u64;
            disk.journal.truncate(disk.journal.len() - lost);
        }
        (disk.failed, disk.is_down) = (None, false);
        Self::over(disk, faults, self.random.clone())
    }

    fn over(mut disk: Disk, faults: DiskFaults, random: Random) -> Self {
        let memory = Memory::new(usize::MAX);
        disk.journal.retain(|entry| replay(&memory, entry));
        disk.synced = disk.journal.len();
        let recovered = memory.snapshot_version();
        if !environment::planted("position_reused_after_crash") {
            memory.skip_to(Version(disk.reserved));
        }
        let this = Self { memory, faults, random, disk: Mutex::new(disk), recovered, clock: None };
        this.reserve(&mut this.disk());
        this
    }

    /// With a simulated clock, which goes on while the disk is slow.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The last commit that the disk had at the start: those after it were taken back, and no others.
    #[must_use]
    pub fn recovered(&self) -> Version {
        self.recovered
    }

    /// Whether the power is off: whatever happens in the process since then, nobody sees.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.disk().is_down
    }

    /// Whether nothing is written any more.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.disk().failed.is_some()
    }

    /// Turns the power off.
    pub fn cut(&self) {
        self.disk().cut();
    }

    /// Syncs everything.
    pub fn sync(&self) {
        let mut disk = self.disk();
        disk.synced = disk.journal.len();
    }

    /// How often each fault has happened, in the runs before a restart, too.
    #[must_use]
    pub fn fired(&self) -> Fired {
        self.disk().fired
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn happens(&self, permille: u16) -> bool {
        permille > 0 && self.random.next_u64() % 1000 < u64::from(permille)
    }

    /// Takes its time, at times.
    fn dawdle(&self, disk: &mut Disk) {
        if let Some(clock) = self.clock.as_ref().filter(|_| self.happens(self.faults.slow_permille)) {
            disk.fired.slow += 1;
            clock.pass(Duration::from_millis(self.random.next_u64() % SLOW_MS_MAX));
        }
    }

    /// Reserves versions, durably, before they are given out.
    fn reserve(&self, disk: &mut Disk) {
        let next = self.memory.snapshot_version().0 + 1;
        if next > disk.reserved {
            disk.reserved = next + RESERVE;
        }
    }

    /// What goes wrong before a commit is on its way to the disk.
    fn refused(&self, disk: &mut Disk, commit: &Commit) -> Option<Result<Outcome, StoreError>> {
        let faults = &self.faults;
        if let Some(why) = disk.failed {
            return Some(Err(StoreError::Poisoned(why.into())));
        }
        if self.happens(faults.full_permille) {
            disk.fired.full += 1;
            return Some(Err(StoreError::Full("simulated".into())));
        }
        if !commit.checks.is_empty() && self.happens(faults.conflict_permille) {
            disk.fired.conflict += 1;
            return Some(Ok(Outcome::Conflict(vec![0])));
        }
        if commit.token.is_some() && self.happens(faults.unknown_undone_permille) {
            disk.fired.unknown_undone += 1;
            return Some(Err(StoreError::Unknown("simulated: nothing was done".into())));
        }
        if self.happens(faults.cut_before_permille) {
            disk.fired.cut_before += 1;
            disk.cut();
            return Some(Err(StoreError::Poisoned("the power is off".into())));
        }
        None
    }

    /// What goes wrong when a commit is on the disk, or may be.
    fn lost(&self, disk: &mut Disk, commit: &Commit, version: Version) -> Option<StoreError> {
        if self.happens(self.faults.sync_error_permille) {
            disk.fired.sync_error += 1;
            disk.journal.push(Entry::Commit(commit.clone(), version));
            disk.failed = Some("a sync failed");
            return Some(StoreError::Poisoned("a sync failed".into()));
        }
        if self.happens(self.faults.cut_after_permille) {
            disk.fired.cut_after += 1;
            disk.journal.push(Entry::Commit(commit.clone(), version));
            if !self.faults.relaxed {
                disk.synced = disk.journal.len();
            }
            disk.cut();
            return Some(StoreError::Poisoned("the power is off".into()));
        }
        None
    }
}

impl Disk {
    fn cut(&mut self) {
        (self.is_down, self.failed) = (true, Some("the power is off"));
    }

    /// Notes what is always synced.
    fn push_synced(&mut self, entry: Entry) -> Result<(), StoreError> {
        if let Some(why) = self.failed {
            return Err(StoreError::Poisoned(why.into()));
        }
        self.journal.push(entry);
        self.synced = self.journal.len();
        Ok(())
    }
}

/// Does again what the journal says; answers whether it happened.
fn replay(memory: &Memory, entry: &Entry) -> bool {
    match entry {
        Entry::CreateSpace => memory.create_space().is_ok(),
        Entry::DropSpace(space) => memory.drop_space(*space).is_ok(),
        Entry::Commit(commit, version) => {
            memory.skip_to(Version(version.0 - 1));
            matches!(memory.commit(commit.clone()), Ok(Outcome::Done { version: given, .. }) if given == *version)
        }
    }
}

impl Store for Simulated {
    type Snapshot<'a> = MemorySnapshot<'a>;

    fn snapshot(&self) -> MemorySnapshot<'_> {
        self.memory.snapshot()
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        self.commit_seen(commit, Version(0))
    }

    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        let mut disk = self.disk();
        let replayed = self.memory.knows(commit.token);
        if !replayed && let Some(refused) = self.refused(&mut disk, &commit) {
            return refused;
        }
        self.dawdle(&mut disk);
        self.reserve(&mut disk);
        let version = Version(self.memory.snapshot_version().0 + 1);
        if !replayed && let Some(error) = self.lost(&mut disk, &commit, version) {
            return Err(error);
        }
        let outcome = self.memory.commit_seen(commit.clone(), seen)?;
        if let Outcome::Done { version, .. } = outcome {
            let named = commit.token.is_some();
            // Its checks held. A replay could not say so of what was read in a space that was dropped meanwhile.
            disk.journal.push(Entry::Commit(Commit { checks: Vec::new(), ..commit }, version));
            let is_synced = !self.faults.relaxed || self.happens(50);
            if is_synced && !environment::planted("no_fsync") {
                disk.synced = disk.journal.len();
            }
            if named && self.happens(self.faults.unknown_done_permille) {
                disk.fired.unknown_done += 1;
                return Err(StoreError::Unknown("simulated: the commit was applied".into()));
            }
        }
        Ok(outcome)
    }

    fn may_be_unknown(&self) -> bool {
        self.faults.unknown_done_permille > 0 || self.faults.unknown_undone_permille > 0
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        self.disk().push_synced(Entry::CreateSpace)?;
        self.memory.create_space()
    }

    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        self.disk().push_synced(Entry::DropSpace(space))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expect, LogChange, Snapshot};
    use bytes::Bytes;

    fn write(space: SpaceId, name: &'static [u8]) -> Commit {
        let key = Key { space, bytes: Bytes::from_static(name) };
        Commit {
            checks: vec![(key.clone(), Expect::Absent)],
            writes: vec![(key, Some(Bytes::from_static(name)))],
            appends: vec![(LogId(1), Bytes::from_static(name).into())],
            ..Commit::default()
        }
    }

    fn store(faults: DiskFaults) -> (Simulated, SpaceId) {
        let store = Simulated::new(faults, Random::seeded(1));
        let space = store.create_space().unwrap();
        let open = LogChange::Open { log: LogId(1), retention_ms: 0 };
        store.commit(Commit { logs: vec![open], ..Commit::default() }).unwrap();
        store.sync();
        (store, space)
    }

    fn has(store: &Simulated, space: SpaceId, name: &'static [u8]) -> bool {
        let key = Key { space, bytes: Bytes::from_static(name) };
        store.snapshot().get(&key).unwrap().is_some()
    }

    #[test]
    fn what_was_synced_survives_and_positions_go_on() {
        let (store, space) = store(DiskFaults::default());
        store.commit(write(space, b"a")).unwrap();
        let tail = store.log_state(LogId(1)).unwrap().tail;
        store.cut();
        assert!(matches!(store.commit(write(space, b"b")), Err(StoreError::Poisoned(_))));
        let store = store.restarted(Crash::Power, DiskFaults::default());
        assert!(has(&store, space, b"a") && !has(&store, space, b"b"));
        let Outcome::Done { positions, .. } = store.commit(write(space, b"b")).unwrap() else { panic!() };
        assert!(positions[0] > tail);
    }

    #[test]
    fn a_relaxed_disk_loses_its_end_and_gives_no_position_twice() {
        let mut lost = 0;
        let (mut store, space) = store(DiskFaults { relaxed: true, ..DiskFaults::default() });
        let mut highest = 0;
        for name in [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"] {
            let Outcome::Done { positions, .. } = store.commit(write(space, name)).unwrap() else { panic!() };
            assert!(positions[0].0 > highest);
            highest = positions[0].0;
            store = store.restarted(Crash::Power, store.faults);
            lost += usize::from(!has(&store, space, name));
        }
        assert!((1..8).contains(&lost), "{lost} of 8 commits were lost");
        assert_eq!(store.fired().taken_back, lost as u64);
    }

    #[test]
    fn a_failed_sync_is_not_seen_before_a_restart() {
        let (store, space) = store(DiskFaults::default());
        let store =
            store.restarted(Crash::Process, DiskFaults { sync_error_permille: 1000, ..Default::default() });
        assert!(matches!(store.commit(write(space, b"a")), Err(StoreError::Poisoned(_))));
        assert!(!has(&store, space, b"a") && store.has_failed());
        assert!(matches!(store.create_space(), Err(StoreError::Poisoned(_))));
        assert!(has(&store.restarted(Crash::Process, DiskFaults::default()), space, b"a"));
    }
}

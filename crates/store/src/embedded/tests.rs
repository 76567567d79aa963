//! The embedded store over restarts, damage and disks that fail.

use super::*;
use crate::counter::{counter, counter_bytes};
use crate::{Direction, Expect, Fence, Head, LogChange, Memory, Pieces, Position, Range, Snapshot};
use bytes::Bytes;
use std::ops::Bound;
use std::time::Duration;

fn key(space: SpaceId, name: &str) -> Key {
    Key { space, bytes: Bytes::copy_from_slice(name.as_bytes()) }
}

/// A store in a directory, that can be closed and opened again.
struct Home {
    directory: tempfile::TempDir,
    environment: Environment,
    options: EmbeddedOptions,
    store: Option<Embedded>,
}

impl Home {
    fn new() -> Self {
        Self::with(Durability::Buffer)
    }

    fn with(durability: Durability) -> Self {
        let options = EmbeddedOptions { durability, free_bytes_min: 0, cache_bytes: 8 << 20 };
        let directory = tempfile::tempdir().unwrap();
        let mut home = Self { directory, environment: Environment::system(), options, store: None };
        home.reopen();
        home
    }

    fn try_open(&self) -> Result<Embedded, StoreError> {
        Embedded::open(self.directory.path(), self.options, &self.environment)
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(self.try_open().unwrap());
    }

    fn store(&self) -> &Embedded {
        self.store.as_ref().unwrap()
    }

    /// Waits until the upkeep has brought something about.
    fn until(&self, what: &str, reached: impl Fn(&Core) -> bool) {
        let machine = &self.environment.clock;
        let deadline = machine.machine() + Duration::from_secs(20);
        while !reached(&self.store().core) {
            assert!(machine.machine() < deadline, "timed out: {what}");
            std::thread::yield_now();
        }
    }
}

fn done(store: &impl Store, commit: Commit) -> (Version, Vec<Position>) {
    match store.commit(commit).unwrap() {
        Outcome::Done { version, positions } => (version, positions),
        other => panic!("{other:?}"),
    }
}

fn open_log(store: &impl Store, log: LogId, retention_ms: u64) {
    done(store, Commit { logs: vec![LogChange::Open { log, retention_ms }], ..Commit::default() });
}

fn append(store: &impl Store, log: LogId, record: &str, time_ms: u64) -> Position {
    let appends = vec![(log, record.as_bytes().to_vec().into())];
    done(store, Commit { appends, time_ms, ..Commit::default() }).1[0]
}

/// Times and contents.
type Records = Vec<(u64, Pieces)>;

/// What a store holds, but for versions and positions.
#[derive(Debug, PartialEq)]
struct Contents {
    items: Vec<(SpaceId, Vec<u8>, Bytes)>,
    backward: Vec<Vec<u8>>,
    logs: Vec<(Option<(Fence, bool)>, Records)>,
    /// How many records are after the place found for each time.
    since: Vec<usize>,
}

fn contents(store: &impl Store) -> Contents {
    let snapshot = store.snapshot();
    let (mut items, mut backward) = (Vec::new(), Vec::new());
    for space in (1..6).map(SpaceId) {
        let mut range =
            Range { space, from: Bound::Unbounded, to: Bound::Unbounded, direction: Direction::Forward };
        let mut each = |key: &[u8], value: &crate::Versioned| {
            items.push((space, key.to_vec(), value.value.clone()));
            true
        };
        snapshot.range(&range, &mut each).unwrap();
        range.direction = Direction::Backward;
        range.from = Bound::Excluded(Bytes::from_static(b"key 3"));
        range.to = Bound::Included(Bytes::from_static(b"key 6"));
        let mut each = |key: &[u8], _: &crate::Versioned| {
            backward.push(key.to_vec());
            backward.len() % 4 != 0
        };
        snapshot.range(&range, &mut each).unwrap();
    }
    let read = |log: LogId, mut after: Position| {
        let mut records = Vec::new();
        loop {
            let page = snapshot.log_read(log, after, 3, 40).unwrap();
            records.extend(page.records.iter().map(|record| (record.time_ms, record.bytes.clone())));
            assert!(page.records.iter().all(|record| record.position > after));
            after = page.next;
            if !page.more {
                return records;
            }
        }
    };
    let logs = (0..LOGS).map(LogId);
    let states = |log| snapshot.log(log).map(|state| (state.fence, state.open));
    let since = logs.clone().flat_map(|log| (0..40).map(move |step| (log, step * TICK_MS * 20)));
    let since = since.map(|(log, time_ms)| read(log, snapshot.log_before(log, time_ms).unwrap()).len());
    Contents {
        since: since.collect(),
        logs: logs.map(|log| (states(log), read(log, Position(0)))).collect(),
        items,
        backward,
    }
}

const LOGS: u64 = 4;
const TICK_MS: u64 = 7_000;

/// The same random commit on both stores, which name their own positions and versions.
struct Step {
    kind: u64,
    keys: Vec<u64>,
    number: u64,
}

impl Step {
    fn commit(&self, store: &impl Store) -> Commit {
        let log = LogId(self.number % LOGS);
        let spaces = store.spaces();
        let item =
            |number: &u64| key(spaces[*number as usize % spaces.len()], &format!("key {}", number % 9));
        let counter = Key { space: spaces[0], bytes: Bytes::from_static(b"counter") };
        let text = Bytes::from(format!("record {}", self.number));
        let mut commit = Commit { time_ms: self.number * TICK_MS, ..Commit::default() };
        let snapshot = store.snapshot();
        match self.kind {
            0 => commit.writes = self.keys.iter().map(|number| (item(number), None)).collect(),
            1 => commit.logs.push(LogChange::Open { log, retention_ms: 1000 << self.keys[0] }),
            2 => commit.logs.push(LogChange::Close(log)),
            3 => commit.logs.push(LogChange::Drop(log)),
            4 => commit.logs.push(LogChange::RaiseFence(log, Fence(self.keys[0]))),
            5 | 6 => {
                let before = snapshot.log_before(log, commit.time_ms.saturating_sub(TICK_MS * 30)).unwrap();
                commit.logs.push(LogChange::Trim(log, before));
            }
            7 => commit.checks.push((item(&self.keys[0]), Expect::Absent)),
            _ => {}
        }
        if self.kind >= 6 {
            commit.adds.push((counter, [1, self.number as i64]));
            let mut keys = self.keys.clone();
            keys.dedup_by_key(|number| item(number));
            keys.sort_unstable();
            keys.dedup_by_key(|number| item(number));
            for number in keys {
                let key = item(&number);
                if !commit.writes.iter().any(|(written, _)| *written == key) {
                    commit.writes.push((key, Some(text.clone())));
                }
            }
            if snapshot.log(log).is_some_and(|state| state.open) {
                commit.appends = vec![
                    (log, text.clone().into()),
                    (log, Pieces::new(Head::from_slice(&text[..1]), [Bytes::new(), text.slice(1..)])),
                ];
            }
        }
        commit
    }
}

#[test]
fn it_does_what_the_memory_store_does_also_after_restarts() {
    for seed in 0..2 {
        let random = environment::Random::seeded(seed);
        let (mut home, memory) = (Home::new(), Memory::new(usize::MAX));
        for _ in 0..3 {
            assert_eq!(memory.create_space().unwrap(), home.store().create_space().unwrap());
        }
        for number in 0..700 {
            let keys = (0..1 + random.next_u64() % 4).map(|_| random.next_u64() % 27).collect();
            let step = Step { kind: random.next_u64() % 24, keys, number };
            let outcome = |outcome: Result<Outcome, StoreError>| match outcome {
                Ok(Outcome::Done { positions, .. }) => format!("done {}", positions.len()),
                other => format!("{other:?}"),
            };
            let (one, other) = (step.commit(&memory), step.commit(home.store()));
            let expected = outcome(memory.commit(one));
            assert_eq!(outcome(home.store().commit(other)), expected, "step {number} of seed {seed}");
            if number % 100 == 99 {
                assert_eq!(contents(home.store()), contents(&memory), "step {number} of seed {seed}");
                home.reopen();
                assert_eq!(contents(home.store()), contents(&memory), "restart {number} of seed {seed}");
            }
            if number == 350 {
                let space = memory.spaces()[1];
                memory.drop_space(space).unwrap();
                home.store().drop_space(space).unwrap();
            }
        }
    }
}

#[test]
fn identity_versions_and_tokens_survive() {
    let mut home = Home::with(Durability::Sync);
    let id = home.store().store_id();
    let space = home.store().create_space().unwrap();
    let token = Some(crate::CommitToken(77));
    open_log(home.store(), LogId(1), 86_400_000);
    let commit = || Commit {
        writes: vec![(key(space, "a"), Some(Bytes::from_static(b"value")))],
        appends: vec![(LogId(1), Bytes::from_static(b"record").into())],
        token,
        ..Commit::default()
    };
    let (version, positions) = done(home.store(), commit());
    for _ in 0..3 {
        home.reopen();
        assert_eq!(home.store().store_id(), id);
        let replayed = home.store().commit(commit()).unwrap();
        assert_eq!(replayed, Outcome::Replayed { version, positions: positions.clone() });
        assert_eq!(home.store().snapshot().version(), version);
    }
    assert!(append(home.store(), LogId(1), "next", 0) > positions[0]);
    assert_eq!(home.store().create_space().unwrap(), SpaceId(space.0 + 1));
    assert_ne!(id, 0);
}

#[test]
fn trimmed_buckets_are_deleted_and_what_is_left_is_read_on() {
    let mut home = Home::new();
    let (log, other) = (LogId(1), LogId(2));
    open_log(home.store(), log, 60_000);
    open_log(home.store(), other, 60_000);
    let mut positions = Vec::new();
    for step in 0..20_u64 {
        home.until("a spare bucket", |core| core.spare.lock().unwrap().is_some());
        positions.push(append(home.store(), log, "record", step * 60_000));
    }
    append(home.store(), other, "never trimmed", 19 * 60_000);
    let buckets = |core: &Core| core.published().buckets.len();
    assert_eq!(buckets(&home.store().core), 20);
    let held = home.store().snapshot();
    let trim = LogChange::Trim(log, positions[9]);
    done(home.store(), Commit { logs: vec![trim], ..Commit::default() });
    home.until("old buckets to go", |core| buckets(core) == 10);
    // A snapshot from before still reads all of it.
    assert_eq!(held.log_read(log, Position(0), 100, 10_000).unwrap().records.len(), 20);
    drop(held);
    let left = |home: &Home| {
        let page = home.store().snapshot().log_read(log, Position(0), 100, 10_000).unwrap();
        page.records.iter().map(|record| record.position).collect::<Vec<_>>()
    };
    assert_eq!(left(&home), positions[10..]);
    home.reopen();
    assert_eq!(left(&home), positions[10..]);
    assert_eq!(buckets(&home.store().core), 10);
    done(home.store(), Commit { logs: vec![LogChange::Drop(log)], ..Commit::default() });
    home.until("all but the newest bucket to go", |core| buckets(core) == 1);
    home.reopen();
    let page = home.store().snapshot().log_read(other, Position(0), 100, 10_000).unwrap();
    assert_eq!(page.records.len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn the_upkeep_does_the_rest_when_the_witness_cannot_be_told() {
    let home = Home::with(Durability::Sync);
    // It can be opened, but not be written to.
    let (full, _) = witness::Witness::open(std::path::Path::new("/dev/full")).unwrap();
    *home.store().core.witness.lock().unwrap() = full;
    open_log(home.store(), LogId(1), 60_000);
    append(home.store(), LogId(1), "record", 0);
    home.until("a spare bucket", |core| core.spare.lock().unwrap().is_some());
}

#[test]
fn a_dropped_space_is_gone_at_once_and_its_keys_later() {
    let mut home = Home::new();
    let (kept, dropped) = (home.store().create_space().unwrap(), home.store().create_space().unwrap());
    for part in 0..30 {
        let write = |space, number| (key(space, &format!("{part} {number}")), Some(Bytes::from_static(b"v")));
        let writes = (0..100).flat_map(|number| [write(kept, number), write(dropped, number)]).collect();
        done(home.store(), Commit { writes, ..Commit::default() });
    }
    home.store().drop_space(dropped).unwrap();
    assert_eq!(home.store().snapshot().get(&key(dropped, "0 0")).unwrap(), None);
    assert_eq!(home.store().spaces(), [kept]);
    // A restart in the middle goes on with it.
    home.reopen();
    home.until("the keys to go", |core| core.writer.lock().unwrap().dropping.is_empty());
    let published = home.store().core.published();
    assert_eq!(fjall::Readable::len(&published.snapshot, &home.store().core.items).unwrap(), 3000);
    assert_eq!(home.store().spaces(), [kept]);
}

#[test]
fn a_full_disk_refuses_writes_but_not_reads_or_deletes() {
    let mut home = Home::new();
    let space = home.store().create_space().unwrap();
    let write = |value| Commit { writes: vec![(key(space, "a"), value)], ..Commit::default() };
    done(home.store(), write(Some(Bytes::from_static(b"v"))));
    home.options.free_bytes_min = u64::MAX;
    home.reopen();
    let refused = home.store().commit(write(Some(Bytes::from_static(b"w"))));
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert!(home.store().snapshot().get(&key(space, "a")).unwrap().is_some());
    done(home.store(), write(None));
    assert_eq!(home.store().snapshot().get(&key(space, "a")).unwrap(), None);
}

#[test]
fn a_failed_write_stops_all_but_reads() {
    let home = Home::new();
    let space = home.store().create_space().unwrap();
    let write = || Commit { writes: vec![(key(space, "a"), Some(Bytes::new()))], ..Commit::default() };
    done(home.store(), write());
    home.store().core.fail(&"planted");
    assert!(
        matches!(home.store().commit(write()), Err(StoreError::Poisoned(message)) if message == "planted")
    );
    assert!(matches!(home.store().create_space(), Err(StoreError::Poisoned(_))));
    assert!(home.store().snapshot().get(&key(space, "a")).unwrap().is_some());
}

/// A store with a hundred synced commits, closed as a crash would leave it: the witness knows them.
fn with_a_hundred_commits() -> Home {
    let mut home = Home::with(Durability::Sync);
    let space = home.store().create_space().unwrap();
    open_log(home.store(), LogId(1), 86_400_000);
    for number in 0..100 {
        let writes = vec![(key(space, &format!("key {number}")), Some(Bytes::from(vec![number; 500])))];
        let appends = vec![(LogId(1), vec![number; 100].into())];
        done(home.store(), Commit { writes, appends, ..Commit::default() });
    }
    home.store = None;
    home
}

fn journal(home: &Home) -> std::path::PathBuf {
    let files = std::fs::read_dir(home.directory.path().join("engine")).unwrap();
    let mut journals: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jnl"))
        .collect();
    journals.sort();
    journals.pop().unwrap()
}

#[test]
fn damage_in_a_journal_is_refused_not_cut_away() {
    let home = with_a_hundred_commits();
    let path = journal(&home);
    let intact = std::fs::read(&path).unwrap();
    let used = intact.iter().rposition(|byte| *byte != 0).unwrap();
    let witness = std::fs::read(home.directory.path().join("WITNESS")).unwrap();
    for part in 1..10 {
        let mut damaged = intact[..=used].to_vec();
        damaged.truncate(used * part / 10);
        std::fs::write(&path, &damaged).unwrap();
        std::fs::write(home.directory.path().join("WITNESS"), &witness).unwrap();
        match home.try_open() {
            Err(StoreError::Corrupt(_)) => {}
            other => panic!("a journal cut at {part} tenths gave {other:?}"),
        }
    }
}

#[test]
fn missing_files_are_noticed() {
    let home = with_a_hundred_commits();
    let engine = home.directory.path().join("engine");
    std::fs::rename(engine.join("version"), engine.join("away")).unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::Corrupt(_))));
    std::fs::rename(engine.join("away"), engine.join("version")).unwrap();
    let path = journal(&home);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(home.try_open(), Err(StoreError::Corrupt(_))));
    drop(bytes);
}

/// What relaxed durability may lose is everything since the last sync; what was seen of it must not come
/// again with another meaning. The directory is put back to what it was at the opening, which is what a loss of
/// power can do.
#[test]
fn positions_seen_before_a_loss_of_power_are_not_given_again() {
    let mut home = Home::new();
    let log = LogId(1);
    open_log(home.store(), log, 86_400_000);
    home.reopen();
    let copy = tempfile::tempdir().unwrap();
    copy_files(home.directory.path(), copy.path());
    let seen: Vec<Position> = (0..10).map(|_| append(home.store(), log, "seen, then lost", 0)).collect();
    let space = home.store().create_space().unwrap();
    let (version, _) = done(
        home.store(),
        Commit { writes: vec![(key(space, "a"), Some(Bytes::new()))], ..Commit::default() },
    );
    home.store = None;
    std::fs::remove_dir_all(home.directory.path()).unwrap();
    copy_files(copy.path(), home.directory.path());
    home.reopen();
    assert_eq!(home.store().snapshot().log_read(log, Position(0), 10, 1000).unwrap().records, []);
    let again = append(home.store(), log, "something else", 0);
    assert!(again > *seen.last().unwrap(), "position {again:?} was given twice");
    assert!(home.store().snapshot().version() > version);
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn a_read_of_a_damaged_value_says_so() {
    let home = Home::new();
    let space = home.store().create_space().unwrap();
    let item = key(space, "a");
    done(
        home.store(),
        Commit { writes: vec![(item.clone(), Some(Bytes::from_static(b"v")))], ..Commit::default() },
    );
    let core = &home.store().core;
    let stored_key = value::encode_key(space, b"a");
    let mut stored = value::encode(&stored_key, Version(1), b"v");
    stored[12] ^= 1;
    core.items.insert(stored_key, stored).unwrap();
    core.publish_again(&core.writer().unwrap());
    assert!(matches!(home.store().snapshot().get(&item), Err(StoreError::Corrupt(_))));
}

#[test]
fn counters_are_summed_over_restarts_and_within_a_commit() {
    let mut home = Home::new();
    let space = home.store().create_space().unwrap();
    let item = key(space, "counter");
    let adds =
        || Commit { adds: vec![(item.clone(), [1, -2]), (item.clone(), [10, 0])], ..Commit::default() };
    for _ in 0..3 {
        done(home.store(), adds());
        home.reopen();
        done(home.store(), adds());
    }
    let value = home.store().snapshot().get(&item).unwrap().unwrap();
    assert_eq!(counter(&value.value), [66, -12]);
    let set = vec![(item.clone(), Some(counter_bytes([5, 5])))];
    done(home.store(), Commit { writes: set, ..adds() });
    let value = home.store().snapshot().get(&item).unwrap().unwrap();
    assert_eq!(counter(&value.value), [16, 3]);
}

/// Writes come faster here than the engine's worker puts them on disk.
#[test]
fn memtables_stay_bounded_however_fast_writes_come() {
    use fjall::AbstractTree as _;
    let home = Home::with(Durability::Buffer);
    let store = home.store();
    let space = store.create_space().unwrap();
    let mut value = vec![0; 4 << 20];
    environment::Random::seeded(1).fill(&mut value);
    let value = Bytes::from(value);
    for round in 0..60 {
        let writes = vec![(key(space, &format!("{}", round % 7)), Some(value.clone()))];
        done(store, Commit { writes, ..Commit::default() });
        let bytes = store.core.items.tree.active_memtable().size();
        assert!(bytes <= 25 << 20, "{bytes} bytes in memory after {round} writes");
    }
}

/// As a child process has it between its fork and its exec.
#[test]
fn a_copy_of_the_lock_file_does_not_keep_the_directory_locked() {
    let mut home = Home::new();
    let copy = home.store().core.directory.lock.try_clone().unwrap();
    home.reopen();
    drop(copy);
}

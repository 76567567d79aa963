//! The embedded store against `kill -9`: a child process writes and reports each acknowledgement on its
//! standard output, is killed in the middle of it, and the parent looks at what is left.

use bytes::Bytes;
use environment::{Environment, Random};
use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::Poll;
use store::{
    AnyStore, Commit, Durability, Effect, Embedded, EmbeddedOptions, Fence, Key, LogChange, LogId, Position,
    RunError, Runner, Snapshot, SpaceId, Store, Transaction, Versioned,
};

/// Set for the child: the directory to write to, and what its chance begins with.
pub(crate) const CHILD: &str = "STORE_TEST_CHILD";
pub(crate) const SEED: &str = "STORE_TEST_SEED";

/// Keeps every record.
const LOG: LogId = LogId(1);
/// Is trimmed while it is written, so that buckets come and go.
const SHORT: LogId = LogId(2);
const SHORT_RETENTION_MS: u64 = 24_000;
const KEYS: u64 = 40;
const COUNTER: &[u8] = b"counter";
const VALUE_BYTES: usize = 3000;

/// One write of the load: key `key` gets the value `number`, which is unique, and a record and a counter say
/// so too. Where the key's number is already higher nothing is written, and that is the answer.
pub(crate) struct Mark {
    keys: [Key; 1],
    pub(crate) number: u64,
    /// What the key held instead.
    pub(crate) beaten_by: Option<u64>,
}

impl Mark {
    pub(crate) fn new(space: SpaceId, key: u64, number: u64) -> Self {
        let bytes = Bytes::from(format!("key {key}"));
        Self { keys: [Key { space, bytes }], number, beaten_by: None }
    }
}

impl Transaction for Mark {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        let [key] = &self.keys;
        let old = old[0].as_ref().map(|old| number_of(&old.value));
        self.beaten_by = old.filter(|old| *old >= self.number);
        if self.beaten_by.is_some() {
            return Effect::default();
        }
        // Larger than most items, so that memtables are flushed and journals turned now and then.
        let mut value = format!("{} ", self.number).into_bytes();
        value.resize(VALUE_BYTES, b'.');
        let value = Bytes::from(value);
        let record =
            store::Pieces::from(format!("{} {}", self.number, key.bytes.escape_ascii()).into_bytes());
        Effect {
            fences: vec![(LOG, Fence(0))],
            writes: vec![(key.clone(), Some(value))],
            appends: vec![(LOG, record.clone()), (SHORT, record)],
            adds: vec![(counter_key(key.space), [1, self.number as i64])],
            ..Effect::default()
        }
    }
}

pub(crate) fn number_of(value: &[u8]) -> u64 {
    let text = std::str::from_utf8(value).unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

fn counter_key(space: SpaceId) -> Key {
    Key { space, bytes: Bytes::from_static(COUNTER) }
}

pub(crate) fn open(path: &Path, durability: Durability) -> Embedded {
    let options = EmbeddedOptions { durability, free_bytes_min: 0, cache_bytes: 8 << 20 };
    Embedded::open(path, options, &Environment::system()).unwrap()
}

/// The space and the logs of the load, made at first use.
pub(crate) fn arena(store: &impl Store) -> SpaceId {
    let space = store.spaces().first().copied().unwrap_or_else(|| store.create_space().unwrap());
    for (log, retention_ms) in [(LOG, 86_400_000), (SHORT, SHORT_RETENTION_MS)] {
        if store.log_state(log).is_none() {
            let logs = vec![LogChange::Open { log, retention_ms }];
            store.commit(Commit { logs, ..Commit::default() }).unwrap();
        }
    }
    space
}

/// What the child does: 16 transactions at a time, until it is killed. Each answer is one line: the number,
/// and the positions of its records or what beat it.
pub(crate) fn child(path: &Path, durability: Durability, writes: u64) {
    let environment = Environment::system();
    let store = Arc::new(AnyStore::Embedded(open(path, durability)));
    let space = arena(&*store);
    let runner = Runner::new(Arc::clone(&store), &environment).unwrap();
    let random = Random::seeded(std::env::var(SEED).unwrap().parse().unwrap());
    // Above those of all children before.
    let base = (environment.clock.wall_ms() & 0x7_ffff_ffff) << 28;
    let mut waiting = Vec::new();
    let mut out = std::io::stdout();
    for count in 0..writes.min(1 << 14) {
        if count % 512 == 511 {
            // The next bucket, and soon nobody needs an old one.
            environment.clock.advance(SHORT_RETENTION_MS / 24 + 1);
            let trim = LogChange::Trim(SHORT, store.log_state(SHORT).unwrap().tail);
            store.commit(Commit { logs: vec![trim], ..Commit::default() }).unwrap();
        }
        // Some come late, and find a higher number in their key.
        let late = if count.is_multiple_of(5) { random.next_u64() % 64 } else { 0 };
        let number = base + (count.saturating_sub(late) << 14) + count;
        waiting.push(runner.run(Mark::new(space, random.next_u64() % KEYS, number)));
        if waiting.len() >= 16 || count + 1 == writes {
            let least = if count + 1 == writes { 0 } else { 8 };
            while waiting.len() > least {
                report(&mut out, crate::block_on(next_ready(&mut waiting)));
            }
        }
    }
}

/// Whichever answer is there first, and of several the one to the last question, so that none is held back by
/// one before it.
async fn next_ready<F: Future + Unpin>(waiting: &mut Vec<F>) -> F::Output {
    poll_fn(|context| {
        for at in (0..waiting.len()).rev() {
            if let Poll::Ready(output) = Pin::new(&mut waiting[at]).poll(context) {
                waiting.remove(at);
                return Poll::Ready(output);
            }
        }
        Poll::Pending
    })
    .await
}

fn report(out: &mut impl Write, ran: Result<(Mark, store::Committed), RunError<Mark>>) {
    let Ok((write, committed)) = ran else { panic!("a write failed") };
    let line = match (write.beaten_by, &committed.positions[..]) {
        (Some(other), _) => format!("beaten {} {other}\n", write.number),
        (None, [kept, short]) => format!("written {} {} {}\n", write.number, kept.0, short.0),
        (None, _) => panic!("a write without its positions"),
    };
    // One system call, so that a line is there whole or not at all.
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// What a child has said.
#[derive(Clone, Default)]
pub(crate) struct Said {
    /// The positions of each acknowledged number, in the log that keeps all and in the other.
    pub(crate) written: HashMap<u64, [Position; 2]>,
    /// Numbers that were seen by those they beat.
    pub(crate) seen: Vec<u64>,
}

impl Said {
    pub(crate) fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["written", number, kept, short] => {
                let positions = [kept, short].map(|position| Position(position.parse().unwrap()));
                assert_eq!(self.written.insert(number.parse().unwrap(), positions), None);
            }
            ["beaten", _, other] => self.seen.push(other.parse().unwrap()),
            _ => {}
        }
    }

    /// The highest position that anybody was told of.
    pub(crate) fn highest(&self) -> Position {
        self.written.values().flatten().max().copied().unwrap_or_default()
    }
}

/// All that was acknowledged, and all that was seen, is there; nothing is torn.
pub(crate) fn verify(store: &impl Store, said: &Said) {
    let space = arena(store);
    let snapshot = store.snapshot();
    let records = read_all(&snapshot, LOG);
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = HashMap::new();
    let mut sum = 0_i64;
    for (position, number, key) in &records {
        assert_eq!(found.insert(*number, *position), None, "number {number} is there twice");
        let before = last.insert(key.clone(), *number);
        assert!(before < Some(*number), "{key} went back from {before:?} to {number}");
        sum = sum.wrapping_add(*number as i64);
    }
    for (number, [position, _]) in &said.written {
        assert_eq!(found.get(number), Some(position), "the acknowledged {number}");
    }
    verify_short(&snapshot, said, &found);
    for number in &said.seen {
        assert!(found.contains_key(number), "{number} was seen in a rejection and is gone");
    }
    for (name, number) in &last {
        let key = Key { space, bytes: Bytes::from(name.replace("\\x20", " ")) };
        let value = snapshot.get(&key).unwrap().unwrap();
        assert_eq!(number_of(&value.value), *number, "{name} is not what its record says");
    }
    let counter =
        snapshot.get(&counter_key(space)).unwrap().map_or([0; 16].to_vec(), |value| value.value.to_vec());
    let counted = |at: usize| i64::from_le_bytes(counter[at..at + 8].try_into().unwrap());
    assert_eq!((counted(0), counted(8)), (records.len() as i64, sum), "the counter is not what was counted");
}

/// The log that is trimmed holds what it says it holds, and no more than the one that is not.
fn verify_short(snapshot: &impl Snapshot, said: &Said, kept: &HashMap<u64, Position>) {
    let trimmed = snapshot.log(SHORT).unwrap().trimmed;
    let records = read_all(snapshot, SHORT);
    let found: HashMap<u64, Position> = records.iter().map(|(at, number, _)| (*number, *at)).collect();
    assert_eq!(found.len(), records.len());
    for (number, position) in &found {
        assert!(*position > trimmed && kept.contains_key(number), "{number} is in one log only");
    }
    for (number, [_, position]) in &said.written {
        assert!(*position <= trimmed || found.get(number) == Some(position), "the acknowledged {number}");
    }
}

/// Position, number and key of each record of a log, which rise.
fn read_all(snapshot: &impl Snapshot, log: LogId) -> Vec<(Position, u64, String)> {
    let page = snapshot.log_read(log, Position(0), usize::MAX, usize::MAX).unwrap();
    assert!(page.records.is_sorted_by(|one, next| one.position < next.position));
    let read = |record: store::LogRecord| {
        let bytes = record.bytes.joined();
        let text = std::str::from_utf8(&bytes).unwrap();
        let (number, key) = text.split_once(' ').unwrap();
        (record.position, number.parse().unwrap(), key.to_owned())
    };
    page.records.into_iter().map(read).collect()
}

/// Writes one more and answers the position of its record.
pub(crate) fn write_one(store: &impl Store) -> Position {
    let space = arena(store);
    let mut write = Mark::new(space, 0, u64::MAX);
    let old = [store.snapshot().get(&write.keys[0]).unwrap()];
    let Effect { writes, appends, adds, fences, .. } = write.plan(&old, 0);
    match store.commit(Commit { writes, appends, adds, fences, ..Commit::default() }).unwrap() {
        store::Outcome::Done { positions, .. } => positions[0],
        other => panic!("{other:?}"),
    }
}

/// Chance, whose seed a failed test shows.
pub(crate) fn random() -> Random {
    let seed = Random::system().next_u64();
    println!("seed {seed}");
    Random::seeded(seed)
}

/// Runs a child on the directory and kills it after some acknowledgements.
fn run_and_kill(path: &Path, said: &mut Said, random: &Random) {
    let acknowledgements = 100 + (random.next_u64() % 400) as usize;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_writer", "--nocapture", "--ignored"])
        .env(CHILD, path)
        .env(SEED, random.next_u64().to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let before = said.written.len();
    while said.written.len() < before + acknowledgements {
        said.hear(&lines.next().expect("the child ended by itself").unwrap());
    }
    child.kill().unwrap();
    // What it had said before it died counts too.
    lines.map_while(Result::ok).for_each(|line| said.hear(&line));
    child.wait().unwrap();
}

/// Not a test: what the others start as their child.
#[test]
#[ignore = "the child process of the crash tests"]
fn child_writer() {
    if let Some(path) = std::env::var_os(CHILD) {
        child(Path::new(&path), Durability::Sync, u64::MAX);
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let (random, mut said) = (random(), Said::default());
    for _ in 0..6 {
        run_and_kill(directory.path(), &mut said, &random);
        let store = open(directory.path(), Durability::Sync);
        verify(&store, &said);
        assert!(
            store.log_state(LOG).unwrap().tail.max(store.log_state(SHORT).unwrap().tail) >= said.highest()
        );
    }
    assert!(said.seen.len() > 20, "hardly any write was beaten by another: {}", said.seen.len());
}

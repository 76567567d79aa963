//! The contract suite: concurrent writers and readers on any store, and the laws L1 to L7 checked on what
//! they saw. Every store's tests run it, those to come too.
//!
//! Each writer reads a key, adds one to the number in it, and commits the new value together with a record
//! that says the same, on the condition that nobody was faster; one key is written without any condition, and
//! keeps what the last one says. Readers meanwhile follow the logs and
//! compare them with the keys, snapshot by snapshot. Afterwards the logs are read whole once more.

mod laws;
mod reader;
mod writer;

use crate::{
    Commit, Fence, Head, Key, LogChange, LogId, Outcome, Pieces, Position, SpaceId, Store, StoreError,
    Version,
};
use bytes::Bytes;
use environment::Random;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How much is thrown at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Chooses keys and orders.
    pub seed: u64,
    /// Threads that write.
    pub writers: u64,
    /// Threads that read.
    pub readers: u64,
    /// Commits by each writer.
    pub commits: u64,
    /// Keys, so how hot each is.
    pub keys: u32,
    /// Logs that the keys share.
    pub logs: u32,
    /// Whether readers hold the keys against the logs. Without it a wrong numbering shows only in the logs.
    pub compare: bool,
}

impl Load {
    /// A load that takes about a second on a store in memory.
    #[must_use]
    pub fn small(seed: u64) -> Self {
        Self { seed, writers: 4, readers: 2, commits: 250, keys: 5, logs: 2, compare: true }
    }
}

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{law}: {what}")]
pub struct Violation {
    /// The law, `L1` to `L7`, or `store` where the store failed.
    pub law: &'static str,
    /// What was seen.
    pub what: String,
}

impl Violation {
    fn new(law: &'static str, what: impl Into<String>) -> Self {
        Self { law, what: what.into() }
    }
}

impl From<StoreError> for Violation {
    fn from(error: StoreError) -> Self {
        Self::new("store", error.to_string())
    }
}

/// What a record says, and the value of its key too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Mark {
    key: u32,
    /// How many commits to the key there were with this one.
    count: u64,
    /// The writer and its own count: unique.
    operation: u64,
}

impl Mark {
    fn encode(self) -> Bytes {
        let mut bytes = Vec::with_capacity(20);
        bytes.extend_from_slice(&self.key.to_be_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(&self.operation.to_be_bytes());
        Bytes::from(bytes)
    }

    /// As a record whose parts lie apart.
    fn encode_in_pieces(self) -> Pieces {
        let bytes = self.encode();
        Pieces::new(Head::from_slice(&bytes[..4]), [bytes.slice(4..12), bytes.slice(12..)])
    }

    fn decode(bytes: &[u8]) -> Result<Self, Violation> {
        let broken =
            || Violation::new("L4", format!("a value or record nobody wrote: {}", bytes.escape_ascii()));
        let (key, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
        let (count, operation) = rest.split_first_chunk().ok_or_else(broken)?;
        let operation = operation.try_into().map_err(|_| broken())?;
        let (key, count) = (u32::from_be_bytes(*key), u64::from_be_bytes(*count));
        Ok(Self { key, count, operation: u64::from_be_bytes(operation) })
    }
}

/// A commit that was acknowledged.
#[derive(Clone, Debug)]
struct Acknowledged {
    marks: Vec<Mark>,
    version: Version,
    positions: Vec<Position>,
    /// Ticks of one clock over all threads: before it was sent, and after the answer came.
    sent: u64,
    answered: u64,
}

/// What a run has left in a store, to be looked for again after a restart.
#[derive(Clone)]
pub struct History {
    space: SpaceId,
    load: Load,
    acknowledged: Vec<Acknowledged>,
}

impl std::fmt::Debug for History {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("History")
            .field("acknowledged", &self.acknowledged.len())
            .finish_non_exhaustive()
    }
}

/// The place where a run happens.
struct Arena<'a, S> {
    store: &'a S,
    space: SpaceId,
    load: Load,
    random: Random,
    ticks: AtomicU64,
    /// Set when the writers are through.
    over: AtomicBool,
}

impl<S: Store> Arena<'_, S> {
    fn key(&self, index: u32) -> Key {
        key(self.space, index)
    }

    /// The log of a key. The last two keys are written together, and are in different logs.
    fn log(&self, key: u32) -> LogId {
        LogId(u64::from(key % self.load.logs) + 1)
    }

    /// The key that is written without a condition.
    fn blind(&self) -> u32 {
        self.load.keys
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// Lets others run, now and then.
    fn pause(&self) {
        if self.random.next_u64().is_multiple_of(4) {
            std::thread::yield_now();
        }
    }
}

fn key(space: SpaceId, index: u32) -> Key {
    Key { space, bytes: Bytes::from(format!("key {index}")) }
}

/// Runs the suite on an empty store.
///
/// # Errors
/// The first law that did not hold.
pub fn check<S: Store>(store: &S, load: Load) -> Result<History, Violation> {
    let space = store.create_space()?;
    if !store.spaces().contains(&space) {
        return Err(Violation::new("store", "a created space is not there"));
    }
    for log in 1..=u64::from(load.logs) {
        let logs = vec![LogChange::Open { log: LogId(log), retention_ms: 86_400_000 }];
        commit(
            store,
            &Commit { logs, token: Some(crate::CommitToken(u128::from(log))), ..Commit::default() },
        )?;
    }
    run(store, space, load, &mut HashMap::new())
}

/// Runs the suite again on a store that was restarted after [`check`]: what was acknowledged is there, and
/// positions go on rising.
///
/// # Errors
/// The first law that did not hold.
pub fn check_restarted<S: Store>(store: &S, history: &History) -> Result<History, Violation> {
    laws::all_there(store, history)?;
    let before: Position =
        history.acknowledged.iter().flat_map(|ack| ack.positions.clone()).max().unwrap_or_default();
    let mut counts = HashMap::new();
    for ack in &history.acknowledged {
        for mark in &ack.marks {
            let count: &mut u64 = counts.entry(mark.key).or_default();
            *count = mark.count.max(*count);
        }
    }
    let load = Load { seed: history.load.seed + 1, ..history.load };
    let mut again = run(store, history.space, load, &mut counts)?;
    let first = again.acknowledged.iter().flat_map(|ack| ack.positions.clone()).min();
    if first.is_some_and(|first| first <= before) {
        return Err(Violation::new(
            "L5",
            format!("{first:?} was given after a restart, {before:?} before it"),
        ));
    }
    again.acknowledged.splice(0..0, history.acknowledged.iter().cloned());
    laws::all_there(store, &again)?;
    Ok(again)
}

fn run<S: Store>(
    store: &S,
    space: SpaceId,
    load: Load,
    counts: &mut HashMap<u32, u64>,
) -> Result<History, Violation> {
    let arena = Arena {
        store,
        space,
        load,
        random: Random::seeded(load.seed),
        ticks: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    let arena = &arena;
    let (acknowledged, followed) = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..load.readers).map(|_| scope.spawn(move || reader::follow(arena))).collect();
        let writers: Vec<_> =
            (0..load.writers).map(|writer| scope.spawn(move || writer::write(arena, writer))).collect();
        let acknowledged: Vec<_> = writers.into_iter().map(joined).collect();
        arena.over.store(true, Ordering::SeqCst);
        let followed: Vec<_> = readers.into_iter().map(joined).collect();
        (acknowledged, followed)
    });
    // What a reader saw comes first: it says more about a wrong store than what a writer stumbled over.
    let followed: Vec<_> = followed.into_iter().collect::<Result<_, _>>()?;
    let acknowledged: Vec<_> = acknowledged.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    laws::check(arena, &acknowledged, &followed, counts)?;
    Ok(History { space, load, acknowledged })
}

/// A panic in one of the threads goes on in this one.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Commits, again with the same token where the outcome is unknown.
fn commit<S: Store>(store: &S, commit: &Commit) -> Result<Outcome, StoreError> {
    loop {
        match store.commit(commit.clone()) {
            Err(StoreError::Unknown(_)) if commit.token.is_some() => {}
            known => return known,
        }
    }
}

/// The fence under which all commits of the suite are planned.
const FENCE: Fence = Fence(0);

//! Many writers at once on few keys, while shards roll over and split, readers follow the streams, an index is
//! made, filled and deleted, and a stream is switched off and on. Afterwards everything that was answered is held
//! against everything that is there: see [`check`].
//!
//! Every write gives its item an id of its own, so that the history of an item is a chain of ids, and the chain
//! that the stream tells can be compared with what each operation was answered. A run that met no conflict, no
//! split during a write, no cancelled transaction or no reader that crossed a rollover has proved nothing, and
//! fails.

mod changes;
mod check;
mod follower;
mod history;
mod tables;
mod writer;

use crate::dice::Dice;
use crate::world::World;
use changes::Changes;
use follower::{Followed, Follower, From};
use history::{History, Seen};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use tokio::sync::RwLock;
use writer::Writer;

/// Tasks that write.
const WRITERS: usize = 16;
/// At least so many operations each, and more until everything was seen that must be.
const OPERATIONS: usize = 110;
/// At most so many.
const OPERATIONS_MAX: usize = 600;

/// What all tasks share.
struct Run {
    world: World,
    /// The ARN of each table's first stream.
    streams: Vec<Option<String>>,
    /// Counts up; what begins after something else has ended has the greater stamp.
    stamps: AtomicU64,
    operations: AtomicUsize,
    /// The table whose first item all writers write to now, so that a split of its shard meets a write.
    focus: AtomicUsize,
    /// The writes of such times, which are not among the operations.
    focused: AtomicUsize,
    /// The writers have ended.
    written: AtomicBool,
    /// Everything has ended that changes tables and shards.
    changed: AtomicBool,
    seen: Seen,
    /// Held for writing while the clock is moved so far that client tokens are forgotten.
    clock: RwLock<()>,
}

impl Run {
    fn stamp(&self) -> u64 {
        self.stamps.fetch_add(1, Ordering::SeqCst)
    }
}

async fn run(world: World, seed: u64) {
    let streams = tables::create(&world).await;
    let run = Arc::new(Run {
        world,
        streams,
        stamps: AtomicU64::new(1),
        operations: AtomicUsize::new(0),
        focus: AtomicUsize::new(usize::MAX),
        focused: AtomicUsize::new(0),
        written: AtomicBool::new(false),
        changed: AtomicBool::new(false),
        seen: Seen::default(),
        clock: RwLock::new(()),
    });
    let mut history = History::default();
    Writer::new(&run, WRITERS, Dice(seed)).preload(&mut history).await;
    let followers = start_followers(&run, seed);
    let changes = environment::spawn(Changes::new(&run, Dice(seed ^ 0xc0de)).all());
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| environment::spawn(Writer::new(&run, number, Dice(seed + number as u64)).all()))
        .collect();
    for writer in writers {
        history.extend(writer.await.unwrap());
    }
    run.written.store(true, Ordering::SeqCst);
    changes.await.unwrap();
    run.changed.store(true, Ordering::SeqCst);
    let mut followed: Vec<Followed> = Vec::new();
    for follower in followers {
        followed.push(follower.await.unwrap());
    }
    run.seen.assert_all();
    check::all(&run, &history, &followed).await;
}

/// Two readers of each stream: one of everything, one of everything from some moment on.
fn start_followers(run: &Arc<Run>, seed: u64) -> Vec<environment::JoinHandle<Followed>> {
    let mut tasks = Vec::new();
    for (table, arn) in run.streams.iter().enumerate() {
        let Some(arn) = arn else { continue };
        for from in [From::Horizon, From::Latest] {
            let dice = Dice(seed ^ (table as u64 + 1) << 32);
            let follower = Follower::new(run, (table, arn.clone()), from, dice);
            tasks.push(environment::spawn(follower.all()));
        }
    }
    tasks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory() {
    run(World::in_memory(), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_a_faulty_store() {
    run(World::on_a_faulty_store(), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk() {
    run(World::on_disk(), 3).await;
}

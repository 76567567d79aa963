//! Readers that follow the tree of shards while writers write and shards roll and split underneath.

use crate::world::{CALLER, World, insert_of, next_of};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use store::{Commit, Fence, LogChange, LogId, Outcome, Pieces, Position, Store};
use streams::descriptor;
use streams::reading::Start;
use streams::{ShardId, StreamDescriptor, ViewType};

const TABLE_LOG: LogId = LogId(1 << 40);
const WRITERS: u32 = 4;
/// At least so many each, and more until enough has happened.
const WRITES: u32 = 150;
const WRITES_MAX: u32 = 9_000;
/// At least so many changes of shards.
const CHANGES: usize = 12;
/// No more than so many once enough has happened.
const CHANGES_MAX: usize = 60;

/// A table that writers write to and whose shards change: its epoch is the fence of a log of its own.
struct Table {
    world: World,
    arn: String,
    epoch: Mutex<Fence>,
    /// Orders the writes of the item that all writers write: its next number.
    hot: Mutex<u32>,
    refused: AtomicUsize,
    done: AtomicBool,
}

impl Table {
    fn of(world: World) -> Self {
        let stream = world.open_as(CALLER, "Music", ViewType::KeysOnly, 2);
        world.change_logs(vec![LogChange::Open { log: TABLE_LOG, retention_ms: 1 }]);
        Self {
            world,
            arn: stream.arn,
            epoch: Mutex::default(),
            hot: Mutex::new(0),
            refused: AtomicUsize::new(0),
            done: AtomicBool::new(false),
        }
    }

    fn stream(&self) -> Arc<StreamDescriptor> {
        self.world.streams.get(&self.arn).unwrap()
    }

    /// Writes one record into whichever shard owns the hash, planning again when it lost to a change.
    fn write(&self, hash: u128, number: u32) {
        let record = insert_of(ViewType::NewImage, number);
        loop {
            let fence = *self.epoch.lock().unwrap();
            let stream = self.stream();
            let open = stream.open_shards();
            let log = open.iter().find(|shard| (shard.first..=shard.last).contains(&hash)).unwrap().log;
            let commit = Commit {
                fences: vec![(TABLE_LOG, fence)],
                appends: vec![(log, record.clone())],
                time_ms: self.world.now_ms(),
                ..Commit::default()
            };
            if number.is_multiple_of(3) {
                // A change can come between the plan and the commit.
                std::thread::yield_now();
            }
            match self.world.store.commit(commit).unwrap() {
                Outcome::Done { positions, .. } => {
                    return self.world.streams.wakeups().committed(&[(log, positions[0])]);
                }
                Outcome::Fenced(_) | Outcome::LogClosed(_) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Rolls or splits a shard, raising the epoch in the same commit.
    fn change(&self, nth: usize) {
        let stream = self.stream();
        let open = stream.open_shards();
        let id = open[nth % open.len()].id;
        let mut change = self
            .world
            .opening(|opening| {
                if nth.is_multiple_of(3) && open.len() < 20 {
                    descriptor::split(&stream, id, opening)
                } else {
                    descriptor::roll(&stream, &[id], opening)
                }
            })
            .unwrap();
        let mut epoch = self.epoch.lock().unwrap();
        let next = Fence(epoch.0 + 1);
        change.logs.push(LogChange::RaiseFence(TABLE_LOG, next));
        self.world.apply(change);
        *epoch = next;
    }

    /// Follows a shard and its descendants, waiting for records, until the writers are done. Answers
    /// (position, number) of all records in the order in which they were read.
    fn follow(&self, shard: ShardId, seen: &Mutex<Vec<(Position, u32)>>, done: &Mutex<HashSet<ShardId>>) {
        let stream = self.stream();
        if !done.lock().unwrap().insert(shard) {
            return;
        }
        let mut after =
            self.world.streams.start(&self.world.store, &stream, shard, Start::TrimHorizon).unwrap();
        loop {
            let writers_done = self.done.load(Ordering::SeqCst);
            let stream = self.stream();
            let page = self.world.streams.page(&self.world.store, &stream, shard, (after, 7)).unwrap();
            for record in &page.records {
                assert!(record.position > after);
                after = record.position;
                seen.lock().unwrap().push((record.position, number_of(&record.bytes)));
            }
            if page.end {
                let children: Vec<ShardId> = self.stream().children(shard).map(|child| child.id).collect();
                assert!(!children.is_empty(), "the end of a shard was seen before its children");
                return children.into_iter().for_each(|child| self.follow(child, seen, done));
            }
            if page.records.is_empty() {
                if writers_done {
                    return;
                }
                let wait = self.world.streams.wait(&self.world.store, &stream, shard, after).unwrap();
                block_on(wait, || self.done.load(Ordering::SeqCst));
            }
        }
    }
}

fn number_of(record: &Pieces) -> u32 {
    let new = streams::record::decode_stored(record).unwrap().new.unwrap();
    new.attribute("n").unwrap().as_number_text().unwrap().parse().unwrap()
}

/// A hash for each writer, spread over the space.
fn hash_of(writer: u32) -> u128 {
    (u128::from(writer) << 125) + 99
}

/// Says that nobody writes any more, also where a writer has panicked: whoever follows would wait for ever.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls a future to its end, or until `give_up`.
fn block_on(future: impl Future<Output = ()>, give_up: impl Fn() -> bool) {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    while future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() && !give_up() {
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

#[test]
fn parent_then_child_is_exactly_the_order_of_writes() {
    for world in World::of_every_kind() {
        follow_while_shards_change(&Table::of(world));
    }
}

fn follow_while_shards_change(table: &Table) {
    let roots: Vec<ShardId> = table.stream().shards.iter().map(|shard| shard.id).collect();
    let (seen, done) = (Mutex::new(Vec::new()), Mutex::new(HashSet::new()));
    let changes = AtomicUsize::new(0);
    let enough = || changes.load(Ordering::Relaxed) >= CHANGES && table.refused.load(Ordering::Relaxed) > 0;
    let mut written: Vec<u32> = Vec::new();
    std::thread::scope(|scope| {
        for root in roots {
            let (seen, done) = (&seen, &done);
            scope.spawn(move || table.follow(root, seen, done));
        }
        let ended = Ended(&table.done);
        let enough = &enough;
        let write = |writer: u32| {
            let mut nth = 0;
            while nth < WRITES || !enough() && nth < WRITES_MAX {
                table.write(hash_of(writer), writer * 10_000 + nth);
                let mut hot = table.hot.lock().unwrap();
                table.write(hash_of(1) + 1, 1_000_000 + *hot);
                *hot += 1;
                nth += 1;
            }
            nth
        };
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            if !enough() || changes.load(Ordering::Relaxed) < CHANGES_MAX {
                table.change(changes.fetch_add(1, Ordering::Relaxed));
            }
            std::thread::yield_now();
        }
        written = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        drop(ended);
    });

    let mut by_writer: HashMap<u32, Vec<u32>> = HashMap::new();
    for (_, number) in seen.into_inner().unwrap() {
        let (writer, nth) =
            if number < 1_000_000 { (number / 10_000, number % 10_000) } else { (100, number - 1_000_000) };
        by_writer.entry(writer).or_default().push(nth);
    }
    let hot = by_writer.remove(&100).unwrap();
    assert_eq!(hot, (0..written.iter().sum()).collect::<Vec<_>>(), "the item that all wrote");
    for (writer, count) in (0..WRITERS).zip(written) {
        assert_eq!(by_writer.remove(&writer).unwrap(), (0..count).collect::<Vec<_>>(), "writer {writer}");
    }
    assert!(by_writer.is_empty());
    assert!(enough(), "too little happened to prove anything");
}

#[test]
fn a_waiter_is_woken_by_a_record_and_by_a_roll() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let start = world.streams.start(&world.store, &stream, shard, Start::Latest).unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);

        let mut wait = pin!(world.streams.wait(&world.store, &stream, shard, start).unwrap());
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Pending);
        world.streams.wakeups().committed(&[(stream.shards[0].log, start), (LogId(77), Position(u128::MAX))]);
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Pending, "nothing new in this log");
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        world.insert(&stream, 0..1);
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Ready(()));

        let mut late = pin!(world.streams.wait(&world.store, &stream, shard, start).unwrap());
        assert_eq!(late.as_mut().poll(&mut context), Poll::Ready(()), "there is a record already");

        let tail = world.streams.start(&world.store, &stream, shard, Start::Latest).unwrap();
        let mut wait = pin!(world.streams.wait(&world.store, &stream, shard, tail).unwrap());
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Pending);
        drop(world.streams.wait(&world.store, &stream, shard, tail));
        world.roll(&stream, shard);
        assert_eq!(woken.0.load(Ordering::SeqCst), 2);
        assert_eq!(wait.as_mut().poll(&mut context), Poll::Ready(()));
        let mut closed = pin!(world.streams.wait(&world.store, &stream, shard, tail).unwrap());
        assert_eq!(closed.as_mut().poll(&mut context), Poll::Ready(()), "it is closed");
    }
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A log is closed by a commit, and its stream is shown a moment later: in between, a reader at its end must
/// get an iterator, or it would look for children that it cannot see yet.
#[test]
fn a_shard_ends_only_when_its_children_can_be_seen() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        world.insert(&stream, 0..1);
        let change = world.opening(|opening| descriptor::roll(&stream, &[shard], opening)).unwrap();
        world.change_logs(change.logs.clone());
        let iterator = world.iterator(&stream, shard, "TRIM_HORIZON");
        let page = world.get_records(&json!({"ShardIterator": iterator})).unwrap();
        let next = next_of(&page).unwrap();
        let range = &world.describe(&stream)["Shards"][0]["SequenceNumberRange"];
        assert!(range.get("EndingSequenceNumber").is_none());
        world.streams.install(change.descriptor);
        assert_eq!(world.page(&next), (vec![], None));
    }
}

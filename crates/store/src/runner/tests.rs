//! Transactions of many at once are serial, whichever way they run.

use super::*;
use crate::{Effect, Faults, Faulty, Fence, Key, LogChange, Memory, Snapshot, Versioned};
use bytes::Bytes;
use std::future::Future;

/// Adds one to a number, and appends what it became to a log.
#[derive(Debug)]
struct Increment {
    keys: Vec<Key>,
    log: LogId,
    fence: Fence,
    /// Numbers from here on are not passed.
    limit: u64,
    became: u64,
}

impl Transaction for Increment {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        let fences = vec![(self.log, self.fence)];
        self.became = old[0].as_ref().map_or(0, |old| number(&old.value));
        if self.became >= self.limit {
            return Effect { fences, ..Effect::default() };
        }
        self.became += 1;
        let value = Bytes::copy_from_slice(&self.became.to_be_bytes());
        let writes = self.keys.iter().map(|key| (key.clone(), Some(value.clone()))).collect();
        Effect { fences, writes, appends: vec![(self.log, value.into())], ..Effect::default() }
    }
}

fn number(value: &[u8]) -> u64 {
    u64::from_be_bytes(value.try_into().unwrap())
}

struct Bench {
    runner: Runner,
    keys: Vec<Key>,
    log: LogId,
}

impl Bench {
    fn new(store: AnyStore, grouped: bool) -> Self {
        let environment = Environment::system();
        let store = Arc::new(store);
        let space = store.create_space().unwrap();
        let log = LogId(1);
        let logs = vec![LogChange::Open { log, retention_ms: 86_400_000 }];
        let opened = store.commit(Commit { logs, ..Commit::default() });
        assert!(matches!(opened, Ok(Outcome::Done { .. })));
        let runner = if grouped {
            Runner::grouped(store, &environment).unwrap()
        } else {
            Runner::inline(store, &environment)
        };
        let key = |name: &'static str| Key { space, bytes: Bytes::from_static(name.as_bytes()) };
        Self { runner, keys: vec![key("one"), key("two"), key("three")], log }
    }

    fn increment(&self, keys: usize, limit: u64) -> Increment {
        Increment { keys: self.keys[..keys].to_vec(), log: self.log, fence: Fence(0), limit, became: 0 }
    }

    /// Increments from several threads; then each number stands in the log once and in order.
    fn count(&self, threads: u64, each: u64) {
        let workers: Vec<_> = (0..threads)
            .map(|index| {
                let runner = self.runner.clone();
                let work: Vec<_> =
                    (0..each).map(|_| self.increment(1 + index as usize % 3, u64::MAX)).collect();
                let count = move || {
                    let mut last = 0;
                    for transaction in work {
                        let (transaction, committed) = runner.run_blocking(transaction).unwrap();
                        assert!(transaction.became > last, "an increment went back");
                        assert_eq!(committed.positions.len(), 1);
                        last = transaction.became;
                    }
                };
                environment::spawn_thread("worker", count).unwrap()
            })
            .collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        let snapshot = self.runner.store().snapshot();
        assert_eq!(number(&snapshot.get(&self.keys[0]).unwrap().unwrap().value), threads * each);
        let page = snapshot.log_read(self.log, Position(0), usize::MAX, usize::MAX).unwrap();
        let numbers: Vec<u64> = page.records.iter().map(|record| number(&record.bytes.joined())).collect();
        assert_eq!(numbers, (1..=threads * each).collect::<Vec<_>>());
        assert!(page.records.is_sorted_by(|one, next| one.position < next.position));
    }
}

#[test]
fn inline_increments_are_serial() {
    Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), false).count(6, 200);
}

#[test]
fn inline_increments_survive_conflicts_and_unknown_outcomes() {
    Bench::new(AnyStore::Faulty(Faulty::new(Faults::some(), 11)), false).count(6, 100);
}

#[test]
fn grouped_increments_are_serial() {
    Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), true).count(8, 200);
}

#[test]
fn grouped_increments_survive_conflicts_and_unknown_outcomes() {
    Bench::new(AnyStore::Faulty(Faulty::new(Faults::some(), 12)), true).count(8, 100);
}

#[test]
fn two_runners_on_one_store_conflict_and_get_on() {
    // Each conflict is one commit of the other runner, so none of them can meet too many, however they take turns.
    let each = ATTEMPTS_MAX as u64 - 1;
    let bench = Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), true);
    let other = Runner::grouped(Arc::clone(bench.runner.store()), &Environment::system()).unwrap();
    let (rival, work): (_, Vec<_>) = (other, (0..each).map(|_| bench.increment(3, u64::MAX)).collect());
    let rival = environment::spawn_thread("rival", move || {
        work.into_iter().for_each(|increment| drop(rival.run_blocking(increment).unwrap()));
    });
    for _ in 0..each {
        bench.runner.run_blocking(bench.increment(2, u64::MAX)).unwrap();
    }
    rival.unwrap().join().unwrap();
    let snapshot = bench.runner.store().snapshot();
    assert_eq!(number(&snapshot.get(&bench.keys[1]).unwrap().unwrap().value), 2 * each);
}

/// A future that is not ready, as a test can ask.
fn is_ready<T>(running: &mut Running<T>) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(running).poll(&mut context).is_ready()
}

#[test]
fn no_answer_of_a_group_leaves_before_its_commit() {
    let bench = Bench::new(AnyStore::Faulty(Faulty::new(Faults::default(), 13)), true);
    let AnyStore::Faulty(store) = &**bench.runner.store() else { unreachable!() };
    store.shut_gate();
    // The first commit waits at the gate while the rest queue up for one group behind it.
    let first = bench.runner.run(bench.increment(1, u64::MAX));
    store.wait_at_gate(1);
    let second = bench.runner.run(bench.increment(1, u64::MAX));
    // It sees 2, written by its neighbour, and so changes nothing.
    let mut rejected = bench.runner.run(bench.increment(1, 2));
    store.let_one_pass();
    assert_eq!(first.wait().unwrap().0.became, 1);
    store.wait_at_gate(1);
    assert!(!is_ready(&mut rejected), "the rejection was answered before its group's commit");
    store.open_gate();
    let (transaction, committed) = rejected.wait().unwrap();
    assert_eq!((transaction.became, committed), (2, Committed::default()));
    assert_eq!(second.wait().unwrap().0.became, 2);
}

#[test]
fn a_dropped_future_cancels_nothing_and_the_listener_hears_of_it() {
    let bench = Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), true);
    let (told, heard) = std::sync::mpsc::channel();
    bench.runner.on_commit(move |last| told.send(last.to_vec()).unwrap());
    drop(bench.runner.run(bench.increment(1, u64::MAX)));
    let last = heard.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    assert_eq!(last, [(bench.log, bench.runner.store().log_state(bench.log).unwrap().tail)]);
}

/// A plan that panics, a transaction on a space that is not there.
struct Bad {
    keys: [Key; 1],
    panics: bool,
}

impl Transaction for Bad {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, _old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        assert!(!self.panics, "planted");
        Effect { writes: vec![(self.keys[0].clone(), Some(Bytes::new()))], ..Effect::default() }
    }
}

/// Jobs that come one at a time are committed on their callers' threads, and again by the committer once they come
/// at the same time; all of them once and in order.
#[test]
fn a_caller_commits_what_it_alone_wants() {
    let bench = Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), true);
    let caller = std::thread::current().id();
    let here = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = Arc::clone(&here);
    bench.runner.on_commit(move |_| {
        let is_here = std::thread::current().id() == caller;
        seen.fetch_or(is_here, std::sync::atomic::Ordering::SeqCst);
    });
    // A slow machine takes more of them until so many in a row were quick.
    let singly = (1..100_000).find(|_| {
        bench.runner.run_blocking(bench.increment(3, u64::MAX)).unwrap();
        here.load(std::sync::atomic::Ordering::SeqCst)
    });
    let singly = singly.expect("the caller never committed");
    assert!(singly > 16, "jobs were taken to come one at a time after {singly}");
    let work: Vec<Vec<_>> =
        (0..8).map(|_| (0..200).map(|_| bench.increment(3, u64::MAX)).collect()).collect();
    let workers: Vec<_> = work
        .into_iter()
        .map(|work| {
            let runner = bench.runner.clone();
            let count =
                move || work.into_iter().for_each(|increment| drop(runner.run_blocking(increment).unwrap()));
            environment::spawn_thread("worker", count).unwrap()
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let snapshot = bench.runner.store().snapshot();
    let page = snapshot.log_read(bench.log, Position(0), usize::MAX, usize::MAX).unwrap();
    let numbers: Vec<u64> = page.records.iter().map(|record| number(&record.bytes.joined())).collect();
    assert_eq!(numbers, (1..=singly + 1600).collect::<Vec<_>>());
}

#[test]
fn a_bad_transaction_harms_only_itself() {
    let bench = Bench::new(AnyStore::Faulty(Faulty::new(Faults::default(), 14)), true);
    let AnyStore::Faulty(store) = &**bench.runner.store() else { unreachable!() };
    store.shut_gate();
    let first = bench.runner.run(bench.increment(1, u64::MAX));
    store.wait_at_gate(1);
    let nowhere = Key { space: crate::SpaceId(77), bytes: Bytes::new() };
    let lost = bench.runner.run(Bad { keys: [nowhere.clone()], panics: false });
    let panics = bench.runner.run(Bad { keys: [nowhere], panics: true });
    let good = bench.runner.run(bench.increment(1, u64::MAX));
    store.open_gate();
    assert_eq!(first.wait().unwrap().0.became, 1);
    assert!(matches!(lost.wait(), Err(RunError::Store(StoreError::Engine(_)))));
    assert!(matches!(panics.wait(), Err(RunError::Store(StoreError::Engine(_)))));
    assert_eq!(good.wait().unwrap().0.became, 2);
}

#[test]
fn a_stale_fence_hands_the_grouped_transaction_back() {
    stale(&Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), true));
}

#[test]
fn a_stale_fence_hands_the_transaction_back() {
    let bench = Bench::new(AnyStore::Memory(Memory::new(usize::MAX)), false);
    stale(&bench);
}

fn stale(bench: &Bench) {
    let raised = vec![LogChange::RaiseFence(bench.log, Fence(1))];
    bench.runner.store().commit(Commit { logs: raised, ..Commit::default() }).unwrap();
    for limit in [0, u64::MAX] {
        let stale = bench.runner.run_blocking(bench.increment(2, limit));
        let Err(RunError::Stale(log, mut transaction)) = stale else { panic!("{stale:?}") };
        assert_eq!(log, bench.log);
        transaction.fence = Fence(1);
        let (_, committed) = bench.runner.run_blocking(transaction).unwrap();
        assert_eq!(committed.version.is_some(), limit > 0);
    }
}

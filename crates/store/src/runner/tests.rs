use super::*;
use crate::{Effect, Faults, Faulty, Fence, Key, LogChange, Memory, Snapshot, Versioned};
use bytes::Bytes;

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
        Effect { fences, writes, appends: vec![(self.log, value)], ..Effect::default() }
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
        let numbers: Vec<u64> = page.records.iter().map(|record| number(&record.bytes)).collect();
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

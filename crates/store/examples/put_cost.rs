//! What a put costs: a value of 700 bytes, read, checked and written with a record of 1.4 KB, in a closed
//! loop of so many callers.
//!
//! `cargo run --release -p tailwater-store --example put_cost -- [keys] [seconds]`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement"
)]

use bytes::Bytes;
use environment::{Clock, Environment, Random};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use store::{
    AnyStore, Commit, Durability, Effect, Embedded, EmbeddedOptions, Fence, Key, LogChange, LogId, Memory,
    Runner, SpaceId, Store, Transaction, Versioned,
};

/// That of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Put {
    keys: [Key; 1],
    value: Bytes,
    record: Bytes,
}

impl Transaction for Put {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, _old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        Effect {
            fences: vec![(LogId(1), Fence(0))],
            writes: vec![(self.keys[0].clone(), Some(self.value.clone()))],
            appends: vec![(LogId(1), self.record.clone().into())],
            ..Effect::default()
        }
    }
}

/// User and system time of this process, all threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

struct Bench {
    space: SpaceId,
    random: Random,
    clock: Clock,
    keys: u64,
    seconds: u64,
    /// Half of it random, so that it compresses like real items.
    filler: Bytes,
}

impl Bench {
    fn put(&self) -> Put {
        let mut key = self.random.next_u64() % self.keys;
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ 0x55;
            part.copy_from_slice(&key.to_be_bytes());
        }
        let at = (self.random.next_u64() % 4000) as usize;
        let keys = [Key { space: self.space, bytes: Bytes::copy_from_slice(&bytes) }];
        Put { keys, value: self.filler.slice(at..at + 700), record: self.filler.slice(at..at + 1400) }
    }

    fn run(&self, name: &str, runner: &Runner, callers: usize) {
        let (start, cpu_start) = (self.clock.machine(), cpu());
        let (mut count, mut worst) = (0_u64, Duration::ZERO);
        let mut waiting = VecDeque::new();
        while self.clock.machine() - start < Duration::from_secs(self.seconds) {
            while waiting.len() < callers {
                waiting.push_back((self.clock.machine(), runner.run(self.put())));
            }
            let (sent, running) = waiting.pop_front().unwrap();
            assert!(wait(running).is_ok());
            worst = worst.max(self.clock.machine() - sent);
            count += 1;
        }
        waiting.into_iter().for_each(|(_, running)| assert!(wait(running).is_ok()));
        let (spent, cpu_spent) = (self.clock.machine() - start, cpu() - cpu_start);
        println!(
            "{name:9} {callers:4} callers: {:8.0} puts/s, {:6.1} us CPU a put, worst {:5.1} ms",
            count as f64 / spent.as_secs_f64(),
            cpu_spent.as_secs_f64() * 1e6 / count as f64,
            worst.as_secs_f64() * 1e3,
        );
    }
}

fn wait<T>(running: store::Running<T>) -> Result<(), ()> {
    struct Thread(std::thread::Thread);
    impl std::task::Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Thread(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut running = std::pin::pin!(running);
    loop {
        match running.as_mut().poll(&mut context) {
            std::task::Poll::Ready(ran) => return ran.map(drop).map_err(drop),
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let keys = arguments.next().unwrap_or(20_000);
    let seconds = arguments.next().unwrap_or(3);
    let environment = Environment::system();
    let directory = std::env::temp_dir().join(format!("put-cost-{}", std::process::id()));
    for durability in [None, Some(Durability::Sync), Some(Durability::Buffer)] {
        let store = match durability {
            None => AnyStore::Memory(Memory::new(1 << 30)),
            Some(durability) => {
                let options = EmbeddedOptions { durability, ..EmbeddedOptions::default() };
                let opened = environment.clock.machine();
                let store = Embedded::open(&directory, options, &environment).unwrap();
                println!("opened in {:?}", environment.clock.machine() - opened);
                AnyStore::Embedded(store)
            }
        };
        let store = Arc::new(store);
        let space = store.create_space().unwrap();
        let log = LogChange::Open { log: LogId(1), retention_ms: 86_400_000 };
        store.commit(Commit { logs: vec![log], ..Commit::default() }).unwrap();
        let runner = Runner::new(Arc::clone(&store), &environment).unwrap();
        let mut filler = vec![b'x'; 6000];
        filler.chunks_mut(200).for_each(|part| environment.random.fill(&mut part[..100]));
        let (random, clock) = (Random::seeded(7), environment.clock.clone());
        let bench = Bench { space, random, clock, keys, seconds, filler: filler.into() };
        let name = durability.map_or("memory".to_owned(), |durability| format!("{durability:?}"));
        for callers in [1, 8, 16, 64] {
            bench.run(&name, &runner, callers);
        }
        drop((runner, store));
        let _ = std::fs::remove_dir_all(&directory);
    }
}

//! The server against `kill -9`: it is loaded from several connections, killed in the middle of it, and started
//! again on what is left, time after time, while its shards roll over and those of the data stream that it delivers to
//! are split and merged.

mod deliveries;
mod ledger;
mod load;

use crate::running::Running;
use environment::{Clock, Random};
use ledger::Ledger;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) use load::Table;

const ROUNDS: u64 = 20;
const CONNECTIONS: u64 = 6;
const SHARD_LIFETIME_MS: u64 = 60_000;

/// Starting again takes no longer, on a machine that is busy with other tests and without optimisation.
const READY: Duration = Duration::from_secs(10);

fn start(directory: &Path) -> Running {
    let clock = Clock::system();
    let started = clock.machine();
    let running = Running::start_in(directory, &["--shard-lifetime", "1m", "--log", "error"]);
    let took = clock.machine().saturating_sub(started);
    assert!(took < READY, "it took {took:?} to be ready");
    running
}

/// Loads a server until it is killed after some acknowledgements; answers what each connection knows.
fn load_and_kill(mut running: Running, round: u64, random: &Random) -> Vec<load::Known> {
    let address = running.addresses[0].clone();
    let (acknowledged, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let enough = 20 + (random.next_u64() % 280) as usize;
    std::thread::scope(|scope| {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let worker = load::Worker { number, round, random: Random::seeded(random.next_u64()) };
                let (address, acknowledged, over) = (&address, &acknowledged, &over);
                scope.spawn(move || {
                    let known = worker.run(address, acknowledged);
                    over.store(true, Ordering::SeqCst);
                    known
                })
            })
            .collect();
        let (mut client, mut next_roll) = (running.client(), random.next_u64() as usize % 100);
        while acknowledged.load(Ordering::SeqCst) < enough && !over.load(Ordering::SeqCst) {
            if acknowledged.load(Ordering::SeqCst) > next_roll {
                // Now and then the kill comes while the shards roll over.
                let moved = json!({ "advance_ms": SHARD_LIFETIME_MS });
                assert_eq!(client.post("/_tailwater/clock", &moved).status, 200);
                deliveries::scale(&mut client);
                next_roll += 100;
            }
            std::thread::park_timeout(Duration::from_micros(200));
        }
        running.child.kill().unwrap();
        let known: Vec<_> = connections.into_iter().map(|connection| connection.join().unwrap()).collect();
        assert!(
            acknowledged.load(Ordering::SeqCst) >= enough,
            "a connection ended before the server: {known:?}"
        );
        known
    })
}

#[test]
fn nothing_acknowledged_is_lost_or_torn_by_kill_9() {
    let seed = Random::system().next_u64();
    println!("seed {seed}");
    let random = Random::seeded(seed);
    let directory = tempfile::tempdir().unwrap();
    let mut running = start(directory.path());
    running.ok("CreateTable", &Table::request());
    deliveries::enable(&mut running.client());
    let mut ledger = Ledger::default();
    for round in 1..=environment::repeated(ROUNDS) {
        let known = load_and_kill(running, round, &random);
        running = start(directory.path());
        ledger.enter(known);
        ledger.verify(&mut running.client());
    }
    assert_eq!(deliveries::replay(&mut running.client()), ledger.changes(), "what was delivered");
    ledger.replay_from_the_beginning(&mut running.client());
    assert!(ledger.shards() > 3, "no shard rolled over");
    assert!(ledger.unanswered > 20, "hardly any write was under way at a kill");
    assert_eq!(
        running.ok("DescribeTable", &json!({ "TableName": Table::NAME }))["Table"]["TableStatus"],
        "ACTIVE"
    );
    running.stop("-TERM");
}

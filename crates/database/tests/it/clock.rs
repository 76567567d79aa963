//! The service's clock, when the store refuses to note that it was moved, and when two move it at a time.

use database::{Database, Options};
use environment::{Environment, Random};
use serde_json::json;
use std::sync::Arc;
use store::{AnyStore, Crash, DiskFaults, Simulated};

const START_MS: u64 = 1_767_225_600_000;
const HOUR_MS: u64 = 3_600_000;

#[tokio::test]
async fn moves_only_if_a_restart_would_find_it_moved() {
    let disk = Simulated::new(DiskFaults::default(), Random::seeded(1));
    let environment = Environment::simulated(1, START_MS);
    let options = Options::in_memory();
    let store = Arc::new(AnyStore::Simulated(disk));
    let database = Database::open_on(Arc::clone(&store), options.clone(), environment.clone()).unwrap();
    database.move_clock(&json!({ "advance_ms": HOUR_MS })).await.unwrap();
    assert_eq!(environment.clock.now_ms(), START_MS + HOUR_MS);
    let restarted = |store: &AnyStore, faults| {
        let AnyStore::Simulated(disk) = store else { unreachable!() };
        Arc::new(AnyStore::Simulated(disk.restarted(Crash::Power, faults)))
    };
    let full = restarted(&store, DiskFaults { full_permille: 1000, ..DiskFaults::default() });
    let environment = Environment::simulated(2, START_MS);
    let database = Database::open_on(Arc::clone(&full), options.clone(), environment.clone()).unwrap();
    assert_eq!(environment.clock.now_ms(), START_MS + HOUR_MS);
    database.move_clock(&json!({ "advance_ms": HOUR_MS })).await.unwrap_err();
    assert_eq!(environment.clock.now_ms(), START_MS + HOUR_MS);
    let store = restarted(&full, DiskFaults::default());
    let environment = Environment::simulated(3, START_MS);
    let database = Database::open_on(store, options, environment.clone()).unwrap();
    assert_eq!(database.clock()["now_ms"], START_MS + HOUR_MS);
}

#[tokio::test]
async fn two_moves_to_one_time_at_once_end_there() {
    let environment = Environment::simulated(1, START_MS);
    let database = Database::open(Options::in_memory(), environment.clone()).unwrap();
    let question = json!({ "now_ms": START_MS + HOUR_MS });
    let (one, other) = tokio::join!(database.move_clock(&question), database.move_clock(&question));
    assert_eq!([one.unwrap(), other.unwrap()].map(|clock| clock["now_ms"].clone()), [START_MS + HOUR_MS; 2]);
    assert_eq!(environment.clock.now_ms(), START_MS + HOUR_MS);
}

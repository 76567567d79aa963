//! Groups of workers on a table of the real server, by AWS's SDK: killed, stopped, and with shards that roll over and
//! split underneath.

use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tailwater_consumer::aws::Sdk;
use tailwater_consumer::{
    Batch, Consumer, ConsumerError, Counters, Gap, GapReason, Handler, Measure, Metrics, Outcome,
    SequenceNumber, Start,
};
use tailwater_test_consumer::{
    DEADLINE, Server, create_table, disable_stream, eventually, put, sdk, silent_losses, tables,
};

/// Lines of a worker: what it handled, in order.
type Lines = Arc<Mutex<Vec<String>>>;

struct WorkerProcess {
    process: Child,
    lines: Lines,
}

impl WorkerProcess {
    fn start(server: &Server, arn: &str, name: &str, all: &Lines) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_worker"))
            .args([&server.port.to_string(), arn, "leases", name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, mine) = (Arc::clone(all), Lines::default());
        let (output, own) = (process.stdout.take().unwrap(), Arc::clone(&mine));
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line.clone());
                own.lock().unwrap().push(line);
            }
        });
        Self { process, lines: mine }
    }

    fn has_worked(&self) -> bool {
        !self.lines.lock().unwrap().is_empty()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Checks that each key's first deliveries came in order, and all of them.
fn check(lines: &[String], keys: u64, values: u64) {
    let mut first: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in lines.iter().filter(|line| !line.starts_with("ended")) {
        let parts: Vec<&str> = line.split(' ').collect();
        assert!(!SequenceNumber::new(parts[2]).as_str().is_empty());
        if seen.insert((parts[0].to_owned(), parts[1].to_owned())) {
            first.entry(parts[0].to_owned()).or_default().push(parts[1].parse().unwrap());
        }
    }
    for key in 0..keys {
        assert_eq!(first[&format!("key-{key}")], (0..values).collect::<Vec<_>>(), "key-{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_of_a_worker_loses_or_reorders_a_change() {
    let server = Server::start(&["--initial-shards", "2"]);
    let client = tables(server.port);
    let arn = create_table(&client, "orders").await;
    let lines = Lines::default();
    let mut workers: Vec<WorkerProcess> =
        (0..3).map(|n| WorkerProcess::start(&server, &arn, &format!("w{n}"), &lines)).collect();
    for value in 0..12_u64 {
        let handled = lines.lock().unwrap().len();
        for key in 0..8 {
            put(&client, "orders", &format!("key-{key}"), value).await;
        }
        match value {
            2 | 7 => server.shards("roll", "orders"),
            4 => server.shards("split", "orders"),
            3 | 6 | 9 => {
                // Kill -9, of one that is at work.
                let at_work = workers.iter().position(WorkerProcess::has_worked).unwrap_or(0);
                drop(workers.swap_remove(at_work));
                workers.push(WorkerProcess::start(&server, &arn, &format!("again{value}"), &lines));
            }
            _ => {}
        }
        eventually("somebody is at work", || lines.lock().unwrap().len() > handled);
    }
    disable_stream(&client, "orders").await;
    eventually("all workers see the end", || {
        lines.lock().unwrap().iter().filter(|line| line.as_str() == "ended Ok(Ended)").count() == 3
    });
    check(&lines.lock().unwrap(), 8, 12);
}

#[tokio::test]
async fn a_stopped_worker_hands_over_at_once_and_nothing_comes_twice() {
    let server = Server::start(&["--initial-shards", "4"]);
    let client = tables(server.port);
    let arn = create_table(&client, "orders").await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let counters = Arc::new(Counters::default());
    // Leases so long that the test would fail if anything waited for one to expire.
    let worker = |name: &str| {
        Consumer::new(sdk(server.port), &arn, "leases")
            .worker_id(name)
            .start(Start::Latest)
            .lease_time(4 * DEADLINE)
            .poll_interval(Duration::from_millis(10))
            .metrics(counters.clone())
    };
    let handler = || {
        let seen = Arc::clone(&seen);
        move |batch: Batch| {
            let seen = Arc::clone(&seen);
            async move {
                let keys = batch.changes.iter().map(|change| change.keys["pk"].as_s().unwrap().to_owned());
                seen.lock().unwrap().extend(keys);
                Ok::<(), Infallible>(())
            }
        }
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let first = tokio::spawn(worker("first").run_until(handler(), async move {
        let _ = stopped.await;
    }));
    until(|| counters.snapshot().leases_taken == 4).await;
    for key in 0..20 {
        put(&client, "orders", &format!("before-{key}"), 0).await;
    }
    until(|| seen.lock().unwrap().len() == 20).await;
    stop.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(Outcome::Stopped));
    for key in 0..20 {
        put(&client, "orders", &format!("after-{key}"), 0).await;
    }
    let second = tokio::spawn(worker("second").run(handler()));
    until(|| seen.lock().unwrap().len() >= 40).await;
    let keys = seen.lock().unwrap().clone();
    assert_eq!(keys.len(), 40);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 40, "something came twice");
    second.abort();
    let _ = second.await;
}

/// Remembers the keys of what it handles, and the gaps that it is told.
#[derive(Clone, Default)]
struct Remembers {
    keys: Arc<Mutex<Vec<String>>>,
    gaps: Arc<Mutex<Vec<Gap>>>,
}

impl Remembers {
    fn has(&self, keys: &[String]) -> bool {
        let seen = self.keys.lock().unwrap();
        keys.iter().all(|key| seen.contains(key))
    }
}

impl Handler for Remembers {
    type Error = Infallible;

    async fn changes(&self, batch: Batch) -> Result<(), Infallible> {
        let keys = batch.changes.iter().map(|change| change.keys["pk"].as_s().unwrap().to_owned());
        self.keys.lock().unwrap().extend(keys);
        Ok(())
    }

    async fn gap(&self, gap: Gap) -> Result<(), Infallible> {
        self.gaps.lock().unwrap().push(gap);
        Ok(())
    }
}

/// A worker that runs until it is told to stop.
struct Running {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<Outcome, ConsumerError>>,
}

impl Running {
    fn start(consumer: Consumer<Sdk>, handler: Remembers) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let wait = async move {
            let _ = stopped.await;
        };
        Self { stop, task: tokio::spawn(consumer.run_until(handler, wait)) }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        assert_eq!(self.task.await.unwrap(), Ok(Outcome::Stopped));
    }
}

/// See the test of the same schedule in replica.rs.
#[tokio::test]
async fn a_group_loses_nothing_where_the_package_of_npm_does() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let (handler, counters) = (Remembers::default(), Arc::new(Counters::default()));
    let begin = || {
        let worker = Consumer::new(sdk(server.port), &arn, "leases").start(Start::Latest);
        let worker = worker.metrics(counters.clone()).poll_interval(Duration::from_millis(10));
        Running::start(worker, handler.clone())
    };
    let mut running = Some(begin());
    until(|| counters.snapshot().leases_taken == 1).await;
    let mut keys = Vec::new();
    for step in silent_losses() {
        if step["restart"] == true {
            running.take().unwrap().stop().await;
        }
        keys.extend(server.step(&client, "dogs", &step).await);
        if step["poll"].is_u64() {
            running.get_or_insert_with(begin);
            until(|| handler.has(&keys)).await;
        }
    }
    running.unwrap().stop().await;
    assert_eq!((keys.len(), handler.gaps.lock().unwrap().len()), (10, 0));
}

/// The owner is asked, finishes its batch, writes its checkpoint and lets go: nothing waits for a lease to expire,
/// and nothing comes twice.
#[tokio::test]
async fn a_worker_that_joins_is_handed_shards_between_batches() {
    let server = Server::start(&["--initial-shards", "4"]);
    let client = tables(server.port);
    let arn = create_table(&client, "orders").await;
    let handler = Remembers::default();
    let [first, second] = [(); 2].map(|()| Arc::new(Counters::default()));
    let begin = |name: &str, counters: &Arc<Counters>| {
        let worker =
            Consumer::new(sdk(server.port), &arn, "leases").worker_id(name).metrics(counters.clone());
        let worker = worker.lease_time(Duration::from_millis(2_400)).poll_interval(Duration::from_millis(10));
        Running::start(worker, handler.clone())
    };
    let one = begin("one", &first);
    until(|| first.snapshot().leases_taken == 4).await;
    let two = begin("two", &second);
    let mut keys = Vec::new();
    while second.snapshot().leases_taken < 2 || first.snapshot().leases_released < 2 {
        assert!(keys.len() < 20_000, "nothing is handed over");
        keys.push(format!("dog-{}", keys.len()));
        put(&client, "orders", keys.last().unwrap(), 1).await;
    }
    until(|| handler.has(&keys)).await;
    one.stop().await;
    two.stop().await;
    assert_eq!(handler.keys.lock().unwrap().len(), keys.len(), "something came twice");
    assert_eq!((first.snapshot().leases_lost, second.snapshot().leases_lost), (0, 0));
}

/// A group that was made and has read nothing: what it begins with is trimmed before its first read.
#[tokio::test]
async fn what_is_trimmed_before_the_first_checkpoint_is_told() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "dogs").await;
    put(&client, "dogs", "rex", 1).await;
    let (handler, ready) = (Remembers::default(), Arc::new(IsReady::default()));
    let worker = || Consumer::new(sdk(server.port), &arn, "leases").poll_interval(Duration::from_millis(10));
    let takes_none = Running::start(worker().max_shards(0).metrics(ready.clone()), handler.clone());
    until(|| ready.0.load(Ordering::Relaxed)).await;
    takes_none.stop().await;
    server.advance(Duration::from_secs(30 * 3_600));
    put(&client, "dogs", "lassie", 1).await;
    let reads = Running::start(worker(), handler.clone());
    until(|| handler.has(&["lassie".to_owned()])).await;
    reads.stop().await;
    let told: Vec<GapReason> = handler.gaps.lock().unwrap().iter().map(|gap| gap.reason).collect();
    assert_eq!(told, [GapReason::Trimmed]);
    assert_eq!(*handler.keys.lock().unwrap(), ["lassie"]);
}

/// Everything that a stream of AWS may do to its readers, and a lease table to its workers: nothing is lost, and nothing comes
/// out of order. (The simulation goes through more of it; this is the real thing, with AWS's SDK and its retries.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_of_the_service_loses_or_reorders_a_change() {
    let server = Server::start(&["--initial-shards", "2"]);
    let client = tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let counters = Arc::new(Counters::default());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = Arc::clone(&seen);
    let handler = move |batch: Batch| {
        let lines = Arc::clone(&lines);
        async move {
            for change in batch.changes.iter() {
                let (key, value) =
                    (change.keys["pk"].as_s(), change.new.as_ref().and_then(|item| item["value"].as_n()));
                let line = format!("{} {} {}", key.unwrap(), value.unwrap(), change.sequence_number);
                lines.lock().unwrap().push(line);
            }
            Ok::<(), Infallible>(())
        }
    };
    let worker = Consumer::new(sdk(server.port), &arn, "leases")
        .metrics(counters.clone())
        .lease_time(Duration::from_secs(3))
        .checkpoint_interval(Duration::from_millis(50))
        .poll_interval(Duration::from_millis(10))
        .max_batch(4);
    let running = tokio::spawn(worker.run(handler));
    until(|| counters.snapshot().leases_taken == 2).await;
    for fault in [
        json!({ "kind": "throttle", "operation": "GetRecords", "table": "dogs", "times": 4 }),
        json!({ "kind": "throttle", "operation": "DescribeStream", "table": "dogs", "times": 1 }),
        json!({ "kind": "throttle", "operation": "UpdateItem", "table": "leases", "times": 4 }),
        json!({ "kind": "lose-answer", "operation": "UpdateItem", "table": "leases", "probability": 0.2, "seed": 1 }),
        json!({ "kind": "empty-page", "table": "dogs", "probability": 0.3, "seed": 2 }),
        json!({ "kind": "expire-iterators", "table": "dogs", "probability": 0.05, "seed": 3 }),
        json!({ "kind": "duplicate-batch", "table": "dogs", "probability": 0.2, "seed": 4 }),
        json!({ "kind": "stale-shards", "table": "dogs", "times": 3 }),
    ] {
        server.fault(&fault);
    }
    for value in 0..10_u64 {
        for key in 0..6 {
            put(&client, "dogs", &format!("key-{key}"), value).await;
        }
        match value {
            2 | 7 => server.shards("roll", "dogs"),
            4 => server.shards("split", "dogs"),
            _ => {}
        }
    }
    let all = |lines: &[String]| {
        let pairs = lines.iter().map(|line| line.rsplit_once(' ').unwrap().0);
        pairs.collect::<BTreeSet<_>>().len() == 60
    };
    until(|| all(&seen.lock().unwrap())).await;
    assert_eq!(server.faults_that_never_struck(), Vec::<String>::new());
    check(&seen.lock().unwrap(), 6, 10);
    assert_eq!(counters.snapshot().gaps, 0);
    running.abort();
    let _ = running.await;
}

/// What a reader was about to read is trimmed under it: that is told in its place, and the rest comes.
#[tokio::test]
async fn what_is_trimmed_under_a_worker_is_told() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let handler = Remembers::default();
    let worker = Consumer::new(sdk(server.port), &arn, "leases").poll_interval(Duration::from_millis(10));
    let running = Running::start(worker, handler.clone());
    put(&client, "dogs", "before", 1).await;
    until(|| handler.has(&["before".to_owned()])).await;
    server.fault(&json!({ "kind": "trim", "table": "dogs", "times": 1 }));
    put(&client, "dogs", "trimmed", 1).await;
    until(|| !handler.gaps.lock().unwrap().is_empty()).await;
    put(&client, "dogs", "after", 1).await;
    until(|| handler.has(&["after".to_owned()])).await;
    running.stop().await;
    let gaps = handler.gaps.lock().unwrap().clone();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].reason == GapReason::Trimmed && gaps[0].after.is_some(), "{gaps:?}");
    assert_eq!(*handler.keys.lock().unwrap(), ["before", "after"]);
}

/// What `tailwater consumers lag` says: of each shard that is not finished, how many records wait.
fn lag(server: &Server, name: &str) -> Vec<u64> {
    let rows = server.command(&["consumers", "lag", name]).unwrap();
    rows.iter().map(|row| row["records"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_command_line_shows_and_moves_a_group() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let handler = Remembers::default();
    let begin = || {
        let worker = Consumer::new(sdk(server.port), &arn, "leases").worker_id("one");
        let worker = worker.lease_time(Duration::from_secs(1)).poll_interval(Duration::from_millis(10));
        Running::start(worker, handler.clone())
    };
    let keys = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
    put(&client, "dogs", "a", 1).await;
    let running = begin();
    until(|| handler.has(&keys[..1])).await;
    let seek = |arguments: &[&str]| server.command(&[&["consumers", "seek", "leases"], arguments].concat());
    let refused = seek(&["--to", "start"]).unwrap_err();
    assert!(refused.contains("the worker one has shardId-"), "{refused}");
    running.stop().await;

    let [group] = &server.command(&["consumers", "list"]).unwrap()[..] else { panic!("one group") };
    assert_eq!((&group["group"], &group["streams"][0]), (&"leases".into(), &arn.as_str().into()));
    assert_eq!((&group["layout"], &group["leases"]), (&"tailwater-consumer".into(), &1.into()));
    put(&client, "dogs", "b", 1).await;
    server.shards("roll", "dogs");
    put(&client, "dogs", "c", 1).await;
    put(&client, "dogs", "d", 1).await;
    // Of the group, and of all groups on the table's stream; a shard without a lease counts.
    assert_eq!((lag(&server, "leases"), lag(&server, "dogs")), (vec![1, 2], vec![1, 2]));

    seek(&["--to", "latest"]).unwrap();
    assert_eq!(lag(&server, "leases"), [0]);
    put(&client, "dogs", "e", 1).await;
    assert_eq!(lag(&server, "leases"), [1]);
    let running = begin();
    until(|| handler.has(&keys[4..5])).await;
    assert_eq!(*handler.keys.lock().unwrap(), ["a", "e"], "what was passed over is not handled");

    // Under the hands of a worker, which goes on there when the time of a lease has passed.
    handler.keys.lock().unwrap().clear();
    let moved = seek(&["--to", "start", "--take"]).unwrap();
    assert_eq!(moved.len(), 2);
    until(|| handler.has(&keys[..5])).await;
    assert_eq!(*handler.keys.lock().unwrap(), keys[..5]);
    running.stop().await;

    // After a position: here that of a write, as its answer would carry it.
    let shard = moved[0]["shard_id"].as_str().unwrap();
    assert!(seek(&["--to", &format!("{shard}:1")]).unwrap_err().contains("is not in the range"));
    let [row] = &server.command(&["consumers", "lag", "leases"]).unwrap()[..] else {
        panic!("one open shard")
    };
    let position = format!("{}:{}", row["shard_id"].as_str().unwrap(), row["checkpoint"].as_str().unwrap());
    seek(&["--to", "start"]).unwrap();
    assert_eq!(lag(&server, "leases"), [2, 3]);
    seek(&["--to", &position]).unwrap();
    assert_eq!(lag(&server, "leases"), [0]);
}

#[derive(Default)]
struct IsReady(AtomicBool);

impl Metrics for IsReady {
    fn record(&self, measure: &Measure) {
        self.0.fetch_or(*measure == Measure::Ready, Ordering::Relaxed);
    }
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("in time");
}

#[tokio::test]
async fn a_failing_handler_is_given_the_same_batch_again() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "orders").await;
    put(&client, "orders", "one", 1).await;
    disable_stream(&client, "orders").await;
    let counters = Arc::new(Counters::default());
    let tries = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&tries);
    let outcome = Consumer::new(sdk(server.port), &arn, "leases")
        .metrics(counters.clone())
        .run(move |batch: Batch| {
            let tries = Arc::clone(&counted);
            async move {
                *tries.lock().unwrap() += 1;
                let tries = *tries.lock().unwrap();
                assert_ne!(tries, 2, "a panic counts as a failure");
                assert_eq!(batch.changes.len(), 1);
                if tries < 4 { Err("not yet") } else { Ok(()) }
            }
        })
        .await;
    assert_eq!(outcome, Ok(Outcome::Ended));
    let counts = counters.snapshot();
    assert_eq!((*tries.lock().unwrap(), counts.handler_failures, counts.changes_handled), (4, 3, 1));
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    let server = Server::start(&[]);
    let client = tables(server.port);
    let arn = create_table(&client, "orders").await;
    let unknown = arn.replace("orders", "nothing");
    let error = Consumer::new(sdk(server.port), &unknown, "leases")
        .run(|_: Batch| async { Ok::<(), Infallible>(()) })
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("the stream does not exist: "), "{error}");
    let error = Consumer::new(sdk(server.port), &arn, "!")
        .run(|_: Batch| async { Ok::<(), Infallible>(()) })
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("the lease table cannot be used: refused: ValidationException"),
        "{error}"
    );
    // A table that is there, and is none of leases: its key is another.
    let consumer = Consumer::new(sdk(server.port), &arn, "orders");
    let run = consumer.run(|_: Batch| async { Ok::<(), Infallible>(()) });
    let error = tokio::time::timeout(DEADLINE, run).await.expect("in time").unwrap_err();
    assert!(
        error.to_string().starts_with("the lease table cannot be used: refused: ValidationException"),
        "{error}"
    );
}

//! Processes are used again, bounded, and ended.

use crate::harness::{DEADLINE, Logged, World, answer, eventually, invocation, invoke, runs};
use environment::Clock;
use runtime::{LogEvent, LogSink, LogSource, PoolError};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PID: &str = "exports.handler = async (e) => { await new Promise((done) => setTimeout(done, e.ms || 0)); return process.pid }";

async fn pids(pool: &Arc<runtime::Pool>, calls: usize, payload: &'static str) -> HashSet<u64> {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let pool = Arc::clone(pool);
            environment::spawn(async move { pool.invoke(invocation(payload)).await.unwrap() })
        })
        .collect();
    let mut pids = HashSet::new();
    for call in calls {
        let answer: Value = serde_json::from_slice(&call.await.unwrap().payload).unwrap();
        pids.insert(answer.as_u64().unwrap());
    }
    pids
}

#[tokio::test]
async fn one_after_the_other_on_one_process() {
    let world = World::new();
    let pool = world.node(PID);
    let first = answer(&pool, "{}").await;
    for _ in 0..50 {
        assert_eq!(answer(&pool, "{}").await, first);
    }
}

#[tokio::test]
async fn at_once_on_several_and_no_more_than_may_be() {
    let world = World::with(|settings| settings.processes_max = 3);
    let pool = world.node(PID);
    let together = pids(&pool, 3, r#"{"ms":1500}"#).await;
    assert_eq!(together.len(), 3);
    assert!(pids(&pool, 12, r#"{"ms":10}"#).await.is_subset(&together));
}

/// Panics at the line with which the first call begins.
struct Panicking {
    logged: Arc<Logged>,
    has_panicked: AtomicBool,
}

impl LogSink for Panicking {
    fn write(&self, source: &LogSource, events: Vec<LogEvent>) {
        let begins = events.iter().any(|event| event.message.starts_with("START RequestId"));
        assert!(!begins || self.has_panicked.swap(true, Ordering::Relaxed), "on purpose");
        self.logged.write(source, events);
    }
}

#[tokio::test]
async fn a_call_that_panics_says_so_and_leaves_its_place_to_another() {
    let logged = Arc::new(Logged::default());
    let sink = Panicking { logged: Arc::clone(&logged), has_panicked: AtomicBool::new(false) };
    let world = World::logging(Arc::new(sink), logged, |settings| settings.processes_max = 1);
    let pool = world.node(PID);
    assert_eq!(invoke(&pool, "{}").await, Err(PoolError::Panicked));
    assert!(answer(&pool, "{}").await.is_u64());
}

#[tokio::test]
async fn idle_processes_end_after_a_while() {
    let world = World::with(|settings| settings.idle = Duration::from_millis(200));
    let pool = world.node(PID);
    let pid = answer(&pool, "{}").await.as_u64().unwrap();
    assert!(runs(pid));
    eventually("its end", || !runs(pid)).await;
    assert_ne!(answer(&pool, "{}").await, json!(pid));
}

#[tokio::test]
async fn a_process_that_was_started_ahead_is_the_one_that_is_used() {
    let world = World::new();
    let pool = world.node("console.log('loaded'); exports.handler = async () => process.pid");
    pool.prewarm();
    pool.prewarm();
    eventually("a start", || world.logged.has("loaded")).await;
    // Also while it is being started.
    answer(&pool, "{}").await;
    pool.prewarm();
    answer(&pool, "{}").await;
    let messages = world.logged.messages();
    assert_eq!(messages.iter().filter(|message| message.ends_with("loaded")).count(), 1, "{messages:?}");
    assert_eq!(
        messages.iter().filter(|message| message.contains("Init Duration")).count(),
        1,
        "{messages:?}"
    );
}

#[tokio::test]
async fn a_start_ahead_that_fails_is_tried_again_by_the_first_call() {
    let world = World::new();
    let pool = world.node("throw new Error('no')");
    pool.prewarm();
    let failure = crate::harness::failure(&pool, "{}").await;
    assert_eq!(failure["errorMessage"], "no");
}

#[tokio::test]
async fn a_pool_that_is_retired_lets_calls_end_and_keeps_nothing() {
    let world = World::new();
    let code = "const fs = require('fs'); exports.handler = async (e) => { if (e.until) console.log('under way'); while (e.until && !fs.existsSync(e.until)) await new Promise((done) => setTimeout(done, 5)); return process.pid }";
    let pool = world.node(code);
    let idle = answer(&pool, "{}").await.as_u64().unwrap();
    let until = world.folder(&[]).join("retired");
    let call = {
        let (pool, event) = (Arc::clone(&pool), json!({ "until": until }).to_string());
        environment::spawn(async move { answer(&pool, &event).await })
    };
    eventually("a call under way", || world.logged.has("under way")).await;
    pool.retire();
    std::fs::write(until, "").unwrap();
    assert_eq!(call.await.unwrap(), json!(idle), "the call under way ends by itself");
    eventually("its end", || !runs(idle)).await;
    let late = answer(&pool, "{}").await.as_u64().unwrap();
    assert_ne!(late, idle);
    eventually("the end of that of a late call", || !runs(late)).await;
}

#[tokio::test]
async fn processes_stand_still_between_calls_where_that_is_wanted() {
    let worlds = [true, false].map(|freeze| World::with(|settings| settings.freeze = freeze));
    let count = "let n = 0; setInterval(() => { n += 1 }, 10); exports.handler = async () => n";
    let [frozen, free] = [worlds[0].node(count), worlds[1].node(count)];
    let before = answer(&frozen, "{}").await.as_u64().unwrap();
    let begun = answer(&free, "{}").await.as_u64().unwrap();
    // By as much as this counts between its calls, the other would have counted, too.
    let clock = Clock::system();
    while answer(&free, "{}").await.as_u64().unwrap() < begun + 50 {
        assert!(clock.machine() < DEADLINE, "the timer of a process that is not frozen does not go on");
        clock.sleep(Duration::from_millis(5)).await;
    }
    let after = answer(&frozen, "{}").await.as_u64().unwrap();
    // A timer that is due fires once when it goes on.
    assert!(after <= before + 5, "{before}, {after}");
}

#[tokio::test]
async fn a_call_goes_on_where_nobody_waits_for_it() {
    let world = World::new();
    let pool = world.node("exports.handler = async () => { console.log('begun'); await new Promise((done) => setTimeout(done, 300)); console.log('done') }");
    let dropped = tokio::time::timeout(Duration::from_millis(1), pool.invoke(invocation("{}"))).await;
    assert!(dropped.is_err());
    eventually("its end", || world.logged.has("\tdone")).await;
    eventually("its report", || world.logged.has("REPORT ")).await;
}

#[tokio::test]
async fn an_interpreter_that_is_missing_is_told_of() {
    let world = World::with(|settings| settings.node = Some("/nowhere/node".into()));
    let error = world.node(PID).invoke(invocation("{}")).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/node"), "{error}");
}

/// How long a warm call takes: `cargo test -p tailwater-runtime --test it overhead -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn overhead_of_a_warm_call() {
    let world = World::new();
    let clock = Clock::system();
    for (name, pool) in [
        ("Node", world.node("exports.handler = async (e) => e")),
        ("Python", world.python("def handler(event, context): return event")),
    ] {
        let mut times_us = Vec::new();
        for round in 0..2_200 {
            let mut call = invocation(r#"{"a":1}"#);
            call.tail = false;
            let start = clock.machine();
            pool.invoke(call).await.unwrap();
            if round >= 200 {
                times_us.push((clock.machine() - start).as_micros());
            }
        }
        times_us.sort_unstable();
        let at = |share: usize| times_us[times_us.len() * share / 100];
        println!("{name}: p50 {} µs, p90 {} µs, p99 {} µs", at(50), at(90), at(99));
    }
}

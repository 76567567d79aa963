//! Answers, events and output of any size.

use crate::harness::{DEADLINE, Logged, World, answer, failure, invocation, invoke, tail};
use runtime::{LogEvent, LogSink, LogSource};
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

#[tokio::test]
async fn an_answer_may_be_so_long_and_no_longer() {
    let world = World::new();
    // Two bytes are the quotes.
    let pools = [
        world.node("exports.handler = async (e) => 'x'.repeat(e.size - 2)"),
        world.python("def handler(event, context): return 'x' * (event['size'] - 2)"),
    ];
    for pool in pools {
        let finished = invoke(&pool, r#"{"size":6291556}"#).await.unwrap();
        assert_eq!((finished.failed, finished.payload.len()), (false, 6_291_556));
        for size in [6_291_557, 7_000_000, 30_000_000] {
            let error = failure(&pool, &format!("{{\"size\":{size}}}")).await;
            assert_eq!(
                error,
                json!({
                    "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
                    "errorType": "Function.ResponseSizeTooLarge",
                })
            );
        }
        let finished = invoke(&pool, r#"{"size":10}"#).await.unwrap();
        assert!(!finished.failed, "the process goes on");
    }
}

#[tokio::test]
async fn an_event_of_six_megabytes() {
    let world = World::new();
    let event = serde_json::to_string(&json!({ "text": "ä".repeat(3_000_000) })).unwrap();
    let node = world.node("exports.handler = async (e) => e.text.length");
    assert_eq!(answer(&node, &event).await, json!(3_000_000));
    let python = world.python("def handler(event, context): return len(event['text'])");
    assert_eq!(answer(&python, &event).await, json!(3_000_000));
}

#[tokio::test]
async fn the_tail_is_the_last_four_kibibytes() {
    let world = World::new();
    let pool = world
        .node("exports.handler = async () => { for (let i = 0; i < 2000; i++) console.log(`line ${i}`) }");
    let finished = invoke(&pool, "{}").await.unwrap();
    assert_eq!(finished.log_tail.as_ref().unwrap().len(), 4_096);
    let tail = tail(&finished);
    assert!(tail.contains("line 1999\nEND RequestId: ") && tail.contains("\nREPORT RequestId: "), "{tail}");
    assert!(world.logged.has("line 0"));
    let mut quiet = invocation("{}");
    quiet.tail = false;
    assert_eq!(pool.invoke(quiet).await.unwrap().log_tail, None);
}

/// Takes nothing unless it is let, and counts.
struct Slow {
    room: Semaphore,
    bytes: AtomicUsize,
}

impl LogSink for Slow {
    fn write(&self, _: &LogSource, events: Vec<LogEvent>) {
        let bytes: usize = events.iter().map(|event| event.message.len() + 1).sum();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn ready(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>> {
        Some(Box::pin(async { self.room.acquire().await.unwrap().forget() }))
    }
}

#[tokio::test]
async fn who_prints_without_end_is_held_up_by_a_slow_log_and_loses_nothing() {
    let slow = Arc::new(Slow { room: Semaphore::new(3), bytes: AtomicUsize::new(0) });
    let world = World::logging(Arc::clone(&slow) as Arc<dyn LogSink>, Arc::new(Logged::default()), |_| ());
    let code = "import os\ndef handler(event, context):\n    for _ in range(1000):\n        os.write(1, b'0123456789abcde\\n' * 256)\n    return 'done'";
    let pool = world.python(code);
    let call = {
        let pool = Arc::clone(&pool);
        environment::spawn(async move { pool.invoke(invocation("{}")).await })
    };
    crate::harness::eventually("some output", || slow.bytes.load(Ordering::Relaxed) > 64).await;
    // What the pipe holds, and a few pieces of 64 KiB.
    environment::Clock::system().sleep(std::time::Duration::from_millis(300)).await;
    assert!(slow.bytes.load(Ordering::Relaxed) <= 4 * 65_536 && !call.is_finished());
    slow.room.add_permits(1_000_000);
    let finished = tokio::time::timeout(DEADLINE, call).await.unwrap().unwrap().unwrap();
    assert!(!finished.failed);
    assert!(
        slow.bytes.load(Ordering::Relaxed) >= 1000 * 256 * 16,
        "all of it is there when the call is answered"
    );
}

#[tokio::test]
async fn who_prints_without_end_times_out() {
    let world = World::new();
    let code = "import os\ndef handler(event, context):\n    while True:\n        os.write(1, b'x' * 65535)";
    let mut revision = world.revision("python3.11", "app.handler", &[("app.py", code)]);
    revision.timeout_ms = 300;
    assert_eq!(failure(&world.runtime.pool(revision), "{}").await["errorType"], "Sandbox.Timedout");
    let longest = world.logged.messages().iter().map(String::len).max().unwrap();
    assert!(longest <= 256 * 1024, "{longest}");
}

#[tokio::test]
async fn memory_is_bounded_where_that_is_wanted() {
    let world = World::with(|settings| (settings.enforce_memory, settings.cgroups) = (true, false));
    let code = "def handler(event, context):\n    return len(bytearray(event['mib'] << 20))";
    let pool = world.python(code);
    assert_eq!(answer(&pool, r#"{"mib":50}"#).await, json!(50 << 20));
    assert_eq!(failure(&pool, r#"{"mib":400}"#).await["errorType"], "MemoryError");
    let node = world.node("exports.handler = async () => 1");
    assert_eq!(answer(&node, "{}").await, json!(1), "the smallest size is enough for Node to start");
    let node = world.node("exports.handler = async (e) => Buffer.alloc(e.mib << 20, 1).length");
    assert_eq!(answer(&node, r#"{"mib":40}"#).await, json!(40 << 20));
    let finished = invoke(&node, r#"{"mib":500}"#).await.unwrap();
    assert!(finished.failed, "{finished:?}");
}

#[tokio::test]
async fn whoever_needs_more_than_its_cgroup_has_is_killed() {
    let world = World::with(|settings| settings.enforce_memory = true);
    let code = "import subprocess, sys\ndef handler(event, context):\n    own = open('/proc/self/cgroup').read()\n    if event.get('child'): return subprocess.run([sys.executable, '-c', 'x = bytearray(400 << 20)']).returncode\n    return [len(bytearray(event.get('mib', 1) << 20)), own]";
    let pool = world.python(code);
    let said = answer(&pool, r#"{"mib":50}"#).await;
    let cgroup = said[1].as_str().unwrap().lines().find_map(|line| {
        let (_, path) = line.rsplit_once(':')?;
        path.contains("/tailwater-").then(|| path.to_owned())
    });
    let Some(cgroup) = cgroup else {
        eprintln!("no cgroup can be made on this machine, so none is tested");
        return;
    };
    assert_eq!(answer(&pool, r#"{"child":1}"#).await, json!(-9), "children count, and the largest is killed");
    let error = failure(&pool, r#"{"mib":400}"#).await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("signal: killed"), "{error}");
    let again = answer(&pool, "{}").await;
    assert!(
        again[1].as_str().unwrap().lines().all(|line| !line.ends_with(&cgroup)),
        "another process, another group"
    );
    let node = world.node("exports.handler = async (e) => Buffer.alloc(e.mib << 20, 1).length");
    assert_eq!(
        answer(&node, r#"{"mib":20}"#).await,
        json!(20 << 20),
        "the smallest size is enough for Node to start"
    );
    assert_eq!(failure(&node, r#"{"mib":500}"#).await["errorType"], "Runtime.ExitError");
    // Nothing of them stays.
    let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory"].map(|top| format!("{top}{cgroup}"));
    crate::harness::eventually("its end", || {
        places.iter().all(|place| !std::path::Path::new(place).exists())
    })
    .await;
}

//! Processes that end, or do not want to: exits, signals, time-outs, forks, and the end of the server.

use crate::harness::{World, answer, eventually, failure, invocation, invoke, runs, tail};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn exit_error(finished: &runtime::Finished) -> (bool, String) {
    let error: Value = serde_json::from_slice(&finished.payload).unwrap();
    assert_eq!(error["errorType"], "Runtime.ExitError", "{error}");
    let message = error["errorMessage"].as_str().unwrap();
    (finished.failed, message.split(" Error: ").nth(1).unwrap().to_owned())
}

#[tokio::test]
async fn a_process_that_exits_or_is_killed() {
    let world = World::new();
    for (code, reason) in [
        ("process.exit(0)", "Runtime exited without providing a reason"),
        ("process.exit(3)", "Runtime exited with error: exit status 3"),
        (
            "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 9000)",
            "Runtime exited with error: signal: killed",
        ),
        (
            "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9000)",
            "Runtime exited with error: signal: terminated",
        ),
        ("process.abort()", "Runtime exited with error: signal: aborted"),
    ] {
        let code = format!(
            "let n = 0; exports.handler = (e) => {{ n += 1; if (e.end) {{ console.log('last'); {code} }} else return Promise.resolve(n) }}"
        );
        let pool = world.node(&code);
        assert_eq!(answer(&pool, "{}").await, json!(1));
        let finished = invoke(&pool, r#"{"end":true}"#).await.unwrap();
        assert_eq!(exit_error(&finished), (true, reason.to_owned()));
        let tail = tail(&finished);
        assert!(tail.contains("\tlast\n") && tail.contains("Runtime.ExitError\nEND RequestId"), "{tail}");
        assert!(!tail.contains("Max Memory Used: 0 MB"), "{tail}");
        assert_eq!(answer(&pool, "{}").await, json!(1), "a fresh process");
    }
    let pool = world.python("import sys\ndef handler(event, context): sys.exit(4)");
    assert_eq!(exit_error(&invoke(&pool, "{}").await.unwrap()).1, "Runtime exited with error: exit status 4");
}

#[tokio::test]
async fn a_process_that_is_killed_because_somebody_wants_to_see_that() {
    let world = World::new();
    let pool = world.node("let n = 0; exports.handler = async () => (n += 1)");
    let killed = "Runtime exited with error: signal: killed".to_owned();
    let kill = |ms| runtime::Invocation { kill_after_ms: Some(ms), ..invocation("{}") };
    // At once: a new process, and one that was idle, whatever they answer.
    assert_eq!(exit_error(&pool.invoke(kill(0)).await.unwrap()), (true, killed.clone()));
    assert_eq!(answer(&pool, "{}").await, json!(1), "a fresh process");
    assert_eq!(exit_error(&pool.invoke(kill(0)).await.unwrap()), (true, killed.clone()));
    // Too late: it has answered, and serves the next call.
    let finished = pool.invoke(kill(60_000)).await.unwrap();
    assert_eq!((finished.failed, &finished.payload[..]), (false, &b"1"[..]));
    assert_eq!(answer(&pool, "{}").await, json!(2));
    let pool = world.node("exports.handler = () => new Promise(() => setTimeout(() => {}, 60000))");
    assert_eq!(exit_error(&pool.invoke(kill(30)).await.unwrap()), (true, killed));
}

#[tokio::test]
async fn a_process_that_dies_while_it_is_idle_is_replaced_silently() {
    let world = World::new();
    let pool = world.node("exports.handler = async () => [process.pid, process.env.HOME]");
    let said = answer(&pool, "{}").await;
    let (pid, home) = (said[0].as_u64().unwrap(), said[1].as_str().unwrap());
    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    eventually("its end", || !runs(pid) && !Path::new(home).exists()).await;
    assert_ne!(answer(&pool, "{}").await[0], json!(pid));
}

#[tokio::test]
async fn a_process_that_dies_at_its_start() {
    let world = World::new();
    for (code, reason) in [
        ("process.exit(5)", "Runtime exited with error: exit status 5"),
        (
            "process.kill(process.pid, 'SIGKILL'); while (true) {}",
            "Runtime exited with error: signal: killed",
        ),
    ] {
        let pool = world.node(code);
        for _ in 0..2 {
            assert_eq!(exit_error(&invoke(&pool, "{}").await.unwrap()), (true, reason.to_owned()));
        }
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_killed_with_all_that_it_has_started() {
    let world = World::new();
    // One that ignores signals; one that a child of it has started, in a session of its own, whose parent is gone.
    let code = "import os, signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ndef handler(event, context):\n    out = subprocess.run(['sh', '-c', 'setsid sh -c \"sleep 1000\" >/dev/null 2>&1 & echo $!'], stdout=subprocess.PIPE).stdout\n    child = subprocess.Popen(['sleep', '1000'])\n    print('started', os.getpid(), child.pid, int(out), flush=True)\n    time.sleep(1000)";
    let mut revision = world.revision("python3.11", "app.handler", &[("app.py", code)]);
    revision.timeout_ms = 3_000;
    let pool = world.runtime.pool(revision);
    let finished = invoke(&pool, "{}").await.unwrap();
    let error: Value = serde_json::from_slice(&finished.payload).unwrap();
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with(" Error: Task timed out after 3.00 seconds"),
        "{error}"
    );
    assert_eq!(finished.duration_us, 3_000_000);
    let tail = tail(&finished);
    let lines: Vec<&str> = tail.lines().collect();
    assert!(lines[2].ends_with(" Task timed out after 3.00 seconds"), "{tail}");
    assert!(
        lines[4].contains("\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t")
            && lines[4].ends_with("Status: timeout")
    );
    let pids: Vec<u64> = lines[1].split(' ').skip(1).map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| !runs(*pid)), "{pids:?}");
}

#[tokio::test]
async fn an_end_takes_along_who_was_left_behind() {
    let world = World::new();
    let code = "const { spawn } = require('child_process'); exports.handler = async () => { const c = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' }); c.unref(); console.log(`pid ${c.pid}`); process.exit(1) }";
    let pool = world.node(code);
    let finished = invoke(&pool, "{}").await.unwrap();
    let tail = tail(&finished);
    let pid: u64 = tail.split("pid ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(!runs(pid));
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_tried_again_at_the_expense_of_the_call() {
    let world = World::with(|settings| settings.init = Duration::from_millis(300));
    let mut revision =
        world.revision("python3.11", "app.handler", &[("app.py", "import time\ntime.sleep(1000)")]);
    revision.timeout_ms = 500;
    let error = failure(&world.runtime.pool(revision), "{}").await;
    assert_eq!(error["errorType"], "Sandbox.Timedout");
    assert!(
        world
            .logged
            .messages()
            .iter()
            .any(|line| line.starts_with("INIT_REPORT ") && line.ends_with("Status: timeout"))
    );
}

#[tokio::test]
async fn an_answer_that_is_late_is_nobodys() {
    let world = World::new();
    let code = "let n = 0; exports.handler = (e) => { n += 1; return new Promise((done) => setTimeout(done, e.ms, n)) }";
    let mut revision = world.revision("nodejs20.x", "index.handler", &[("index.js", code)]);
    revision.timeout_ms = 1_500;
    let pool = world.runtime.pool(revision);
    assert_eq!(answer(&pool, r#"{"ms":0}"#).await, json!(1));
    assert_eq!(failure(&pool, r#"{"ms":1520}"#).await["errorType"], "Sandbox.Timedout");
    assert_eq!(answer(&pool, r#"{"ms":0}"#).await, json!(1), "a fresh process");
}

#[tokio::test]
async fn a_watcher_that_is_killed_takes_its_process_along() {
    let world = World::new();
    let pool = world.node("exports.handler = async () => [process.pid, process.ppid, process.env.HOME]");
    let said = answer(&pool, "{}").await;
    let (pid, watcher, home) =
        (said[0].as_u64().unwrap(), said[1].as_u64().unwrap(), said[2].as_str().unwrap());
    Command::new("kill").args(["-9", &watcher.to_string()]).status().unwrap();
    eventually("the end of the process", || !runs(pid) && !Path::new(home).exists()).await;
    assert_ne!(answer(&pool, "{}").await[0], json!(pid));
}

#[tokio::test]
async fn a_runtime_that_is_shut_down_leaves_nothing_and_lets_nobody_wait() {
    let world = World::with(|settings| settings.processes_max = 2);
    let pool = world.node("exports.handler = async (e) => { console.log(`pid ${process.pid}`); if (e.wait) await new Promise((done) => setTimeout(done, 15000)); return process.pid }");
    let idle = answer(&pool, "{}").await.as_u64().unwrap();
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let pool = std::sync::Arc::clone(&pool);
            environment::spawn(async move { pool.invoke(invocation(r#"{"wait":true}"#)).await })
        })
        .collect();
    let pids = || -> Vec<u64> {
        let messages = world.logged.messages();
        messages.iter().filter_map(|message| message.split("pid ").nth(1)?.parse().ok()).collect()
    };
    eventually("two calls under way", || pids().len() == 3).await;
    world.runtime.shutdown().await;
    for call in calls {
        assert_eq!(call.await.unwrap(), Err(runtime::PoolError::ShuttingDown));
    }
    assert!(pids().iter().all(|pid| !runs(*pid)) && !runs(idle));
    assert_eq!(pool.invoke(invocation("{}")).await, Err(runtime::PoolError::ShuttingDown));
}

#[tokio::test]
async fn a_temporary_directory_goes_with_the_runtime() {
    let world = World::with(|settings| settings.scratch = None);
    let pool = world.node("exports.handler = async () => process.env.HOME");
    let home = answer(&pool, "{}").await;
    let is_ours = |path: &&Path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tailwater-running-"))
    };
    let scratch = Path::new(home.as_str().unwrap()).ancestors().find(is_ours).unwrap();
    assert!(scratch.is_dir());
    world.runtime.shutdown().await;
    assert!(!scratch.exists());
}

/// What the test below runs as a server: it calls a function, says its processes, and waits.
#[tokio::test]
#[ignore = "a part of the next test, which kills it"]
async fn a_server_to_be_killed() {
    let world = World::new();
    let code = "const { spawn } = require('child_process'); exports.handler = async () => { const c = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }); c.unref(); return [process.pid, process.ppid, c.pid] }";
    let pool = world.node(code);
    let pids = answer(&pool, "{}").await;
    println!("\npids {pids}");
    environment::Clock::system().sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn nothing_survives_a_server_that_is_killed() {
    use std::io::{BufRead, BufReader};
    // It cannot remove what it has made.
    let temporary = tempfile::tempdir().unwrap();
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["a_server_to_be_killed", "--ignored", "--nocapture"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pids ").map(str::to_owned)).unwrap();
    let pids: Vec<u64> = serde_json::from_str(&line).unwrap();
    assert!(pids.len() == 3 && pids.iter().all(|pid| runs(*pid)), "{pids:?}");
    server.kill().unwrap();
    server.wait().unwrap();
    eventually("the end of all of them", || pids.iter().all(|pid| !runs(*pid))).await;
}

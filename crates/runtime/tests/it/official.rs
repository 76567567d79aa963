//! Clients of the Runtime API that are not ours, AWS's among them. `tests/runtime/run` installs and builds them, and runs
//! these tests.

use crate::harness::{DEADLINE, World, answer, executable, failure, invocation, invoke, tail};
use runtime::{Finished, Piece, Pool};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: tests/runtime/run does it"))
}

#[tokio::test]
#[ignore = "needs awslambdaric"]
async fn the_client_for_python() {
    let world = World::new();
    let python = given("TAILWATER_TEST_AWSLAMBDARIC");
    let script = format!("#!/bin/sh\nexec {python} -m awslambdaric \"$_HANDLER\"\n");
    let code = "import logging\nlog = logging.getLogger()\nlog.setLevel('INFO')\ndef handler(event, context):\n    print('printed')\n    log.info('one\\ntwo')\n    if event.get('fail'): raise ValueError('boom')\n    return event";
    let mut revision = world.bootstrap(&script);
    std::fs::write(revision.code.join("app.py"), code).unwrap();
    revision.handler = "app.handler".to_owned();
    let pool = world.runtime.pool(revision);
    for _ in 0..3 {
        assert_eq!(answer(&pool, r#"{"a":1}"#).await, json!({"a": 1}));
    }
    let error = failure(&pool, r#"{"fail":1}"#).await;
    assert_eq!(
        (error["errorType"].as_str(), error["errorMessage"].as_str()),
        (Some("ValueError"), Some("boom"))
    );
    let text = tail(&invoke(&pool, "{}").await.unwrap());
    let (printed, logged) = (text.find("printed\n").unwrap(), text.find("\tone\ntwo\n").unwrap());
    assert!(printed < logged, "{text}");
}

#[tokio::test]
#[ignore = "needs a function built with lambda_runtime"]
async fn the_client_for_rust() {
    let world = World::new();
    let mut revision = world.revision("provided.al2023", "bootstrap", &[]);
    let built = given("TAILWATER_TEST_RUST_FUNCTION");
    std::fs::copy(Path::new(&built), revision.code.join("bootstrap")).unwrap();
    executable(&revision.code.join("bootstrap"));
    revision.timeout_ms = 5_000;
    let pool = world.runtime.pool(revision);
    for _ in 0..3 {
        assert_eq!(answer(&pool, r#"{"a":1}"#).await, json!({"event": {"a": 1}, "name": "barks"}));
    }
    let error = failure(&pool, r#"{"fail":true}"#).await;
    assert_eq!(error["errorMessage"], "boom");
    let text = tail(&invoke(&pool, "{}").await.unwrap());
    assert!(text.contains("called as arn:aws:lambda:"), "{text}");
    let error = failure(&pool, r#"{"panic":true}"#).await;
    assert!(error["errorMessage"].as_str().unwrap().contains("out of it"), "{error}");
}

#[tokio::test]
#[ignore = "needs aws-lambda-ric"]
async fn the_client_for_node() {
    let world = World::new();
    let client = given("TAILWATER_TEST_AWS_LAMBDA_RIC");
    let code = "exports.handler = async (event) => { console.log('one\\ntwo'); if (event.fail) throw new TypeError('boom'); return event };
        exports.streams = awslambda.streamifyResponse(async (event, out) => { for (let n = 0; n < event.n; n++) out.write(`piece ${n}\\n`); out.end() })";
    // As a bootstrap of the code's own, and in the place of our client where the runtime is Node.
    for (runtime, handler) in [("provided.al2023", "index.handler"), ("nodejs20.x", "index.handler")] {
        let mut revision = world.revision(runtime, handler, &[("index.js", code)]);
        let wraps = if runtime == "nodejs20.x" { "wrap" } else { "bootstrap" };
        let script = format!("#!/bin/sh\nexec node {client}/bin/index.mjs \"$_HANDLER\"\n");
        std::fs::write(revision.code.join(wraps), script).unwrap();
        executable(&revision.code.join(wraps));
        revision.variables = vec![("AWS_LAMBDA_EXEC_WRAPPER".to_owned(), "/var/task/wrap".to_owned())];
        let pool = world.runtime.pool(revision);
        for _ in 0..3 {
            assert_eq!(answer(&pool, r#"{"a":1}"#).await, json!({"a": 1}), "{runtime}");
        }
        let error = failure(&pool, r#"{"fail":1}"#).await;
        assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("TypeError"), &json!("boom")));
        let text = tail(&invoke(&pool, "{}").await.unwrap());
        assert!(text.contains("\tINFO\tone\ntwo\n"), "{text}");
    }
    let script = format!("#!/bin/sh\nexec node {client}/bin/index.mjs \"$_HANDLER\"\n");
    let mut revision = world.bootstrap(&script);
    std::fs::write(revision.code.join("index.js"), code).unwrap();
    revision.handler = "index.streams".to_owned();
    let (text, finished) = streamed(&world.runtime.pool(revision), r#"{"n":3}"#).await;
    assert_eq!((text.as_str(), finished.failed), ("piece 0\npiece 1\npiece 2\n", false));
}

#[tokio::test]
#[ignore = "needs a function built by Go"]
async fn the_function_in_go() {
    let world = World::new();
    let mut revision = world.revision("provided.al2023", "bootstrap", &[]);
    std::fs::copy(given("TAILWATER_TEST_GO_FUNCTION"), revision.code.join("bootstrap")).unwrap();
    executable(&revision.code.join("bootstrap"));
    revision.timeout_ms = 5_000;
    let pool = world.runtime.pool(revision);
    for _ in 0..3 {
        assert_eq!(answer(&pool, r#"{"a":1}"#).await, json!({"event": {"a": 1}, "name": "barks"}));
    }
    assert_eq!(failure(&pool, r#"{"fail":true}"#).await, json!({"errorType": "Own", "errorMessage": "boom"}));
    let text = tail(&invoke(&pool, "{}").await.unwrap());
    assert!(text.contains("called as arn:aws:lambda:"), "{text}");
    let (text, finished) = streamed(&pool, r#"{"stream":2}"#).await;
    assert_eq!((text.as_str(), finished.failed), ("piece 0\npiece 1\n", false));
    let (text, finished) = streamed(&pool, r#"{"stream":1}"#).await;
    assert_eq!((text.as_str(), finished.failed), ("piece 0\n", true));
    assert!(String::from_utf8_lossy(&finished.payload).contains(r#""errorType":"Odd""#));
}

/// What a function streams, and how the call ended.
async fn streamed(pool: &Arc<Pool>, payload: &str) -> (String, Finished) {
    let (pieces, mut received) = tokio::sync::mpsc::channel(100);
    let mut invocation = invocation(payload);
    invocation.pieces = Some(pieces);
    let finished = tokio::time::timeout(DEADLINE, pool.invoke(invocation)).await.unwrap().unwrap();
    let mut text = Vec::new();
    while let Ok(piece) = received.try_recv() {
        if let Piece::Bytes(bytes) = piece {
            text.extend_from_slice(&bytes);
        }
    }
    (String::from_utf8(text).unwrap(), finished)
}

//! AWS's own clients of the Runtime API. `tests/runtime/run` installs and builds them, and runs these tests.

use crate::harness::{World, answer, executable, failure, invoke, tail};
use serde_json::json;
use std::path::Path;

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

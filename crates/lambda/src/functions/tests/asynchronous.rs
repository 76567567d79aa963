//! Calls that are not waited for.

use super::*;
use services::objects::{Address, BucketName, Listing, ObjectKey};
use std::ops::Bound;

const EVENT: &[(&str, &str)] = &[("x-amz-invocation-type", "Event")];

async fn enqueue(rig: &Rig, event: &str) {
    let path = format!("{FUNCTIONS}/f/invocations");
    let answer = rig.answer("POST", &path, Bytes::copy_from_slice(event.as_bytes()), EVENT).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0));
}

fn calls(rig: &Rig) -> usize {
    rig.engine.calls.lock().unwrap().len()
}

fn fail(rig: &Rig, times: usize) {
    let error = finished(&json!({ "errorMessage": "no", "errorType": "E" }), true);
    rig.engine.answers.lock().unwrap().extend(std::iter::repeat_n(error, times));
}

fn is_empty(rig: &Rig) -> bool {
    use store::Snapshot as _;
    let mut count = 0;
    let keys = Keys::new(rig.space);
    rig.runner
        .store()
        .snapshot()
        .range(&keys.calls(), &mut |_, _| {
            count += 1;
            true
        })
        .unwrap();
    count == 0
}

#[tokio::test]
async fn a_failure_is_tried_again_twice_each_time_later() {
    let rig = rig();
    rig.create("f").await;
    fail(&rig, 3);
    enqueue(&rig, r#"{"n":1}"#).await;
    eventually("the first attempt", async || calls(&rig) == 1).await;
    for (wait_ms, attempts) in [(1_000, 2), (2_000, 3)] {
        // Well before it is due.
        rig.environment.clock.advance(wait_ms / 2);
        tokio::task::yield_now().await;
        assert_eq!(calls(&rig), attempts - 1);
        // It is due only once it is recorded, which may be after the clock was moved.
        eventually("the next attempt", async || {
            rig.environment.clock.advance(10);
            calls(&rig) == attempts
        })
        .await;
    }
    eventually("it is given up", async || is_empty(&rig)).await;
    let seen = rig.engine.calls.lock().unwrap().clone();
    assert!(seen.iter().all(|call| call.request_id == seen[0].request_id && call.payload == r#"{"n":1}"#));
}

#[tokio::test]
async fn a_restart_loses_no_call() {
    let rig = rig();
    rig.create("f").await;
    fail(&rig, 1);
    enqueue(&rig, "1").await;
    eventually("the first attempt", async || calls(&rig) == 1).await;
    let closed = Arc::clone(&rig.engine);
    let _gate = closed.gate.write().await;
    enqueue(&rig, "2").await;
    eventually("the second call is under way", async || calls(&rig) == 2).await;
    // What is under way is run again.
    let rig = rig.restarted();
    eventually("both are run", async || {
        rig.environment.clock.advance(100);
        calls(&rig) == 2
    })
    .await;
    eventually("nothing is left", async || is_empty(&rig)).await;
    let mut seen: Vec<_> = rig.engine.calls.lock().unwrap().iter().map(|call| call.payload.clone()).collect();
    seen.sort();
    assert_eq!(seen, ["1", "2"]);
}

#[tokio::test]
async fn outcomes_go_to_destinations() {
    let rig = rig();
    rig.create("f").await;
    let bucket = BucketName::new("outcomes").unwrap();
    rig.objects.create_bucket(&bucket, "000000000000", "us-east-1").await.unwrap();
    let target = json!({ "Destination": "arn:aws:s3:::outcomes" });
    let config = json!({
        "MaximumRetryAttempts": 0,
        "DestinationConfig": { "OnSuccess": target, "OnFailure": target },
    });
    let path = "/2019-09-25/functions/f/event-invoke-config";
    let (status, answer) = rig.ask("PUT", path, config).await;
    assert_eq!((status, &answer["FunctionArn"]), (200, &json!(format!("{}:$LATEST", arn("f")))));
    fail(&rig, 1);
    enqueue(&rig, r#"{"n":1}"#).await;
    eventually("the first is over", async || is_empty(&rig)).await;
    enqueue(&rig, r#"{"n":2}"#).await;
    eventually("the second is over", async || calls(&rig) == 2 && is_empty(&rig)).await;
    let all = Listing { prefix: String::new(), delimiter: None, from: Bound::Unbounded, count: 9 };
    let listing = rig.objects.list(&bucket, "000000000000", &all).unwrap();
    let mut bodies = Vec::new();
    for entry in listing.entries {
        let key = ObjectKey::new(entry.name()).unwrap();
        let at = Address { account: "000000000000", bucket: &bucket, key: &key };
        let mut reader = rig.objects.open_object(at).unwrap().1;
        bodies.push(serde_json::from_slice::<Value>(&reader.next().await.unwrap().unwrap()).unwrap());
    }
    bodies.sort_by_key(|body| body["requestPayload"]["n"].as_i64());
    let ids: Vec<String> =
        rig.engine.calls.lock().unwrap().iter().map(|call| call.request_id.clone()).collect();
    let context = |id: &str, condition: &str| {
        json!({
            "requestId": id,
            "functionArn": format!("{}:$LATEST", arn("f")),
            "condition": condition,
            "approximateInvokeCount": 1,
        })
    };
    for body in &bodies {
        assert_eq!((&body["version"], body["timestamp"].as_str().unwrap().len()), (&json!("1.0"), 24));
    }
    assert_eq!(bodies[0]["requestContext"], context(&ids[0], "RetriesExhausted"));
    assert_eq!(
        bodies[0]["responseContext"],
        json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" })
    );
    assert_eq!(bodies[0]["responsePayload"], json!({ "errorMessage": "no", "errorType": "E" }));
    assert_eq!(bodies[1]["requestContext"], context(&ids[1], "Success"));
    assert_eq!(bodies[1]["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    assert_eq!(bodies[1]["responsePayload"], json!({ "event": { "n": 2 }, "code": "one" }));
}

#[tokio::test]
async fn without_concurrency_a_call_fails_at_once_and_with_too_little_it_waits() {
    let rig = rig();
    rig.create("f").await;
    let path = "/2017-10-31/functions/f/concurrency";
    rig.ask("PUT", path, json!({ "ReservedConcurrentExecutions": 0 })).await;
    enqueue(&rig, "1").await;
    eventually("it is given up", async || is_empty(&rig)).await;
    assert_eq!(calls(&rig), 0);
    rig.ask("PUT", path, json!({ "ReservedConcurrentExecutions": 1 })).await;
    let engine = Arc::clone(&rig.engine);
    let closed = engine.gate.write().await;
    enqueue(&rig, "2").await;
    eventually("one runs", async || calls(&rig) == 1).await;
    enqueue(&rig, "3").await;
    drop(closed);
    // A change of its concurrency has it tried at once, without the clock.
    eventually("the other is refused, or ran", async || {
        rig.ask("PUT", path, json!({ "ReservedConcurrentExecutions": 5 })).await;
        calls(&rig) == 2
    })
    .await;
    eventually("nothing is left", async || is_empty(&rig)).await;
}

#[tokio::test]
async fn a_call_that_is_too_old_is_given_up() {
    let rig = rig();
    rig.create("f").await;
    let config = json!({ "MaximumEventAgeInSeconds": 60 });
    rig.ask("PUT", "/2019-09-25/functions/f/event-invoke-config", config).await;
    fail(&rig, 3);
    enqueue(&rig, "1").await;
    eventually("the first attempt", async || calls(&rig) == 1).await;
    eventually("it is given up", async || {
        rig.environment.clock.advance(61_000);
        is_empty(&rig)
    })
    .await;
    assert_eq!(calls(&rig), 1);
}

//! Retries, splits, partial answers, age, and what becomes of what is given up.

use crate::world::{Done, FUNCTION, START_MS, World, keys, until};
use lambda::invoke::InvokeError;
use serde_json::{Value, json};

fn fails_on(poison: &'static str) -> impl FnMut(&Value) -> Done + Send {
    move |event| {
        if keys(event).iter().any(|key| key == poison) { Done::Fails } else { Done::Answers(Value::Null) }
    }
}

#[tokio::test]
async fn a_batch_that_fails_is_tried_again_and_given_up_to_the_bucket() {
    let world = World::in_memory();
    let stream = world.table().await;
    let bucket = world.bucket().await;
    world.functions.handle(fails_on("bad"));
    let members = json!({
        "MaximumRetryAttempts": 1, "BatchSize": 1, "DestinationConfig": {"OnFailure": {"Destination": bucket}},
    });
    let uuid = world.map(&stream, members).await;
    world.put("bad").await;
    world.calls(1).await;
    world.result(&uuid, "PROBLEM: Function call failed").await;
    world.calls_in_time(2).await;
    world.put("good").await;
    world.calls(3).await;
    assert_eq!(world.functions.batches(), [["bad"], ["bad"], ["good"]]);
    world.result(&uuid, "OK").await;
    let figures = || world.mappings.all()[0].figures;
    until(|| figures().on_failure_destination_delivered_event_count == 1, "the delivery").await;
    assert_eq!((figures().dropped_event_count, figures().failed_invoke_event_count), (1, 2));

    let kept = world.discarded.list(Some(&uuid));
    assert_eq!((kept.len(), kept[0].batch.invokes), (1, 2));
    assert_eq!(kept[0].batch.error.as_deref(), Some("Error: boom"));
    let event: Value = serde_json::from_slice(&world.discarded.event(kept[0].id).unwrap()).unwrap();
    assert_eq!(event, world.functions.events()[0]);

    let lost = world.lost().await;
    let [(key, body)] = &lost[..] else { panic!("{lost:?}") };
    let record = &world.functions.events()[0]["Records"][0];
    let shard = body["DDBStreamBatchInfo"]["shardId"].as_str().unwrap();
    assert!(key.starts_with(&format!("aws/lambda/{uuid}/{shard}/2026/01/01/2026-01-01T00.00.0")), "{key}");
    assert_eq!(
        body["requestContext"],
        json!({
            "requestId": "request-2", "functionArn": FUNCTION, "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        })
    );
    assert_eq!(
        body["responseContext"],
        json!({"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
    );
    let info = &body["DDBStreamBatchInfo"];
    assert_eq!(info["startSequenceNumber"], record["dynamodb"]["SequenceNumber"]);
    assert_eq!(info["endSequenceNumber"], record["dynamodb"]["SequenceNumber"]);
    assert_eq!(info["approximateArrivalOfFirstRecord"], "2026-01-01T00:00:00Z");
    assert_eq!((&info["batchSize"], &info["streamArn"]), (&json!(1), &json!(stream)));
    assert_eq!(body["payload"]["Records"][0], *record);
}

#[tokio::test]
async fn bisecting_finds_the_poison_record() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(fails_on("4"));
    for id in 0..8 {
        world.put(&id.to_string()).await;
    }
    let members = json!({"BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 0});
    let uuid = world.map(&stream, members).await;
    let kept = || world.discarded.list(Some(&uuid));
    until(|| kept().len() == 1, "a discarded batch").await;
    world.put("end").await;
    until(|| world.functions.batches().concat().contains(&"end".to_owned()), "the end").await;
    assert_eq!(kept()[0].batch.size, 1);
    let batches = world.functions.batches();
    assert_eq!(batches[1], ["0", "1", "2", "3"]);
    let succeeded: Vec<String> =
        batches.iter().filter(|batch| !batch.contains(&"4".to_owned())).flatten().cloned().collect();
    assert_eq!(succeeded, ["0", "1", "2", "3", "5", "6", "7", "end"]);
}

#[tokio::test]
async fn a_partial_answer_delivers_the_rest_again() {
    let world = World::in_memory();
    let stream = world.table().await;
    let mut calls = 0;
    world.functions.handle(move |event| {
        calls += 1;
        let second = &event["Records"][1]["dynamodb"]["SequenceNumber"];
        match calls {
            1 => Done::Answers(json!({"batchItemFailures": [{"itemIdentifier": second}]})),
            _ => Done::Answers(json!({"batchItemFailures": []})),
        }
    });
    for id in ["a", "b", "c"] {
        world.put(id).await;
    }
    let uuid = world.map(&stream, json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]})).await;
    world.calls(2).await;
    assert_eq!(world.functions.batches(), [vec!["a", "b", "c"], vec!["b", "c"]]);
    world.result(&uuid, "OK").await;
    let tried = world.history.find(&uuid).unwrap().attempts(|_| true);
    assert!(
        matches!(tried[0].ended.as_ref().unwrap().result, lambda::history::Result::Partly { failed: 2, .. }),
        "{tried:?}"
    );
}

#[tokio::test]
async fn records_that_are_too_old_are_given_up_from_the_front() {
    let world = World::in_memory();
    let stream = world.table().await;
    let bucket = world.bucket().await;
    world.functions.handle(|_| Done::Refused(InvokeError::Throttled { reason: "x" }));
    let members = json!({
        "MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": bucket}},
    });
    let uuid = world.map(&stream, members).await;
    world.put("old").await;
    world.result(&uuid, "PROBLEM: Function call throttled").await;
    world.clock.advance(40_000);
    world.put("young").await;
    world.clock.advance(30_000);
    until(|| !world.discarded.list(Some(&uuid)).is_empty(), "a discarded batch").await;
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.calls(1).await;
    assert_eq!(world.functions.batches(), [["young"]]);
    until(|| world.mappings.all()[0].figures.on_failure_destination_delivered_event_count == 1, "it").await;
    let lost = world.lost().await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    let body = &lost[0].1;
    assert_eq!(body["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!(body["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(body.get("responseContext"), None);
    assert_eq!(body["DDBStreamBatchInfo"]["batchSize"], 1);
    assert_eq!(body["timestamp"].as_str().map(str::len), Some("2026-01-01T00:00:00.000Z".len()));
    assert!(world.clock.now_ms() > START_MS + 60_000);
}

#[tokio::test]
async fn a_mended_function_is_tried_at_once() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(fails_on("a"));
    world.map(&stream, json!({})).await;
    world.put("a").await;
    // Back-off has grown by now.
    world.calls_in_time(4).await;
    world.settle().await;
    let tried = world.functions.events().len();
    // No time passes: the change itself wakes it.
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.calls(tried + 1).await;
    world.put("b").await;
    world.calls(tried + 2).await;
    assert_eq!(world.functions.batches().last().unwrap(), &["b"]);
}

#[tokio::test]
async fn a_function_that_is_deleted_and_made_again_misses_nothing() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"MaximumRetryAttempts": 0})).await;
    world.functions.names.lock().unwrap().clear();
    world.put("a").await;
    world.result(&uuid, "PROBLEM: Function not found").await;
    assert_eq!(world.show(&uuid).await["State"], "Enabled");
    world.clock.advance(3_600_000);
    world.put("b").await;
    world.settle().await;
    world.functions.names.lock().unwrap().insert(FUNCTION.into());
    world.functions.announce();
    until(|| world.functions.batches().concat() == ["a", "b"], "both").await;
    world.result(&uuid, "OK").await;
    assert!(world.discarded.list(None).is_empty());
}

#[tokio::test]
async fn another_function_is_called_at_once() {
    let world = World::in_memory();
    let stream = world.table().await;
    let other = FUNCTION.replace(":function:f", ":function:g");
    world.functions.names.lock().unwrap().insert(other);
    world.functions.handle(|_| Done::Fails);
    let uuid = world.map(&stream, json!({})).await;
    world.put("a").await;
    world.calls(1).await;
    world.settle().await;
    // Time stands still, so nothing but the change can end the wait before the retry.
    world.update(&uuid, json!({"FunctionName": "g"})).await;
    world.calls(2).await;
}

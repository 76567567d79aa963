//! Mappings of queues.

use crate::world::{Done, START_MS, World};
use lambda::api::event_source_mappings::Operation;
use lambda::invoke::InvokeError;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

fn batches(world: &World) -> Vec<Vec<String>> {
    world.functions.events().iter().map(bodies).collect()
}

fn failures(event: &Value, failed: &[&str]) -> Value {
    let records = event["Records"].as_array().unwrap().iter();
    let failed = records.filter(|record| failed.contains(&record["body"].as_str().unwrap()));
    let items: Vec<_> = failed.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
    json!({ "batchItemFailures": items })
}

#[tokio::test]
async fn a_message_calls_the_function_and_is_deleted() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let uuid = world.map(&queue, json!({"StartingPosition": null})).await;
    let shown = world.show(&uuid).await;
    assert_eq!((&shown["BatchSize"], &shown["State"]), (&json!(10), &json!("Enabled")));
    world.send(&queue, "hello", None).await;
    world.calls(1).await;
    let event = &world.functions.events()[0];
    let record = &event["Records"][0];
    assert_eq!(
        (&record["body"], &record["eventSource"], &record["eventSourceARN"], &record["awsRegion"]),
        (&json!("hello"), &json!("aws:sqs"), &json!(queue), &json!("us-east-1"))
    );
    assert_eq!(record["attributes"]["SentTimestamp"], START_MS.to_string());
    world.until_counts("q", (0, 0)).await;
    let figures = world.mappings.all()[0].figures;
    assert_eq!((figures.polled_event_count, figures.deleted_event_count, figures.invocations), (1, 1, 1));
}

#[tokio::test]
async fn what_fails_comes_again_after_its_timeout_and_dies_at_last() {
    let world = World::in_memory();
    let dead = world.queue("dead", json!({})).await;
    let redrive = json!({"deadLetterTargetArn": dead, "maxReceiveCount": 2}).to_string();
    let queue = world.queue("q", json!({"RedrivePolicy": redrive})).await;
    world.functions.handle(|_| Done::Fails);
    world.map(&queue, json!({})).await;
    world.send(&queue, "poison", None).await;
    world.calls(1).await;
    world.until_counts("q", (0, 1)).await;
    world.clock.advance(29_000);
    world.settle().await;
    assert_eq!(world.functions.events().len(), 1);
    world.clock.advance(1_000);
    world.calls(2).await;
    assert_eq!(world.functions.events()[1]["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
    world.settle().await;
    world.clock.advance(30_000);
    world.until_counts("dead", (1, 0)).await;
    assert_eq!((world.counts("q").await, world.functions.events().len()), ((0, 0), 2));
}

#[tokio::test]
async fn a_function_that_is_mended_is_called_at_once() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    world.functions.handle(|_| Done::Fails);
    world.map(&queue, json!({})).await;
    world.send(&queue, "x", None).await;
    world.calls(1).await;
    world.until_counts("q", (0, 1)).await;
    world.settle().await;
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.calls(2).await;
    world.until_counts("q", (0, 0)).await;
}

#[tokio::test]
async fn only_what_is_reported_comes_again() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    world.functions.handle(|event| Done::Answers(failures(event, &["b"])));
    for body in ["a", "b", "c"] {
        world.send(&queue, body, None).await;
    }
    world.map(&queue, json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]})).await;
    world.calls(1).await;
    assert_eq!(bodies(&world.functions.events()[0]), ["a", "b", "c"]);
    world.until_counts("q", (0, 1)).await;
    world.clock.advance(30_000);
    world.calls(2).await;
    assert_eq!(bodies(&world.functions.events()[1]), ["b"]);
}

#[tokio::test]
async fn what_filters_refuse_is_deleted_unseen() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let filters = json!({"FilterCriteria": {"Filters": [{"Pattern": "{\"body\":{\"a\":[1]}}"}]}});
    world.map(&queue, filters).await;
    for body in ["plain", "{\"a\":2}", "{\"a\":1}"] {
        world.send(&queue, body, None).await;
    }
    world.calls(1).await;
    world.until_counts("q", (0, 0)).await;
    assert_eq!(batches(&world), [["{\"a\":1}"]]);
    let figures = world.mappings.all()[0].figures;
    assert_eq!((figures.filtered_out_event_count, figures.deleted_event_count), (2, 3));
}

#[tokio::test]
async fn a_window_gathers_a_batch_until_it_is_full_or_over() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    world.map(&queue, json!({"BatchSize": 3, "MaximumBatchingWindowInSeconds": 20})).await;
    for body in ["a", "b"] {
        world.send(&queue, body, None).await;
        world.until_counts("q", (0, if body == "a" { 1 } else { 2 })).await;
    }
    world.clock.advance(19_000);
    world.settle().await;
    assert!(world.functions.events().is_empty());
    world.send(&queue, "c", None).await;
    world.calls(1).await;
    world.send(&queue, "d", None).await;
    world.until_counts("q", (0, 1)).await;
    world.settle().await;
    world.clock.advance(20_000);
    world.calls(2).await;
    assert_eq!(batches(&world), [vec!["a", "b", "c"], vec!["d"]]);
}

#[tokio::test]
async fn a_function_that_cannot_be_called_costs_no_receives() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({"VisibilityTimeout": "1"})).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let tried = Arc::clone(&tries);
    world.functions.handle(move |_| match tried.fetch_add(1, Ordering::SeqCst) {
        0..8 => Done::Refused(InvokeError::Throttled { reason: "x" }),
        _ => Done::Answers(Value::Null),
    });
    world.map(&queue, json!({})).await;
    world.send(&queue, "x", None).await;
    world.calls_in_time(1).await;
    assert_eq!(world.functions.events()[0]["Records"][0]["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(tries.load(Ordering::SeqCst), 9);
    world.until_counts("q", (0, 0)).await;
}

#[tokio::test]
async fn groups_run_beside_each_other_and_a_group_never_beside_itself() {
    let world = World::in_memory();
    let queue = world.queue("q.fifo", json!({"FifoQueue": "true"})).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    world.functions.handle(move |event| {
        for record in event["Records"].as_array().unwrap() {
            let group = record["attributes"]["MessageGroupId"].as_str().unwrap().to_owned();
            seeing.lock().unwrap().push((group, record["body"].as_str().unwrap().to_owned()));
        }
        // The group `a` hangs with its first message.
        match event.to_string().contains("\"a1\"") {
            true => Done::Hangs,
            false => Done::Answers(Value::Null),
        }
    });
    world.map(&queue, json!({"BatchSize": 1})).await;
    for (body, group) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"), ("b3", "b")] {
        world.send(&queue, body, Some(group)).await;
    }
    world.until_counts("q.fifo", (1, 1)).await;
    let of = |wanted: &str| {
        let seen = seen.lock().unwrap();
        seen.iter().filter(|(group, _)| group == wanted).map(|(_, body)| body.clone()).collect::<Vec<_>>()
    };
    assert_eq!((of("a"), of("b")), (vec!["a1".to_owned()], vec!["b1".into(), "b2".into(), "b3".into()]));
}

#[tokio::test]
async fn no_more_calls_run_at_a_time_than_the_mapping_may_have() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    world.functions.handle(|_| Done::Hangs);
    world.map(&queue, json!({"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 2}})).await;
    for body in ["a", "b", "c", "d"] {
        world.send(&queue, body, None).await;
    }
    world.calls(2).await;
    world.settle().await;
    assert_eq!((world.functions.events().len(), world.counts("q").await), (2, (2, 2)));
}

#[tokio::test]
async fn a_mapping_that_is_disabled_or_deleted_receives_nothing() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let uuid = world.map(&queue, json!({"Enabled": false})).await;
    world.send(&queue, "a", None).await;
    world.settle().await;
    assert_eq!(world.counts("q").await, (1, 0));
    world.update(&uuid, json!({"Enabled": true})).await;
    world.until_counts("q", (0, 0)).await;
    let (status, _) = world.ask(Operation::Delete(uuid), Value::Null).await;
    assert_eq!(status, 202);
    world.settle().await;
    world.send(&queue, "b", None).await;
    world.settle().await;
    assert_eq!((world.counts("q").await, world.functions.events().len()), ((1, 0), 1));
}

#[tokio::test]
async fn what_is_under_way_at_a_crash_comes_again() {
    let world = World::on_disk();
    let queue = world.queue("q", json!({})).await;
    world.functions.handle(|_| Done::Hangs);
    world.map(&queue, json!({})).await;
    world.send(&queue, "a", None).await;
    world.calls(1).await;
    let world = world.restarted(false).await;
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.clock.advance(30_000);
    world.calls(2).await;
    assert_eq!(world.functions.events()[1]["Records"][0]["attributes"]["ApproximateReceiveCount"], "2");
    world.until_counts("q", (0, 0)).await;
}

#[tokio::test]
async fn what_is_refused() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let request = |members: Value| {
        let mut body = json!({"EventSourceArn": queue, "FunctionName": "f"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let missing = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS \
                   Error Message: The specified queue does not exist.";
    let cases = [
        (json!({"EventSourceArn": format!("{queue}x")}), missing),
        (json!({"BatchSize": 11}), "Maximum batch window in seconds must be greater than 0"),
        (json!({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}), "Invalid filter pattern definition."),
    ];
    for (members, text) in cases {
        let (status, answer) = world.ask(Operation::Create, request(members.clone())).await;
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.starts_with(text), "{members}: {status} {answer}");
    }
    world.map(&queue, json!({})).await;
    let (status, answer) = world.ask(Operation::Create, request(json!({}))).await;
    assert_eq!(status, 409, "{answer}");
    assert!(
        answer["message"].as_str().unwrap().starts_with("An event source mapping with SQS arn"),
        "{answer}"
    );
}

/// Every message is held until it is let go.
fn held(world: &World, messages: usize) -> Vec<Arc<Notify>> {
    let gates: Vec<_> = (0..messages).map(|_| Arc::new(Notify::new())).collect();
    let of = gates.clone();
    world
        .functions
        .handle(move |event| Done::Waits(Arc::clone(&of[bodies(event)[0].parse::<usize>().unwrap()])));
    gates
}

#[tokio::test]
async fn a_lower_limit_leaves_somebody_who_waits() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let gates = held(&world, 7);
    let uuid = world.map(&queue, json!({"BatchSize": 1})).await;
    for message in 0..5 {
        world.send(&queue, &message.to_string(), None).await;
        world.calls(message + 1).await;
    }
    // The worker of the fourth call waits for messages, and those of the first three leave.
    for message in [3, 0, 1, 2] {
        gates[message].notify_one();
        world.until_counts("q", (0, if message == 3 { 4 } else { 3 - message as u64 })).await;
    }
    world.settle().await;
    // From now on there is no place for it, nor for that of the fifth call.
    world.update(&uuid, json!({"ScalingConfig": {"MaximumConcurrency": 2}})).await;
    world.settle().await;
    world.send(&queue, "5", None).await;
    world.calls(6).await;
    gates[4].notify_one();
    world.until_counts("q", (0, 1)).await;
    gates[5].notify_one();
    world.until_counts("q", (0, 0)).await;
    world.settle().await;
    world.send(&queue, "6", None).await;
    world.calls(7).await;
    gates[6].notify_one();
    world.until_counts("q", (0, 0)).await;
}

#[tokio::test]
async fn a_message_that_comes_twice_within_a_window_is_in_its_batch_once() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    world.functions.handle(|event| Done::Answers(failures(event, &["a"])));
    let members = json!({
        "MaximumBatchingWindowInSeconds": 1, "BatchSize": 3, "FunctionResponseTypes": ["ReportBatchItemFailures"],
    });
    world.map(&queue, members).await;
    world.send(&queue, "a", None).await;
    world.until_counts("q", (0, 1)).await;
    world.settle().await;
    // The worker waits for more, and before it looks at its window again the message is visible a second time.
    world.send(&queue, "b", None).await;
    world.clock.advance(31_000);
    world.calls(1).await;
    assert_eq!(batches(&world), [["a", "b"]]);
    world.until_counts("q", (0, 1)).await;
}

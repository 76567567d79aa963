//! Mappings of data streams.

use crate::world::{Done, World, until};
use database::data_streams::ChangeError;
use lambda::api::event_source_mappings::Operation;
use serde_json::{Value, json};
use services::kinesis::Kinesis;
use std::sync::Arc;
use tokio::sync::Notify;

const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/data";

async fn call(world: &World, operation: &str, request: Value) -> Value {
    let kinesis = Kinesis::new(Arc::clone(&world.database));
    let body = request.to_string();
    let answer =
        kinesis.call(operation, &world.caller(), "application/x-amz-json-1.1", body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

async fn put(world: &World, key: &str, data: &str) -> String {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(data);
    let put = json!({"StreamName": "data", "PartitionKey": key, "Data": data});
    call(world, "PutRecord", put).await["SequenceNumber"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_record_calls_the_function_with_aws_event() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    let uuid = world.map(STREAM, json!({"StartingPosition": "LATEST"})).await;
    world.clock.advance(7);
    let sequence = put(&world, "k", "Hello").await;
    world.calls(1).await;
    assert_eq!(
        world.functions.events()[0],
        json!({"Records": [{
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": "k", "sequenceNumber": sequence,
                "data": "SGVsbG8=", "approximateArrivalTimestamp": 1_767_225_600.007,
            },
            "eventSource": "aws:kinesis", "eventVersion": "1.0",
            "eventID": format!("shardId-000000000000:{sequence}"), "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/lambda-role",
            "awsRegion": "us-east-1", "eventSourceARN": STREAM,
        }]})
    );
    world.result(&uuid, "OK").await;
}

#[tokio::test]
async fn a_time_is_a_place_to_begin_and_data_are_filtered() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 2})).await;
    put(&world, "early", r#"{"a":"x"}"#).await;
    world.clock.advance(5_000);
    let time_s = world.clock.now_ms() as f64 / 1_000.0;
    for (key, data) in [("1", r#"{"a":"x"}"#), ("2", r#"{"a":"y"}"#), ("3", "plain"), ("4", r#"{"a":"x"}"#)] {
        put(&world, key, data).await;
    }
    let pattern = json!({"data": {"a": ["x"]}}).to_string();
    world
        .map(
            STREAM,
            json!({
                "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": time_s,
                "FilterCriteria": {"Filters": [{"Pattern": pattern}]}, "ParallelizationFactor": 2,
            }),
        )
        .await;
    let seen = || {
        let mut seen = world.functions.batches().concat();
        seen.sort();
        seen
    };
    until(|| seen() == ["1", "4"], "two records").await;
}

#[tokio::test]
async fn shards_are_followed_and_failures_say_so_in_kinesis_words() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    let bucket = world.bucket().await;
    world.functions.handle(|event| match crate::world::keys(event)[0].as_str() {
        "bad" => Done::Fails,
        _ => Done::Answers(Value::Null),
    });
    let destination = json!({"OnFailure": {"Destination": bucket}});
    let uuid = world
        .map(STREAM, json!({"MaximumRetryAttempts": 0, "BatchSize": 1, "DestinationConfig": destination}))
        .await;
    put(&world, "a", "1").await;
    put(&world, "bad", "2").await;
    world.calls(2).await;
    call(
        &world,
        "SplitShard",
        json!({
            "StreamName": "data", "ShardToSplit": "shardId-000000000000",
            "NewStartingHashKey": "170141183460469231731687303715884105728",
        }),
    )
    .await;
    put(&world, "a", "3").await;
    put(&world, "b", "4").await;
    world.calls(4).await;
    until(|| world.mappings.all()[0].figures.on_failure_destination_delivered_event_count == 1, "it").await;
    let lost = world.lost().await;
    assert_eq!(lost[0].1["KinesisBatchInfo"]["shardId"], "shardId-000000000000");
    assert_eq!(lost[0].1["KinesisBatchInfo"]["approximateArrivalOfFirstRecord"], "2026-01-01T00:00:00.000Z");

    // Another stream of the same name has shards of the same names, and nothing in common with it.
    world.settle().await;
    let deleted = world.database.delete_data_stream(&world.caller(), "data").await;
    assert!(!matches!(deleted, Err(ChangeError::Failed(_))));
    world.result(&uuid, "PROBLEM: Stream not found").await;
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    put(&world, "anew", "5").await;
    world.calls_in_time(5).await;
    assert_eq!(world.functions.batches()[4], ["anew"]);
}

#[tokio::test]
async fn a_call_of_a_stream_that_is_gone_says_nothing_of_the_next_one_of_its_name() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    let gates = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let mut waits = gates.clone().into_iter();
    world.functions.handle(move |_| waits.next().map_or(Done::Answers(Value::Null), Done::Waits));
    // With a second lane the shard is read, and so its end is seen, while a call is under way.
    let uuid = world.map(STREAM, json!({"ParallelizationFactor": 2})).await;
    put(&world, "k", "of the first stream").await;
    world.calls(1).await;
    let deleted = world.database.delete_data_stream(&world.caller(), "data").await;
    assert!(!matches!(deleted, Err(ChangeError::Failed(_))));
    world.result(&uuid, "PROBLEM: Stream not found").await;
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    put(&world, "k", "of the second stream").await;
    world.calls_in_time(2).await;
    let track = world.history.track(&uuid);
    let has_ended = |place: usize| track.newest(2)[1 - place].ended.is_some();
    gates[0].notify_one();
    until(|| has_ended(0), "the first call has ended").await;
    let status = track.status().await.unwrap();
    assert!(!status.is_at_rest() && !has_ended(1), "{status:?}");
    gates[1].notify_one();
    until(|| has_ended(1), "the second call has ended").await;
}

#[tokio::test]
async fn records_are_tried_for_as_long_as_their_stream_keeps_them_by_now() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 1})).await;
    world.functions.handle(|_| Done::Fails);
    let uuid = world.map(STREAM, json!({})).await;
    put(&world, "k", "x").await;
    world.result(&uuid, "PROBLEM: Function call failed").await;
    let longer = json!({"StreamName": "data", "RetentionPeriodHours": 48});
    call(&world, "IncreaseStreamRetentionPeriod", longer).await;
    let failed = world.functions.events().len();
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.clock.advance(30 * 3_600_000);
    world.calls_in_time(failed + 1).await;
    world.result(&uuid, "OK").await;
    assert_eq!(world.functions.batches()[failed], ["k"]);
    assert!(world.discarded.list(None).is_empty());
}

#[tokio::test]
async fn what_aws_refuses() {
    let world = World::in_memory();
    let arn = STREAM;
    let body = json!({"EventSourceArn": arn, "FunctionName": "f", "StartingPosition": "LATEST"});
    let (status, answer) = world.ask(Operation::Create, body).await;
    assert_eq!((status, &answer["message"]), (400, &json!(format!("Stream not found: {arn}"))));
}

#[tokio::test]
async fn of_a_record_of_a_data_stream_it_is_told_what_became_of_it() {
    let world = World::in_memory();
    call(&world, "CreateStream", json!({"StreamName": "data", "ShardCount": 2})).await;
    let pattern = json!({"partitionKey": ["good"]}).to_string();
    world.map(STREAM, json!({"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})).await;
    let (bad, good) = (put(&world, "bad", "x").await, put(&world, "good", "x").await);
    world.calls(1).await;
    world.settle().await;
    let explain = crate::explain::explain(&world);
    for (number, word, says) in
        [(&bad, "refused", "(the field partitionKey)"), (&good, "delivered", "Delivered.")]
    {
        let question = json!({"stream": "data", "sequence_number": number});
        let answer = explain.explain(&world.caller(), &question).await.unwrap();
        assert_eq!(answer["record"]["sequence_number"], json!(number));
        let told = &answer["mappings"][0];
        assert_eq!(told["verdict"], word, "{told}");
        assert!(told["says"].as_str().unwrap().contains(says), "{told}");
    }
    let question = json!({"stream": "data", "sequence_number": good, "shard": "shardId-000000000009"});
    let answer = explain.explain(&world.caller(), &question).await.unwrap();
    assert!(answer["why"].as_str().unwrap().contains("no record of this number"), "{answer}");
}

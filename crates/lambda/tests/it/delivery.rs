//! What a function is given, and when.

use crate::world::{Done, START_MS, World, keys};
use serde_json::{Value, json};
use wire::Operation as Dynamo;

#[tokio::test]
async fn a_write_calls_the_function_with_aws_event() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"StartingPosition": "LATEST"})).await;
    world.put_item(json!({"id": {"S": "hello"}, "bin": {"B": "Zm9vYmFy"}, "n": {"N": "7"}})).await;
    world.calls(1).await;
    let mut event = world.functions.events().remove(0);
    let id = event["Records"][0]["eventID"].take();
    assert_eq!(id.as_str().map(str::len), Some(32), "{id}");
    let sequence = event["Records"][0]["dynamodb"]["SequenceNumber"].take();
    assert_eq!(sequence.as_str().map(str::len), Some(21), "{sequence}");
    assert_eq!(
        event,
        json!({"Records": [{
            "eventID": null, "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": (START_MS / 1_000) as f64,
                "Keys": {"id": {"S": "hello"}},
                "NewImage": {"id": {"S": "hello"}, "bin": {"B": "Zm9vYmFy"}, "n": {"N": "7"}},
                "SequenceNumber": null, "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": stream,
        }]})
    );
    world.result(&uuid, "OK").await;
}

#[tokio::test]
async fn latest_is_the_moment_of_creation() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.put("before").await;
    world.map(&stream, json!({"StartingPosition": "LATEST"})).await;
    world.put("after").await;
    world.calls(1).await;
    assert_eq!(world.functions.batches(), [["after"]]);
}

#[tokio::test]
async fn trim_horizon_is_the_oldest_record() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.put("before").await;
    world.map(&stream, json!({})).await;
    world.calls(1).await;
    world.put("after").await;
    world.calls(2).await;
    assert_eq!(world.functions.batches(), [["before"], ["after"]]);
}

#[tokio::test]
async fn what_is_written_during_a_call_comes_as_one_batch() {
    let world = World::in_memory();
    let stream = world.table().await;
    for id in 0..7 {
        world.put(&id.to_string()).await;
    }
    world.map(&stream, json!({"BatchSize": 3})).await;
    world.calls(3).await;
    assert_eq!(world.functions.batches(), [vec!["0", "1", "2"], vec!["3", "4", "5"], vec!["6"]]);
}

#[tokio::test]
async fn a_batching_window_waits_for_more() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.map(&stream, json!({"BatchSize": 3, "MaximumBatchingWindowInSeconds": 5})).await;
    world.put("a").await;
    world.put("b").await;
    world.settle().await;
    assert!(world.functions.events().is_empty());
    world.clock.advance(5_000);
    world.calls(1).await;
    // A full batch does not wait.
    world.put_together(&["c", "d", "e"]).await;
    world.calls(2).await;
    assert_eq!(world.functions.batches()[0], ["a", "b"]);
    assert_eq!(world.functions.batches()[1].len(), 3);
}

#[tokio::test]
async fn filters_pass_records_by_what_is_stored() {
    let world = World::in_memory();
    let stream = world.table().await;
    let pattern = |pattern: Value| json!({ "Pattern": pattern.to_string() });
    let filters = json!({"Filters": [
        pattern(json!({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["good"]}}}})),
        pattern(json!({"eventName": ["REMOVE"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "x"}]}}}})),
    ]});
    let uuid = world.map(&stream, json!({"FilterCriteria": filters})).await;
    for (id, kind) in [("a", "good"), ("b", "bad"), ("x1", "bad"), ("c", "good")] {
        world.put_item(json!({"id": {"S": id}, "kind": {"S": kind}})).await;
    }
    for id in ["a", "x1"] {
        world.dynamo(Dynamo::DeleteItem, json!({"TableName": "things", "Key": {"id": {"S": id}}})).await;
    }
    world.put_item(json!({"id": {"S": "end"}, "kind": {"S": "good"}})).await;
    let functions = &world.functions;
    crate::world::until(|| functions.batches().concat().contains(&"end".to_owned()), "the end").await;
    assert_eq!(world.functions.batches().concat(), ["a", "c", "x1", "end"]);
    let figures = world.mappings.all()[0].figures;
    assert_eq!((figures.polled_event_count, figures.filtered_out_event_count), (7, 3));
    assert_eq!(figures.invoked_event_count, 4);
    let refused = world.history.find(&uuid).unwrap().refused_count();
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn lanes_keep_the_order_of_a_key() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.map(&stream, json!({"BatchSize": 2, "ParallelizationFactor": 4})).await;
    let keyed = ["a", "b", "c", "d", "e"];
    for round in 0..8 {
        for id in keyed {
            world.put_item(json!({"id": {"S": id}, "round": {"N": round.to_string()}})).await;
        }
    }
    let rounds = |id: &str| -> Vec<String> {
        let events = world.functions.events();
        let records = events.iter().flat_map(|event| event["Records"].as_array().unwrap());
        let of = records.filter(|record| record["dynamodb"]["Keys"]["id"]["S"] == id);
        of.map(|record| record["dynamodb"]["NewImage"]["round"]["N"].as_str().unwrap().to_owned()).collect()
    };
    let done = || world.functions.batches().concat().len() == 40;
    crate::world::until(done, "all records").await;
    for id in keyed {
        assert_eq!(rounds(id), ["0", "1", "2", "3", "4", "5", "6", "7"], "{id}");
    }
    // A batch has keys of one lane alone.
    let lanes: Vec<std::collections::BTreeSet<String>> =
        world.functions.events().iter().map(|event| keys(event).into_iter().collect()).collect();
    assert!(lanes.iter().any(|lane| lane.len() == 1), "{lanes:?}");
}

#[tokio::test]
async fn several_mappings_of_one_stream_know_nothing_of_each_other() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.names.lock().unwrap().insert(format!("{}:live", crate::world::FUNCTION));
    world.map(&stream, json!({})).await;
    world.map(&stream, json!({"FunctionName": "f:live"})).await;
    world.functions.handle(|_| Done::Answers(json!({})));
    world.put("a").await;
    world.calls(2).await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"], ["a"]]);
}

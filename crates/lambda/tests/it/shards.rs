//! Shards that are rolled over and split, and streams that end.

use crate::world::{Done, World, until};
use serde_json::{Value, json};
use wire::Operation as Dynamo;

#[tokio::test]
async fn children_come_after_their_parents() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    world.map(&stream, json!({"BatchSize": 1})).await;
    let mut expected = Vec::new();
    for round in 0..4 {
        for id in ["a", "b", "c"] {
            world.put_item(json!({"id": {"S": id}, "n": {"N": round.to_string()}})).await;
            expected.push((id.to_owned(), round.to_string()));
        }
        let question = json!({ "stream_arn": stream });
        if round % 2 == 0 {
            world.database.split_shards(&world.caller(), &question).await.unwrap();
        } else {
            world.database.roll_shards(&world.caller(), &question).await.unwrap();
        }
    }
    world.calls(1).await;
    world.settle().await;
    world.functions.handle(|_| Done::Answers(Value::Null));
    let seen = || -> Vec<(String, String)> {
        let events = world.functions.events();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut seen = Vec::new();
        for event in &events {
            let change = &event["Records"][0]["dynamodb"];
            let one = (text(&change["Keys"]["id"]["S"]), text(&change["NewImage"]["n"]["N"]));
            if !seen.contains(&one) {
                seen.push(one);
            }
        }
        seen
    };
    until(|| seen().len() == 12, "all records").await;
    for id in ["a", "b", "c"] {
        let of = |all: &[(String, String)]| -> Vec<String> {
            all.iter().filter(|(known, _)| known == id).map(|(_, n)| n.clone()).collect()
        };
        assert_eq!(of(&seen()), of(&expected), "{id}");
    }
}

#[tokio::test]
async fn latest_reads_later_shards_from_their_beginnings() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.put("before").await;
    world.map(&stream, json!({"StartingPosition": "LATEST"})).await;
    world.settle().await;
    let question = json!({ "stream_arn": stream });
    world.database.split_shards(&world.caller(), &question).await.unwrap();
    world.put("a").await;
    world.put("b").await;
    until(|| world.functions.batches().concat().len() == 2, "both").await;
    let mut seen = world.functions.batches().concat();
    seen.sort();
    assert_eq!(seen, ["a", "b"]);
}

#[tokio::test]
async fn a_stream_that_is_switched_off_is_read_to_its_end() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"Enabled": false})).await;
    world.put("last").await;
    let off = json!({"TableName": "things", "StreamSpecification": {"StreamEnabled": false}});
    world.dynamo(Dynamo::UpdateTable, off).await;
    world.update(&uuid, json!({"Enabled": true})).await;
    world.calls(1).await;
    assert_eq!(world.functions.batches(), [["last"]]);
    world.result(&uuid, "OK").await;
}

#[tokio::test]
async fn a_stream_that_is_gone_is_told() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({})).await;
    world.put("a").await;
    world.calls(1).await;
    world.dynamo(Dynamo::DeleteTable, json!({"TableName": "things"})).await;
    // A day later nothing is left of its stream.
    world.clock.advance(25 * 3_600_000);
    let told = || {
        world.clock.advance(1_000);
        &*world.mappings.all()[0].result == "PROBLEM: Stream not found"
    };
    until(told, "the stream is gone").await;
    assert_eq!(world.show(&uuid).await["State"], "Enabled");
}

//! Shards by age, by demand, and by the clock.

use crate::world::{World, table, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, DescribeStream};

const HOUR_MS: u64 = 3_600_000;

async fn streaming(world: &World) -> Value {
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    let created = world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
    json!({ "stream_arn": created["TableDescription"]["LatestStreamArn"] })
}

fn states(answer: &Value) -> Vec<&str> {
    answer["shards"].as_array().unwrap().iter().map(|shard| shard["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn roll_over_by_age() {
    for world in World::of_every_kind() {
        let named = streaming(&world).await;
        let list = || world.database.list_shards(&world.caller, &named).unwrap();
        world.advance(4 * HOUR_MS - 1).await;
        assert_eq!(states(&list()), ["open"]);
        world.advance(1).await;
        let rolled = list();
        assert_eq!(states(&rolled), ["closed", "open"]);
        assert_eq!(rolled["shards"][1]["parent"], rolled["shards"][0]["id"]);
        assert_eq!(rolled["shards"][1]["hashes"], rolled["shards"][0]["hashes"]);
        let described = world.ok(DescribeStream, json!({ "StreamArn": named["stream_arn"] })).await;
        let shards = described["StreamDescription"]["Shards"].as_array().unwrap();
        assert_eq!(shards[1]["ParentShardId"], shards[0]["ShardId"]);
        let ending = shards[0]["SequenceNumberRange"]["EndingSequenceNumber"].as_str().unwrap();
        assert!(shards[1]["SequenceNumberRange"]["StartingSequenceNumber"].as_str().unwrap() >= ending);
        // A day later the first shard has expired; the rolls went on.
        world.advance(24 * HOUR_MS).await;
        let ids = list();
        assert!(
            ids["shards"].as_array().unwrap().iter().all(|shard| shard["id"] != rolled["shards"][0]["id"])
        );
        assert_eq!(states(&ids).iter().filter(|state| **state == "open").count(), 1);
    }
}

#[tokio::test]
async fn split_and_roll_on_demand() {
    for world in World::of_every_kind() {
        let named = streaming(&world).await;
        let split = world.database.split_shards(&world.caller, &json!({ "table": "tab" })).await.unwrap();
        assert_eq!(states(&split), ["closed", "open", "open"]);
        assert_eq!(split["stream"], named["stream_arn"]);
        let hashes = |place: usize| split["shards"][place]["hashes"].as_str().unwrap().to_owned();
        assert_eq!(hashes(1), format!("{:032x}-{:032x}", 0, u128::MAX / 2));
        assert_eq!(hashes(2), format!("{:032x}-{:032x}", u128::MAX / 2 + 1, u128::MAX));
        let one = json!({ "table": "tab", "shard_id": split["shards"][2]["id"] });
        let rolled = world.database.roll_shards(&world.caller, &one).await.unwrap();
        assert_eq!(states(&rolled), ["closed", "open", "closed", "open"]);
        let again = world.database.roll_shards(&world.caller, &one).await.unwrap_err();
        assert!(again.message().unwrap().contains("closed"), "{again}");
        let world = world.reopened();
        let listed = world.database.list_shards(&world.caller, &named).unwrap();
        assert_eq!(listed, rolled, "also after a restart");
    }
}

#[tokio::test]
async fn questions_that_make_no_sense() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let questions = [
        json!({}),
        json!({ "table": "nope" }),
        json!({ "table": "tab" }),
        json!({ "stream_arn": "nope" }),
        json!([1]),
        json!(null),
    ];
    for question in questions {
        assert!(world.database.list_shards(&world.caller, &question).is_err(), "{question}");
        assert!(world.database.roll_shards(&world.caller, &question).await.is_err(), "{question}");
        assert!(world.database.split_shards(&world.caller, &question).await.is_err(), "{question}");
        assert!(world.database.move_clock(&question).await.is_err(), "{question}");
    }
    let now_ms = world.environment.clock.now_ms();
    assert!(world.database.move_clock(&json!({ "now_ms": now_ms - 1 })).await.is_err());
    let moved = world.database.move_clock(&json!({ "now_ms": now_ms + 5 })).await.unwrap();
    assert_eq!(moved["now_ms"], json!(now_ms + 5));
}

#[tokio::test]
async fn the_clock_alone_rolls_shards_over() {
    let world = World::in_memory();
    let named = streaming(&world).await;
    // Not through the endpoint: the background task must see it by itself.
    world.environment.clock.advance(5 * HOUR_MS);
    world
        .until("the shard has rolled over", async |world: &World| {
            states(&world.database.list_shards(&world.caller, &named).unwrap()).len() == 2
        })
        .await;
}

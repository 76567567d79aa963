//! Time to live: its settings, and that items go when their time is over.

use crate::world::{START_MS, World, table, with};
use database::Options;
use environment::Random;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{AnyStore, DiskFaults, Simulated, Snapshot as _, Store as _};
use wire::Operation::{
    CreateTable, DescribeTimeToLive, GetItem, GetRecords, GetShardIterator, PutItem, UpdateItem,
    UpdateTimeToLive,
};

/// Items that expire at once: many pages of them.
const ITEMS: u64 = 3_000;

fn set(enabled: bool, attribute: &str) -> Value {
    json!({ "TableName": "tab", "TimeToLiveSpecification": { "Enabled": enabled, "AttributeName": attribute } })
}

async fn status(world: &World) -> Value {
    let answer = world.ok(DescribeTimeToLive, json!({ "TableName": "tab" })).await;
    answer["TimeToLiveDescription"].clone()
}

#[tokio::test]
async fn settings_and_their_texts() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        let refused = async |request: Value| world.call(UpdateTimeToLive, request).await.unwrap_err().1;
        assert_eq!(status(&world).await, json!({ "TimeToLiveStatus": "DISABLED" }));
        assert_eq!(refused(set(false, "t")).await, "TimeToLive is already disabled");
        let answer = world.ok(UpdateTimeToLive, set(true, "t")).await;
        assert_eq!(answer, json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "t" } }));
        assert_eq!(status(&world).await, json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": "t" }));
        assert_eq!(refused(set(true, "t")).await, "TimeToLive is already enabled");
        let other = "TimeToLive is active on a different AttributeName: current AttributeName is t";
        assert_eq!(refused(set(true, "u")).await, other);
        assert_eq!(refused(set(false, "u")).await, other);
        world.ok(UpdateTimeToLive, set(false, "t")).await;
        assert_eq!(status(&world).await, json!({ "TimeToLiveStatus": "DISABLED" }));
        world.ok(UpdateTimeToLive, set(true, "u")).await;
        let missing =
            world.call(UpdateTimeToLive, with(set(true, "t"), json!({ "TableName": "nope" }))).await;
        assert_eq!(missing.unwrap_err().1, "Requested resource not found: Table: nope not found");
    }
}

async fn put(world: &World, key: &str, expiry: Value) {
    let item = json!({ "pk": { "S": key }, "t": expiry });
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

async fn exists(world: &World, key: &str) -> bool {
    let request = json!({ "TableName": "tab", "Key": { "pk": { "S": key } } });
    world.ok(GetItem, request).await.get("Item").is_some()
}

#[tokio::test]
async fn items_go_when_their_time_is_over() {
    for world in World::of_every_kind() {
        let stream = json!({ "StreamEnabled": true, "StreamViewType": "OLD_IMAGE" });
        let created =
            world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
        let arn = created["TableDescription"]["LatestStreamArn"].clone();
        let now = START_MS / 1000;
        let in_s = |seconds: u64| json!({ "N": (now + seconds).to_string() });
        // Some before it is enabled, some after.
        put(&world, "before", in_s(10)).await;
        put(&world, "text", json!({ "S": "1" })).await;
        put(&world, "ancient", json!({ "N": (now - 6 * 365 * 86_400).to_string() })).await;
        world.ok(UpdateTimeToLive, set(true, "t")).await;
        put(&world, "after", in_s(10)).await;
        put(&world, "later", in_s(1_000)).await;
        put(&world, "moved", in_s(10)).await;
        let update = json!({
            "TableName": "tab",
            "Key": { "pk": { "S": "moved" } },
            "UpdateExpression": "SET t = :t",
            "ExpressionAttributeValues": { ":t": in_s(1_000) },
        });
        world.ok(UpdateItem, update).await;
        world.advance(10_000).await;
        assert!(exists(&world, "after").await, "at its very second it is not yet expired");
        world.advance(1_000).await;
        for (key, stays) in [
            ("before", false),
            ("after", false),
            ("text", true),
            ("ancient", true),
            ("later", true),
            ("moved", true),
        ] {
            assert_eq!(exists(&world, key).await, stays, "{key}");
        }
        world.advance(1_000_000).await;
        for key in ["later", "moved"] {
            assert!(!exists(&world, key).await, "{key}");
        }
        assert_eq!(world.describe("tab").await["ItemCount"], 2);
        let removed: Vec<Value> = records(&world, &arn)
            .await
            .into_iter()
            .filter(|record| record["eventName"] == "REMOVE")
            .collect();
        assert_eq!(removed.len(), 4);
        let service = json!({ "PrincipalId": "dynamodb.amazonaws.com", "Type": "Service" });
        assert!(removed.iter().all(|record| record["userIdentity"] == service), "{removed:?}");
    }
}

/// Where commits are shared, deleting what has expired shares them too: it keeps up with clients that write as much.
#[tokio::test]
async fn pages_of_expired_items_share_commits() {
    let disk = AnyStore::Simulated(Simulated::new(DiskFaults::default(), Random::seeded(1)));
    let world = World::upon(Arc::new(disk), Options::in_memory(), 7);
    world.ok(CreateTable, table("tab")).await;
    world.ok(UpdateTimeToLive, set(true, "t")).await;
    for number in 0..ITEMS {
        put(&world, &number.to_string(), json!({ "N": (START_MS / 1000 + 10).to_string() })).await;
    }
    let commits = || world.database.store().snapshot().version().0;
    let before = commits();
    world.advance(20_000).await;
    assert_eq!(world.describe("tab").await["ItemCount"], 0);
    let (taken, pages) = (commits() - before, ITEMS / 100);
    assert!(taken < pages / 2, "{taken} commits for {pages} pages");
}

async fn records(world: &World, arn: &Value) -> Vec<Value> {
    let stream = world.ok(wire::Operation::DescribeStream, json!({ "StreamArn": arn })).await;
    let mut records = Vec::new();
    for shard in stream["StreamDescription"]["Shards"].as_array().unwrap() {
        let request =
            json!({ "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
        let iterator = world.ok(GetShardIterator, request).await["ShardIterator"].clone();
        let page = world.ok(GetRecords, json!({ "ShardIterator": iterator })).await;
        records.extend(page["Records"].as_array().unwrap().iter().cloned());
    }
    records
}

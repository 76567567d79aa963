//! Streams on and off, and what is left of them.

use crate::world::{World, table, with};
use serde_json::{Value, json};
use wire::Operation::{
    CreateTable, DeleteTable, DescribeStream, ListStreams, TagResource, UpdateTable, UpdateTimeToLive,
};

const DAY_MS: u64 = 86_400_000;

async fn switch(world: &World, specification: Value) -> Value {
    let request = json!({ "TableName": "tab", "StreamSpecification": specification });
    world.ok(UpdateTable, request).await["TableDescription"].clone()
}

async fn enable(world: &World, view: &str) -> String {
    let description = switch(world, json!({ "StreamEnabled": true, "StreamViewType": view })).await;
    assert_eq!(description["TableStatus"], "UPDATING");
    let arn = description["LatestStreamArn"].as_str().unwrap().to_owned();
    assert_eq!(world.describe("tab").await["LatestStreamArn"], json!(arn));
    arn
}

async fn stream(world: &World, arn: &str) -> Value {
    world.ok(DescribeStream, json!({ "StreamArn": arn })).await["StreamDescription"].clone()
}

async fn listed(world: &World) -> Vec<String> {
    let answer = world.ok(ListStreams, json!({ "TableName": "tab" })).await;
    let streams = answer["Streams"].as_array().unwrap();
    streams.iter().map(|stream| stream["StreamArn"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn are_switched_on_off_and_on() {
    for world in World::of_every_kind() {
        world
            .ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": { "StreamEnabled": false } })))
            .await;
        assert!(world.describe("tab").await.get("LatestStreamArn").is_none());
        assert_eq!(listed(&world).await, Vec::<String>::new());

        let first = enable(&world, "NEW_IMAGE").await;
        let described = stream(&world, &first).await;
        assert_eq!(
            (&described["StreamStatus"], &described["StreamViewType"]),
            (&json!("ENABLED"), &json!("NEW_IMAGE"))
        );
        assert_eq!(described["Shards"].as_array().unwrap().len(), 1);
        assert!(described["Shards"][0]["SequenceNumberRange"].get("EndingSequenceNumber").is_none());

        let off = switch(&world, json!({ "StreamEnabled": false })).await;
        assert!(off.get("StreamSpecification").is_none());
        let table = world.describe("tab").await;
        assert_eq!(table["LatestStreamArn"], json!(first), "a disabled stream is still the latest");
        assert!(table.get("StreamSpecification").is_none());
        let described = stream(&world, &first).await;
        assert_eq!(described["StreamStatus"], "DISABLED");
        assert!(described["Shards"][0]["SequenceNumberRange"].get("EndingSequenceNumber").is_some());

        let second = enable(&world, "KEYS_ONLY").await;
        assert!(second > first, "a new stream has a greater label, though no time has passed");
        assert_eq!(listed(&world).await, [first, second]);
    }
}

#[tokio::test]
async fn outlive_their_table_for_a_day() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        let arn = enable(&world, "NEW_IMAGE").await;
        world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
        assert_eq!(stream(&world, &arn).await["StreamStatus"], "DISABLED");
        world.ok(CreateTable, table("tab")).await;
        let second = enable(&world, "NEW_IMAGE").await;
        assert_eq!(listed(&world).await, [arn.clone(), second.clone()]);
        world.advance(DAY_MS - 2).await;
        assert_eq!(listed(&world).await.len(), 2);
        world.advance(3).await;
        assert_eq!(listed(&world).await, [second]);
        let gone = world.call(DescribeStream, json!({ "StreamArn": arn })).await;
        assert_eq!(gone.unwrap_err().0, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn keep_their_arn_through_other_changes() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let arn = enable(&world, "NEW_IMAGE").await;
    let table_arn = world.describe("tab").await["TableArn"].clone();
    world.ok(TagResource, json!({ "ResourceArn": table_arn, "Tags": [{ "Key": "k", "Value": "v" }] })).await;
    let expiry = json!({ "Enabled": true, "AttributeName": "t" });
    world.ok(UpdateTimeToLive, json!({ "TableName": "tab", "TimeToLiveSpecification": expiry })).await;
    let units = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let provisioned =
        json!({ "TableName": "tab", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units });
    world.ok(UpdateTable, provisioned).await;
    let described = world.describe("tab").await;
    assert_eq!(described["LatestStreamArn"], json!(arn));
    assert_eq!(described["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
}

//! Items: written, read, found through indexes, in batches and in transactions, and what streams say of them.

mod accepted;
mod batches;
mod capacity;
mod collisions;
mod indexes;
mod legacy;
mod model;
mod paging;
mod queries;
mod records;
mod returns;
mod scans;
mod statements;
mod texts;
mod three_forms;
mod transactions;
mod updates;

use crate::world::{World, definitions, index, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::{
    CreateTable, DescribeStream, GetItem, GetRecords, GetShardIterator, PutItem, Query, Scan,
};

/// A string value.
pub(crate) fn s(text: &str) -> Value {
    json!({ "S": text })
}

/// A number value.
pub(crate) fn n(number: i64) -> Value {
    json!({ "N": number.to_string() })
}

/// A table `tab` with the keys `pk` and `sk`, both strings, and a stream with both images.
pub(crate) fn sorted_table() -> Value {
    with(
        table("tab"),
        json!({
            "AttributeDefinitions": definitions("pk:S sk:S"),
            "KeySchema": keys("pk:HASH sk:RANGE"),
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        }),
    )
}

/// The same with a local index `lsi` on `l` (keys only) and global ones: `gsi` on `g` and `n` (everything),
/// `inc` on `g` (with `a`).
pub(crate) fn indexed_table() -> Value {
    let mut local = index("lsi", "pk:HASH l:RANGE");
    local["Projection"] = json!({ "ProjectionType": "KEYS_ONLY" });
    let mut include = index("inc", "g:HASH");
    include["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"] });
    with(
        sorted_table(),
        json!({
            "AttributeDefinitions": definitions("pk:S sk:S l:S g:S n:N"),
            "LocalSecondaryIndexes": [local],
            "GlobalSecondaryIndexes": [index("gsi", "g:HASH n:RANGE"), include],
        }),
    )
}

/// Worlds of every kind in which this table exists.
pub(crate) async fn worlds_with(table: Value) -> Vec<World> {
    let mut worlds = Vec::new();
    for world in World::of_every_kind() {
        world.ok(CreateTable, table.clone()).await;
        worlds.push(world);
    }
    worlds
}

/// Puts an item.
pub(crate) async fn put(world: &World, item: Value) {
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

/// The item of a key, null where there is none.
pub(crate) async fn get(world: &World, key: Value) -> Value {
    world.ok(GetItem, json!({ "TableName": "tab", "Key": key })).await["Item"].clone()
}

/// All items of a query, over all its pages, and how many pages there were.
pub(crate) async fn query_all(world: &World, request: Value) -> (Vec<Value>, usize) {
    read_all(world, Query, request).await
}

/// All items of a scan.
pub(crate) async fn scan_all(world: &World, request: Value) -> (Vec<Value>, usize) {
    read_all(world, Scan, request).await
}

async fn read_all(world: &World, operation: wire::Operation, mut request: Value) -> (Vec<Value>, usize) {
    request["TableName"] = json!("tab");
    let (mut items, mut pages) = (Vec::new(), 0);
    loop {
        let answer = world.ok(operation, request.clone()).await;
        pages += 1;
        items.extend(answer["Items"].as_array().unwrap().iter().cloned());
        assert!(pages < 10_000, "the pages do not end");
        match answer.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return (items, pages),
        }
    }
}

/// What of a record does not depend on when it was made and by which commit.
pub(crate) fn timeless(records: &[Value]) -> Vec<Value> {
    let timeless = |record: &Value| {
        let data = &record["dynamodb"];
        json!([record["eventName"], data["Keys"], data["OldImage"], data["NewImage"], data["SizeBytes"]])
    };
    records.iter().map(timeless).collect()
}

/// All records of the only shard of the table's stream.
pub(crate) async fn records(world: &World) -> Vec<Value> {
    let arn = world.describe("tab").await["LatestStreamArn"].clone();
    let stream = world.ok(DescribeStream, json!({ "StreamArn": arn })).await["StreamDescription"].clone();
    let shard = stream["Shards"][0]["ShardId"].clone();
    let request = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = world.ok(GetShardIterator, request).await["ShardIterator"].clone();
    let mut records = Vec::new();
    loop {
        let answer = world.ok(GetRecords, json!({ "ShardIterator": iterator })).await;
        let page = answer["Records"].as_array().unwrap();
        if page.is_empty() {
            return records;
        }
        records.extend(page.iter().cloned());
        iterator = answer["NextShardIterator"].clone();
    }
}

/// A field of every item, as text.
pub(crate) fn texts(items: &[Value], name: &str) -> Vec<String> {
    let text = |item: &Value| {
        let value = item[name].as_object().unwrap().values().next().unwrap();
        value.as_str().unwrap().to_owned()
    };
    items.iter().map(text).collect()
}

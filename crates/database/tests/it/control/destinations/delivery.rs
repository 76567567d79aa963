//! What is delivered: every change, with both images, once, in order for each item, whatever the stream does.

use super::{ARN, delivered, enable, make_stream, of_table, stream};
use crate::data::{n, s};
use crate::world::{START_MS, World, table, with};
use serde_json::{Value, json};
use std::collections::HashMap;
use wire::Operation::{
    BatchWriteItem, CreateTable, DeleteItem, DisableKinesisStreamingDestination, PutItem, TransactWriteItems,
    UpdateItem, UpdateTimeToLive,
};

/// Puts an item of one number.
pub(super) async fn put(world: &World, key: &str, value: i64) {
    let item = json!({ "pk": s(key), "v": n(value) });
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

fn images(record: &Value) -> (String, Option<&str>, Option<&str>) {
    let (dynamodb, image) = (&record["dynamodb"], |name: &str| record["dynamodb"][name]["v"]["N"].as_str());
    assert!(dynamodb.get("SequenceNumber").is_none() && dynamodb.get("StreamViewType").is_none());
    let key = dynamodb["Keys"]["pk"]["S"].as_str().unwrap();
    let what = format!("{} {key}", record["eventName"].as_str().unwrap());
    (what, image("OldImage"), image("NewImage"))
}

#[tokio::test]
async fn every_kind_of_write_is_delivered_with_both_images_whatever_the_stream_shows() {
    let views = [None, Some("KEYS_ONLY"), Some("NEW_AND_OLD_IMAGES")];
    for (world, view) in World::of_every_kind().into_iter().zip(views) {
        let request = match view {
            Some(view) => {
                let specification = json!({ "StreamEnabled": true, "StreamViewType": view });
                with(table("tab"), json!({ "StreamSpecification": specification }))
            }
            None => table("tab"),
        };
        world.ok(CreateTable, request).await;
        make_stream(&world, 1).await;
        put(&world, "before", 1).await;
        enable(&world).await;
        put(&world, "a", 1).await;
        put(&world, "a", 2).await;
        // Nothing changes, so nothing is told.
        put(&world, "a", 2).await;
        let key = json!({ "TableName": "tab", "Key": { "pk": s("a") } });
        let add = json!({
            "UpdateExpression": "ADD v :one", "ExpressionAttributeValues": { ":one": n(1) },
        });
        world.ok(UpdateItem, with(key.clone(), add)).await;
        world.ok(DeleteItem, key).await;
        let requests = json!([{ "PutRequest": { "Item": { "pk": s("b"), "v": n(5) } } }]);
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": requests } })).await;
        let actions = json!([
            { "Put": { "TableName": "tab", "Item": { "pk": s("c"), "v": n(6) } } },
            { "Delete": { "TableName": "tab", "Key": { "pk": s("b") } } },
        ]);
        let transaction = json!({ "TransactItems": actions });
        let (_, positions) = world.reply(TransactWriteItems, &transaction).await.unwrap();
        assert_eq!(positions.is_some(), view.is_some(), "the positions are those of the stream alone");
        world.ok(DisableKinesisStreamingDestination, of_table(ARN)).await;
        put(&world, "after", 1).await;
        let world = world.reopened();
        let delivered = delivered(&world);
        let told: Vec<_> = delivered.iter().map(images).collect();
        let expected = [
            ("INSERT a", None, Some("1")),
            ("MODIFY a", Some("1"), Some("2")),
            ("MODIFY a", Some("2"), Some("3")),
            ("REMOVE a", Some("3"), None),
            ("INSERT b", None, Some("5")),
            ("INSERT c", None, Some("6")),
            ("REMOVE b", Some("5"), None),
        ];
        let expected: Vec<_> = expected.map(|(what, old, new)| (what.to_owned(), old, new)).into();
        assert_eq!(told, expected, "{view:?}");
        let first = &delivered[0];
        assert_eq!(first["dynamodb"]["ApproximateCreationDateTime"], START_MS);
        assert_eq!(first["userIdentity"], Value::Null);
        assert_eq!(first["tableName"], "tab");
    }
}

#[tokio::test]
async fn deletions_by_time_to_live_are_told_as_the_services_own() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let specification = json!({ "Enabled": true, "AttributeName": "expires" });
    world.ok(UpdateTimeToLive, json!({ "TableName": "tab", "TimeToLiveSpecification": specification })).await;
    make_stream(&world, 1).await;
    enable(&world).await;
    let item = json!({ "pk": s("a"), "expires": { "N": (START_MS / 1000 + 10).to_string() } });
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
    world.advance(20_000).await;
    let delivered = delivered(&world);
    assert_eq!(delivered.len(), 2);
    assert_eq!(delivered[1]["eventName"], "REMOVE");
    assert_eq!(
        delivered[1]["userIdentity"],
        json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" })
    );
}

/// Writers count up items of their own while the stream's shards are split and merged under them.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_is_lost_doubled_or_reordered_while_shards_come_and_go() {
    const WRITERS: i64 = 4;
    const WRITES: i64 = 60;
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        make_stream(&world, 1).await;
        enable(&world).await;
        let writer = async |number: i64| {
            for value in 1..=WRITES {
                put(&world, &format!("{number}-{}", value % 3), value).await;
                tokio::task::yield_now().await;
            }
        };
        let resharder = async {
            for shards in [3, 2, 5, 1, 4] {
                let scaled =
                    world.database.change_data_stream(&world.caller, "changes", move |stream, opening| {
                        stream.scale(shards, opening)
                    });
                scaled.await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(writer(0), writer(1), writer(2), writer(3), resharder);
        let world = world.reopened();
        assert_eq!(stream(&world).open_shards().len(), 4);
        let mut last: HashMap<String, i64> = HashMap::new();
        let delivered = delivered(&world);
        for record in &delivered {
            let (what, old, new) = images(record);
            let key = what.split_once(' ').unwrap().1.to_owned();
            let before = last.insert(key, new.unwrap().parse().unwrap());
            assert_eq!(before, old.map(|old| old.parse().unwrap()), "out of order: {record}");
        }
        assert_eq!(delivered.len() as i64, WRITERS * WRITES);
    }
}

#[tokio::test]
async fn records_and_closed_shards_expire() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        make_stream(&world, 2).await;
        enable(&world).await;
        put(&world, "a", 1).await;
        let merged = world
            .database
            .change_data_stream(&world.caller, "changes", |stream, opening| stream.scale(1, opening));
        merged.await.unwrap();
        world.advance(23 * 3_600_000).await;
        put(&world, "b", 1).await;
        assert_eq!((stream(&world).shards.len(), delivered(&world).len()), (3, 2));
        world.advance(3_600_001).await;
        assert_eq!((stream(&world).shards.len(), delivered(&world).len()), (1, 1));
        let world = world.reopened();
        assert_eq!((stream(&world).shards.len(), delivered(&world).len()), (1, 1));
        put(&world, "c", 1).await;
        assert_eq!(delivered(&world).len(), 2);
    }
}

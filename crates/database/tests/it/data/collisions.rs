//! Two partition keys of one hash. The hash has 128 bits and a secret key, so this does not happen; but if it did,
//! no item would be taken for another's. To see it, an item is put by hand where only another partition can be.

use super::{n, put, s, sorted_table};
use crate::world::{World, definitions, index, with};
use bytes::Bytes;
use item::{Map, Stored};
use serde_json::{Value, json};
use std::ops::Bound;
use store::{Commit, CommitToken, Direction, Key, Outcome, Range, Snapshot, Store};
use wire::Operation::{
    BatchGetItem, BatchWriteItem, CreateTable, DeleteItem, GetItem, PutItem, Query, Scan, TransactGetItems,
    TransactWriteItems, UpdateItem,
};

const TEXT: &str = "two partition keys have the same hash";

/// The stored form of an item of strings.
fn stored(item: &Value) -> Stored {
    let text = |value: &Value| item::Value::S(value["S"].as_str().unwrap().into());
    let pairs = item.as_object().unwrap().iter();
    Stored::encode(&pairs.map(|(name, value)| (name.as_str().into(), text(value))).collect::<Map>())
}

/// Everything in the store that holds this item: itself, and its entries in indexes.
fn places(world: &World, item: &Value) -> Vec<Key> {
    let (store, wanted) = (world.database.store(), stored(item));
    let mut places = Vec::new();
    for space in store.spaces() {
        let whole =
            Range { space, from: Bound::Unbounded, to: Bound::Unbounded, direction: Direction::Forward };
        let found = store.snapshot().range(&whole, &mut |key, value| {
            if value.value == *wanted.bytes() {
                places.push(Key { space, bytes: Bytes::copy_from_slice(key) });
            }
            true
        });
        found.unwrap();
    }
    places
}

/// A table in which the item and its entry in `gsi` have been replaced by those of another partition, as if both
/// had the same hash.
async fn collided() -> World {
    let world = World::in_memory();
    let mut table = sorted_table();
    table["AttributeDefinitions"] = definitions("pk:S sk:S g:S l:S");
    table["GlobalSecondaryIndexes"] = json!([index("gsi", "g:HASH sk:RANGE")]);
    table["LocalSecondaryIndexes"] = json!([index("lsi", "pk:HASH l:RANGE")]);
    world.ok(CreateTable, table).await;
    let item = json!({ "pk": s("a"), "sk": s("2"), "g": s("g"), "l": s("l") });
    put(&world, json!({ "pk": s("a"), "sk": s("1") })).await;
    put(&world, item.clone()).await;
    let places = places(&world, &item);
    assert_eq!(places.len(), 3, "the item and two entries");
    let alien = stored(&json!({ "pk": s("b"), "sk": s("2"), "g": s("h"), "l": s("l") }));
    let writes = places.into_iter().map(|place| (place, Some(alien.bytes().clone()))).collect();
    let commit = Commit { writes, token: Some(CommitToken(1)), ..Commit::default() };
    assert!(matches!(world.database.store().commit(commit).unwrap(), Outcome::Done { .. }));
    world
}

#[tokio::test]
async fn are_refused_by_every_operation_that_finds_an_item_by_hash() {
    let world = collided().await;
    let key = json!({ "pk": s("a"), "sk": s("2") });
    let named = json!({ "TableName": "tab", "Key": key });
    let query = |index: Option<&str>, name: &str, value: &str| {
        let mut request = json!({ "TableName": "tab", "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": { "#p": name }, "ExpressionAttributeValues": { ":p": s(value) } });
        if let Some(index) = index {
            request["IndexName"] = json!(index);
        }
        request
    };
    let calls = [
        (GetItem, named.clone()),
        (Query, query(None, "pk", "a")),
        (Query, with(query(None, "pk", "a"), json!({ "ScanIndexForward": false, "Limit": 1 }))),
        (Query, query(Some("gsi"), "g", "g")),
        (Query, query(Some("lsi"), "pk", "a")),
        (BatchGetItem, json!({ "RequestItems": { "tab": { "Keys": [key] } } })),
        (TransactGetItems, json!({ "TransactItems": [{ "Get": named }] })),
        (PutItem, json!({ "TableName": "tab", "Item": key })),
        (UpdateItem, named.clone()),
        (DeleteItem, named.clone()),
        (BatchWriteItem, json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": key } }] } })),
        (TransactWriteItems, json!({ "TransactItems": [{ "Delete": named }] })),
    ];
    for (operation, request) in calls {
        let (code, text) = world.call(operation, request.clone()).await.unwrap_err();
        assert_eq!(
            (code.as_str(), text.as_str()),
            ("InternalServerError", TEXT),
            "{} of {request}",
            operation.name()
        );
    }
    // What does not come across it is as it was, and a scan looks for no partition.
    let first = with(query(None, "pk", "a"), json!({ "Limit": 1 }));
    assert_eq!(world.ok(Query, first).await["Items"], json!([{ "pk": s("a"), "sk": s("1") }]));
    assert_eq!(world.ok(Scan, json!({ "TableName": "tab" })).await["Count"], json!(2));
}

/// Partition keys of every type, and of several attributes, are compared as values.
#[tokio::test]
async fn are_not_seen_where_there_are_none() {
    for (kind, value) in [("S", s("a\0b")), ("N", n(-7)), ("B", json!({ "B": "AAH/" }))] {
        let world = World::in_memory();
        let mut table = crate::world::table("tab");
        table["AttributeDefinitions"] = crate::world::definitions(&format!("pk:S g:{kind} h:S"));
        table["GlobalSecondaryIndexes"] = json!([index("gsi", "g:HASH h:HASH")]);
        world.ok(CreateTable, table).await;
        put(&world, json!({ "pk": s("x"), "g": value, "h": s("h") })).await;
        let request = json!({ "TableName": "tab", "IndexName": "gsi", "KeyConditionExpression": "g = :g AND h = :h",
            "ExpressionAttributeValues": { ":g": value, ":h": s("h") } });
        assert_eq!(world.ok(Query, request).await["Count"], json!(1), "{value}");
    }
}

//! ConsumedCapacity and ItemCollectionMetrics.

use super::{indexed_table, n, put, s, sorted_table, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use wire::Operation::{
    BatchGetItem, BatchWriteItem, DeleteItem, GetItem, PutItem, Query, Scan, TransactWriteItems, UpdateItem,
};

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn total(units: f64) -> Value {
    json!({ "TableName": "tab", "CapacityUnits": units })
}

#[tokio::test]
async fn of_single_items() {
    for world in worlds_with(sorted_table()).await {
        let told = |more: Value| with(json!({ "TableName": "tab", "ReturnConsumedCapacity": "TOTAL" }), more);
        let used =
            async |operation, more: Value| world.ok(operation, told(more)).await["ConsumedCapacity"].clone();
        let large = with(key(), json!({ "x": s(&"x".repeat(5000)) }));
        assert_eq!(used(DeleteItem, json!({ "Key": key() })).await, total(1.0));
        assert_eq!(used(GetItem, json!({ "Key": key() })).await, total(0.5));
        assert_eq!(used(PutItem, json!({ "Item": large.clone() })).await, total(5.0));
        assert_eq!(used(GetItem, json!({ "Key": key() })).await, total(1.0));
        assert_eq!(
            used(GetItem, json!({ "Key": key(), "ConsistentRead": true, "ProjectionExpression": "sk" }))
                .await,
            total(2.0)
        );
        let update = json!({ "Key": key(), "UpdateExpression": "REMOVE x" });
        assert_eq!(used(UpdateItem, update).await, total(5.0), "the larger image counts");
        assert_eq!(used(PutItem, json!({ "Item": key() })).await, total(1.0));
        let batch = json!({ "ReturnConsumedCapacity": "TOTAL", "RequestItems": { "tab": [{ "PutRequest": { "Item": large } }] } });
        assert_eq!(world.ok(BatchWriteItem, batch).await["ConsumedCapacity"], json!([total(5.0)]));
        let batch =
            json!({ "ReturnConsumedCapacity": "TOTAL", "RequestItems": { "tab": { "Keys": [key()] } } });
        assert_eq!(world.ok(BatchGetItem, batch).await["ConsumedCapacity"], json!([total(1.0)]));
        assert_eq!(used(DeleteItem, json!({ "Key": key() })).await, total(5.0));
    }
}

#[tokio::test]
async fn of_index_writes() {
    for world in worlds_with(indexed_table()).await {
        let write = async |operation, more: Value| {
            let request = with(json!({ "TableName": "tab", "ReturnConsumedCapacity": "INDEXES" }), more);
            world.ok(operation, request).await["ConsumedCapacity"].clone()
        };
        let one = json!({ "CapacityUnits": 1.0 });
        let item = with(key(), json!({ "g": s("x"), "l": s("l") }));
        let used = write(PutItem, json!({ "Item": item })).await;
        assert_eq!(
            used,
            json!({ "TableName": "tab", "CapacityUnits": 3.0, "Table": one,
                "LocalSecondaryIndexes": { "lsi": one }, "GlobalSecondaryIndexes": { "inc": one } })
        );
        let update = |expression: &str, value: Value| json!({ "Key": key(), "UpdateExpression": expression, "ExpressionAttributeValues": { ":v": value } });
        let used = write(UpdateItem, update("SET y = :v", n(1))).await;
        assert_eq!(
            used,
            json!({ "TableName": "tab", "CapacityUnits": 1.0, "Table": one }),
            "no index holds it"
        );
        let used = write(UpdateItem, update("SET g = :v", s("z"))).await;
        assert_eq!(
            used["GlobalSecondaryIndexes"],
            json!({ "inc": { "CapacityUnits": 2.0 } }),
            "a move is two writes"
        );
        let items = json!([{ "Update": with(update("SET n = :v", n(1)), json!({ "TableName": "tab" })) }]);
        let request = json!({ "TransactItems": items, "ReturnConsumedCapacity": "INDEXES" });
        let used = world.ok(TransactWriteItems, request).await["ConsumedCapacity"][0].clone();
        assert_eq!(used["Table"], json!({ "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0 }));
        assert_eq!(
            used["GlobalSecondaryIndexes"],
            json!({ "gsi": { "CapacityUnits": 1.0, "WriteCapacityUnits": 1.0 } })
        );
    }
}

#[tokio::test]
async fn of_pages() {
    for world in worlds_with(indexed_table()).await {
        for place in 0..10 {
            let item = json!({ "pk": s("a"), "sk": s(&place.to_string()), "g": s("x"), "n": n(place), "l": s("l"), "x": s(&"x".repeat(990)) });
            put(&world, item).await;
        }
        let told =
            |more: Value| with(json!({ "TableName": "tab", "ReturnConsumedCapacity": "INDEXES" }), more);
        let query =
            json!({ "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": { ":p": s("a") } });
        let used = world.ok(Query, told(query.clone())).await["ConsumedCapacity"].clone();
        // ten items of 990 bytes and a little: three steps of 4 KB
        assert_eq!(
            used,
            json!({ "TableName": "tab", "CapacityUnits": 1.5, "Table": { "CapacityUnits": 1.5 } })
        );
        let used =
            world.ok(Query, told(with(query, json!({ "IndexName": "lsi", "ConsistentRead": true })))).await;
        assert_eq!(
            used["ConsumedCapacity"],
            json!({ "TableName": "tab", "CapacityUnits": 1.0, "Table": { "CapacityUnits": 0.0 },
                "LocalSecondaryIndexes": { "lsi": { "CapacityUnits": 1.0 } } })
        );
        let used =
            world.ok(Scan, told(json!({ "IndexName": "gsi", "Limit": 1 }))).await["ConsumedCapacity"].clone();
        assert_eq!(used["GlobalSecondaryIndexes"], json!({ "gsi": { "CapacityUnits": 0.5 } }));
    }
}

#[tokio::test]
async fn item_collections_are_told_of_tables_with_a_local_index() {
    for world in worlds_with(indexed_table()).await {
        let metrics = json!({ "ItemCollectionKey": { "pk": s("a") }, "SizeEstimateRangeGB": [0.0, 1.0] });
        let request = json!({ "TableName": "tab", "Item": key(), "ReturnItemCollectionMetrics": "SIZE" });
        assert_eq!(world.ok(PutItem, request).await, json!({ "ItemCollectionMetrics": metrics }));
        let request = json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": key() } }] }, "ReturnItemCollectionMetrics": "SIZE" });
        assert_eq!(
            world.ok(BatchWriteItem, request).await["ItemCollectionMetrics"],
            json!({ "tab": [metrics] })
        );
        let missing = json!({ "pk": s("a"), "sk": s("none") });
        let request = json!({ "TableName": "tab", "Key": missing, "ReturnItemCollectionMetrics": "SIZE" });
        let answer = world.ok(DeleteItem, request).await;
        assert_eq!(answer, json!({ "ItemCollectionMetrics": metrics }), "of a delete of nothing too");
    }
    for world in worlds_with(sorted_table()).await {
        let request = json!({ "TableName": "tab", "Item": key(), "ReturnItemCollectionMetrics": "SIZE" });
        assert_eq!(world.ok(PutItem, request).await, json!({}));
    }
}

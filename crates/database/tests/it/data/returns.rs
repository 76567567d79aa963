//! What writes answer of the item, and where its record went.

use super::{get, n, put, records, s, sorted_table, worlds_with};
use crate::world::with;
use bytes::Bytes;
use serde_json::{Value, json};
use wire::Operation::{
    self, BatchExecuteStatement, BatchWriteItem, DeleteItem, ExecuteStatement, ExecuteTransaction, PutItem,
    Query, Scan, TransactWriteItems, UpdateItem,
};

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn item(more: Value) -> Value {
    with(key(), more)
}

#[tokio::test]
async fn of_put_and_delete() {
    for world in worlds_with(sorted_table()).await {
        let put = |more: Value, values: &str| json!({ "TableName": "tab", "Item": item(more), "ReturnValues": values });
        assert_eq!(world.ok(PutItem, put(json!({ "x": n(1) }), "ALL_OLD")).await, json!({}));
        assert_eq!(world.ok(PutItem, put(json!({ "x": n(2) }), "NONE")).await, json!({}));
        let answer = world.ok(PutItem, put(json!({ "x": n(3) }), "ALL_OLD")).await;
        assert_eq!(answer, json!({ "Attributes": item(json!({ "x": n(2) })) }));
        let answer = world.ok(PutItem, put(json!({ "x": n(3) }), "ALL_OLD")).await;
        assert_eq!(answer, json!({ "Attributes": item(json!({ "x": n(3) })) }), "equal, and still answered");
        let delete = json!({ "TableName": "tab", "Key": key(), "ReturnValues": "ALL_OLD" });
        let answer = world.ok(DeleteItem, delete.clone()).await;
        assert_eq!(answer, json!({ "Attributes": item(json!({ "x": n(3) })) }));
        assert_eq!(world.ok(DeleteItem, delete).await, json!({}));
    }
}

#[tokio::test]
async fn of_update() {
    for world in worlds_with(sorted_table()).await {
        let update = async |values: &str, more: i64| {
            let request = json!({
                "TableName": "tab", "Key": key(), "ReturnValues": values,
                "UpdateExpression": "SET x = :x, m.#a = :x REMOVE gone",
                "ExpressionAttributeNames": { "#a": "a" },
                "ExpressionAttributeValues": { ":x": n(more) },
            });
            world.ok(UpdateItem, request).await
        };
        put(&world, item(json!({ "x": n(0), "y": s("same"), "m": { "M": { "b": n(9) } }, "gone": s("!") })))
            .await;
        assert_eq!(update("NONE", 1).await, json!({}));
        put(&world, item(json!({ "x": n(0), "y": s("same"), "m": { "M": { "b": n(9) } }, "gone": s("!") })))
            .await;
        let answer = update("UPDATED_OLD", 2).await;
        assert_eq!(answer, json!({ "Attributes": { "x": n(0), "gone": s("!") } }));
        let answer = update("UPDATED_NEW", 3).await;
        assert_eq!(answer, json!({ "Attributes": { "x": n(3), "m": { "M": { "a": n(3) } } } }));
        let answer = update("ALL_OLD", 4).await;
        let whole =
            |x: i64| item(json!({ "x": n(x), "y": s("same"), "m": { "M": { "a": n(x), "b": n(9) } } }));
        assert_eq!(answer, json!({ "Attributes": whole(3) }));
        assert_eq!(update("ALL_NEW", 5).await, json!({ "Attributes": whole(5) }));
        assert_eq!(get(&world, key()).await, whole(5));
    }
}

#[tokio::test]
async fn of_update_on_nothing() {
    for world in worlds_with(sorted_table()).await {
        let update = |expression: &str, values: &str| {
            json!({
                "TableName": "tab", "Key": key(), "ReturnValues": values, "UpdateExpression": expression,
                "ExpressionAttributeValues": { ":x": n(1) },
            })
        };
        assert_eq!(world.ok(UpdateItem, update("SET x = :x", "ALL_OLD")).await, json!({}));
        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key() })).await;
        assert_eq!(world.ok(UpdateItem, update("SET x = :x", "UPDATED_OLD")).await, json!({}));
        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key() })).await;
        let answer = world.ok(UpdateItem, update("ADD x :x", "UPDATED_NEW")).await;
        assert_eq!(answer, json!({ "Attributes": { "x": n(1) } }));
        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key() })).await;
        let answer = world.ok(UpdateItem, update("ADD x :x", "ALL_NEW")).await;
        assert_eq!(answer, json!({ "Attributes": item(json!({ "x": n(1) })) }));
    }
}

#[tokio::test]
async fn of_failed_conditions() {
    for world in worlds_with(sorted_table()).await {
        let request = json!({
            "TableName": "tab", "Item": item(json!({ "x": n(2) })),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        world.ok(PutItem, request.clone()).await;
        let fail = async |request: Value| {
            let body = Bytes::from(request.to_string());
            let error = world.database.call(PutItem, &world.caller, body).await.unwrap_err();
            assert_eq!(error.status(), 400);
            serde_json::from_slice::<Value>(&error.to_body()).unwrap()
        };
        let body = fail(request.clone()).await;
        assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
        assert_eq!(body["message"], "The conditional request failed");
        assert_eq!(body["Item"], item(json!({ "x": n(2) })));
        let body =
            fail(with(request.clone(), json!({ "ReturnValuesOnConditionCheckFailure": "NONE" }))).await;
        assert!(body.get("Item").is_none());
        let absent = json!({ "Item": { "pk": s("other"), "sk": s("b") }, "ConditionExpression": "attribute_exists(pk)" });
        assert!(fail(with(request, absent)).await.get("Item").is_none());
    }
}

/// Every operation that writes items, and every one that reads pages of them. None fails, and each write makes a record.
fn writes_and_pages() -> Vec<(Operation, Value)> {
    let put = |x: i64| json!({ "TableName": "tab", "Item": item(json!({ "x": n(x) })) });
    let update = json!({ "TableName": "tab", "Key": key(), "UpdateExpression": "ADD x :x",
        "ExpressionAttributeValues": { ":x": n(1) } });
    let statement = |text: &str| json!({ "Statement": text });
    let one = "pk = 'a' AND sk = 'b'";
    let set = |x: i64| statement(&format!("UPDATE tab SET x = {x} WHERE {one}"));
    vec![
        (PutItem, put(1)),
        (UpdateItem, update),
        (DeleteItem, json!({ "TableName": "tab", "Key": key() })),
        (
            BatchWriteItem,
            json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": put(2)["Item"] } }] } }),
        ),
        (TransactWriteItems, json!({ "TransactItems": [{ "Put": put(3) }] })),
        (ExecuteStatement, set(4)),
        (BatchExecuteStatement, json!({ "Statements": [set(5)] })),
        (ExecuteTransaction, json!({ "TransactStatements": [set(6)] })),
        (Scan, json!({ "TableName": "tab" })),
        (
            Query,
            json!({ "TableName": "tab", "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": { ":p": s("a") } }),
        ),
        (ExecuteStatement, statement("SELECT * FROM tab")),
        (ExecuteStatement, statement("SELECT * FROM tab WHERE pk = 'a'")),
        (ExecuteStatement, statement(&format!("SELECT x FROM tab WHERE {one}"))),
    ]
}

#[tokio::test]
async fn every_write_and_every_page_tells_its_positions() {
    for world in worlds_with(sorted_table()).await {
        for (operation, request) in writes_and_pages() {
            let before = records(&world).await.len();
            let (_, positions) = world.reply(operation, &request).await.unwrap();
            let records = records(&world).await;
            let is_page = request["Statement"].as_str().is_some_and(|text| text.starts_with("SELECT"))
                || matches!(operation, Scan | Query);
            assert_eq!(records.len(), before + usize::from(!is_page), "{operation:?} {request}");
            let positions = positions.unwrap_or_else(|| panic!("{operation:?} {request} tells none"));
            let (_, number) = positions.split_once(':').unwrap();
            let last = &records.last().unwrap()["dynamodb"]["SequenceNumber"];
            assert_eq!(&json!(number), last, "{operation:?} {request}");
        }
    }
}

#[tokio::test]
async fn positions_name_the_record() {
    for world in worlds_with(sorted_table()).await {
        let request = json!({ "TableName": "tab", "Item": item(json!({})) });
        let body = Bytes::from(request.to_string());
        let reply = world.database.call(PutItem, &world.caller, body.clone()).await.unwrap();
        let positions = reply.positions.expect("a record was written");
        let (shard, number) = positions.split_once(':').unwrap();
        assert!(shard.starts_with("shardId-"));
        assert_eq!(json!(number), records(&world).await[0]["dynamodb"]["SequenceNumber"]);
        let again = world.database.call(PutItem, &world.caller, body).await.unwrap();
        assert_eq!(again.positions, None, "nothing changed, so there is no record");
    }
}

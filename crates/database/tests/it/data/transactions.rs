//! TransactWriteItems and TransactGetItems.

use super::{get, n, put, records, s, sorted_table, worlds_with};
use crate::world::{World, table, with};
use bytes::Bytes;
use serde_json::{Value, json};
use wire::Operation::{self, CreateTable, TransactGetItems, TransactWriteItems, UpdateItem};

fn key(sk: &str) -> Value {
    json!({ "pk": s("a"), "sk": s(sk) })
}

fn item(sk: &str, x: i64) -> Value {
    with(key(sk), json!({ "x": n(x) }))
}

fn put_of(sk: &str, x: i64) -> Value {
    json!({ "Put": { "TableName": "tab", "Item": item(sk, x) } })
}

/// The body of the error.
async fn fail(world: &World, operation: Operation, request: Value) -> Value {
    let body = Bytes::from(request.to_string());
    let error = world.database.call(operation, &world.caller, body).await.unwrap_err();
    assert_eq!(error.status(), 400);
    serde_json::from_slice(&error.to_body()).unwrap()
}

async fn cancelled(world: &World, items: Value) -> Value {
    let body = fail(world, TransactWriteItems, json!({ "TransactItems": items })).await;
    assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "{body}");
    body
}

async fn refused(world: &World, items: Value) -> String {
    let body = fail(world, TransactWriteItems, json!({ "TransactItems": items })).await;
    assert_eq!(body["__type"], "com.amazon.coral.validate#ValidationException", "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn all_actions_happen_over_several_tables() {
    for world in worlds_with(sorted_table()).await {
        world.ok(CreateTable, table("other")).await;
        put(&world, item("u", 1)).await;
        put(&world, item("d", 1)).await;
        put(&world, item("c", 1)).await;
        let request = json!({ "TransactItems": [
            put_of("p", 5),
            { "Update": { "TableName": "tab", "Key": key("u"), "UpdateExpression": "ADD x :one",
                "ExpressionAttributeValues": { ":one": n(1) } } },
            { "Delete": { "TableName": "tab", "Key": key("d"), "ConditionExpression": "attribute_exists(x)" } },
            { "ConditionCheck": { "TableName": "tab", "Key": key("c"), "ConditionExpression": "x = :one",
                "ExpressionAttributeValues": { ":one": n(1) } } },
            { "Put": { "TableName": "other", "Item": { "pk": s("o") } } },
        ] });
        let body = Bytes::from(request.to_string());
        let reply = world.database.call(TransactWriteItems, &world.caller, body).await.unwrap();
        assert_eq!(reply.body, b"{}");
        assert_eq!(reply.positions.unwrap().split(',').count(), 1, "one shard was written to");
        assert_eq!(get(&world, key("p")).await, item("p", 5));
        assert_eq!(get(&world, key("u")).await, item("u", 2));
        assert!(get(&world, key("d")).await.is_null());
        let names: Vec<Value> =
            records(&world).await[3..].iter().map(|record| record["eventName"].clone()).collect();
        assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    }
}

#[tokio::test]
async fn nothing_happens_where_one_condition_fails() {
    for world in worlds_with(sorted_table()).await {
        put(&world, item("c", 1)).await;
        let check = json!({ "ConditionCheck": { "TableName": "tab", "Key": key("c"),
            "ConditionExpression": "attribute_not_exists(x)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD" } });
        let absent = json!({ "Delete": { "TableName": "tab", "Key": key("d"), "ConditionExpression": "attribute_exists(x)" } });
        let body = cancelled(&world, json!([put_of("p", 1), check, absent])).await;
        assert_eq!(
            body["Message"],
            "Transaction cancelled, please refer cancellation reasons for specific reasons [None, \
             ConditionalCheckFailed, ConditionalCheckFailed]"
        );
        let failed = json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" });
        assert_eq!(
            body["CancellationReasons"],
            json!([{ "Code": "None" }, with(failed.clone(), json!({ "Item": item("c", 1) })), failed])
        );
        assert!(get(&world, key("p")).await.is_null());
        assert_eq!(records(&world).await.len(), 1);
    }
}

#[tokio::test]
async fn what_a_table_or_an_item_refuses_is_a_reason() {
    for world in worlds_with(super::indexed_table()).await {
        put(&world, with(key("t"), json!({ "x": s("text") }))).await;
        let update = |sk: &str| {
            json!({ "Update": { "TableName": "tab", "Key": key(sk), "UpdateExpression": "ADD x :one",
            "ExpressionAttributeValues": { ":one": n(1) } } })
        };
        let wrong_key = json!({ "Delete": { "TableName": "tab", "Key": { "pk": n(1), "sk": s("x") } } });
        let wrong_put = json!({ "Put": { "TableName": "tab", "Item": { "pk": n(1), "sk": s("x") } } });
        let wrong_index =
            json!({ "Put": { "TableName": "tab", "Item": with(key("g"), json!({ "g": n(1) })) } });
        let body = cancelled(&world, json!([update("new"), wrong_key, wrong_put])).await;
        let reason = |text: &str| json!({ "Code": "ValidationError", "Message": text });
        assert_eq!(
            body["CancellationReasons"],
            json!([
                { "Code": "None" },
                reason("The provided key element does not match the schema"),
                reason("One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"),
            ])
        );
        let body = cancelled(&world, json!([update("t"), wrong_index])).await;
        assert_eq!(
            body["CancellationReasons"],
            json!([
                reason("An operand in the update expression has an incorrect data type"),
                reason(
                    "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
                ),
            ])
        );
        assert!(get(&world, key("new")).await.is_null());
    }
}

#[tokio::test]
async fn a_token_makes_a_repetition_harmless() {
    for world in worlds_with(sorted_table()).await {
        let request = |token: &str, more: i64| {
            json!({ "ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL", "TransactItems": [
                { "Update": { "TableName": "tab", "Key": key("u"), "UpdateExpression": "ADD x :v",
                    "ExpressionAttributeValues": { ":v": n(more) } } },
            ] })
        };
        let first = world.ok(TransactWriteItems, request("t", 1)).await;
        let capacity = json!({ "TableName": "tab", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0 });
        assert_eq!(first["ConsumedCapacity"], json!([capacity]));
        let again = world.ok(TransactWriteItems, request("t", 1)).await;
        let capacity = json!({ "TableName": "tab", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0 });
        assert_eq!(again["ConsumedCapacity"], json!([capacity]));
        assert_eq!(get(&world, key("u")).await, item("u", 1));
        assert_eq!(records(&world).await.len(), 1);
        let body = fail(&world, TransactWriteItems, request("t", 2)).await;
        assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException");
        world.ok(TransactWriteItems, request("other", 2)).await;
        assert_eq!(get(&world, key("u")).await, item("u", 3));
        world.advance(10 * 60 * 1000 - 1).await;
        world.ok(TransactWriteItems, request("t", 1)).await;
        assert_eq!(get(&world, key("u")).await, item("u", 3));
        world.advance(2).await;
        world.ok(TransactWriteItems, request("t", 2)).await;
        assert_eq!(get(&world, key("u")).await, item("u", 5), "forgotten after ten minutes");
    }
}

#[tokio::test]
async fn a_token_of_a_cancelled_transaction_is_free() {
    for world in worlds_with(sorted_table()).await {
        let update = json!({ "TransactItems": [{ "Update": { "TableName": "tab", "Key": key("u"),
            "UpdateExpression": "SET y = :v", "ConditionExpression": "attribute_exists(x)",
            "ExpressionAttributeValues": { ":v": n(1) } } }], "ClientRequestToken": "t" });
        let body = fail(&world, TransactWriteItems, update.clone()).await;
        assert!(body.get("CancellationReasons").is_some());
        put(&world, item("u", 1)).await;
        world.ok(TransactWriteItems, update).await;
        assert_eq!(get(&world, key("u")).await["y"], n(1));
    }
}

#[tokio::test]
async fn texts() {
    for world in worlds_with(sorted_table()).await {
        assert_eq!(
            refused(&world, json!([put_of("1", 1), { "Delete": { "TableName": "tab", "Key": key("1") } }]))
                .await,
            "Transaction request cannot include multiple operations on one item"
        );
        assert_eq!(
            refused(&world, json!([])).await,
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must \
             have length greater than or equal to 1"
        );
        let empty = json!([{ "Put": { "TableName": "tab", "Item": { "pk": s(""), "sk": s("x") } } }]);
        assert_eq!(
            refused(&world, empty).await,
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value. Key: pk"
        );
        let large = |sk: &str, size: usize| json!({ "Put": { "TableName": "tab", "Item": with(key(sk), json!({ "x": s(&"x".repeat(size)) })) } });
        assert_eq!(
            refused(&world, json!([large("1", 410_000)])).await,
            "Item size has exceeded the maximum allowed size"
        );
        let many: Vec<Value> = (0..11).map(|place| large(&place.to_string(), 400_000)).collect();
        assert!(refused(&world, json!(many)).await.contains("4 MB"));
        let unknown = json!({ "TransactItems": [{ "Put": { "TableName": "nowhere", "Item": key("1") } }] });
        let body = fail(&world, TransactWriteItems, unknown).await;
        assert_eq!(body["message"], "Requested resource not found");
    }
}

#[tokio::test]
async fn reads_see_one_moment_and_answer_in_order() {
    for world in worlds_with(sorted_table()).await {
        put(&world, item("1", 1)).await;
        put(&world, item("2", 2)).await;
        let get = |sk: &str| json!({ "Get": { "TableName": "tab", "Key": key(sk) } });
        let mut projected = get("1");
        projected["Get"]["ProjectionExpression"] = json!("x");
        let request =
            json!({ "TransactItems": [get("2"), get("none"), projected], "ReturnConsumedCapacity": "TOTAL" });
        let answer = world.ok(TransactGetItems, request).await;
        assert_eq!(answer["Responses"], json!([{ "Item": item("2", 2) }, {}, { "Item": { "x": n(1) } }]));
        assert_eq!(
            answer["ConsumedCapacity"],
            json!([{ "TableName": "tab", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0 }])
        );
        let wrong = json!({ "TransactItems": [get("2"), { "Get": { "TableName": "tab", "Key": {} } }] });
        let body = fail(&world, TransactGetItems, wrong).await;
        assert_eq!(
            body["CancellationReasons"],
            json!([{ "Code": "None" }, { "Code": "ValidationError", "Message": "The provided key element does not match the schema" }])
        );
        let unknown = json!({ "TransactItems": [{ "Get": { "TableName": "nowhere", "Key": key("1") } }] });
        assert_eq!(fail(&world, TransactGetItems, unknown).await["message"], "Requested resource not found");
    }
}

#[tokio::test]
async fn one_counter_under_many_transactions() {
    for world in worlds_with(sorted_table()).await {
        let world = std::sync::Arc::new(world);
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let world = std::sync::Arc::clone(&world);
            tasks.spawn(async move {
                for _ in 0..20 {
                    let update = |sk: &str| {
                        json!({ "TableName": "tab", "Key": key(sk), "UpdateExpression": "ADD x :one",
                        "ExpressionAttributeValues": { ":one": n(1) } })
                    };
                    if writer % 2 == 0 {
                        let items = json!([{ "Update": update("1") }, { "Update": update("2") }]);
                        world.ok(TransactWriteItems, json!({ "TransactItems": items })).await;
                    } else {
                        world.ok(UpdateItem, update("1")).await;
                    }
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(get(&world, key("1")).await["x"], n(160));
        assert_eq!(get(&world, key("2")).await["x"], n(80));
        assert_eq!(records(&world).await.len(), 240);
    }
}

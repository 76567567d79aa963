//! UpdateItem: what its clauses do, and what it refuses.

use super::{get, n, put, s, sorted_table, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use wire::Operation::UpdateItem;

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn request(expression: &str, values: Value) -> Value {
    let mut request = json!({ "TableName": "tab", "Key": key(), "UpdateExpression": expression });
    if !values.is_null() {
        request["ExpressionAttributeValues"] = values;
    }
    request
}

#[tokio::test]
async fn every_clause_reads_the_item_as_it_was() {
    for world in worlds_with(sorted_table()).await {
        put(&world, with(key(), json!({ "c": n(1), "l": { "L": [n(0), n(1), n(2)] } }))).await;
        let expression = "SET c = :seven, d = c + :one REMOVE l[0], l[1] ADD f :one";
        world.ok(UpdateItem, request(expression, json!({ ":seven": n(7), ":one": n(1) }))).await;
        let expected = json!({ "c": n(7), "d": n(2), "f": n(1), "l": { "L": [n(2)] } });
        assert_eq!(get(&world, key()).await, with(key(), expected));
    }
}

#[tokio::test]
async fn functions_and_sets() {
    for world in worlds_with(sorted_table()).await {
        put(&world, with(key(), json!({ "l": { "L": [n(1)] }, "set": { "SS": ["a", "b"] } }))).await;
        let expression = "SET l = list_append(l, :l), e = if_not_exists(e, :one), c = if_not_exists(l[0], :one) - :one \
                          ADD t :set DELETE #set :gone";
        let values = json!({ ":l": { "L": [n(2)] }, ":one": n(1), ":set": { "NS": ["3", "1"] }, ":gone": { "SS": ["a", "z"] } });
        let request =
            with(request(expression, values), json!({ "ExpressionAttributeNames": { "#set": "set" } }));
        world.ok(UpdateItem, request).await;
        let expected = json!({ "l": { "L": [n(1), n(2)] }, "e": n(1), "c": n(0), "t": { "NS": ["1", "3"] }, "set": { "SS": ["b"] } });
        assert_eq!(get(&world, key()).await, with(key(), expected));
    }
}

#[tokio::test]
async fn what_does_not_fit_the_item_is_refused_and_changes_nothing() {
    for world in worlds_with(sorted_table()).await {
        let item = with(key(), json!({ "t": s("text"), "m": { "M": {} } }));
        put(&world, item.clone()).await;
        let one = json!({ ":v": n(1) });
        let cases = [
            ("SET t = t + :v", &one, "An operand in the update expression has an incorrect data type"),
            ("ADD t :v", &one, "An operand in the update expression has an incorrect data type"),
            (
                "SET x = y + :v",
                &one,
                "The provided expression refers to an attribute that does not exist in the item",
            ),
            (
                "SET nix.x = :v",
                &one,
                "The document path provided in the update expression is invalid for update",
            ),
            (
                "SET m[0] = :v",
                &one,
                "The document path provided in the update expression is invalid for update",
            ),
            (
                "REMOVE zz.y",
                &Value::Null,
                "The document path provided in the update expression is invalid for update",
            ),
            (
                "SET sk = :v",
                &one,
                "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key",
            ),
            (
                "REMOVE pk",
                &Value::Null,
                "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
            ),
        ];
        for (expression, values, text) in cases {
            let error = world.call(UpdateItem, request(expression, values.clone())).await.unwrap_err();
            assert_eq!(error, ("ValidationException".to_owned(), text.to_owned()), "{expression}");
        }
        assert_eq!(get(&world, key()).await, item);
    }
}

#[tokio::test]
async fn an_update_that_grows_the_item_too_large_is_refused() {
    for world in worlds_with(sorted_table()).await {
        put(&world, with(key(), json!({ "a": s(&"x".repeat(300_000)) }))).await;
        let values = json!({ ":v": s(&"y".repeat(120_000)) });
        let error = world.call(UpdateItem, request("SET b = :v", values)).await.unwrap_err();
        assert_eq!(error.1, "Item size to update has exceeded the maximum allowed size");
        let values = json!({ ":v": s(&"y".repeat(100_000)) });
        world.ok(UpdateItem, request("SET b = :v", values)).await;
    }
}

#[tokio::test]
async fn a_condition_guards_the_update() {
    for world in worlds_with(sorted_table()).await {
        put(&world, with(key(), json!({ "c": n(1) }))).await;
        let guarded = |expected: i64| {
            let values = json!({ ":old": n(expected), ":one": n(1) });
            with(request("SET c = c + :one", values), json!({ "ConditionExpression": "c = :old" }))
        };
        world.ok(UpdateItem, guarded(1)).await;
        let error = world.call(UpdateItem, guarded(1)).await.unwrap_err();
        assert_eq!(error.0, "ConditionalCheckFailedException");
        assert_eq!(get(&world, key()).await["c"], n(2));
    }
}

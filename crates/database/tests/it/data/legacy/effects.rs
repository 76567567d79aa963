//! What only shows by itself: items that legacy requests make or do not make, and what a batch has left over.

use crate::data::{get, n, put, records, s, sorted_table, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use wire::Operation::{BatchGetItem, DeleteItem, PutItem, UpdateItem};

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn updates(updates: Value) -> Value {
    json!({ "TableName": "tab", "Key": key(), "AttributeUpdates": updates, "ReturnValues": "ALL_NEW" })
}

#[tokio::test]
async fn a_missing_item_is_made_by_put_and_add_but_not_by_delete() {
    for world in worlds_with(sorted_table()).await {
        let deletes =
            json!({ "x": { "Action": "DELETE" }, "y": { "Action": "DELETE", "Value": { "NS": ["1"] } } });
        assert_eq!(world.ok(UpdateItem, updates(deletes)).await, json!({}));
        assert!(get(&world, key()).await.is_null() && records(&world).await.is_empty());
        for (update, made) in [
            (json!({ "x": { "Value": n(1) } }), json!({ "x": n(1) })),
            (json!({ "x": { "Action": "ADD", "Value": n(2) } }), json!({ "x": n(2) })),
            (
                json!({ "x": { "Action": "ADD", "Value": { "SS": ["b", "a"] } } }),
                json!({ "x": { "SS": ["a", "b"] } }),
            ),
            (json!({ "x": { "Action": "ADD", "Value": { "L": [n(3)] } } }), json!({ "x": { "L": [n(3)] } })),
            (
                json!({ "x": { "Action": "DELETE" }, "x.y": { "Action": "PUT", "Value": n(4) } }),
                json!({ "x.y": n(4) }),
            ),
            (json!({}), json!({})),
        ] {
            let whole = with(key(), made);
            let answer = world.ok(UpdateItem, updates(update)).await;
            assert_eq!(answer, json!({ "Attributes": whole }));
            assert_eq!(get(&world, key()).await, whole);
            world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key() })).await;
        }
    }
}

#[tokio::test]
async fn an_expectation_decides_and_what_failed_is_shown() {
    for world in worlds_with(sorted_table()).await {
        let expecting = |expected: Value| json!({ "TableName": "tab", "Item": with(key(), json!({ "x": n(2) })), "Expected": expected });
        let absent = expecting(json!({ "pk": { "Exists": false } }));
        assert_eq!(world.ok(PutItem, absent.clone()).await, json!({}));
        let (code, _) = world.call(PutItem, absent).await.unwrap_err();
        assert_eq!(code, "ConditionalCheckFailedException");
        for expected in [json!({}), json!({ "x": null }), json!({ "x": { "Value": n(2) } })] {
            world.ok(PutItem, expecting(expected)).await;
        }
        assert_eq!(records(&world).await.len(), 1, "an equal item is no change");
    }
}

#[tokio::test]
async fn what_a_batch_has_left_over_names_the_same_attributes() {
    // Where the items are kept makes no difference to that, but much to how long it takes.
    for world in worlds_with(sorted_table()).await.into_iter().take(1) {
        let keys: Vec<Value> = (0..45).map(|place| json!({ "pk": s("a"), "sk": n_text(place) })).collect();
        for key in &keys {
            put(&world, with(key.clone(), json!({ "x": s(&"x".repeat(390_000)), "y": n(1) }))).await;
        }
        let part = json!({ "Keys": keys, "AttributesToGet": ["y", "never"] });
        let answer = world.ok(BatchGetItem, json!({ "RequestItems": { "tab": part } })).await;
        let found = answer["Responses"]["tab"].as_array().unwrap();
        assert!(found.iter().all(|item| *item == json!({ "y": n(1) })));
        let left = &answer["UnprocessedKeys"]["tab"];
        assert_eq!(left["AttributesToGet"], json!(["y", "never"]));
        assert_eq!(left["Keys"].as_array().unwrap().len() + found.len(), keys.len());
        assert!(!left["Keys"].as_array().unwrap().is_empty());
    }
}

fn n_text(place: usize) -> Value {
    s(&format!("{place:03}"))
}

//! Which writes make a stream record, and what it holds: every row of the specification's table, for every
//! view, with and without a sort key.

use super::records;
use crate::world::{World, definitions, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::{BatchWriteItem, CreateTable, DeleteItem, PutItem, TransactWriteItems, UpdateItem};

const VIEWS: [&str; 4] = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"];

struct Case {
    world: World,
    view: &'static str,
    sorted: bool,
    seen: usize,
}

impl Case {
    fn key(&self) -> Value {
        match self.sorted {
            true => json!({ "pk": { "S": "a" }, "sk": { "S": "b" } }),
            false => json!({ "pk": { "S": "a" } }),
        }
    }

    fn item(&self, more: Value) -> Value {
        with(self.key(), more)
    }

    async fn put(&self, more: Value) {
        self.world.ok(PutItem, json!({ "TableName": "tab", "Item": self.item(more) })).await;
    }

    async fn update(&self, expression: &str, values: Value) {
        let mut request = json!({ "TableName": "tab", "Key": self.key() });
        if !expression.is_empty() {
            request["UpdateExpression"] = json!(expression);
        }
        if !values.is_null() {
            request["ExpressionAttributeValues"] = values;
        }
        self.world.ok(UpdateItem, request).await;
    }

    async fn delete(&self) {
        self.world.ok(DeleteItem, json!({ "TableName": "tab", "Key": self.key() })).await;
    }

    /// The records since the last look: name, old image and new image as the view shows them.
    async fn expect(&mut self, what: &str, expected: &[(&str, Option<Value>, Option<Value>)]) {
        let all = records(&self.world).await;
        let new = &all[self.seen..];
        self.seen = all.len();
        assert_eq!(new.len(), expected.len(), "{what}: {new:?}");
        for (record, (name, old, after)) in new.iter().zip(expected) {
            let data = &record["dynamodb"];
            assert_eq!(record["eventName"], json!(name), "{what}");
            assert_eq!(data["Keys"], self.key(), "{what}");
            assert_eq!(data["StreamViewType"], json!(self.view), "{what}");
            let shows = |image: &str, of: &Option<Value>| match of {
                Some(more) if self.view.contains(image) || self.view == "NEW_AND_OLD_IMAGES" => {
                    Some(self.item(more.clone()))
                }
                _ => None,
            };
            assert_eq!(data.get("OldImage").cloned(), shows("OLD_IMAGE", old), "{what}");
            assert_eq!(data.get("NewImage").cloned(), shows("NEW_IMAGE", after), "{what}");
        }
    }
}

async fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for view in VIEWS {
        for sorted in [false, true] {
            let stream = json!({ "StreamEnabled": true, "StreamViewType": view });
            let mut request = with(table("tab"), json!({ "StreamSpecification": stream }));
            if sorted {
                request["AttributeDefinitions"] = definitions("pk:S sk:S");
                request["KeySchema"] = keys("pk:HASH sk:RANGE");
            }
            for world in World::of_every_kind() {
                world.ok(CreateTable, request.clone()).await;
                cases.push(Case { world, view, sorted, seen: 0 });
            }
        }
    }
    cases
}

fn x(value: i64) -> Value {
    json!({ "x": { "N": value.to_string() } })
}

#[tokio::test]
async fn of_puts_and_deletes() {
    for mut case in cases().await {
        case.delete().await;
        case.expect("delete of nothing", &[]).await;
        case.put(x(1)).await;
        case.expect("put of a new item", &[("INSERT", None, Some(x(1)))]).await;
        case.put(x(2)).await;
        case.expect("put over another", &[("MODIFY", Some(x(1)), Some(x(2)))]).await;
        case.put(json!({ "x": { "N": "2.0" } })).await;
        case.expect("put of an equal item", &[]).await;
        case.delete().await;
        case.expect("delete", &[("REMOVE", Some(x(2)), None)]).await;
        case.put(json!({})).await;
        case.expect("put of a key", &[("INSERT", None, Some(json!({})))]).await;
        case.put(json!({})).await;
        case.expect("put of the same key", &[]).await;
    }
}

#[tokio::test]
async fn of_updates() {
    for mut case in cases().await {
        case.update("REMOVE x", Value::Null).await;
        case.expect("remove on nothing", &[]).await;
        case.update("SET x = :v", json!({ ":v": { "N": "1" } })).await;
        case.expect("set on nothing", &[("INSERT", None, Some(x(1)))]).await;
        case.update("SET x = :v", json!({ ":v": { "N": "1.0" } })).await;
        case.update("ADD x :v", json!({ ":v": { "N": "0" } })).await;
        case.update("REMOVE y", Value::Null).await;
        case.expect("updates without effect", &[]).await;
        case.update("ADD x :v", json!({ ":v": { "N": "4" } })).await;
        case.expect("add", &[("MODIFY", Some(x(1)), Some(x(5)))]).await;
        case.update("REMOVE x", Value::Null).await;
        case.expect("the last attribute goes", &[("MODIFY", Some(x(5)), Some(json!({})))]).await;
        case.update("DELETE y :v", json!({ ":v": { "SS": ["q"] } })).await;
        case.expect("delete from no set", &[]).await;
        case.delete().await;
        case.expect("delete of a key", &[("REMOVE", Some(json!({})), None)]).await;
        case.update("", Value::Null).await;
        case.expect("update without an expression", &[("INSERT", None, Some(json!({})))]).await;
        case.delete().await;
        case.update("ADD x :v", json!({ ":v": { "N": "3" } })).await;
        let expected = [("REMOVE", Some(json!({})), None), ("INSERT", None, Some(x(3)))];
        case.expect("add on nothing", &expected).await;
    }
}

#[tokio::test]
async fn of_values_that_are_equal_by_another_spelling() {
    for mut case in cases().await {
        let first = json!({ "m": { "M": { "a": { "N": "1" }, "b": { "S": "" } } }, "s": { "NS": ["1", "20"] },
            "l": { "L": [{ "N": "1" }, { "BOOL": true }] } });
        let same = json!({ "s": { "NS": ["2e1", "1.00"] }, "l": { "L": [{ "N": "01" }, { "BOOL": true }] },
            "m": { "M": { "b": { "S": "" }, "a": { "N": "1.0" } } } });
        case.put(first.clone()).await;
        case.expect("put", &[("INSERT", None, Some(first.clone()))]).await;
        case.put(same).await;
        case.expect("the same", &[]).await;
        let turned = with(first.clone(), json!({ "l": { "L": [{ "BOOL": true }, { "N": "1" }] } }));
        case.put(turned.clone()).await;
        case.expect("another order of a list", &[("MODIFY", Some(first), Some(turned))]).await;
    }
}

#[tokio::test]
async fn of_what_is_refused() {
    for mut case in cases().await {
        case.put(x(1)).await;
        case.expect("put", &[("INSERT", None, Some(x(1)))]).await;
        let refused =
            json!({ "TableName": "tab", "Key": case.key(), "ConditionExpression": "attribute_exists(nix)" });
        let error = case.world.call(DeleteItem, refused).await.unwrap_err();
        assert_eq!(error.0, "ConditionalCheckFailedException");
        let actions = json!([
            { "Update": { "TableName": "tab", "Key": case.key(), "UpdateExpression": "REMOVE x",
                "ConditionExpression": "attribute_exists(nix)" } },
        ]);
        let error =
            case.world.call(TransactWriteItems, json!({ "TransactItems": actions })).await.unwrap_err();
        assert_eq!(error.0, "TransactionCanceledException");
        case.expect("nothing", &[]).await;
    }
}

#[tokio::test]
async fn of_batches_and_transactions() {
    for mut case in cases().await {
        let item = case.item(x(1));
        let batch = json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": item } }] } });
        case.world.ok(BatchWriteItem, batch.clone()).await;
        case.world.ok(BatchWriteItem, batch).await;
        case.expect("batch put, twice", &[("INSERT", None, Some(x(1)))]).await;
        let put = json!({ "TransactItems": [{ "Put": { "TableName": "tab", "Item": case.item(x(2)) } }] });
        case.world.ok(TransactWriteItems, put.clone()).await;
        case.world.ok(TransactWriteItems, put).await;
        case.expect("transaction, twice", &[("MODIFY", Some(x(1)), Some(x(2)))]).await;
        let check = json!({ "TransactItems": [{ "ConditionCheck": { "TableName": "tab", "Key": case.key(),
            "ConditionExpression": "attribute_exists(pk)" } }] });
        case.world.ok(TransactWriteItems, check).await;
        case.expect("check", &[]).await;
        let update = json!({ "TransactItems": [{ "Update": { "TableName": "tab", "Key": case.key(),
            "UpdateExpression": "SET x = :v", "ExpressionAttributeValues": { ":v": { "N": "3" } } } }] });
        case.world.ok(TransactWriteItems, update).await;
        case.expect("update", &[("MODIFY", Some(x(2)), Some(x(3)))]).await;
        let delete = json!({ "RequestItems": { "tab": [{ "DeleteRequest": { "Key": case.key() } }] } });
        case.world.ok(BatchWriteItem, delete.clone()).await;
        case.world.ok(BatchWriteItem, delete).await;
        case.expect("batch delete, twice", &[("REMOVE", Some(x(3)), None)]).await;
        let delete = json!({ "TransactItems": [{ "Delete": { "TableName": "tab", "Key": case.key() } }] });
        case.world.ok(TransactWriteItems, delete).await;
        case.expect("delete of nothing", &[]).await;
    }
}

#[tokio::test]
async fn of_one_batch_come_in_its_order() {
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    for world in World::of_every_kind() {
        world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
        let put = |key: usize| json!({ "PutRequest": { "Item": { "pk": { "S": format!("k{key}") } } } });
        let puts: Vec<Value> = [9, 3, 7, 1, 8].map(put).into();
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": puts } })).await;
        let mixed = json!([
            { "DeleteRequest": { "Key": { "pk": { "S": "k9" } } } },
            put(5),
            { "DeleteRequest": { "Key": { "pk": { "S": "k1" } } } },
        ]);
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": mixed } })).await;
        let seen: Vec<String> = records(&world)
            .await
            .iter()
            .map(|record| record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(seen, ["k9", "k3", "k7", "k1", "k8", "k9", "k5", "k1"]);
    }
}

//! The corners of DynamoDB that are easily missed, each with a test of its name, asked of the running server.

mod limits;
mod tables;

use crate::running::Running;
use serde_json::{Value, json};

/// A server, and what tests ask of it.
struct Corner {
    running: Running,
}

const ACCOUNT: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/";

impl Corner {
    /// A server with a table `tab` whose key is `pk`, a string, and whose stream has both images.
    fn new() -> Corner {
        let corner = Corner { running: Running::start(&["--in-memory", "--log", "error"]) };
        let mut table = table("tab");
        table["StreamSpecification"] =
            json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
        corner.ok("CreateTable", table);
        corner
    }

    fn ok(&self, operation: &str, request: Value) -> Value {
        self.running.ok(operation, &request)
    }

    /// The type of an error, without its namespace, and its text.
    fn error(&self, operation: &str, request: &Value) -> (String, String) {
        let answer = self.running.call(operation, request);
        assert_eq!(answer.status, 400, "{operation} of {request}: {}", answer.text());
        let (kind, text) = answer.error();
        (kind.rsplit('#').next().unwrap().to_owned(), text)
    }

    fn refused(&self, operation: &str, request: &Value, text: &str) {
        let expected = ("ValidationException".to_owned(), text.to_owned());
        assert_eq!(self.error(operation, request), expected, "{operation} of {request}");
    }

    fn put(&self, item: Value) {
        self.ok("PutItem", json!({ "TableName": "tab", "Item": item }));
    }

    /// The item of a key, null where there is none.
    fn get(&self, key: &str) -> Value {
        let request = json!({ "TableName": "tab", "Key": { "pk": { "S": key } } });
        self.ok("GetItem", request)["Item"].clone()
    }

    fn update(&self, key: &str, members: &Value) -> Value {
        let mut request = json!({ "TableName": "tab", "Key": { "pk": { "S": key } } });
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.ok("UpdateItem", request)
    }

    fn stream(&self) -> Value {
        self.ok("DescribeTable", json!({ "TableName": "tab" }))["Table"]["LatestStreamArn"].clone()
    }

    fn shards(&self, more: &Value) -> Vec<Value> {
        let mut request = json!({ "StreamArn": self.stream() });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let stream = self.ok("DescribeStream", request);
        assert!(stream["StreamDescription"].get("LastEvaluatedShardId").is_none());
        stream["StreamDescription"]["Shards"].as_array().unwrap().clone()
    }

    /// The names of all records of the only shard.
    fn records(&self) -> Vec<String> {
        let shard = self.shards(&json!({}))[0]["ShardId"].clone();
        let request =
            json!({ "StreamArn": self.stream(), "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let iterator = self.ok("GetShardIterator", request)["ShardIterator"].clone();
        let page = self.ok("GetRecords", json!({ "ShardIterator": iterator }));
        let name = |record: &Value| record["eventName"].as_str().unwrap().to_owned();
        page["Records"].as_array().unwrap().iter().map(name).collect()
    }
}

fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

#[test]
fn describe_stream_after_the_last_shard_is_an_empty_list() {
    let corner = Corner::new();
    let shard = corner.shards(&json!({}))[0]["ShardId"].clone();
    assert_eq!(corner.shards(&json!({ "ExclusiveStartShardId": shard })), [json!(null); 0]);
    // So is it after one that there never was.
    let unknown = format!("shardId-{:020}-{:08x}", 9_999_999_999_999_u64, 1);
    assert_eq!(corner.shards(&json!({ "ExclusiveStartShardId": unknown })), [json!(null); 0]);
}

#[test]
fn an_update_that_only_removes_makes_no_item_and_answers_no_attributes() {
    let corner = Corner::new();
    let removals = [
        json!({ "UpdateExpression": "REMOVE a" }),
        json!({ "UpdateExpression": "REMOVE a, b" }),
        json!({ "AttributeUpdates": { "a": { "Action": "DELETE" } } }),
    ];
    for removal in removals {
        for values in ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"] {
            let mut members = removal.clone();
            members["ReturnValues"] = json!(values);
            assert_eq!(corner.update("missing", &members), json!({}), "{members}");
        }
    }
    assert_eq!(corner.get("missing"), Value::Null);
    assert_eq!(corner.records(), [""; 0]);
}

#[test]
fn an_update_without_an_action_makes_an_item_of_its_key() {
    let corner = Corner::new();
    assert_eq!(corner.update("new", &json!({})), json!({}));
    assert_eq!(corner.get("new"), json!({ "pk": { "S": "new" } }));
    assert_eq!(corner.records(), ["INSERT"]);
    assert_eq!(corner.update("new", &json!({})), json!({}));
    assert_eq!(corner.records(), ["INSERT"]);
}

#[test]
fn updated_old_and_new_hold_the_parts_that_were_named_and_no_others() {
    let corner = Corner::new();
    let rows = [
        // An update, what it answers of before, and what of after.
        (
            "SET m.a = :v",
            json!({ "m": { "M": { "a": { "N": "1" } } } }),
            json!({ "m": { "M": { "a": { "N": "7" } } } }),
        ),
        ("SET m.n = :v", json!(null), json!({ "m": { "M": { "n": { "N": "7" } } } })),
        ("SET l[1] = :v", json!({ "l": { "L": [{ "N": "2" }] } }), json!({ "l": { "L": [{ "N": "7" }] } })),
        (
            "SET m.a = :v, m.deep.x = :v",
            json!({ "m": { "M": { "a": { "N": "1" }, "deep": { "M": { "x": { "N": "5" } } } } } }),
            json!({ "m": { "M": { "a": { "N": "7" }, "deep": { "M": { "x": { "N": "7" } } } } } }),
        ),
        (
            "SET whole = :v",
            json!({ "whole": { "M": { "z": { "N": "0" } } } }),
            json!({ "whole": { "N": "7" } }),
        ),
        ("REMOVE m.a", json!({ "m": { "M": { "a": { "N": "1" } } } }), json!(null)),
        (
            "ADD m.a :v",
            json!({ "m": { "M": { "a": { "N": "1" } } } }),
            json!({ "m": { "M": { "a": { "N": "8" } } } }),
        ),
    ];
    for (expression, old, new) in rows {
        for (values, expected) in [("UPDATED_OLD", &old), ("UPDATED_NEW", &new)] {
            corner.put(json!({
                "pk": { "S": "k" },
                "m": { "M": { "a": { "N": "1" }, "b": { "N": "2" }, "deep": { "M": { "x": { "N": "5" }, "y": { "N": "6" } } } } },
                "l": { "L": [{ "N": "1" }, { "N": "2" }, { "N": "3" }] },
                "whole": { "M": { "z": { "N": "0" } } },
            }));
            let mut members = json!({ "UpdateExpression": expression, "ReturnValues": values });
            if expression.contains(":v") {
                members["ExpressionAttributeValues"] = json!({ ":v": { "N": "7" } });
            }
            let answer = corner.update("k", &members);
            assert_eq!(answer.get("Attributes").unwrap_or(&Value::Null), expected, "{expression} {values}");
        }
    }
}

#[test]
fn an_update_returns_keys_with_all_and_not_with_updated() {
    let corner = Corner::new();
    let members = json!({
        "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": { ":v": { "N": "1" } }, "ReturnValues": "UPDATED_NEW",
    });
    assert_eq!(corner.update("k", &members), json!({ "Attributes": { "a": { "N": "1" } } }));
    assert_eq!(
        corner.update("k", &json!({ "ReturnValues": "ALL_NEW" })),
        json!({ "Attributes": { "pk": { "S": "k" }, "a": { "N": "1" } } })
    );
}

#[test]
fn items_that_an_index_cannot_hold_are_skipped_when_it_is_filled() {
    let corner = Corner::new();
    let keys = [
        ("held", json!({ "S": "g" })),
        ("missing", Value::Null),
        ("number", json!({ "N": "1" })),
        ("list", json!({ "L": [] })),
        ("null", json!({ "NULL": true })),
        ("empty", json!({ "S": "" })),
    ];
    for (name, key) in keys {
        let mut item = json!({ "pk": { "S": name } });
        if !key.is_null() {
            item["g"] = key;
        }
        corner.put(item);
    }
    let create = json!({
        "IndexName": "gsi",
        "KeySchema": [{ "AttributeName": "g", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    });
    corner.ok(
        "UpdateTable",
        json!({
            "TableName": "tab",
            "AttributeDefinitions": [{ "AttributeName": "g", "AttributeType": "S" }],
            "GlobalSecondaryIndexUpdates": [{ "Create": create }],
        }),
    );
    let table = corner.ok("DescribeTable", json!({ "TableName": "tab" }))["Table"].clone();
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!((&index["IndexStatus"], &index["ItemCount"]), (&json!("ACTIVE"), &json!(1)));
    let found = corner.ok("Scan", json!({ "TableName": "tab", "IndexName": "gsi" }));
    assert_eq!(found["Items"], json!([{ "pk": { "S": "held" }, "g": { "S": "g" } }]));
    assert_eq!(corner.ok("Scan", json!({ "TableName": "tab" }))["Count"], 6, "all are in the table still");
    // New items of that kind are refused, but for the one without the attribute.
    let refusal = |item: Value, text: &str| {
        corner.refused("PutItem", &json!({ "TableName": "tab", "Item": item }), text);
    };
    refusal(
        json!({ "pk": { "S": "new" }, "g": { "N": "1" } }),
        "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi",
    );
    refusal(
        json!({ "pk": { "S": "new" }, "g": { "S": "" } }),
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. \
         The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g",
    );
    corner.put(json!({ "pk": { "S": "new" } }));
}

#[test]
fn health_is_told_to_anybody_who_asks_for_the_root() {
    let corner = Corner::new();
    let answer = corner.running.client().get("/");
    assert_eq!((answer.status, answer.text()), (200, "healthy: dynamodb.us-east-1.amazonaws.com "));
}

#[test]
fn describe_endpoints_names_the_server_itself() {
    let corner = Corner::new();
    let answer = corner.ok("DescribeEndpoints", json!({}));
    let endpoint = &answer["Endpoints"][0];
    assert_eq!(endpoint["CachePeriodInMinutes"], 1440);
    // The clients that heed the answer go on to where it points.
    assert_eq!(endpoint["Address"], "localhost", "as the request's Host header has it");
    assert_eq!(answer["Endpoints"].as_array().unwrap().len(), 1);
}

#[test]
fn transactions_that_meet_wait_for_one_another() {
    // At AWS they conflict; here TransactionConflict and TransactionInProgress are never real.
    let corner = Corner::new();
    corner.put(json!({ "pk": { "S": "k" }, "n": { "N": "0" } }));
    let add = json!({ "TableName": "tab", "Key": { "pk": { "S": "k" } }, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } } });
    let add = &add;
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let mut client = corner.running.client();
            scope.spawn(move || {
                for round in 0..25 {
                    // Each token comes from two threads at once: it counts once.
                    let token = format!("{}-{round}", thread / 2);
                    let request =
                        json!({ "TransactItems": [{ "Update": add }], "ClientRequestToken": token });
                    let answer = client.call("TransactWriteItems", request.to_string());
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    let answer = client.call("UpdateItem", add.to_string());
                    assert_eq!(answer.status, 200, "{}", answer.text());
                }
            });
        }
    });
    assert_eq!(corner.get("k")["n"], json!({ "N": (4 * 25 + 8 * 25).to_string() }));
}

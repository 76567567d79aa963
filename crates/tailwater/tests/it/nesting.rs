//! Requests that are nested deeper than any stack: refused by every operation, wherever the nesting is.

use crate::client::Client;
use crate::running::Running;
use serde_json::json;
use wire::Operation;

const DEPTH: usize = 100_000;

/// Members that hold something structured in some operation, and one that none has.
const MEMBERS: [&str; 21] = [
    "TableName",
    "Key",
    "Item",
    "ExpressionAttributeValues",
    "ExpressionAttributeNames",
    "RequestItems",
    "TransactItems",
    "ExclusiveStartKey",
    "Expected",
    "AttributeUpdates",
    "KeyConditions",
    "ScanFilter",
    "QueryFilter",
    "StreamSpecification",
    "GlobalSecondaryIndexes",
    "GlobalSecondaryIndexUpdates",
    "AttributeDefinitions",
    "Tags",
    "ShardFilter",
    "Limit",
    "SomethingElse",
];

/// Nested values: lists and maps as DynamoDB writes them, and bare ones; whole, and broken off.
fn nested() -> Vec<String> {
    let whole = |open: &str, middle: &str, close: &str| open.repeat(DEPTH) + middle + &close.repeat(DEPTH);
    vec![
        whole(r#"{"L":["#, "", "]}"),
        whole(r#"{"M":{"a":"#, r#"{"S":"x"}"#, "}}"),
        whole("[", "", "]"),
        whole(r#"{"a":"#, "1", "}"),
        "[".repeat(DEPTH),
    ]
}

fn check(client: &mut Client, operation: Operation, body: &str) {
    let answer = client.call(operation.name(), body);
    let shown: String = body.chars().take(60).collect();
    assert_eq!(answer.status, 400, "{} of {shown}: {}", operation.name(), answer.text());
    assert!(answer.body.len() < 2_000, "{} of {shown}", operation.name());
}

#[test]
fn of_json_is_refused_by_every_operation_in_every_member() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let nested = nested();
    let mut round = 0;
    for operation in Operation::ALL {
        for member in MEMBERS {
            // One kind of nesting each, all in turn: every kind comes to every operation.
            let value = &nested[round % nested.len()];
            round += 1;
            check(&mut client, *operation, &format!("{{\"{member}\":{value}}}"));
        }
        for value in &nested {
            check(&mut client, *operation, value);
        }
    }
    assert_eq!(client.call("ListTables", "{}").status, 200);
}

#[test]
fn of_values_where_they_are_looked_at_is_refused_by_the_operations_on_items() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let key = r#""Key":{"pk":{"S":"a"}}"#;
    for value in &nested()[..2] {
        let bodies = [
            (Operation::PutItem, format!(r#"{{"TableName":"tab","Item":{{"pk":{{"S":"a"}},"x":{value}}}}}"#)),
            (Operation::GetItem, format!(r#"{{"TableName":"tab","Key":{{"pk":{value}}}}}"#)),
            (
                Operation::UpdateItem,
                format!(
                    r#"{{"TableName":"tab",{key},"UpdateExpression":"SET x = :v","ExpressionAttributeValues":{{":v":{value}}}}}"#
                ),
            ),
            (
                Operation::UpdateItem,
                format!(
                    r#"{{"TableName":"tab",{key},"AttributeUpdates":{{"x":{{"Action":"PUT","Value":{value}}}}}}}"#
                ),
            ),
            (
                Operation::DeleteItem,
                format!(r#"{{"TableName":"tab",{key},"Expected":{{"x":{{"Value":{value}}}}}}}"#),
            ),
            (
                Operation::Query,
                format!(
                    r#"{{"TableName":"tab","KeyConditionExpression":"pk = :v","ExpressionAttributeValues":{{":v":{value}}}}}"#
                ),
            ),
            (Operation::Scan, format!(r#"{{"TableName":"tab","ExclusiveStartKey":{{"pk":{value}}}}}"#)),
            (
                Operation::BatchWriteItem,
                format!(
                    r#"{{"RequestItems":{{"tab":[{{"PutRequest":{{"Item":{{"pk":{{"S":"a"}},"x":{value}}}}}}}]}}}}"#
                ),
            ),
            (
                Operation::BatchGetItem,
                format!(r#"{{"RequestItems":{{"tab":{{"Keys":[{{"pk":{value}}}]}}}}}}"#),
            ),
            (
                Operation::TransactWriteItems,
                format!(
                    r#"{{"TransactItems":[{{"Put":{{"TableName":"tab","Item":{{"pk":{{"S":"a"}},"x":{value}}}}}}}]}}"#
                ),
            ),
            (
                Operation::TransactGetItems,
                format!(r#"{{"TransactItems":[{{"Get":{{"TableName":"tab","Key":{{"pk":{value}}}}}}}]}}"#),
            ),
        ];
        for (operation, body) in bodies {
            check(&mut client, operation, &body);
        }
    }
}

#[test]
fn of_expressions_is_refused_in_every_kind_of_them() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let whole = |open: &str, middle: &str, close: &str, times: usize| {
        open.repeat(times) + middle + &close.repeat(times)
    };
    // One that the limit of 4096 bytes lets through, and ones that it does not.
    for times in [2_000, DEPTH] {
        for text in [
            whole("(", "a = b", ")", times),
            whole("NOT ", "a", "", times / 2),
            whole("size(", "a", ")", times / 3),
            format!("SET a = {}", whole("if_not_exists(a,", ":v", ")", times / 10)),
            format!("a{}", "[0]".repeat(times / 2)),
            format!("a{}", ".a".repeat(times)),
        ] {
            let keyed = json!({ "TableName": "tab", "Key": { "pk": { "S": "a" } } });
            let table = json!({ "TableName": "tab" });
            for (operation, request, member) in [
                (Operation::UpdateItem, &keyed, "UpdateExpression"),
                (Operation::UpdateItem, &keyed, "ConditionExpression"),
                (Operation::DeleteItem, &keyed, "ConditionExpression"),
                (Operation::GetItem, &keyed, "ProjectionExpression"),
                (Operation::Query, &table, "KeyConditionExpression"),
                (Operation::Query, &table, "FilterExpression"),
                (Operation::Scan, &table, "FilterExpression"),
                (Operation::Scan, &table, "ProjectionExpression"),
            ] {
                let mut request = request.clone();
                request[member] = json!(text);
                check(&mut client, operation, &request.to_string());
            }
        }
    }
}

#[test]
fn of_questions_to_our_own_endpoints_is_refused_too() {
    let running = Running::start(&["--in-memory"]);
    for path in ["/_tailwater/clock", "/_tailwater/streams/list", "/_tailwater/streams/roll"] {
        let mut client = running.client();
        let body = "[".repeat(DEPTH);
        let length = body.len();
        client.send(format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        let answer = client.answer();
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    }
    assert_eq!(running.client().get("/_tailwater/health").status, 200);
}

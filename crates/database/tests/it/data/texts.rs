//! The texts of refusals that AWS is known to give, for single items.

use super::{n, s, sorted_table, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use wire::Operation::{self, DeleteItem, GetItem, PutItem, Query, UpdateItem};

const ONE: &str = "1 validation error detected: ";
const INVALID: &str = "One or more parameter values were invalid: ";
const MIXING: &str = "Can not use both expression and non-expression parameters in the same request: \
                      Non-expression parameters: ";

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

/// An operation, its request and the text that refuses it.
type Case = (Operation, Value, String);

fn of_put(more: Value, text: impl AsRef<str>) -> Case {
    (PutItem, with(json!({ "TableName": "tab", "Item": key() }), more), text.as_ref().to_owned())
}

fn of_keyed(operation: Operation, more: Value, text: impl AsRef<str>) -> Case {
    (operation, with(json!({ "TableName": "tab", "Key": key() }), more), text.as_ref().to_owned())
}

fn of_update(expression: &str, more: Value, text: impl AsRef<str>) -> Case {
    of_keyed(
        UpdateItem,
        with(more, json!({ "UpdateExpression": expression })),
        format!("{ONE}{}", text.as_ref()),
    )
}

fn keys_and_sizes() -> Vec<Case> {
    let sk = |value: Value| json!({ "Item": { "pk": s("a"), "sk": value } });
    let schema = "The provided key element does not match the schema";
    let long = json!({ "Item": { "pk": s(&"p".repeat(2049)), "sk": s("b") } });
    let large = json!({ "Item": with(key(), json!({ "x": s(&"x".repeat(409_600)) })) });
    vec![
        of_put(json!({ "Item": { "pk": s("a") } }), format!("{INVALID}Missing the key sk in the item")),
        of_put(sk(n(1)), format!("{INVALID}Type mismatch for key sk expected: S actual: N")),
        of_put(
            sk(s("")),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value. Key: sk",
        ),
        of_put(long, format!("{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes")),
        of_put(
            sk(s(&"p".repeat(1025))),
            format!("{INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
        ),
        of_put(large, "Item size has exceeded the maximum allowed size"),
        of_keyed(DeleteItem, json!({ "Key": { "pk": s("a") } }), schema),
        of_keyed(DeleteItem, json!({ "Key": with(key(), json!({ "x": s("more") })) }), schema),
        of_keyed(GetItem, json!({ "Key": { "pk": s("a"), "sk": n(1) } }), schema),
    ]
}

fn members() -> Vec<Case> {
    let mixed =
        json!({ "ConditionExpression": "attribute_exists(x)", "Expected": { "a": { "Value": s("x") } } });
    let set = json!({ "Item": with(key(), json!({ "x": { "SS": [] } })) });
    let only_old = format!("{ONE}ReturnValues can only be ALL_OLD or NONE");
    vec![
        of_put(set, format!("{ONE}{INVALID}An string set  may not be empty")),
        of_put(json!({ "ReturnValues": "ALL_NEW" }), &only_old),
        of_put(
            json!({ "ConditionExpression": "" }),
            format!("{ONE}Invalid ConditionExpression: The expression can not be empty;"),
        ),
        of_put(mixed, format!("{ONE}{MIXING}{{Expected}} Expression parameters: {{ConditionExpression}}")),
        of_put(
            json!({ "ExpressionAttributeValues": { ":v": s("x") } }),
            format!("{ONE}ExpressionAttributeValues can only be specified when using expressions"),
        ),
        of_keyed(DeleteItem, json!({ "ReturnValues": "UPDATED_NEW" }), &only_old),
        of_keyed(
            GetItem,
            json!({ "ProjectionExpression": "!!" }),
            "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\"",
        ),
        of_keyed(
            GetItem,
            json!({ "ProjectionExpression": "a, a.b" }),
            "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one \
             of these paths; path one: [a], path two: [a, b]",
        ),
        (
            Query,
            json!({ "TableName": "tab", "KeyConditionExpression": "" }),
            "Invalid KeyConditionExpression: The expression can not be empty;".to_owned(),
        ),
    ]
}

fn updates() -> Vec<Case> {
    let valued = || json!({ "ExpressionAttributeValues": { ":v": s("x") } });
    let legacy = with(valued(), json!({ "AttributeUpdates": { "b": { "Value": s("x") } } }));
    vec![
        of_update(
            "INVALID SYNTAX",
            json!({}),
            "Invalid UpdateExpression: Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\"",
        ),
        of_update(
            "SET a = :v",
            json!({}),
            "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute \
             value: :v",
        ),
        of_update("", json!({}), "Invalid UpdateExpression: The expression can not be empty;"),
        of_update(
            "SET a = :v",
            legacy,
            format!("{MIXING}{{AttributeUpdates}} Expression parameters: {{UpdateExpression}}"),
        ),
        of_update(
            "REMOVE a",
            valued(),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        of_update(
            "SET a = :v, a.b = :v",
            valued(),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of \
             these paths; path one: [a], path two: [a, b]",
        ),
    ]
}

#[tokio::test]
async fn are_those_of_aws() {
    for world in worlds_with(sorted_table()).await {
        for (operation, request, text) in [keys_and_sizes(), members(), updates()].concat() {
            let error = world.call(operation, request.clone()).await;
            let shown: String = request.to_string().chars().take(200).collect();
            let error = error.expect_err(&shown);
            assert_eq!(error, ("ValidationException".to_owned(), text), "{} of {shown}", operation.name());
        }
    }
}

#[tokio::test]
async fn a_missing_table_is_told_alike() {
    for world in worlds_with(sorted_table()).await {
        let missing = ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned());
        let requests = [
            (PutItem, json!({ "TableName": "nowhere", "Item": key() })),
            (GetItem, json!({ "TableName": "nowhere", "Key": key() })),
            (DeleteItem, json!({ "TableName": "nowhere", "Key": key() })),
            (UpdateItem, json!({ "TableName": "nowhere", "Key": key() })),
        ];
        for (operation, request) in requests {
            assert_eq!(world.call(operation, request).await.unwrap_err(), missing);
        }
    }
}

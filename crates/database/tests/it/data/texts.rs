//! The texts of refusals that AWS is known to give, for single items.

use super::{s, sorted_table, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use wire::Operation::{self, DeleteItem, GetItem, PutItem, Query, UpdateItem};

const ONE: &str = "1 validation error detected: ";
const INVALID: &str = "One or more parameter values were invalid: ";

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn valued(request: Value) -> Value {
    with(request, json!({ "ExpressionAttributeValues": { ":v": s("x") } }))
}

fn cases() -> Vec<(Operation, Value, String)> {
    let put = json!({ "TableName": "tab", "Item": key() });
    let update = json!({ "TableName": "tab", "Key": key() });
    let mixing = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: ";
    let expected = json!({ "a": { "Value": s("x") } });
    let mut cases = Vec::new();
    let mut case = |operation, request: &Value, more: Value, text: String| {
        cases.push((operation, with(request.clone(), more), text));
    };
    case(
        PutItem,
        &put,
        json!({ "Item": { "pk": s("a") } }),
        format!("{INVALID}Missing the key sk in the item"),
    );
    case(
        PutItem,
        &put,
        json!({ "Item": { "pk": s("a"), "sk": { "N": "1" } } }),
        format!("{INVALID}Type mismatch for key sk expected: S actual: N"),
    );
    case(PutItem, &put, json!({ "Item": { "pk": s("a"), "sk": s("") } }),
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: sk".into());
    case(
        PutItem,
        &put,
        json!({ "Item": { "pk": s(&"p".repeat(2049)), "sk": s("b") } }),
        format!("{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    );
    case(
        PutItem,
        &put,
        json!({ "Item": { "pk": s("a"), "sk": s(&"p".repeat(1025)) } }),
        format!("{INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
    );
    case(
        PutItem,
        &put,
        json!({ "Item": with(key(), json!({ "x": s(&"x".repeat(409_600)) })) }),
        "Item size has exceeded the maximum allowed size".into(),
    );
    case(
        PutItem,
        &put,
        json!({ "Item": with(key(), json!({ "x": { "SS": [] } })) }),
        format!("{ONE}{INVALID}An string set  may not be empty"),
    );
    case(
        PutItem,
        &put,
        json!({ "ReturnValues": "ALL_NEW" }),
        format!("{ONE}ReturnValues can only be ALL_OLD or NONE"),
    );
    case(
        PutItem,
        &put,
        json!({ "ConditionExpression": "" }),
        format!("{ONE}Invalid ConditionExpression: The expression can not be empty;"),
    );
    case(
        PutItem,
        &put,
        json!({ "ConditionExpression": "attribute_exists(x)", "Expected": expected.clone() }),
        format!("{ONE}{mixing}{{Expected}} Expression parameters: {{ConditionExpression}}"),
    );
    case(
        PutItem,
        &put,
        json!({ "ExpressionAttributeValues": { ":v": s("x") } }),
        format!("{ONE}ExpressionAttributeValues can only be specified when using expressions"),
    );
    case(
        DeleteItem,
        &update,
        json!({ "Key": { "pk": s("a") } }),
        "The provided key element does not match the schema".into(),
    );
    case(
        DeleteItem,
        &update,
        json!({ "Key": with(key(), json!({ "x": s("more") })) }),
        "The provided key element does not match the schema".into(),
    );
    case(
        DeleteItem,
        &update,
        json!({ "ReturnValues": "UPDATED_NEW" }),
        format!("{ONE}ReturnValues can only be ALL_OLD or NONE"),
    );
    case(
        GetItem,
        &update,
        json!({ "Key": { "pk": s("a"), "sk": { "N": "1" } } }),
        "The provided key element does not match the schema".into(),
    );
    case(
        GetItem,
        &update,
        json!({ "ProjectionExpression": "!!" }),
        "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\"".into(),
    );
    case(GetItem, &update, json!({ "ProjectionExpression": "a, a.b" }),
        "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]".into());
    case(
        UpdateItem,
        &update,
        json!({ "UpdateExpression": "INVALID SYNTAX" }),
        format!("{ONE}Invalid UpdateExpression: Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""),
    );
    case(
        UpdateItem,
        &update,
        json!({ "UpdateExpression": "SET a = :v" }),
        format!(
            "{ONE}Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"
        ),
    );
    case(
        UpdateItem,
        &update,
        json!({ "UpdateExpression": "" }),
        format!("{ONE}Invalid UpdateExpression: The expression can not be empty;"),
    );
    case(
        UpdateItem,
        &valued(update.clone()),
        json!({ "UpdateExpression": "SET a = :v", "AttributeUpdates": { "b": { "Value": s("x") } } }),
        format!("{ONE}{mixing}{{AttributeUpdates}} Expression parameters: {{UpdateExpression}}"),
    );
    case(
        UpdateItem,
        &valued(update.clone()),
        json!({ "UpdateExpression": "REMOVE a" }),
        format!("{ONE}Value provided in ExpressionAttributeValues unused in expressions: keys: {{:v}}"),
    );
    case(
        UpdateItem,
        &valued(update.clone()),
        json!({ "UpdateExpression": "SET a = :v, a.b = :v" }),
        format!(
            "{ONE}Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"
        ),
    );
    case(
        Query,
        &json!({ "TableName": "tab" }),
        json!({ "KeyConditionExpression": "" }),
        "Invalid KeyConditionExpression: The expression can not be empty;".into(),
    );
    cases
}

#[tokio::test]
async fn are_those_of_aws() {
    for world in worlds_with(sorted_table()).await {
        for (operation, request, text) in cases() {
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

#[tokio::test]
async fn of_what_is_not_supported_yet_are_clear() {
    for world in worlds_with(sorted_table()).await {
        let legacy = json!({ "TableName": "tab", "Item": key(), "Expected": { "a": { "Exists": false } } });
        let error = world.call(PutItem, legacy).await.unwrap_err();
        assert_eq!(error.1, "Legacy parameter Expected is not supported yet; use expressions");
    }
}

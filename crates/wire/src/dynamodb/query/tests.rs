//! Query: what is read, and which refusal comes before which.

use super::*;
use crate::dynamodb::legacy::Comparison;
use item::value::Value;

const E: &str = "1 validation error detected: ";

fn decode(rest: &str) -> Result<Query, String> {
    let body = format!(r#"{{"TableName":"abc"{rest}}}"#);
    let request = Query::decode(body.as_bytes());
    let checked = request.and_then(|request| request.after_expressions.clone().map(|()| request));
    checked.map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn a_whole_request_is_read() {
    let request = decode(
        r##","IndexName":"gsi","KeyConditionExpression":"pk = :p","FilterExpression":"a = :a","Select":"COUNT",
        "ExpressionAttributeValues":{":p":{"S":"x"},":a":{"N":"1"}},"Limit":5,"ScanIndexForward":false,
        "ConsistentRead":true,"ExclusiveStartKey":{"pk":{"S":"x"}},"Segment":"ignored here""##,
    )
    .unwrap();
    assert_eq!(request.limit, Some(5));
    assert!(!request.scan_index_forward && request.consistent_read);
    assert_eq!(request.select, Some(Select::Count));
    assert_eq!(request.exclusive_start_key.unwrap().len(), 1);
    let legacy = decode(
        r#","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}},
        "QueryFilter":{"a":{"ComparisonOperator":"NOT_NULL"}}"#,
    )
    .unwrap();
    assert!(legacy.scan_index_forward);
    assert_eq!(legacy.key_conditions.unwrap()[0].1, Comparison::Equal(Value::S("x".into())));
    assert_eq!(legacy.query_filter.unwrap()[0].1, Comparison::NotNull);
}

#[test]
fn the_limit_is_reported_before_all_else_and_without_its_value() {
    let least = "failed to satisfy constraint: Member must have value greater than or equal to 1";
    assert_eq!(decode(r#","Limit":0,"Select":"X""#).unwrap_err(), format!("{E}Value at 'Limit' {least}"));
    assert_eq!(decode(r#","Limit":0.5"#).unwrap_err(), format!("{E}Value '0' at 'limit' {least}"));
    assert_eq!(
        decode(r#","Limit":-2147483649"#).unwrap_err(),
        format!("{E}Value '-2147483648' at 'limit' {least}")
    );
    let text = Query::decode(br#"{"TableName":"","Limit":0}"#).unwrap_err();
    assert_eq!(
        text.message().unwrap(),
        format!(
            "2 validation errors detected: Value at 'Limit' {least}; Value at 'TableName' failed to satisfy constraint: \
             Member must have length greater than or equal to 1"
        )
    );
    assert!(decode(r#","KeyConditionExpression":"a","Limit":4294967296"#).is_ok());
}

#[test]
fn without_a_name_the_old_layer_answers() {
    let text = Query::decode(br#"{"Limit":0,"Select":"X","ReturnConsumedCapacity":"Y"}"#).unwrap_err();
    let places =
        ["'X' at 'select'", "'Y' at 'returnConsumedCapacity'", "null at 'tableName'", "'0' at 'limit'"];
    let found: Vec<_> = places.iter().map(|place| text.message().unwrap().find(place)).collect();
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{text}");
}

#[test]
fn what_select_excludes_is_enveloped() {
    let projected = r#","KeyConditionExpression":"a","ProjectionExpression":"b""#;
    for (rest, expected) in [
        (
            r#","KeyConditionExpression":"a","Select":"SPECIFIC_ATTRIBUTES""#.to_owned(),
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            format!(r#"{projected},"Select":"COUNT""#),
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            format!(r#"{projected},"Select":"ALL_ATTRIBUTES""#),
            "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES",
        ),
        (
            r#","KeyConditionExpression":"a","Select":"ALL_PROJECTED_ATTRIBUTES""#.to_owned(),
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
    ] {
        assert_eq!(decode(&rest).unwrap_err(), format!("{E}{expected}"));
    }
    assert!(decode(&format!(r#"{projected},"Select":"SPECIFIC_ATTRIBUTES""#)).is_ok());
}

#[test]
fn legacy_filters_need_a_known_operator() {
    assert_eq!(
        decode(r#","QueryFilter":{"a":{}}"#).unwrap_err(),
        format!(
            "{E}Value null at 'queryFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must not be null"
        )
    );
    let key = r#""KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}}"#;
    for (filter, expected) in [
        (r#"{"ComparisonOperator":"eq","AttributeValueList":[{"S":"x"}]}"#, "Invalid comparison operator"),
        (
            r#"{"ComparisonOperator":"IN","AttributeValueList":[{"BOOL":true}]}"#,
            "ComparisonOperator IN is not valid for BOOL AttributeValue type",
        ),
        (
            r#"{"ComparisonOperator":"IN","AttributeValueList":[{"S":"x"},{"N":"1"}]}"#,
            "AttributeValues inside AttributeValueList must be of same type",
        ),
    ] {
        assert_eq!(
            decode(&format!(r#",{key},"QueryFilter":{{"a":{filter}}}"#)).unwrap_err(),
            format!("One or more parameter values were invalid: {expected}")
        );
    }
    assert_eq!(
        decode("").unwrap_err(),
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    );
}

#[test]
fn values_need_an_expression_that_can_hold_them() {
    assert_eq!(
        decode(r#","ProjectionExpression":"a","ExpressionAttributeValues":{":a":{"S":"x"}}"#).unwrap_err(),
        "ExpressionAttributeValues can only be specified when using expressions"
    );
}

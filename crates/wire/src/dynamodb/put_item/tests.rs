//! PutItem: what is read, and what is refused in which order.

use super::*;
use crate::dynamodb::legacy::{Comparison, Expectation};
use item::value::Value;

fn decode(rest: &str) -> Result<PutItem, String> {
    let body = format!(r#"{{"TableName":"abc","Item":{{"pk":{{"S":"a"}}}}{rest}}}"#);
    PutItem::decode(body.as_bytes()).map_err(|error| error.message().unwrap_or("no message").to_owned())
}

fn refused(body: &str) -> String {
    PutItem::decode(body.as_bytes()).unwrap_err().message().unwrap_or("no message").to_owned()
}

const E: &str = "1 validation error detected: ";
const ENUM: &str = "failed to satisfy constraint: Member must satisfy enum value set:";

#[test]
fn a_whole_request_is_read() {
    let request = decode(
        r##","ConditionExpression":"#a = :v","ExpressionAttributeNames":{"#a":"x"},
        "ExpressionAttributeValues":{":v":{"N":"1.0"}},"ReturnValues":"ALL_OLD","ReturnConsumedCapacity":"INDEXES",
        "ReturnItemCollectionMetrics":"SIZE","ReturnValuesOnConditionCheckFailure":"ALL_OLD","Unknown":[{"a":1}]"##,
    )
    .unwrap();
    assert_eq!(request.table_name, "abc");
    assert_eq!(request.item.decode().unwrap().get("pk"), Some(&Value::S("a".into())));
    assert_eq!(request.condition_expression.as_deref(), Some("#a = :v"));
    assert_eq!(request.expression_attribute_names.unwrap(), [("#a".to_owned(), "x".to_owned())]);
    assert_eq!(request.expression_attribute_values.unwrap(), [(":v".to_owned(), Value::N(1i64.into()))]);
    assert_eq!(request.return_values, ReturnValues::AllOld);
    assert_eq!(request.return_consumed_capacity, ReturnConsumedCapacity::Indexes);
    assert_eq!(request.return_item_collection_metrics, ReturnItemCollectionMetrics::Size);
    assert_eq!(request.return_values_on_condition_check_failure, ReturnValuesOnConditionCheckFailure::AllOld);
    assert!(request.layer.enveloped);
}

#[test]
fn bad_members_are_joined_in_aws_s_order() {
    assert_eq!(
        decode(r#","ReturnValues":"INVALID","ReturnConsumedCapacity":"INVALID","ReturnItemCollectionMetrics":"INVALID""#)
            .unwrap_err(),
        format!(
            "3 validation errors detected: Value 'INVALID' at 'returnConsumedCapacity' {ENUM} [INDEXES, TOTAL, NONE]; \
             Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, \
             UPDATE_NEW, NONE]; Value 'INVALID' at 'returnItemCollectionMetrics' {ENUM} [SIZE, NONE]"
        )
    );
    assert_eq!(
        decode(r#","ReturnValuesOnConditionCheckFailure":"BOGUS""#).unwrap_err(),
        format!("{E}Value 'BOGUS' at 'returnValuesOnConditionCheckFailure' {ENUM} [ALL_OLD, NONE]")
    );
}

#[test]
fn an_empty_name_is_reported_alone() {
    assert_eq!(
        refused(r#"{"TableName":"","Item":{},"ReturnValues":"INVALID"}"#),
        format!(
            "{E}Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    );
}

#[test]
fn without_a_name_or_an_item_the_old_layer_answers() {
    assert_eq!(
        refused(r#"{"ReturnValues":"BOGUS"}"#),
        format!(
            "3 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be \
             null; Value 'BOGUS' at 'returnValues' {ENUM} [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value \
             null at 'item' failed to satisfy constraint: Member must not be null"
        )
    );
    assert_eq!(
        refused(r#"{"TableName":"abc"}"#),
        format!("{E}Value null at 'item' failed to satisfy constraint: Member must not be null")
    );
}

#[test]
fn only_the_old_item_can_be_returned() {
    assert_eq!(
        decode(r#","ReturnValues":"ALL_NEW""#).unwrap_err(),
        format!("{E}ReturnValues can only be ALL_OLD or NONE")
    );
}

#[test]
fn values_are_refused_in_the_envelope_after_the_members() {
    let item = r#""Item":{"pk":{"S":"a"},"n":{"N":"x"}}"#;
    assert_eq!(
        refused(&format!(r#"{{"TableName":"abc",{item}}}"#)),
        format!("{E}The parameter cannot be converted to a numeric value: x")
    );
    assert!(refused(&format!(r#"{{"TableName":"ab",{item}}}"#)).contains("'tableName'"));
    assert_eq!(
        refused(&format!(r#"{{{item},"TableName":1}}"#)),
        "NUMBER_VALUE cannot be converted to String",
        "a wrong type is found while reading, before any value is refused"
    );
}

#[test]
fn placeholders_need_an_expression() {
    for (rest, expected) in [
        (
            r##","ExpressionAttributeNames":{"#a":"x"}"##,
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            r#","ExpressionAttributeValues":{}"#,
            "ExpressionAttributeValues can only be specified when using expressions",
        ),
        (
            r#","ConditionExpression":"a","ExpressionAttributeValues":{}"#,
            "ExpressionAttributeValues must not be empty",
        ),
        (
            r#","ConditionExpression":"a","ExpressionAttributeNames":{}"#,
            "ExpressionAttributeNames must not be empty",
        ),
        (
            r#","ConditionExpression":"a","ExpressionAttributeNames":{"a":"b"}"#,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"",
        ),
        (
            r##","ConditionExpression":"a","ExpressionAttributeNames":{"#e":""}"##,
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #e",
        ),
    ] {
        assert_eq!(decode(rest).unwrap_err(), format!("{E}{expected}"));
    }
}

#[test]
fn legacy_conditions_are_read_into_expectations() {
    let request = decode(
        r#","Expected":{"a":{"Exists":false},"b":{"Value":{"S":"x"}},"c":{"ComparisonOperator":"BETWEEN",
        "AttributeValueList":[{"N":"1"},{"N":"2"}]},"d":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"OR""#,
    )
    .unwrap();
    let expected = request.expected.unwrap();
    assert_eq!(expected[0].1, Expectation::Absent);
    assert_eq!(expected[1].1, Expectation::Equals(Value::S("x".into())));
    let between = Comparison::Between(Value::N(1i64.into()), Value::N(2i64.into()));
    assert_eq!(expected[2].1, Expectation::Compare(between));
    assert_eq!(expected[3].1, Expectation::Compare(Comparison::Null));
    assert_eq!(request.conditional_operator, Some(ConditionalOperator::Or));
}

#[test]
fn malformed_legacy_conditions_have_aws_s_texts() {
    let invalid = "One or more parameter values were invalid: ";
    for (expected, text) in [
        (r#"{"Exists":true}"#, "Value must be provided when Exists is true for Attribute: a"),
        (
            r#"{"Exists":false,"Value":{"S":"x"}}"#,
            "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            r#"{"Value":{"S":"x"},"AttributeValueList":[]}"#,
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            r#"{"ComparisonOperator":"EQ"}"#,
            "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
        ),
        (
            r#"{"ComparisonOperator":"BETWEEN","Value":{"S":"x"}}"#,
            "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            r#"{"ComparisonOperator":"EQ","AttributeValueList":[]}"#,
            "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (r#"{"ComparisonOperator":"eq","Value":{"S":"x"}}"#, "Invalid comparison operator"),
    ] {
        assert_eq!(
            decode(&format!(r#","Expected":{{"a":{expected}}}"#)).unwrap_err(),
            format!("{E}{invalid}{text}")
        );
    }
    assert!(
        decode(r#","Expected":{"a":{"Value":{}}}"#)
            .unwrap_err()
            .starts_with("Supplied AttributeValue is empty")
    );
}

#[test]
fn the_conditional_operator_needs_two_conditions_and_no_expression() {
    let mixed = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters:";
    for (rest, expected) in [
        (
            r#","ConditionalOperator":"AND""#,
            "ConditionalOperator cannot be used without Filter or Expected".to_owned(),
        ),
        (
            r#","ConditionalOperator":"XOR","Expected":{"a":{"Exists":false}}"#,
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
                .to_owned(),
        ),
        (
            r#","ConditionalOperator":"XOR","Expected":{"a":{"Exists":false},"b":{"Exists":false}}"#,
            "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]".to_owned(),
        ),
        (
            r#","ConditionalOperator":"AND","ConditionExpression":"a""#,
            format!("{mixed} {{ConditionalOperator}} Expression parameters: {{ConditionExpression}}"),
        ),
        (
            r#","ConditionalOperator":"AND","Expected":{},"ConditionExpression":"a""#,
            format!(
                "{mixed} {{Expected, ConditionalOperator}} Expression parameters: {{ConditionExpression}}"
            ),
        ),
    ] {
        assert_eq!(decode(rest).unwrap_err(), format!("{E}{expected}"));
    }
}

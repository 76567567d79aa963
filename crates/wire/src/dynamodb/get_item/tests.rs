//! GetItem: what is read and what is refused.

use super::*;

fn refused(body: &str) -> String {
    GetItem::decode(body.as_bytes()).unwrap_err().message().unwrap_or("no message").to_owned()
}

#[test]
fn a_whole_request_is_read() {
    let request = GetItem::decode(
        br##"{"TableName":"abc","Key":{"pk":{"S":"a"}},"ConsistentRead":"true","ProjectionExpression":"#a",
            "ExpressionAttributeNames":{"#a":"x"},"ReturnConsumedCapacity":"TOTAL"}"##,
    )
    .unwrap();
    assert!(request.consistent_read);
    assert_eq!(request.return_consumed_capacity, ReturnConsumedCapacity::Total);
    assert_eq!(request.projection_expression.as_deref(), Some("#a"));
}

#[test]
fn failures_are_bare_except_of_members() {
    let key = r#""Key":{"pk":{"N":"x"}}"#;
    assert_eq!(
        refused(&format!(r#"{{"TableName":"abc",{key}}}"#)),
        "The parameter cannot be converted to a numeric value: x"
    );
    assert_eq!(
        refused(&format!(r#"{{"TableName":"ab",{key},"ReturnConsumedCapacity":"X"}}"#)),
        "2 validation errors detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length \
         greater than or equal to 3; Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must \
         satisfy enum value set: [INDEXES, TOTAL, NONE]"
    );
    assert_eq!(
        refused(&format!(r#"{{"TableName":"",{key},"ReturnConsumedCapacity":"X"}}"#)),
        "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must have length greater \
         than or equal to 1"
    );
    assert_eq!(
        refused(r#"{"TableName":"abc","Key":{},"AttributesToGet":["a"],"ProjectionExpression":"a"}"#),
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
         {AttributesToGet} Expression parameters: {ProjectionExpression}"
    );
    assert_eq!(
        refused(r#"{"TableName":"abc","Key":{},"AttributesToGet":["a","b","a"]}"#),
        "One or more parameter values were invalid: Duplicate value in attribute name: a"
    );
    assert_eq!(refused(r#"{"TableName":"abc","Key":{},"AttributesToGet":[""]}"#), "Empty attribute name");
}

#[test]
fn without_a_key_the_old_layer_answers() {
    assert_eq!(
        refused(r#"{"TableName":""}"#),
        "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length \
         greater than or equal to 1; Value null at 'key' failed to satisfy constraint: Member must not be null"
    );
}

//! UpdateItem: expressions and legacy updates, and the order of refusals.

use super::*;
use crate::dynamodb::legacy::AttributeUpdate;
use item::value::Value;

const E: &str = "1 validation error detected: ";
const ENUM: &str = "failed to satisfy constraint: Member must satisfy enum value set:";

fn decode(rest: &str) -> Result<UpdateItem, String> {
    let body = format!(r#"{{"TableName":"abc","Key":{{"pk":{{"S":"a"}}}}{rest}}}"#);
    UpdateItem::decode(body.as_bytes()).map_err(|error| error.message().unwrap_or("no message").to_owned())
}

fn refused(body: &str) -> String {
    UpdateItem::decode(body.as_bytes()).unwrap_err().message().unwrap_or("no message").to_owned()
}

#[test]
fn one_enumeration_is_reported_and_two_of_them_bare() {
    let bogus = |members: &[&str]| {
        let members: Vec<String> = members.iter().map(|name| format!(r#","{name}":"BOGUS""#)).collect();
        decode(&members.concat()).unwrap_err()
    };
    let all = [
        "ReturnConsumedCapacity",
        "ReturnItemCollectionMetrics",
        "ReturnValuesOnConditionCheckFailure",
        "ReturnValues",
    ];
    assert_eq!(
        bogus(&all),
        format!(
            "{E}Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, \
             UPDATE_NEW, NONE]"
        )
    );
    assert_eq!(
        bogus(&all[..3]),
        format!("Value 'BOGUS' at 'returnValuesOnConditionCheckFailure' {ENUM} [ALL_OLD, NONE]")
    );
    assert_eq!(
        bogus(&all[..2]),
        format!("{E}Value 'BOGUS' at 'returnItemCollectionMetrics' {ENUM} [SIZE, NONE]")
    );
    assert_eq!(
        bogus(&all[..1]),
        format!("Value 'BOGUS' at 'returnConsumedCapacity' {ENUM} [INDEXES, TOTAL, NONE]")
    );
}

#[test]
fn without_a_key_the_old_layer_answers_in_its_order() {
    let null = "failed to satisfy constraint: Member must not be null";
    assert_eq!(
        refused(r#"{"ReturnItemCollectionMetrics":"BOGUS"}"#),
        format!(
            "3 validation errors detected: Value null at 'tableName' {null}; Value 'BOGUS' at \
             'returnItemCollectionMetrics' {ENUM} [SIZE, NONE]; Value null at 'key' {null}"
        )
    );
    assert_eq!(
        refused(r#"{"ReturnConsumedCapacity":"BOGUS"}"#),
        format!(
            "3 validation errors detected: Value 'BOGUS' at 'returnConsumedCapacity' {ENUM} [INDEXES, TOTAL, NONE]; \
             Value null at 'tableName' {null}; Value null at 'key' {null}"
        )
    );
    assert_eq!(refused(r#"{"TableName":"ab"}"#), format!("{E}Value null at 'key' {null}"));
}

#[test]
fn a_bad_name_stands_alone_with_both_its_failures() {
    let text = refused(r#"{"TableName":"a!","Key":{},"ReturnValues":"BOGUS"}"#);
    assert!(text.starts_with("2 validation errors detected: Value 'a!' at 'tableName' "), "{text}");
    assert!(!text.contains("BOGUS"));
}

#[test]
fn legacy_updates_are_read() {
    let request = decode(
        r#","AttributeUpdates":{"a":{"Value":{"S":"x"}},"b":{"Action":"DELETE"},"c":{"Action":"ADD","Value":{"N":"1"}}}"#,
    )
    .unwrap();
    let updates = request.attribute_updates.unwrap();
    assert_eq!(updates[0].1, AttributeUpdate::Put(Value::S("x".into())));
    assert_eq!(updates[1].1, AttributeUpdate::Delete);
    assert_eq!(updates[2].1, AttributeUpdate::Add(Value::N(1i64.into())));
    let invalid = "One or more parameter values were invalid: ";
    for (update, expected) in [
        (
            r#"{"Action":"put","Value":{"S":"x"}}"#,
            "Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action".to_owned(),
        ),
        ("{}", format!("{invalid}Only DELETE action is allowed when no attribute value is specified")),
        (
            r#"{"Action":"ADD","Value":{"S":"x"}}"#,
            format!("{invalid}ADD action is not supported for the type S"),
        ),
        (
            r#"{"Action":"DELETE","Value":{"L":[]}}"#,
            format!("{invalid}DELETE action with value is not supported for the type L"),
        ),
    ] {
        assert_eq!(
            decode(&format!(r#","AttributeUpdates":{{"a":{update}}}"#)).unwrap_err(),
            format!("{E}{expected}")
        );
    }
}

#[test]
fn expressions_and_legacy_parameters_exclude_each_other() {
    assert_eq!(
        decode(r#","UpdateExpression":"SET a = b","AttributeUpdates":{}"#).unwrap_err(),
        format!(
            "{E}Can not use both expression and non-expression parameters in the same request: Non-expression \
             parameters: {{AttributeUpdates}} Expression parameters: {{UpdateExpression}}"
        )
    );
}

#[test]
fn a_request_with_very_deep_values_is_on_the_old_layer() {
    let deep = format!("{}{}{}", r#"{"L":["#.repeat(70), r#"{"S":"x"}"#, "]}".repeat(70));
    let rest =
        format!(r#","UpdateExpression":"SET a = :deep","ExpressionAttributeValues":{{":deep":{deep}}}"#);
    let levels = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                  supported limit";
    assert_eq!(
        decode(&rest).unwrap_err(),
        format!("ExpressionAttributeValues contains invalid value: {levels} for key :deep")
    );
    assert!(
        decode(&format!(r#"{rest},"ReturnValues":"X""#)).unwrap_err().contains("Value 'X' at 'returnValues'")
    );
}

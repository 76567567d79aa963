//! TransactWriteItems: the four actions and their refusals.

use super::*;

fn decode(items: &str, rest: &str) -> Result<TransactWriteItems, String> {
    let body = format!(r#"{{"TransactItems":{items}{rest}}}"#);
    TransactWriteItems::decode(body.as_bytes())
        .and_then(|mut request| request.refused.take().map_or(Ok(request), Err))
        .map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn all_four_actions_are_read() {
    let request = decode(
        r#"[{"Put":{"TableName":"abc","Item":{"pk":{"S":"a"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
        {"Delete":{"TableName":"abc","Key":{"pk":{"S":"b"}}}},
        {"Update":{"TableName":"abc","Key":{"pk":{"S":"c"}},"UpdateExpression":"SET a = :v",
            "ExpressionAttributeValues":{":v":{"S":"x"}}}},
        {"ConditionCheck":{"TableName":"abc","Key":{"pk":{"S":"d"}},"ConditionExpression":"a"}}]"#,
        r#","ClientRequestToken":"token""#,
    )
    .unwrap();
    let [put, delete, update, check] = request.transact_items.as_slice() else { panic!() };
    assert!(matches!(put.kind, ActionKind::Put { .. }));
    assert_eq!(put.return_values_on_condition_check_failure, ReturnValuesOnConditionCheckFailure::AllOld);
    assert!(matches!(delete.kind, ActionKind::Delete { .. }));
    assert!(
        matches!(&update.kind, ActionKind::Update { update_expression, .. } if update_expression == "SET a = :v")
    );
    assert!(matches!(check.kind, ActionKind::ConditionCheck { .. }));
    assert_eq!(request.client_request_token.as_deref(), Some("token"));
}

#[test]
fn members_are_joined_in_order() {
    let failed = "failed to satisfy constraint: Member must";
    let token = "t".repeat(37);
    assert_eq!(
        decode("[]", &format!(r#","ReturnConsumedCapacity":"X","ClientRequestToken":"{token}""#))
            .unwrap_err(),
        format!(
            "3 validation errors detected: Value '[]' at 'transactItems' {failed} have length greater than or equal to 1; \
             Value '{token}' at 'clientRequestToken' {failed} have length less than or equal to 36; Value 'X' at \
             'returnConsumedCapacity' {failed} satisfy enum value set: [INDEXES, TOTAL, NONE]"
        )
    );
    assert_eq!(
        decode(r#"[{"Put":{"TableName":"abc","Item":{}}},{"Update":{"TableName":"ab","Key":{}}}]"#, "")
            .unwrap_err(),
        format!(
            "2 validation errors detected: Value 'ab' at 'transactItems.2.member.update.tableName' {failed} have length \
             greater than or equal to 3; Value null at 'transactItems.2.member.update.updateExpression' {failed} not be null"
        )
    );
}

#[test]
fn an_action_is_exactly_one() {
    assert_eq!(decode("[{}]", "").unwrap_err(), NO_ACTION);
    let two = r#"[{"Put":{"TableName":"abc","Item":{}},"Delete":{"TableName":"abc","Key":{}}}]"#;
    assert_eq!(decode(two, "").unwrap_err(), TWO_ACTIONS);
}

#[test]
fn the_first_refused_action_is_reported_bare() {
    let delete = |value: &str| {
        format!(
            r#"{{"Delete":{{"TableName":"abc","Key":{{}},"ConditionExpression":"a","ExpressionAttributeValues":{{":v":{value}}}}}}}"#
        )
    };
    let items = format!("[{},{}]", delete(r#"{"N":"x"}"#), delete(r#"{"SS":[]}"#));
    assert_eq!(
        decode(&items, "").unwrap_err(),
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v"
    );
}

#[test]
fn an_expression_value_may_be_one_level_deeper() {
    let with = |wrappers: usize| {
        let deep = format!("{}{}{}", r#"{"L":["#.repeat(wrappers), r#"{"S":"x"}"#, "]}".repeat(wrappers));
        let delete = format!(
            r#"[{{"Delete":{{"TableName":"abc","Key":{{}},"ConditionExpression":"a","ExpressionAttributeValues":{{":deep":{deep}}}}}}}]"#
        );
        decode(&delete, "").map(drop)
    };
    assert_eq!(with(32), Ok(()));
    assert!(with(33).unwrap_err().ends_with("for key :deep"));
}

#[test]
fn a_put_may_have_placeholders_without_a_condition() {
    let put = r#"[{"Put":{"TableName":"abc","Item":{},"ExpressionAttributeValues":{":v":{"S":"x"}}}}]"#;
    assert!(decode(put, "").is_ok());
    let delete = r#"[{"Delete":{"TableName":"abc","Key":{},"ExpressionAttributeValues":{":v":{"S":"x"}}}}]"#;
    assert!(decode(delete, "").is_err());
}

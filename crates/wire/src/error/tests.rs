//! Errors as bytes: namespaces, members and reasons.

use super::*;

#[test]
fn a_validation_error_has_the_coral_namespace_and_a_lower_case_message() {
    let error = ApiError::validation("a \"b\"");
    assert_eq!(
        String::from_utf8(error.to_body()).unwrap(),
        r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"a \"b\""}"#
    );
    assert_eq!(error.status(), 400);
}

#[test]
fn a_bare_error_has_no_message_member() {
    let body = ApiError::bare(ErrorCode::Serialization).to_body();
    assert_eq!(body, br#"{"__type":"com.amazon.coral.service#SerializationException"}"#);
    assert_eq!(
        ApiError::serialization("x").to_body(),
        br#"{"__type":"com.amazon.coral.service#SerializationException","Message":"x"}"#
    );
}

#[test]
fn a_failed_condition_can_carry_the_item() {
    let error = ApiError::conditional_check_failed().with_member("Item", br#"{"a":{"S":"b"}}"#);
    assert_eq!(
        String::from_utf8(error.to_body()).unwrap(),
        "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\
         \"message\":\"The conditional request failed\",\"Item\":{\"a\":{\"S\":\"b\"}}}"
    );
}

#[test]
fn a_cancelled_transaction_names_every_reason_in_order() {
    let error = ApiError::transaction_canceled(&[
        CancellationReason::none(),
        CancellationReason::conditional_check_failed(Some(b"{}".to_vec())),
    ]);
    assert_eq!(
        error.message(),
        Some(
            "Transaction cancelled, please refer cancellation reasons for specific reasons \
             [None, ConditionalCheckFailed]"
        )
    );
    let body: serde_json::Value = serde_json::from_slice(&error.to_body()).unwrap();
    assert_eq!(
        body["CancellationReasons"],
        serde_json::json!([
            {"Code": "None"},
            {"Code": "ConditionalCheckFailed", "Item": {}, "Message": "The conditional request failed"}
        ])
    );
    assert_eq!(body["Message"], error.message().unwrap());
}

#[test]
fn an_error_is_one_word() {
    assert_eq!(size_of::<ApiError>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), ApiError>>(), size_of::<usize>());
}

#[test]
fn only_the_internal_error_is_a_server_error() {
    for code in ErrorCode::ALL {
        let expected = if *code == ErrorCode::InternalServerError { 500 } else { 400 };
        assert_eq!(code.status(), expected, "{code:?}");
    }
}

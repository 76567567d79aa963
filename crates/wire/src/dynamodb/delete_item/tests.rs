//! DeleteItem: what is read and what is refused.

use super::*;

fn refused(body: &str) -> String {
    DeleteItem::decode(body.as_bytes()).unwrap_err().message().unwrap_or("no message").to_owned()
}

#[test]
fn the_key_is_read_and_other_members_are_ignored() {
    let body = br#"{"Key":{"a":{"S":"1"},"b":{"B":"AA=="}},"TableName":"abc","Item":1,"UpdateExpression":2}"#;
    let request = DeleteItem::decode(body).unwrap();
    assert_eq!(request.key.len(), 2);
}

#[test]
fn return_values_other_than_the_old_item_are_a_member_error() {
    assert_eq!(
        refused(r#"{"TableName":"ab","Key":{},"ReturnValues":"UPDATED_NEW","ConditionExpression":""}"#),
        "2 validation errors detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length \
         greater than or equal to 3; ReturnValues can only be ALL_OLD or NONE"
    );
    assert_eq!(
        refused(r#"{"TableName":"abc","ReturnValues":"UPDATED_NEW"}"#),
        "1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null"
    );
}

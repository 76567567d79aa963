//! TransactGetItems: order and refusals.

use super::*;

fn decode(items: &str) -> Result<TransactGetItems, String> {
    let body = format!(r#"{{"TransactItems":{items}}}"#);
    TransactGetItems::decode(body.as_bytes())
        .map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn reads_are_read_in_order() {
    let request = decode(
        r##"[{"Get":{"TableName":"abc","Key":{"pk":{"S":"a"}}}},
        {"Get":{"TableName":"def","Key":{"pk":{"S":"b"}},"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"x"}}}]"##,
    )
    .unwrap();
    assert_eq!(request.transact_items[0].table_name, "abc");
    assert_eq!(request.transact_items[1].projection_expression.as_deref(), Some("#a"));
}

#[test]
fn an_empty_list_and_empty_reads_are_refused() {
    let failed = "failed to satisfy constraint: Member must";
    assert_eq!(
        decode("[]").unwrap_err(),
        format!(
            "1 validation error detected: Value '[]' at 'transactItems' {failed} have length greater than or equal to 1"
        )
    );
    assert_eq!(
        decode(r#"[{},{"Get":{"TableName":"ab"}}]"#).unwrap_err(),
        format!(
            "3 validation errors detected: Value null at 'transactItems.1.member.get' {failed} not be null; Value 'ab' at \
             'transactItems.2.member.get.tableName' {failed} have length greater than or equal to 3; Value null at \
             'transactItems.2.member.get.key' {failed} not be null"
        )
    );
    let many = vec![r#"{"Get":{"TableName":"abc","Key":{}}}"#; 101].join(",");
    assert!(decode(&format!("[{many}]")).unwrap_err().contains("have length less than or equal to 100"));
}

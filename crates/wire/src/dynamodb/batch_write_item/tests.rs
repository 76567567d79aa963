//! BatchWriteItem: order, counts and refusals.

use super::*;

const E: &str = "1 validation error detected: ";

fn decode(tables: &str, rest: &str) -> Result<BatchWriteItem, String> {
    let body = format!(r#"{{"RequestItems":{tables}{rest}}}"#);
    BatchWriteItem::decode(body.as_bytes())
        .map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn writes_keep_their_order() {
    let request = decode(
        r#"{"zzz":[{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}},{"PutRequest":{"Item":{"pk":{"S":"b"}}},"DeleteRequest":null}],
        "aaa":[{"PutRequest":{"Item":{}}}]}"#,
        "",
    )
    .unwrap();
    let [(first, zzz), (second, aaa)] = request.request_items.as_slice() else { panic!() };
    assert_eq!((first.as_str(), second.as_str()), ("zzz", "aaa"));
    assert!(matches!(zzz.as_slice(), [WriteRequest::Delete(_), WriteRequest::Put(_)]));
    assert!(matches!(aaa.as_slice(), [WriteRequest::Put(_)]));
}

#[test]
fn counts_are_checked() {
    let puts = |count: usize| format!("[{}]", vec![r#"{"PutRequest":{"Item":{}}}"#; count].join(","));
    let values = "failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or \
                  equal to 25, Member must have length greater than or equal to 1]";
    assert_eq!(decode("{}", "").unwrap_err(), "The requestItems parameter is required for BatchWriteItem");
    assert_eq!(
        decode(r#"{"abc":[]}"#, "").unwrap_err(),
        format!("{E}Value '{{abc=[]}}' at 'requestItems' {values}")
    );
    let many = decode(&format!(r#"{{"abc":{}}}"#, puts(26)), "").unwrap_err();
    assert!(
        many.starts_with(&format!("{E}Value '{{abc=[WriteRequest(putRequest=")) && many.ends_with(values)
    );
    assert_eq!(
        decode(&format!(r#"{{"abc":{},"def":{}}}"#, puts(25), puts(1)), "").unwrap_err(),
        "Too many items requested for the BatchWriteItem call"
    );
    assert!(decode(&format!(r#"{{"abc":{}}}"#, puts(25)), "").is_ok());
}

#[test]
fn bad_enumerations_come_before_a_bad_name() {
    assert_eq!(
        decode(r#"{"a!":[]}"#, r#","ReturnItemCollectionMetrics":"BOGUS2","ReturnConsumedCapacity":"BOGUS""#)
            .unwrap_err(),
        "2 validation errors detected: Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: Member must \
         satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'BOGUS2' at 'returnItemCollectionMetrics' failed to satisfy \
         constraint: Member must satisfy enum value set: [SIZE, NONE]"
    );
}

#[test]
fn a_write_is_one_write() {
    assert!(decode(r#"{"abc":[{}]}"#, "").unwrap_err().contains("is empty"));
    let two = r#"{"abc":[{"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]}"#;
    assert!(decode(two, "").unwrap_err().contains("more than one"));
    assert_eq!(
        decode(r#"{"abc":[{"PutRequest":{"Item":{}}},{"DeleteRequest":{}}]}"#, "").unwrap_err(),
        format!(
            "{E}Value null at 'requestItems.abc.member.2.member.deleteRequest.key' failed to satisfy constraint: Member \
             must not be null"
        )
    );
}

#[test]
fn values_are_refused_bare_and_in_the_old_wording() {
    assert_eq!(
        decode(r#"{"abc":[{"PutRequest":{"Item":{"a":{"SS":["b","a","b"]}}}}]}"#, "").unwrap_err(),
        "One or more parameter values were invalid: Input collection [b, a, b] contains duplicates."
    );
}

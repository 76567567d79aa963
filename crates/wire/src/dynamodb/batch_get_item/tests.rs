//! BatchGetItem: order, counts and refusals.

use super::*;

const E: &str = "1 validation error detected: ";

fn decode(tables: &str, rest: &str) -> Result<BatchGetItem, String> {
    let body = format!(r#"{{"RequestItems":{tables}{rest}}}"#);
    BatchGetItem::decode(body.as_bytes()).map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn tables_and_keys_keep_their_order() {
    let key = r#"{"pk":{"S":"a"}}"#;
    let request = decode(
        &format!(r#"{{"zzz":{{"Keys":[{key},{key}],"ConsistentRead":true}},"aaa":{{"Keys":[{key}],"AttributesToGet":["x"]}}}}"#),
        "",
    )
    .unwrap();
    let [(first, zzz), (second, aaa)] = request.request_items.as_slice() else { panic!() };
    assert_eq!((first.as_str(), second.as_str()), ("zzz", "aaa"));
    assert!(zzz.consistent_read && zzz.keys.len() == 2);
    assert_eq!(aaa.attributes_to_get.as_deref(), Some(&["x".to_owned()][..]));
}

#[test]
fn counts_are_checked_by_table_and_in_all() {
    let keys = |count: usize| format!(r#"{{"Keys":[{}]}}"#, vec![r#"{"pk":{"S":"a"}}"#; count].join(","));
    let constraint = "failed to satisfy constraint: Member must have length";
    assert_eq!(
        decode("{}", "").unwrap_err(),
        format!("{E}Value at 'RequestItems' {constraint} greater than or equal to 1")
    );
    assert_eq!(
        decode(&format!(r#"{{"abc":{}}}"#, keys(0)), "").unwrap_err(),
        format!("{E}Value at 'RequestItems.abc.member.Keys' {constraint} greater than or equal to 1")
    );
    assert_eq!(
        decode(&format!(r#"{{"abc":{}}}"#, keys(101)), "").unwrap_err(),
        format!("{E}Value at 'RequestItems.abc.member.Keys' {constraint} less than or equal to 100")
    );
    assert_eq!(
        decode(&format!(r#"{{"abc":{},"def":{}}}"#, keys(100), keys(1)), "").unwrap_err(),
        "Too many items requested for the BatchGetItem call"
    );
    assert!(decode("null", "").unwrap_err().contains("Value null at 'requestItems'"));
}

#[test]
fn a_bad_table_name_echoes_the_request_as_json() {
    assert_eq!(
        decode(r#" { "bad!name" : {"Keys": [{"pk":{"S":"a b"}}] } }"#, r#","ReturnConsumedCapacity":"X""#)
            .unwrap_err(),
        "2 validation errors detected: Value '{\"bad!name\":{\"Keys\":[{\"pk\":{\"S\":\"a b\"}}]}}' at 'requestItems' failed \
         to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 255, \
         Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: \
         [a-zA-Z0-9_.-]+]; Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum \
         value set: [INDEXES, TOTAL, NONE]"
    );
}

#[test]
fn projections_are_not_mixed_across_tables() {
    let tables =
        r#"{"abc":{"Keys":[{}],"AttributesToGet":["a"]},"def":{"Keys":[{}],"ProjectionExpression":"a"}}"#;
    assert!(
        decode(tables, "")
            .unwrap_err()
            .starts_with("Can not use both expression and non-expression parameters")
    );
}

//! What AWS answers to searches that are wrong in themselves.

use super::*;

fn refused(body: &str) -> String {
    let error = SearchVectors::decode(body.as_bytes()).expect_err(body);
    String::from_utf8(error.to_body()).unwrap()
}

#[test]
fn the_strict_reader_tells_what_it_found_and_where() {
    let rows = [
        (r#"{"TableName":null}"#, "invalid type: null, expected a string at line 1 column 17"),
        (r#"{"SearchVector":null}"#, "invalid type: null, expected a sequence at line 1 column 20"),
        (r#"{"TopK":null}"#, "invalid type: null, expected i32 at line 1 column 12"),
        ("{\n \"TopK\": null}", "invalid type: null, expected i32 at line 2 column 13"),
        (r#"{"TopK":"5"}"#, "invalid type: string \\\"5\\\", expected i32 at line 1 column 11"),
        (r#"{"TopK":1.5}"#, "invalid type: floating point `1.5`, expected i32 at line 1 column 11"),
        (r#"{"TopK":4294967296}"#, "invalid value: integer `4294967296`, expected i32 at line 1 column 18"),
        (r#"{"IndexName":5}"#, "invalid type: integer `5`, expected a string at line 1 column 14"),
        (r#"{"IndexName":true}"#, "invalid type: boolean `true`, expected a string at line 1 column 17"),
        (r#"{"IndexName":[]}"#, "invalid type: sequence, expected a string at line 1 column 13"),
        (r#"{"SearchVector":{}}"#, "invalid type: map, expected a sequence at line 1 column 16"),
    ];
    for (body, text) in rows {
        let expected = format!(
            "{{\"__type\":\"com.amazon.coral.service#SerializationException\",\"message\":\"{text}\"}}"
        );
        assert_eq!(refused(body), expected, "{body}");
    }
}

#[test]
fn members_are_checked_in_order() {
    let ok = r#""TableName":"tab","IndexName":"idx","SearchVector":[{"N":"1"}],"TopK":1"#;
    let with = |from: &str, to: &str| format!("{{{}}}", ok.replace(from, to));
    let also = |more: &str| format!("{{{ok},{more}}}");
    let least = "failed to satisfy constraint: Member must have";
    let rows = [
        ("{}".to_owned(), "missing field `TableName` at line 1 column 2".to_owned()),
        (r#"{"TableName":"a"}"#.to_owned(), "missing field `IndexName` at line 1 column 17".to_owned()),
        (
            with("idx", "i"),
            format!("1 validation error detected: Value at 'IndexName' {least} length greater than or equal to 3"),
        ),
        (
            with(r#"{"N":"1"}"#, ""),
            format!(
                "1 validation error detected: Value at 'SearchVector' {least} length greater than or equal to 1"
            ),
        ),
        (
            with(":1", ":0").replace("\"tab\"", "\"\""),
            format!(
                "2 validation errors detected: Value at 'TopK' {least} value greater than or equal to 1; Value at \
                 'TableName' {least} length greater than or equal to 1"
            ),
        ),
        (with("tab", "ab"), format!("Value 'ab' at 'tableName' {least} length greater than or equal to 3")),
        (
            also(r#""ReturnConsumedCapacity":"ALL""#),
            "Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value \
             set: [INDEXES, TOTAL, NONE]"
                .to_owned(),
        ),
        (
            with(":1", ":101"),
            "Provided TopK value '101' is out of valid range. The value must be between 1 and 100 inclusive"
                .to_owned(),
        ),
        (
            also(r##""ExpressionAttributeNames":{"#a":"b"}"##),
            "ExpressionAttributeNames can only be specified when using expressions".to_owned(),
        ),
    ];
    for (body, text) in rows {
        let error = SearchVectors::decode(body.as_bytes()).expect_err(&body);
        assert_eq!(error.to_string(), format!("ValidationException: {text}"), "{body}");
    }
    let decoded =
        SearchVectors::decode(format!("{{{ok},\"ProjectionExpression\":null}}").as_bytes()).unwrap();
    assert_eq!((decoded.top_k, decoded.projection_expression), (1, None));
}

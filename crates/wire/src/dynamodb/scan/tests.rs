//! Scan: segments, legacy filters and refusals.

use super::*;

fn decode(rest: &str) -> Result<Scan, String> {
    let body = format!(r#"{{"TableName":"abc"{rest}}}"#);
    let request = Scan::decode(body.as_bytes());
    let checked = request.and_then(|request| request.after_expressions.clone().map(|()| request));
    checked.map_err(|error| error.message().unwrap_or("no message").to_owned())
}

#[test]
fn segments_come_in_pairs_and_in_range() {
    let request = decode(r#","Segment":0,"TotalSegments":1"#).unwrap();
    assert_eq!((request.segment, request.total_segments), (Some(0), Some(1)));
    let constraint = "failed to satisfy constraint: Member must have value";
    for (rest, expected) in [
        (
            r#","Segment":0"#,
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
                .to_owned(),
        ),
        (
            r#","TotalSegments":5"#,
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
                .to_owned(),
        ),
        (
            r#","Segment":5,"TotalSegments":5"#,
            "The Segment parameter is zero-based and must be less than parameter TotalSegments".to_owned(),
        ),
        (
            r#","Segment":5,"TotalSegments":5.5"#,
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 5 is not less \
             than TotalSegments: 5"
                .to_owned(),
        ),
        (
            r#","Segment":-1,"TotalSegments":0,"Limit":0"#,
            format!(
                "3 validation errors detected: Value at 'Limit' {constraint} greater than or equal to 1; Value at \
                 'Segment' {constraint} greater than or equal to 0; Value at 'TotalSegments' {constraint} greater than \
                 or equal to 1"
            ),
        ),
        (
            r#","Segment":1000000,"TotalSegments":1000001"#,
            format!(
                "2 validation errors detected: Value at 'Segment' {constraint} less than or equal to 999999; Value at \
                 'TotalSegments' {constraint} less than or equal to 1000000"
            ),
        ),
    ] {
        assert_eq!(decode(rest).unwrap_err(), expected);
    }
}

#[test]
fn a_scan_without_anything_is_whole() {
    let request = decode("").unwrap();
    assert!(request.filter_expression.is_none() && request.limit.is_none() && !request.consistent_read);
}

#[test]
fn values_of_a_scan_filter_may_be_one_level_deeper_than_others() {
    let filter = |levels: usize| {
        let deep = r#"{"L":["#.repeat(levels) + r#"{"S":"x"}"# + &"]}".repeat(levels);
        format!(r#"{{"a":{{"ComparisonOperator":"EQ","AttributeValueList":[{deep}]}}}}"#)
    };
    assert!(decode(&format!(r#","ScanFilter":{}"#, filter(32))).is_ok());
    let levels = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                  supported limit";
    assert_eq!(decode(&format!(r#","ScanFilter":{}"#, filter(33))).unwrap_err(), levels);
}

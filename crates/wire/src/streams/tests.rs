//! Requests to DynamoDB Streams: what is read and what is refused.

use super::*;
use crate::error::ApiError;

const SHARD: &str = "shardId-00000001571767321804-697ce3d2";

fn refusal<T>(result: Result<T, ApiError>) -> String {
    result.err().and_then(|error| error.message().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn list_streams_takes_names_and_limits_in_range() {
    let request =
        ListStreams::decode(br#"{"TableName":"abc","Limit":100,"ExclusiveStartStreamArn":"x","Z":[1]}"#)
            .unwrap();
    assert_eq!(request.table_name.as_deref(), Some("abc"));
    assert_eq!(request.limit, Some(100));
    assert_eq!(request.exclusive_start_stream_arn.as_deref(), Some("x"));
    assert!(ListStreams::decode(b"{}").is_ok());
    for (body, expected) in [
        (
            r#"{"Limit":0}"#,
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value \
             greater than or equal to 1",
        ),
        (
            r#"{"Limit":101}"#,
            "One or more parameter values were invalid: Limit cannot be greater than the maximum allowed size: 100",
        ),
        (
            r#"{"TableName":"ab"}"#,
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have \
             length greater than or equal to 3",
        ),
        (
            r#"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/abc"}"#,
            "1 validation error detected: Value 'arn:aws:dynamodb:us-east-1:123456789012:table/abc' at 'tableName' \
             failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
    ] {
        assert_eq!(refusal(ListStreams::decode(body.as_bytes())), expected);
    }
}

#[test]
fn describe_stream_reads_the_filter_whole_or_not_at_all() {
    let body = format!(r#"{{"StreamArn":"a","ShardFilter":{{"Type":"CHILD_SHARDS","ShardId":"{SHARD}"}}}}"#);
    assert_eq!(DescribeStream::decode(body.as_bytes()).unwrap().children_of.as_deref(), Some(SHARD));
    for (filter, path) in [
        (r#"{"Type":"CHILD_SHARDS"}"#.to_owned(), "'shardFilter.shardId'"),
        (format!(r#"{{"ShardId":"{SHARD}"}}"#), "'shardFilter.type'"),
        (format!(r#"{{"Type":"OTHER","ShardId":"{SHARD}"}}"#), "'shardFilter.type'"),
        (r#"{"Type":"CHILD_SHARDS","ShardId":"short"}"#.to_owned(), "'shardFilter.shardId'"),
    ] {
        let body = format!(r#"{{"StreamArn":"a","ShardFilter":{filter}}}"#);
        let message = refusal(DescribeStream::decode(body.as_bytes()));
        assert!(message.starts_with("1 validation error detected: ") && message.contains(path), "{message}");
    }
    assert!(
        refusal(DescribeStream::decode(br#"{"StreamArn":"a","ExclusiveStartShardId":"x"}"#))
            .contains("at 'exclusiveStartShardId'")
    );
    assert!(refusal(DescribeStream::decode(b"{}")).contains("Value null at 'streamArn'"));
}

#[test]
fn an_iterator_has_a_sequence_number_exactly_when_it_needs_one() {
    let decode = |rest: &str| {
        let body = format!(r#"{{"StreamArn":"a","ShardId":"{SHARD}",{rest}}}"#);
        GetShardIterator::decode(body.as_bytes())
    };
    let number = r#""SequenceNumber":"100000000000000000001""#;
    assert!(decode(r#""ShardIteratorType":"LATEST""#).is_ok());
    assert!(decode(&format!(r#""ShardIteratorType":"AT_SEQUENCE_NUMBER",{number}"#)).is_ok());
    for (rest, expected) in [
        (
            format!(r#""ShardIteratorType":"TRIM_HORIZON",{number}"#),
            "One or more parameter values were invalid: SequenceNumber should not be passed for this iterator type",
        ),
        (
            r#""ShardIteratorType":"AFTER_SEQUENCE_NUMBER""#.to_owned(),
            "One or more parameter values were invalid: SequenceNumber cannot be null",
        ),
        (
            r#""ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":"1""#.to_owned(),
            "1 validation error detected: Value at 'sequenceNumber' failed to satisfy constraint: Member must have \
             length greater than or equal to 21",
        ),
        (
            r#""Other":1"#.to_owned(),
            "1 validation error detected: Value null at 'shardIteratorType' failed to satisfy constraint: Member must \
             not be null",
        ),
    ] {
        assert_eq!(refusal(decode(&rest)), expected);
    }
    assert!(
        refusal(decode(r#""ShardIteratorType":"latest""#)).contains("Member must satisfy enum value set: ")
    );
}

#[test]
fn get_records_bounds_its_limit() {
    assert_eq!(GetRecords::decode(br#"{"ShardIterator":"x","Limit":1000}"#).unwrap().limit, Some(1000));
    for limit in ["0", "-1", "1001"] {
        let body = format!(r#"{{"ShardIterator":"x","Limit":{limit}}}"#);
        assert!(refusal(GetRecords::decode(body.as_bytes())).to_lowercase().contains("limit"));
    }
    assert!(refusal(GetRecords::decode(br#"{"ShardIterator":""}"#)).contains("at 'shardIterator'"));
    let wrong = GetRecords::decode(br#"{"ShardIterator":1}"#).unwrap_err();
    assert_eq!(wrong.message(), Some("NUMBER_VALUE cannot be converted to String"));
}

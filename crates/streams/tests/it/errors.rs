//! Every error of the four operations, with its code, its status and its text.

use crate::world::{CALLER, World, text};
use serde_json::{Value, json};
use streams::{Caller, ViewType};

const UNKNOWN_ARN: &str =
    "arn:aws:dynamodb:eu-west-1:000000000000:table/Nothing/stream/2026-01-01T00:00:00.000";
const UNKNOWN_SHARD: &str = "shardId-00000001571767321804-697ce3d2";
const NO_SHARD: &str = "ResourceNotFoundException: Requested resource not found: Shard does not exist";
const NO_NUMBER: &str = "ValidationException: Invalid SequenceNumber for the shard";

#[test]
fn streams_that_are_not_there() {
    let world = World::new();
    let not_found =
        format!("ResourceNotFoundException: Requested resource not found: Stream: {UNKNOWN_ARN} not found");
    let iterator =
        |arn: &str| json!({"StreamArn": arn, "ShardId": UNKNOWN_SHARD, "ShardIteratorType": "LATEST"});
    assert_eq!(text(world.describe_stream(&json!({"StreamArn": UNKNOWN_ARN}))), not_found);
    assert_eq!(text(world.get_shard_iterator(&iterator(UNKNOWN_ARN))), not_found);
    for arn in
        ["nonsense-that-is-long-enough-for-an-arn", "arn:aws:dynamodb:eu-west-1:000000000000:table/Nothing"]
    {
        let invalid = "ValidationException: Invalid StreamArn";
        assert_eq!(text(world.describe_stream(&json!({"StreamArn": arn}))), invalid);
        assert_eq!(text(world.get_shard_iterator(&iterator(arn))), invalid);
        assert_eq!(text(world.list_streams(CALLER, &json!({"ExclusiveStartStreamArn": arn}))), invalid);
    }
}

#[test]
fn shards_that_are_not_there() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    for shard in [UNKNOWN_SHARD, "shardId-of-28-or-more-characters"] {
        let request = json!({"StreamArn": stream.arn, "ShardId": shard, "ShardIteratorType": "LATEST"});
        assert_eq!(text(world.get_shard_iterator(&request)), NO_SHARD);
    }
    let request = json!({"StreamArn": stream.arn, "ShardId": "short", "ShardIteratorType": "LATEST"});
    assert!(
        text(world.get_shard_iterator(&request))
            .contains("'short' at 'shardId' failed to satisfy constraint")
    );
}

#[test]
fn sequence_numbers_that_are_none() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    let shard = stream.shards[0].id;
    let numbers = world.insert(&stream, 0..2);
    let get = |kind: &str, number: Option<&str>| text(world.try_iterator(&stream, shard, kind, number));
    let ipv = "ValidationException: One or more parameter values were invalid:";
    for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
        assert_eq!(get(kind, None), format!("{ipv} SequenceNumber cannot be null"));
        for number in [
            "000000000000000000000",
            "-00000000000000000001",
            "10000000000000000000x",
            "999999999999999999999",
            "9999999999999999999999999999999999999999",
            "100000000000000000000",
        ] {
            assert_eq!(get(kind, Some(number)), NO_NUMBER, "{kind} {number}");
        }
        let above = (numbers[1].parse::<u128>().unwrap() + 1).to_string();
        assert_eq!(get(kind, Some(&above)), NO_NUMBER, "never given yet");
        let range = "1 validation error detected: Value at 'sequenceNumber' failed to satisfy constraint: \
                     Member must have length";
        assert_eq!(
            get(kind, Some("12345678901234567890")),
            format!("ValidationException: {range} greater than or equal to 21")
        );
        assert_eq!(
            get(kind, Some("12345678901234567890123456789012345678901")),
            format!("ValidationException: {range} less than or equal to 40")
        );
    }
    for kind in ["TRIM_HORIZON", "LATEST"] {
        let forbidden = format!("{ipv} SequenceNumber should not be passed for this iterator type");
        assert_eq!(get(kind, Some(&numbers[0])), forbidden);
    }
    assert!(
        get("FIRST", None)
            .contains("at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum")
    );
}

#[test]
fn a_closed_shard_refuses_numbers_above_its_end() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    let parent = stream.shards[0].id;
    world.insert(&stream, 0..2);
    let rolled = world.roll(&stream, parent);
    let in_child = world.insert(&rolled, 2..3);
    for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
        assert_eq!(text(world.try_iterator(&rolled, parent, kind, Some(&in_child[0]))), NO_NUMBER);
    }
}

#[test]
fn iterators_that_are_none() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    let good = world.iterator(&stream, stream.shards[0].id, "LATEST");
    let get = |request: Value| text(world.get_records(&request));
    let invalid = "ValidationException: Invalid ShardIterator";
    for garbage in ["x", "\u{e9}", &good[1..], &good[..good.len() - 1], &format!("{good}=")] {
        assert_eq!(get(json!({"ShardIterator": garbage})), invalid);
    }
    assert!(
        get(json!({"ShardIterator": ""})).starts_with("ValidationException: 1 validation error detected")
    );
    for limit in [0, -1, 1_001] {
        let message = get(json!({"ShardIterator": good, "Limit": limit}));
        assert!(message.starts_with("ValidationException: ") && message.to_lowercase().contains("limit"));
    }
}

#[test]
fn limits_of_lists() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    for limit in [0, 101] {
        let message = text(world.list_streams(CALLER, &json!({"Limit": limit})));
        assert!(message.starts_with("ValidationException: "), "{message}");
        let message = text(world.describe_stream(&json!({"StreamArn": stream.arn, "Limit": limit})));
        assert!(message.starts_with("ValidationException: "), "{message}");
    }
}

#[test]
fn other_peoples_streams() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    let iterator = world.iterator(&stream, stream.shards[0].id, "LATEST");
    for caller in [Caller { account: "111111111111", ..CALLER }, Caller { region: "us-east-1", ..CALLER }] {
        let error = world.get_records_as(caller, &json!({"ShardIterator": iterator})).unwrap_err();
        assert_eq!(error.code().name(), "ResourceNotFoundException");
        assert_eq!(world.list_streams(caller, &json!({})).unwrap(), json!({"Streams": []}));
    }
}

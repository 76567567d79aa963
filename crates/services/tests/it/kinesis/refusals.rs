//! Codes and texts of what is refused, one a row.

use super::world::{World, base64, shard_id};
use serde_json::{Value, json};

fn with(mut request: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// What a constraint of the model says of a member.
fn constraint(value: &str, path: &str, what: &str) -> (&'static str, String) {
    let text = format!(
        "1 validation error detected: {value} at '{path}' failed to satisfy constraint: Member must {what}"
    );
    ("ValidationException", text)
}

fn argument(text: &str) -> (&'static str, String) {
    ("InvalidArgumentException", text.to_owned())
}

async fn check(world: &World, rows: Vec<(&str, Value, (&str, String))>) {
    for (operation, request, (code, text)) in rows {
        match world.call(operation, &request).await {
            Err(failure) => assert_eq!(failure, (code.to_owned(), text), "{operation} {request}"),
            Ok(answer) => panic!("{operation} of {request} answered {answer}"),
        }
    }
}

async fn world() -> World {
    let world = World::in_memory();
    world.create(2).await;
    world
}

fn stream(members: Value) -> Value {
    with(json!({ "StreamName": "changes" }), members)
}

const PATTERN: &str = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+";

#[tokio::test]
async fn of_streams() {
    let missing =
        ("ResourceNotFoundException", "Stream nope under account 000000000000 not found.".to_owned());
    let foreign = "arn:aws:kinesis:eu-west-1:000000000000:stream/changes";
    let absent =
        ("ResourceNotFoundException", "Stream changes under account 000000000000 not found.".to_owned());
    let exists =
        ("ResourceInUseException", "Stream changes under account 000000000000 already exists.".to_owned());
    let limit = "This request would exceed the shard limit for the account 000000000000 in us-east-1. Current shard \
                 count for the account: 2. Limit: 20000. Number of additional shards that would have resulted from \
                 this request: 20000.";
    let on_demand = json!({ "StreamMode": "ON_DEMAND" });
    let unsupported =
        |operation: &str| ("ValidationException", format!("{operation} is not supported by this server"));
    let rows = vec![
        ("CreateStream", json!({ "ShardCount": 1 }), constraint("Value null", "streamName", "not be null")),
        (
            "CreateStream",
            json!({ "StreamName": "a b", "ShardCount": 1 }),
            constraint("Value 'a b'", "streamName", PATTERN),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": 0 }),
            constraint("Value '0'", "shardCount", "have value greater than or equal to 1"),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": 1, "StreamModeDetails": {} }),
            constraint("Value null", "streamModeDetails.streamMode", "not be null"),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "StreamModeDetails": { "StreamMode": "X" } }),
            constraint(
                "Value 'X'",
                "streamModeDetails.streamMode",
                "satisfy enum value set: [PROVISIONED, ON_DEMAND]",
            ),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": "1" }),
            ("SerializationException", "ShardCount is not an integer".into()),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new" }),
            argument("ShardCount must be given where StreamMode is PROVISIONED."),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": 1, "StreamModeDetails": on_demand }),
            argument("ShardCount must not be given where StreamMode is ON_DEMAND."),
        ),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": 20000 }),
            ("LimitExceededException", limit.into()),
        ),
        ("CreateStream", json!({ "StreamName": "changes", "ShardCount": 1 }), exists),
        (
            "CreateStream",
            json!({ "StreamName": "new", "ShardCount": 1, "Tags": { "!": "x" } }),
            argument(
                "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
            ),
        ),
        ("DescribeStream", json!({ "StreamName": "nope" }), missing.clone()),
        ("DescribeStream", json!({ "StreamARN": foreign }), absent),
        (
            "DescribeStream",
            json!({ "StreamARN": "arn" }),
            constraint(
                "Value 'arn'",
                "streamARN",
                "satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
            ),
        ),
        ("DescribeStream", json!({}), argument("Must provide one of StreamName or StreamARN.")),
        (
            "DescribeStream",
            json!({ "StreamId": "a" }),
            argument("StreamId is not supported by this server: give StreamName or StreamARN"),
        ),
        (
            "DescribeStream",
            json!({ "StreamName": "changes", "Limit": 0 }),
            constraint("Value '0'", "limit", "have value greater than or equal to 1"),
        ),
        ("DeleteStream", json!({ "StreamName": "nope" }), missing.clone()),
        ("AddTagsToStream", stream(json!({})), constraint("Value null", "tags", "not be null")),
        (
            "AddTagsToStream",
            stream(json!({ "Tags": { "k": 1 } })),
            ("SerializationException", "Tags is not a map of strings".into()),
        ),
        ("RemoveTagsFromStream", json!({ "StreamName": "nope", "TagKeys": ["a"] }), missing),
        (
            "ListTagsForResource",
            json!({ "ResourceARN": foreign }),
            ("ResourceNotFoundException", format!("Resource {foreign} not found.")),
        ),
        (
            "IncreaseStreamRetentionPeriod",
            stream(json!({ "RetentionPeriodHours": 23 })),
            argument(
                "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
            ),
        ),
        (
            "IncreaseStreamRetentionPeriod",
            stream(json!({ "RetentionPeriodHours": 8761 })),
            argument(
                "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.",
            ),
        ),
        (
            "DecreaseStreamRetentionPeriod",
            stream(json!({ "RetentionPeriodHours": 25 })),
            argument(
                "Requested retention period (25 hours) for stream changes can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.",
            ),
        ),
        ("RegisterStreamConsumer", json!({}), unsupported("RegisterStreamConsumer")),
        ("SubscribeToShard", json!({}), unsupported("SubscribeToShard")),
        ("Nonsense", json!({}), ("UnknownOperationException", String::new())),
    ];
    check(&world().await, rows).await;
}

#[tokio::test]
async fn of_records() {
    let world = world().await;
    let record = |members: Value| with(stream(json!({ "PartitionKey": "k", "Data": "" })), members);
    let place = |members: Value| {
        with(stream(json!({ "ShardId": shard_id(0), "ShardIteratorType": "LATEST" })), members)
    };
    let too_high = "340282366920938463463374607431768211456";
    let large = base64(&"x".repeat(1 << 20));
    let many: Vec<Value> = (0..501).map(|_| json!({ "PartitionKey": "k", "Data": "" })).collect();
    let numbered = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and a sequence number or (2) \
                    TRIM_HORIZON or LATEST and no sequence number. Request specified";
    let timed =
        "Must specify a timestamp with AT_TIMESTAMP, and with no other iterator type. Request specified";
    let no_shard = |id: &str| {
        (
            "ResourceNotFoundException",
            format!("Shard {id} in stream changes under account 000000000000 does not exist"),
        )
    };
    let foreign = |number: &str| {
        argument(&format!(
            "StartingSequenceNumber {number} used in GetShardIterator on shard {} in stream changes under account \
         000000000000 is invalid because it did not come from this stream.",
            shard_id(0)
        ))
    };
    let at = |number: &str| {
        place(json!({ "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": number }))
    };
    let rows = vec![
        ("PutRecord", stream(json!({ "Data": "" })), constraint("Value null", "partitionKey", "not be null")),
        (
            "PutRecord",
            stream(json!({ "PartitionKey": "k" })),
            constraint("Value null", "data", "not be null"),
        ),
        (
            "PutRecord",
            record(json!({ "PartitionKey": "" })),
            constraint("Value ''", "partitionKey", "have length greater than or equal to 1"),
        ),
        (
            "PutRecord",
            record(json!({ "Data": "?" })),
            ("SerializationException", "Data is not base64".into()),
        ),
        (
            "PutRecord",
            record(json!({ "ExplicitHashKey": "01" })),
            constraint(
                "Value '01'",
                "explicitHashKey",
                "satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
            ),
        ),
        (
            "PutRecord",
            record(json!({ "ExplicitHashKey": too_high })),
            argument(&format!(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {too_high}"
            )),
        ),
        (
            "PutRecord",
            record(json!({ "Data": large })),
            argument(
                "The data and the partition key of a record have 1048577 bytes, and stream changes takes records of at most 1048576 bytes.",
            ),
        ),
        (
            "PutRecord",
            record(json!({ "SequenceNumberForOrdering": "7" })),
            argument(
                "ExclusiveMinimumSequenceNumber 7 used in PutRecord on stream changes under account 000000000000 is invalid.",
            ),
        ),
        ("PutRecord", record(json!({ "DryRun": true })), argument("DryRun is not supported by this server")),
        (
            "PutRecords",
            stream(json!({ "Records": many })),
            constraint("Value '[...]'", "records", "have length less than or equal to 500"),
        ),
        (
            "PutRecords",
            stream(json!({ "Records": [] })),
            constraint("Value '[...]'", "records", "have length greater than or equal to 1"),
        ),
        (
            "PutRecords",
            stream(json!({ "Records": [{ "PartitionKey": "k", "Data": "" }, { "Data": "" }] })),
            constraint("Value null", "records.2.member.partitionKey", "not be null"),
        ),
        (
            "PutRecords",
            stream(json!({ "Records": [1] })),
            ("SerializationException", "records.1.member is not a structure".into()),
        ),
        ("GetShardIterator", place(json!({ "ShardId": shard_id(9) })), no_shard(&shard_id(9))),
        ("GetShardIterator", place(json!({ "ShardId": "x" })), no_shard("x")),
        (
            "GetShardIterator",
            place(json!({ "ShardIteratorType": "OLDEST" })),
            constraint(
                "Value 'OLDEST'",
                "shardIteratorType",
                "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
            ),
        ),
        (
            "GetShardIterator",
            place(json!({ "StartingSequenceNumber": "1" })),
            argument(&format!("{numbered} LATEST and also a sequence number.")),
        ),
        (
            "GetShardIterator",
            place(json!({ "ShardIteratorType": "AT_SEQUENCE_NUMBER" })),
            argument(&format!("{numbered} AT_SEQUENCE_NUMBER and no sequence number.")),
        ),
        (
            "GetShardIterator",
            place(json!({ "ShardIteratorType": "AT_TIMESTAMP" })),
            argument(&format!("{timed} AT_TIMESTAMP.")),
        ),
        ("GetShardIterator", place(json!({ "Timestamp": 5 })), argument(&format!("{timed} LATEST."))),
        ("GetShardIterator", at("0"), foreign("0")),
        ("GetShardIterator", at(&"9".repeat(129)), foreign(&"9".repeat(129))),
        ("GetRecords", json!({}), constraint("Value null", "shardIterator", "not be null")),
        (
            "GetRecords",
            json!({ "ShardIterator": "x", "Limit": 10001 }),
            constraint("Value '10001'", "limit", "have value less than or equal to 10000"),
        ),
        ("GetRecords", json!({ "ShardIterator": "x" }), argument("Invalid ShardIterator.")),
    ];
    check(&world, rows).await;
    let megabyte = json!({ "PartitionKey": "k", "Data": base64(&"x".repeat((1 << 20) - 1)) });
    let records: Vec<&Value> = std::iter::repeat_n(&megabyte, 11).collect();
    let request = stream(json!({ "Records": records }));
    check(&world, vec![("PutRecords", request, argument("Records size exceeds 10 MB limit"))]).await;
    assert_eq!(world.read(0).await["Records"], json!([]));
    assert_eq!(world.read(1).await["Records"], json!([]));
}

#[tokio::test]
async fn of_shards() {
    let world = world().await;
    let half = 1_u128 << 127;
    let split =
        |shard: u64, at: &str| stream(json!({ "ShardToSplit": shard_id(shard), "NewStartingHashKey": at }));
    let merge = |one: u64, other: u64| {
        stream(json!({ "ShardToMerge": shard_id(one), "AdjacentShardToMerge": shard_id(other) }))
    };
    let scale = |count: u32| stream(json!({ "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING" }));
    let outside = |at: &str, shard: u64, first: u128, last: u128| {
        argument(&format!(
            "NewStartingHashKey {at} used in SplitShard() on shard {} in stream changes under account 000000000000 is not \
         both greater than one plus the shard's StartingHashKey {first} and less than the shard's EndingHashKey {last}.",
            shard_id(shard)
        ))
    };
    let not_adjacent = |one: u64, other: u64| {
        argument(&format!(
            "Shards {} and {} in stream changes under account 000000000000 are not an adjacent pair of shards eligible for \
         merging",
            shard_id(one),
            shard_id(other)
        ))
    };
    let closed = |shard: u64| {
        (
            "ResourceInUseException",
            format!(
                "Shard {} in stream changes under account 000000000000 has already been merged or split, and thus is not \
         eligible for merging or splitting.",
                shard_id(shard)
            ),
        )
    };
    let no_shard = (
        "ResourceNotFoundException",
        format!("Shard {} in stream changes under account 000000000000 does not exist", shard_id(9)),
    );
    let above = u128::MAX.to_string();
    let beyond = "999999999999999999999999999999999999999";
    let bound = |which: &str, count: u32, limit: u32| {
        (
            "LimitExceededException",
            format!(
                "UpdateShardCount cannot scale {which} your current open shard count. Current open shard count: 3 Target shard \
         count: {count}, limit: {limit}"
            ),
        )
    };
    let rows = vec![
        ("SplitShard", split(9, "5"), no_shard.clone()),
        ("SplitShard", split(0, "1"), outside("1", 0, 0, half - 1)),
        ("SplitShard", split(1, "5"), outside("5", 1, half, u128::MAX)),
        ("SplitShard", split(1, &above), outside(&above, 1, half, u128::MAX)),
        ("SplitShard", split(1, beyond), outside(beyond, 1, half, u128::MAX)),
        ("MergeShards", merge(0, 9), no_shard),
        ("MergeShards", merge(0, 0), not_adjacent(0, 0)),
    ];
    check(&world, rows).await;
    world.ok("SplitShard", split(1, &(half + half / 2).to_string())).await;
    let rows = vec![
        ("SplitShard", split(1, "5"), outside("5", 1, half, u128::MAX)),
        ("SplitShard", split(1, &(half + 9).to_string()), closed(1)),
        ("MergeShards", merge(1, 0), closed(1)),
        ("MergeShards", merge(0, 3), not_adjacent(0, 3)),
        ("UpdateShardCount", scale(7), bound("up over double", 7, 6)),
        ("UpdateShardCount", scale(1), bound("down below half", 1, 2)),
        (
            "UpdateShardCount",
            stream(json!({ "TargetShardCount": 2 })),
            constraint("Value null", "scalingType", "not be null"),
        ),
    ];
    check(&world, rows).await;
}

//! Streams: made, described, listed, tagged, kept for longer, deleted.

use super::world::{START_MS, World, shard_id};
use database::{Caller, Options};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";

#[tokio::test]
async fn a_stream_is_made_described_and_deleted() {
    for world in World::of_every_kind() {
        world.create(2).await;
        let world = world.reopened();
        let described = world.ok("DescribeStream", json!({ "StreamName": "changes" })).await;
        let half = 1_u128 << 127;
        let shard = |number: u64, first: u128, last: u128, described: &Value| {
            json!({
                "ShardId": shard_id(number),
                "HashKeyRange": { "StartingHashKey": first.to_string(), "EndingHashKey": last.to_string() },
                "SequenceNumberRange": described["SequenceNumberRange"].clone(),
            })
        };
        let shown = &described["StreamDescription"]["Shards"];
        assert_eq!(shown[0]["SequenceNumberRange"].as_object().unwrap().len(), 1);
        assert_eq!(
            described,
            json!({ "StreamDescription": {
                "StreamName": "changes", "StreamARN": ARN, "StreamStatus": "ACTIVE",
                "StreamModeDetails": { "StreamMode": "PROVISIONED" },
                "StreamCreationTimestamp": START_MS / 1000, "RetentionPeriodHours": 24,
                "EnhancedMonitoring": [{ "ShardLevelMetrics": [] }], "EncryptionType": "NONE",
                "Shards": [shard(0, 0, half - 1, &shown[0]), shard(1, half, u128::MAX, &shown[1])],
                "HasMoreShards": false,
            } })
        );
        let summary = world.ok("DescribeStreamSummary", json!({ "StreamARN": ARN })).await;
        assert_eq!(summary["StreamDescriptionSummary"]["OpenShardCount"], 2);
        assert_eq!(summary["StreamDescriptionSummary"]["MaxRecordSizeInKiB"], 1024);
        assert_eq!(world.ok("DeleteStream", json!({ "StreamARN": ARN })).await, Value::Null);
        let world = world.reopened();
        assert_eq!(world.ok("ListStreams", json!({})).await["StreamNames"], json!([]));
        // The name is free, and what is made under it is another stream.
        world.create(1).await;
        let page = world.read(0).await;
        assert_eq!(page["Records"], json!([]));
    }
}

#[tokio::test]
async fn streams_on_demand_begin_with_four_shards_and_modes_are_stored() {
    let world = World::in_memory();
    let mode = |mode: &str| json!({ "StreamMode": mode });
    world
        .ok("CreateStream", json!({ "StreamName": "changes", "StreamModeDetails": mode("ON_DEMAND") }))
        .await;
    assert_eq!(world.shards(json!({})).await.len(), 4);
    let limits = world.ok("DescribeLimits", json!({})).await;
    assert_eq!((&limits["OpenShardCount"], &limits["OnDemandStreamCount"]), (&json!(4), &json!(1)));
    let update = json!({ "StreamARN": ARN, "StreamModeDetails": mode("PROVISIONED") });
    assert_eq!(world.ok("UpdateStreamMode", update).await, Value::Null);
    let summary = world.ok("DescribeStreamSummary", json!({ "StreamName": "changes" })).await;
    assert_eq!(summary["StreamDescriptionSummary"]["StreamModeDetails"], mode("PROVISIONED"));
}

#[tokio::test]
async fn encryption_and_monitoring_are_stored_and_shown() {
    for world in World::of_every_kind() {
        world.create(1).await;
        let named = |members: Value| {
            let mut request = members;
            request["StreamName"] = json!("changes");
            request
        };
        let metrics = named(json!({ "ShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"] }));
        let enabled = world.ok("EnableEnhancedMonitoring", metrics).await;
        assert_eq!(enabled["CurrentShardLevelMetrics"], json!([]));
        assert_eq!(enabled["DesiredShardLevelMetrics"], json!(["IncomingBytes", "OutgoingBytes"]));
        let metrics = named(json!({ "ShardLevelMetrics": ["OutgoingBytes"] }));
        world.ok("DisableEnhancedMonitoring", metrics).await;
        let key = named(json!({ "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis" }));
        assert_eq!(world.ok("StartStreamEncryption", key.clone()).await, Value::Null);
        let world = world.reopened();
        let described = world.ok("DescribeStream", named(json!({}))).await["StreamDescription"].clone();
        assert_eq!(described["EnhancedMonitoring"], json!([{ "ShardLevelMetrics": ["IncomingBytes"] }]));
        assert_eq!(
            (&described["EncryptionType"], &described["KeyId"]),
            (&json!("KMS"), &json!("alias/aws/kinesis"))
        );
        world.ok("StopStreamEncryption", key).await;
        world.ok("EnableEnhancedMonitoring", named(json!({ "ShardLevelMetrics": ["ALL"] }))).await;
        let described = world.ok("DescribeStream", named(json!({}))).await["StreamDescription"].clone();
        assert_eq!((&described["EncryptionType"], described.get("KeyId")), (&json!("NONE"), None));
        assert_eq!(described["EnhancedMonitoring"][0]["ShardLevelMetrics"].as_array().unwrap().len(), 7);
        world.ok("UpdateMaxRecordSize", json!({ "StreamARN": ARN, "MaxRecordSizeInKiB": 2048 })).await;
        world.put("key", &"x".repeat((2 << 20) - 3)).await;
    }
}

#[tokio::test]
async fn streams_are_listed_by_the_page_and_by_owner() {
    let world = World::in_memory();
    for name in ["c", "a", "b"] {
        world.ok("CreateStream", json!({ "StreamName": name, "ShardCount": 1 })).await;
    }
    let first = world.ok("ListStreams", json!({ "Limit": 2 })).await;
    assert_eq!((&first["StreamNames"], &first["HasMoreStreams"]), (&json!(["a", "b"]), &json!(true)));
    assert_eq!(first["StreamSummaries"][1]["StreamName"], "b");
    let second = world.ok("ListStreams", json!({ "NextToken": first["NextToken"] })).await;
    assert_eq!((&second["StreamNames"], &second["HasMoreStreams"]), (&json!(["c"]), &json!(false)));
    assert!(second.get("NextToken").is_none());
    let after = world.ok("ListStreams", json!({ "ExclusiveStartStreamName": "aa" })).await;
    assert_eq!(after["StreamNames"], json!(["b", "c"]));
    for caller in [Caller::new("111111111111", "us-east-1"), Caller::new("000000000000", "eu-west-1")] {
        let listed = world.call_as(&caller, "ListStreams", &json!({})).await.unwrap();
        assert_eq!(listed["StreamNames"], json!([]));
        let found = world.call_as(&caller, "DescribeStream", &json!({ "StreamName": "a" })).await;
        let text = format!("Stream a under account {} not found.", caller.account);
        assert_eq!(found, Err(("ResourceNotFoundException".into(), text)));
    }
    let shared = World::with(Options { shared_tables: true, ..Options::in_memory() }, None);
    shared.create(1).await;
    let other = Caller::new("111111111111", "eu-west-1");
    let described = shared.call_as(&other, "DescribeStream", &json!({ "StreamARN": ARN })).await.unwrap();
    assert_eq!(described["StreamDescription"]["StreamName"], "changes");
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    for world in World::of_every_kind() {
        world.create(1).await;
        let named = |members: Value| {
            let mut request = members;
            request["StreamName"] = json!("changes");
            request
        };
        let tags = json!({ "Tags": { "b": "2", "a": "1", "c": "" } });
        assert_eq!(world.ok("AddTagsToStream", named(tags)).await, Value::Null);
        let world = world.reopened();
        let page = world.ok("ListTagsForStream", named(json!({ "Limit": 2 }))).await;
        let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
        assert_eq!(page, json!({ "Tags": [tag("a", "1"), tag("b", "2")], "HasMoreTags": true }));
        let page = world.ok("ListTagsForStream", named(json!({ "ExclusiveStartTagKey": "b" }))).await;
        assert_eq!(page, json!({ "Tags": [tag("c", "")], "HasMoreTags": false }));
        world.ok("RemoveTagsFromStream", named(json!({ "TagKeys": ["b", "nothing"] }))).await;
        world.ok("TagResource", json!({ "ResourceARN": ARN, "Tags": { "a": "new" } })).await;
        world.ok("UntagResource", json!({ "ResourceARN": ARN, "TagKeys": ["c"] })).await;
        let listed = world.ok("ListTagsForResource", json!({ "ResourceARN": ARN })).await;
        assert_eq!(listed, json!({ "Tags": [tag("a", "new")] }));
    }
}

#[tokio::test]
async fn records_are_kept_for_as_long_as_is_said() {
    const HOUR_MS: u64 = 3_600_000;
    for world in World::of_every_kind() {
        world.create(1).await;
        world.put("key", "old").await;
        let hours = |hours: u32| json!({ "StreamName": "changes", "RetentionPeriodHours": hours });
        world.ok("IncreaseStreamRetentionPeriod", hours(48)).await;
        world.advance(47 * HOUR_MS).await;
        world.put("key", "new").await;
        let iterator = world.iterator(0, json!({ "ShardIteratorType": "TRIM_HORIZON" })).await;
        assert_eq!(world.read(0).await["Records"].as_array().unwrap().len(), 2);
        world.ok("DecreaseStreamRetentionPeriod", hours(24)).await;
        // What has expired is passed over, also by an iterator from before.
        let read = world.ok("GetRecords", json!({ "ShardIterator": iterator })).await;
        assert_eq!(super::world::texts(&read), ["new"]);
        let world = world.reopened();
        assert_eq!(super::world::texts(&world.read(0).await), ["new"]);
        world.advance(25 * HOUR_MS).await;
        assert_eq!(world.read(0).await["Records"], json!([]));
    }
}

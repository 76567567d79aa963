//! Data streams, log groups, log streams.

use super::{Rig, assert_holds, attributes, rig, texts, with};
use crate::services::{kinesis, logs};
use serde_json::{Value, json};

const STREAM: &str = "AWS::Kinesis::Stream";
const GROUP: &str = "AWS::Logs::LogGroup";
const LOG_STREAM: &str = "AWS::Logs::LogStream";

async fn summary(rig: &Rig) -> Value {
    let answer = kinesis(&rig.services, "DescribeStreamSummary", json!({ "StreamName": "s" })).await;
    if answer.get("status").is_some() { answer } else { answer["StreamDescriptionSummary"].clone() }
}

#[tokio::test]
async fn a_data_stream_and_each_of_its_properties() {
    let rig = rig();
    let properties = json!({
        "ShardCount": 2, "RetentionPeriodHours": 48, "MaxRecordSizeInKiB": 2048,
        "StreamEncryption": { "EncryptionType": "KMS", "KeyId": "alias/k" },
        "DesiredShardLevelMetrics": ["IncomingBytes"], "Tags": [{ "Key": "a", "Value": "b" }],
    });
    let made = rig.create(STREAM, "s", &texts(&properties)).await.unwrap();
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    assert_eq!((made.physical_id.as_str(), attributes(&made)), ("s", json!({ "Arn": arn })));
    assert_holds(
        &summary(&rig).await,
        &json!({
            "OpenShardCount": 2, "RetentionPeriodHours": 48, "MaxRecordSizeInKiB": 2048, "EncryptionType": "KMS",
            "EnhancedMonitoring": [{ "ShardLevelMetrics": ["IncomingBytes"] }],
        }),
    );
    assert!(rig.refused(STREAM, "s", &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let bare = json!({ "ShardCount": "1" });
    rig.updated(STREAM, "s", &properties, &bare).await;
    assert_holds(
        &summary(&rig).await,
        &json!({
            "OpenShardCount": 1, "RetentionPeriodHours": 24, "MaxRecordSizeInKiB": 1024, "EncryptionType": "NONE",
            "EnhancedMonitoring": [{ "ShardLevelMetrics": [] }],
        }),
    );
    let tags = kinesis(&rig.services, "ListTagsForStream", json!({ "StreamName": "s" })).await;
    assert_eq!(tags["Tags"], json!([{ "Key": "team", "Value": "blue" }]));
    let on_demand = json!({ "StreamModeDetails": { "StreamMode": "ON_DEMAND" } });
    rig.updated(STREAM, "s", &bare, &on_demand).await;
    assert_eq!(summary(&rig).await["StreamModeDetails"]["StreamMode"], "ON_DEMAND");
    rig.updated(STREAM, "s", &on_demand, &json!({ "ShardCount": 2 })).await;
    assert_holds(
        &summary(&rig).await,
        &json!({ "OpenShardCount": 2, "StreamModeDetails": { "StreamMode": "PROVISIONED" } }),
    );
    rig.deleted(STREAM, "s", &bare).await;
    assert_eq!(summary(&rig).await["status"], 400);
    let warm = with(&bare, json!({ "WarmThroughputMiBps": 5 }));
    assert!(
        rig.refused(STREAM, "s", &warm).await.contains("The property WarmThroughputMiBps is not supported")
    );
}

async fn group(rig: &Rig) -> Value {
    let answer = logs(&rig.services, "DescribeLogGroups", json!({ "logGroupNamePrefix": "/app" })).await;
    answer["logGroups"][0].clone()
}

#[tokio::test]
async fn a_log_group_and_its_streams() {
    let rig = rig();
    let properties = json!({
        "RetentionInDays": "7", "KmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/k", "LogGroupClass": "STANDARD",
        "DeletionProtectionEnabled": "true", "Tags": [{ "Key": "a", "Value": "b" }],
    });
    let made = rig.create(GROUP, "/app", &properties).await.unwrap();
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/app";
    assert_eq!(
        (made.physical_id.as_str(), attributes(&made)),
        ("/app", json!({ "Arn": format!("{arn}:*") }))
    );
    assert_holds(&group(&rig).await, &json!({ "retentionInDays": 7, "deletionProtectionEnabled": true }));
    assert!(rig.refused(GROUP, "/app", &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let bare = json!({ "Tags": [{ "Key": "c", "Value": "d" }] });
    rig.updated(GROUP, "/app", &properties, &bare).await;
    let shown = group(&rig).await;
    assert_eq!((shown.get("retentionInDays"), shown.get("kmsKeyId")), (None, None));
    assert_ne!(shown["deletionProtectionEnabled"], true);
    let tags = logs(&rig.services, "ListTagsForResource", json!({ "resourceArn": arn })).await;
    assert_eq!(tags["tags"], json!({ "c": "d", "team": "blue" }));

    let of_group = json!({ "LogGroupName": "/app" });
    assert_eq!(rig.made(LOG_STREAM, "one", &of_group).await, "one");
    assert!(rig.refused(LOG_STREAM, "one", &of_group).await.contains("HandlerErrorCode: AlreadyExists"));
    let listed = logs(&rig.services, "DescribeLogStreams", json!({ "logGroupName": "/app" })).await;
    assert_eq!(listed["logStreams"][0]["logStreamName"], "one");
    rig.deleted(LOG_STREAM, "one", &of_group).await;
    rig.deleted(GROUP, "/app", &bare).await;
    rig.deleted(LOG_STREAM, "one", &of_group).await;
    let protected = json!({ "DataProtectionPolicy": {} });
    assert!(rig.refused(GROUP, "/app", &protected).await.contains("DataProtectionPolicy is not supported"));
}

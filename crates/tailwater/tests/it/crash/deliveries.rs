//! What the table delivers to a Kinesis data stream, held against its own stream: the same changes, each once, in order
//! for each item, over all kills, while the shards of the data stream double and halve.

use super::load::Table;
use crate::client::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;

const STREAM: &str = "deliveries";

/// A write: the key, and the number that the item holds now.
pub(crate) type Change = (String, Option<u64>);

/// Makes the data stream, and has the table deliver to it.
pub(crate) fn enable(client: &mut Client) {
    kinesis(client, "CreateStream", &json!({ "StreamName": STREAM, "ShardCount": 2 }));
    let summary = kinesis(client, "DescribeStreamSummary", &json!({ "StreamName": STREAM }));
    let arn = &summary["StreamDescriptionSummary"]["StreamARN"];
    let request = json!({ "TableName": Table::NAME, "StreamArn": arn });
    let answer = client.call("EnableKinesisStreamingDestination", request.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Doubles or halves the shards.
pub(crate) fn scale(client: &mut Client) {
    let summary = kinesis(client, "DescribeStreamSummary", &json!({ "StreamName": STREAM }));
    let count = if summary["StreamDescriptionSummary"]["OpenShardCount"] == 2 { 4 } else { 2 };
    let request =
        json!({ "StreamName": STREAM, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING" });
    kinesis(client, "UpdateShardCount", &request);
}

/// Reads all of it from the beginning, parents before children, and answers the changes in order of key.
pub(crate) fn replay(client: &mut Client) -> Vec<Change> {
    let listed = kinesis(client, "ListShards", &json!({ "StreamName": STREAM }));
    assert!(listed.get("NextToken").is_none());
    let (mut items, mut changes) = (HashMap::new(), Vec::new());
    for shard in listed["Shards"].as_array().unwrap() {
        for record in records(client, &shard["ShardId"]) {
            let data = STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
            let change: Value = serde_json::from_slice(&data).unwrap();
            let images = &change["dynamodb"];
            let key = images["Keys"]["pk"]["S"].as_str().unwrap().to_owned();
            let (old, new) = (images.get("OldImage"), images.get("NewImage"));
            let before = match new {
                Some(new) => items.insert(key.clone(), new.clone()),
                None => items.remove(&key),
            };
            assert_eq!(before.as_ref(), old, "{key} was not what was delivered before");
            changes.push((key, new.map(super::ledger::number_of)));
        }
    }
    changes.sort_unstable();
    changes
}

fn records(client: &mut Client, shard: &Value) -> Vec<Value> {
    let request = json!({ "StreamName": STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = kinesis(client, "GetShardIterator", &request)["ShardIterator"].clone();
    let mut all = Vec::new();
    loop {
        let page = kinesis(client, "GetRecords", &json!({ "ShardIterator": iterator }));
        let records = page["Records"].as_array().unwrap();
        all.extend(records.iter().cloned());
        match page.get("NextShardIterator") {
            Some(next) if !records.is_empty() => iterator = next.clone(),
            _ => return all,
        }
    }
}

fn kinesis(client: &mut Client, operation: &str, request: &Value) -> Value {
    let answer = client.call(&format!("Kinesis_20131202.{operation}"), request.to_string());
    assert_eq!(answer.status, 200, "{operation} of {request}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

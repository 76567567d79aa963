//! Whole requests to Kinesis Data Streams over a small database: the first byte chooses the operation and, by its highest
//! bit, CBOR for JSON; the rest is the body. Whatever it is, it is answered, with no error that is the server's, and in
//! JSON where JSON was asked for; and every stream can be described and read after it, and when it is opened again.

use crate::ground::{Ground, World, Worlds, opened};
use database::{Database, Options};
use serde_json::{Value, json};
use services::kinesis::Kinesis;
use std::sync::Arc;

/// Those that do something; the others are refused by name.
const OPERATIONS: [&str; 28] = [
    "CreateStream",
    "DeleteStream",
    "DescribeStream",
    "DescribeStreamSummary",
    "DescribeLimits",
    "ListStreams",
    "ListShards",
    "PutRecord",
    "PutRecords",
    "GetShardIterator",
    "GetRecords",
    "SplitShard",
    "MergeShards",
    "UpdateShardCount",
    "UpdateStreamMode",
    "IncreaseStreamRetentionPeriod",
    "DecreaseStreamRetentionPeriod",
    "AddTagsToStream",
    "RemoveTagsFromStream",
    "ListTagsForStream",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "UpdateMaxRecordSize",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "EnableEnhancedMonitoring",
    "DisableEnhancedMonitoring",
];

const JSON: &str = "application/x-amz-json-1.1";
const CBOR: &str = "application/x-amz-cbor-1.1";

thread_local! {
    static WORLDS: Worlds<Kinesis> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Kinesis {
    type Seen = Vec<Value>;

    fn open(ground: &Ground) -> Self {
        let (store, environment) = (Arc::clone(&ground.store), ground.environment.clone());
        Self::new(opened(Database::open_on(store, Options::in_memory(), environment)))
    }

    async fn furnish(&self, ground: &Ground) {
        ok(self, ground, "CreateStream", json!({ "StreamName": "s", "ShardCount": 2 })).await;
        let record = json!({ "StreamName": "s", "PartitionKey": "k", "Data": "AAEC" });
        ok(self, ground, "PutRecord", record).await;
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        let Some((choice, body)) = data.split_first() else { return false };
        let operation = OPERATIONS[usize::from(*choice & 0x7f) % OPERATIONS.len()];
        let media_type = if *choice & 0x80 == 0 { JSON } else { CBOR };
        let answer = self.call(operation, &ground.caller, media_type, body).await;
        assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
        if media_type == JSON && !answer.body.is_empty() {
            assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{operation} answers no JSON");
        }
        false
    }

    /// All streams, and what is in some of their shards.
    async fn look(&self, ground: &Ground) -> Vec<Value> {
        let mut seen = Vec::new();
        let streams = ok(self, ground, "ListStreams", json!({})).await["StreamNames"].clone();
        for stream in streams.as_array().into_iter().flatten() {
            let described = ok(self, ground, "DescribeStream", json!({ "StreamName": stream })).await;
            let shards = described["StreamDescription"]["Shards"].as_array();
            for shard in shards.unwrap_or_else(|| panic!("no shards")).iter().take(4) {
                let place = json!({
                    "StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
                });
                let iterator = ok(self, ground, "GetShardIterator", place).await["ShardIterator"].clone();
                let read = ok(self, ground, "GetRecords", json!({ "ShardIterator": iterator })).await;
                seen.push(read["Records"].clone());
            }
            seen.push(described);
        }
        seen
    }
}

async fn ok(kinesis: &Kinesis, ground: &Ground, operation: &str, request: Value) -> Value {
    let answer = kinesis.call(operation, &ground.caller, JSON, request.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{operation} of {request}: {}", answer.body.escape_ascii());
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

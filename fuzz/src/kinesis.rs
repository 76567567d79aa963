//! Whole requests to Kinesis Data Streams over a small database: the first byte chooses the operation and, by its highest
//! bit, CBOR for JSON; the rest is the body. Whatever it is, it is answered, with no error that is the server's, and in
//! JSON where JSON was asked for; and every stream can be described and read after it.

use database::{Caller, Database, Options};
use environment::Environment;
use serde_json::{Value, json};
use services::kinesis::Kinesis;

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

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

thread_local! {
    static RUNTIME: Option<tokio::runtime::Runtime> =
        tokio::runtime::Builder::new_current_thread().build().ok();
}

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let operation = OPERATIONS[usize::from(*choice & 0x7f) % OPERATIONS.len()];
    let media_type = if *choice & 0x80 == 0 { JSON } else { CBOR };
    RUNTIME.with(|runtime| {
        let Some(runtime) = runtime else { panic!("there is no runtime") };
        runtime.block_on(run(operation, media_type, body));
    });
}

async fn run(operation: &str, media_type: &str, body: &[u8]) {
    let environment = Environment::simulated(1, START_MS);
    let database = match Database::open(Options::in_memory(), environment) {
        Ok(database) => database,
        Err(error) => panic!("{error}"),
    };
    let (kinesis, caller) = (Kinesis::new(database), Caller::new("000000000000", "us-east-1"));
    let ok = async |operation: &str, request: Value| -> Value {
        let answer = kinesis.call(operation, &caller, JSON, request.to_string().as_bytes()).await;
        assert_eq!(answer.status, 200, "{operation} of {request}: {}", answer.body.escape_ascii());
        serde_json::from_slice(&answer.body).unwrap_or_default()
    };
    ok("CreateStream", json!({ "StreamName": "s", "ShardCount": 2 })).await;
    ok("PutRecord", json!({ "StreamName": "s", "PartitionKey": "k", "Data": "AAEC" })).await;
    let answer = kinesis.call(operation, &caller, media_type, body).await;
    assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
    if media_type == JSON && !answer.body.is_empty() {
        assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{operation} answers no JSON");
    }
    let streams = ok("ListStreams", json!({})).await["StreamNames"].clone();
    for stream in streams.as_array().into_iter().flatten() {
        let described = ok("DescribeStream", json!({ "StreamName": stream })).await;
        let Some(shards) = described["StreamDescription"]["Shards"].as_array() else { panic!("no shards") };
        for shard in shards.iter().take(4) {
            let place = json!({
                "StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
            });
            let iterator = ok("GetShardIterator", place).await["ShardIterator"].clone();
            ok("GetRecords", json!({ "ShardIterator": iterator })).await;
        }
    }
}

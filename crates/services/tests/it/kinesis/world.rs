//! A service to test on, over a database of its own.

use database::{Caller, Database, Options, Storage};
use environment::Environment;
use serde_json::{Value, json};
use services::kinesis::Kinesis;
use std::sync::Arc;
use std::time::Duration;
use store::Durability;
use tempfile::TempDir;

/// When simulated time begins: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: u64 = 1_767_225_600_000;

/// The code of an error, and its text.
pub(crate) type Failure = (String, String);

/// A service, and somebody who calls it.
pub(crate) struct World {
    pub(crate) database: Arc<Database>,
    pub(crate) kinesis: Kinesis,
    pub(crate) caller: Caller,
    options: Options,
    directory: Option<TempDir>,
}

impl World {
    pub(crate) fn in_memory() -> World {
        World::with(Options::in_memory(), None)
    }

    pub(crate) fn on_disk() -> World {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory {
            path: directory.path().join("data"),
            durability: Durability::Buffer,
            cache_bytes: Some(4 << 20),
        };
        World::with(Options { storage, ..Options::in_memory() }, Some(directory))
    }

    pub(crate) fn of_every_kind() -> [World; 2] {
        [World::in_memory(), World::on_disk()]
    }

    pub(crate) fn with(options: Options, directory: Option<TempDir>) -> World {
        let environment = Environment::simulated(7, START_MS);
        let database = Database::open(options.clone(), environment).unwrap();
        database.start();
        let kinesis = Kinesis::new(Arc::clone(&database));
        World { database, kinesis, caller: Caller::new("000000000000", "us-east-1"), options, directory }
    }

    /// Opened anew, where it is on disk.
    pub(crate) fn reopened(self) -> World {
        if self.directory.is_none() {
            return self;
        }
        let World { database, kinesis, options, directory, .. } = self;
        let ended = Arc::downgrade(database.store());
        drop((database, kinesis));
        let clock = environment::Clock::system();
        let deadline = clock.machine() + Duration::from_secs(10);
        while ended.strong_count() > 0 {
            assert!(clock.machine() < deadline, "somebody still has the store");
            std::thread::yield_now();
        }
        World::with(options, directory)
    }

    /// Runs an operation.
    pub(crate) async fn call(&self, operation: &str, request: &Value) -> Result<Value, Failure> {
        self.call_as(&self.caller, operation, request).await
    }

    /// Runs an operation for somebody else.
    pub(crate) async fn call_as(
        &self,
        caller: &Caller,
        operation: &str,
        request: &Value,
    ) -> Result<Value, Failure> {
        self.call_text(caller, operation, &request.to_string()).await
    }

    /// Runs an operation whose request is text already.
    pub(crate) async fn call_text(
        &self,
        caller: &Caller,
        operation: &str,
        body: &str,
    ) -> Result<Value, Failure> {
        let media_type = "application/x-amz-json-1.1";
        let answer = self.kinesis.call(operation, caller, media_type, body.as_bytes()).await;
        assert_eq!(answer.content_type, media_type);
        if answer.body.is_empty() {
            assert_eq!(answer.status, 200);
            return Ok(Value::Null);
        }
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        if answer.status == 200 {
            return Ok(value);
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Err((text("__type"), text("message")))
    }

    /// Runs an operation that succeeds.
    pub(crate) async fn ok(&self, operation: &str, request: Value) -> Value {
        match self.call(operation, &request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{operation} of {request}: {error:?}"),
        }
    }

    /// Makes the stream `changes`.
    pub(crate) async fn create(&self, shards: u32) {
        self.ok("CreateStream", json!({ "StreamName": "changes", "ShardCount": shards })).await;
    }

    /// Puts a record with this text as its data.
    pub(crate) async fn put(&self, key: &str, text: &str) -> Value {
        let request = json!({ "StreamName": "changes", "PartitionKey": key, "Data": base64(text) });
        self.ok("PutRecord", request).await
    }

    /// An iterator of a shard.
    pub(crate) async fn iterator(&self, shard: u64, place: Value) -> Value {
        let mut request = json!({ "StreamName": "changes", "ShardId": shard_id(shard) });
        for (name, value) in place.as_object().unwrap() {
            request[name] = value.clone();
        }
        self.ok("GetShardIterator", request).await["ShardIterator"].clone()
    }

    /// A page of a shard, from its oldest record on.
    pub(crate) async fn read(&self, shard: u64) -> Value {
        let iterator = self.iterator(shard, json!({ "ShardIteratorType": "TRIM_HORIZON" })).await;
        self.ok("GetRecords", json!({ "ShardIterator": iterator })).await
    }

    /// The ids of the shards that ListShards answers.
    pub(crate) async fn shards(&self, members: Value) -> Vec<String> {
        let mut request = json!({ "StreamName": "changes" });
        for (name, value) in members.as_object().unwrap() {
            request[name] = value.clone();
        }
        let listed = self.ok("ListShards", request).await;
        let shards = listed["Shards"].as_array().unwrap().iter();
        shards.map(|shard| shard["ShardId"].as_str().unwrap().to_owned()).collect()
    }

    /// Moves service time, and everything with it.
    pub(crate) async fn advance(&self, ms: u64) {
        self.database.move_clock(&json!({ "advance_ms": ms })).await.unwrap();
    }
}

pub(crate) fn shard_id(number: u64) -> String {
    format!("shardId-{number:012}")
}

pub(crate) fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The data of a page's records, as texts.
pub(crate) fn texts(page: &Value) -> Vec<String> {
    use base64::Engine as _;
    let text = |record: &Value| {
        let data = base64::engine::general_purpose::STANDARD.decode(record["Data"].as_str().unwrap());
        String::from_utf8(data.unwrap()).unwrap()
    };
    page["Records"].as_array().unwrap().iter().map(text).collect()
}

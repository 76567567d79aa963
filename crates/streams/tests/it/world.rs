//! A store, streams and a clock, and the calls that tests make on them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use environment::Environment;
use item::{Number, Stored};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use store::{
    AnyStore, Commit, Durability, Embedded, EmbeddedOptions, LogChange, LogId, Memory, Outcome, Pieces,
    Position, Store,
};
use streams::descriptor::{self, Change, Expiry, NewStream, Opening};
use streams::record::{self, Kind, NewRecord};
use streams::{
    Caller, KeyElement, KeyRole, Options, SequenceNumber, ShardId, StreamDescriptor, Streams, ViewType,
};
use tempfile::TempDir;
use wire::ApiError;

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const CALLER: Caller<'static> = Caller { account: ACCOUNT, region: REGION };
pub(crate) const START_MS: u64 = 1_800_000_000_123;
pub(crate) const HOUR_MS: u64 = 3_600_000;

pub(crate) struct World {
    pub(crate) environment: Environment,
    pub(crate) store: AnyStore,
    pub(crate) streams: Streams,
    last_log: AtomicU64,
    /// Where the store is, if on disk. Goes after it.
    _directory: Option<TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::upon(options, |_| (AnyStore::Memory(Memory::new(1 << 30)), None))
    }

    /// On disk, in a directory of its own.
    pub(crate) fn on_disk() -> Self {
        Self::upon(Options::default(), |environment| {
            let directory = tempfile::tempdir().unwrap();
            let options = EmbeddedOptions { durability: Durability::Buffer, ..EmbeddedOptions::default() };
            let store = Embedded::open(&directory.path().join("data"), options, environment).unwrap();
            (AnyStore::Embedded(store), Some(directory))
        })
    }

    /// One of each kind.
    pub(crate) fn of_every_kind() -> [Self; 2] {
        [Self::new(), Self::on_disk()]
    }

    fn upon(options: Options, store: impl FnOnce(&Environment) -> (AnyStore, Option<TempDir>)) -> Self {
        let environment = Environment::simulated(1, START_MS);
        let streams =
            Streams::new(environment.clock.clone(), options).with_faults(environment.faults.clone());
        let (store, _directory) = store(&environment);
        Self { environment, store, streams, last_log: AtomicU64::new(0), _directory }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.environment.clock.now_ms()
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.environment.clock.advance(ms);
    }

    pub(crate) fn opening<T>(&self, plan: impl FnOnce(Opening<'_>) -> T) -> T {
        let mut next_log = || LogId(self.last_log.fetch_add(1, Ordering::Relaxed) + 1);
        let retention_ms = self.streams.options().retention_ms;
        plan(Opening { now_ms: self.now_ms(), retention_ms, next_log: &mut next_log })
    }

    /// Commits a change and shows it, as the owner of the table does.
    pub(crate) fn apply(&self, change: Change) -> StreamDescriptor {
        self.change_logs(change.logs);
        self.streams.install(change.descriptor.clone());
        change.descriptor
    }

    pub(crate) fn change_logs(&self, logs: Vec<LogChange>) {
        let commit = Commit { logs, time_ms: self.now_ms(), ..Commit::default() };
        assert!(matches!(self.store.commit(commit).unwrap(), Outcome::Done { .. }));
    }

    pub(crate) fn open(&self, table: &str, view: ViewType) -> StreamDescriptor {
        self.open_as(CALLER, table, view, 1)
    }

    pub(crate) fn open_as(
        &self,
        owner: Caller<'_>,
        table: &str,
        view: ViewType,
        initial_shards: u32,
    ) -> StreamDescriptor {
        let new = NewStream {
            table_arn: format!("arn:aws:dynamodb:{}:{}:table/{table}", owner.region, owner.account),
            account: owner.account.into(),
            region: owner.region.into(),
            table_name: table.into(),
            key_schema: vec![
                KeyElement { name: "pk".into(), role: KeyRole::Hash },
                KeyElement { name: "sort \"key\"".into(), role: KeyRole::Range },
            ],
            view,
            label_ms: self.streams.next_label_ms(owner, table),
            initial_shards,
        };
        self.apply(self.opening(|opening| descriptor::open(new, opening)))
    }

    pub(crate) fn roll(&self, stream: &StreamDescriptor, shard: ShardId) -> StreamDescriptor {
        self.apply(self.opening(|opening| descriptor::roll(stream, &[shard], opening)).unwrap())
    }

    pub(crate) fn split(&self, stream: &StreamDescriptor, shard: ShardId) -> StreamDescriptor {
        self.apply(self.opening(|opening| descriptor::split(stream, shard, opening)).unwrap())
    }

    pub(crate) fn disable(&self, stream: &StreamDescriptor) -> StreamDescriptor {
        self.apply(descriptor::disable(stream, self.now_ms()).unwrap())
    }

    /// What maintenance does about retention.
    pub(crate) fn expire(&self, stream: &StreamDescriptor) -> Expiry {
        let retention_ms = self.streams.options().retention_ms;
        let expiry = {
            let snapshot = self.store.snapshot();
            descriptor::expire(stream, &snapshot, self.now_ms(), retention_ms).unwrap()
        };
        match expiry.clone() {
            Expiry::Nothing => {}
            Expiry::Trim(logs) => self.change_logs(logs),
            Expiry::Change(change) => drop(self.apply(change)),
            Expiry::Gone(logs) => {
                self.change_logs(logs);
                self.streams.remove(&stream.arn);
            }
        }
        expiry
    }

    /// Appends to the newest shard.
    pub(crate) fn append(&self, stream: &StreamDescriptor, record: Pieces) -> Position {
        self.append_to(stream.shards.last().unwrap().log, record)
    }

    pub(crate) fn append_to(&self, log: LogId, record: Pieces) -> Position {
        let commit = Commit { appends: vec![(log, record)], time_ms: self.now_ms(), ..Commit::default() };
        match self.store.commit(commit).unwrap() {
            Outcome::Done { positions, .. } => {
                self.streams.wakeups().committed(&[(log, positions[0])]);
                positions[0]
            }
            other => panic!("{other:?}"),
        }
    }

    /// Appends inserts of items with these numbers; answers their sequence numbers.
    pub(crate) fn insert(&self, stream: &StreamDescriptor, numbers: std::ops::Range<u32>) -> Vec<String> {
        numbers.map(|number| sequence(self.append(stream, insert_of(stream.view, number)))).collect()
    }

    pub(crate) fn list_streams(&self, caller: Caller<'_>, request: &Value) -> Result<Value, ApiError> {
        parse(self.streams.list_streams(caller, request.to_string().as_bytes()))
    }

    pub(crate) fn describe_stream(&self, request: &Value) -> Result<Value, ApiError> {
        parse(self.streams.describe_stream(&self.store, CALLER, request.to_string().as_bytes()))
    }

    pub(crate) fn get_shard_iterator(&self, request: &Value) -> Result<Value, ApiError> {
        parse(self.streams.get_shard_iterator(&self.store, CALLER, request.to_string().as_bytes()))
    }

    pub(crate) fn get_records(&self, request: &Value) -> Result<Value, ApiError> {
        self.get_records_as(CALLER, request)
    }

    pub(crate) fn get_records_as(&self, caller: Caller<'_>, request: &Value) -> Result<Value, ApiError> {
        parse(self.streams.get_records(&self.store, caller, request.to_string().as_bytes()))
    }

    /// The description of a stream.
    pub(crate) fn describe(&self, stream: &StreamDescriptor) -> Value {
        self.describe_stream(&json!({"StreamArn": stream.arn})).unwrap()["StreamDescription"].take()
    }

    pub(crate) fn try_iterator(
        &self,
        stream: &StreamDescriptor,
        shard: ShardId,
        kind: &str,
        number: Option<&str>,
    ) -> Result<String, ApiError> {
        let mut request =
            json!({"StreamArn": stream.arn, "ShardId": shard.to_string(), "ShardIteratorType": kind});
        if let Some(number) = number {
            request["SequenceNumber"] = json!(number);
        }
        Ok(self.get_shard_iterator(&request)?["ShardIterator"].as_str().unwrap().into())
    }

    pub(crate) fn iterator(&self, stream: &StreamDescriptor, shard: ShardId, kind: &str) -> String {
        self.try_iterator(stream, shard, kind, None).unwrap()
    }

    /// The page at an iterator: sequence numbers, and the next iterator.
    pub(crate) fn page(&self, iterator: &str) -> (Vec<String>, Option<String>) {
        let page = self.get_records(&json!({"ShardIterator": iterator})).unwrap();
        (numbers(&page), next_of(&page))
    }

    /// The sequence numbers from an iterator to the end of what is there, and the last next iterator.
    pub(crate) fn drain(&self, iterator: &str) -> (Vec<String>, Option<String>) {
        let (mut all, mut next) = (Vec::new(), Some(iterator.to_owned()));
        while let Some(iterator) = &next {
            let (page, after) = self.page(iterator);
            let done = page.is_empty();
            all.extend(page);
            next = after;
            if done {
                break;
            }
        }
        (all, next)
    }
}

fn parse(answer: Result<Vec<u8>, ApiError>) -> Result<Value, ApiError> {
    answer.map(|body| {
        serde_json::from_slice(&body).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&body));
        })
    })
}

pub(crate) fn numbers(page: &Value) -> Vec<String> {
    let records = page["Records"].as_array().unwrap();
    records.iter().map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().into()).collect()
}

pub(crate) fn next_of(page: &Value) -> Option<String> {
    page.get("NextShardIterator").map(|next| next.as_str().unwrap().into())
}

pub(crate) fn sequence(position: Position) -> String {
    SequenceNumber::of(position).to_string()
}

/// The record of an insert of the item `{pk: {S: "k"}, n: {N: number}}`.
pub(crate) fn insert_of(view: ViewType, number: u32) -> Pieces {
    let keys = stored(&json!({"pk": {"S": "k"}}));
    let new = stored(&json!({"pk": {"S": "k"}, "n": {"N": number.to_string()}}));
    let (kind, service) = (Kind::Insert, false);
    record::encode(&NewRecord { kind, keys: &keys, old: None, new: Some(&new), view, service })
}

/// An error as `code: message`.
pub(crate) fn text<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
    result.unwrap_err().to_string()
}

/// The stored form of an item in DynamoDB's JSON.
pub(crate) fn stored(item: &Value) -> Stored {
    Stored::encode(&map_of(item))
}

fn map_of(map: &Value) -> item::Map {
    map.as_object().unwrap().iter().map(|(name, value)| (name.into(), value_of(value))).collect()
}

fn value_of(typed: &Value) -> item::Value {
    let (kind, value) = typed.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap();
    match kind.as_str() {
        "S" => item::Value::S(text().into()),
        "N" => item::Value::N(Number::parse(text()).unwrap()),
        "B" => item::Value::B(STANDARD.decode(text()).unwrap().into()),
        "BOOL" => item::Value::Bool(value.as_bool().unwrap()),
        "NULL" => item::Value::Null,
        "NS" => {
            let members = value.as_array().unwrap().iter();
            item::Value::number_set(
                members.map(|text| Number::parse(text.as_str().unwrap()).unwrap()).collect(),
            )
            .unwrap()
        }
        "L" => item::Value::L(value.as_array().unwrap().iter().map(value_of).collect()),
        "M" => item::Value::M(map_of(value)),
        other => panic!("{other}"),
    }
}

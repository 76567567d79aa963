//! How many instructions the hot paths take: what a request costs between the decoding of its body and the bytes of its answer,
//! without HTTP, without another thread, in a database in memory whose clock and chance are simulated, so that the counts are
//! the same each time. `benches/hot_paths.rs` holds them against limits, under Valgrind.

use bytes::Bytes;
use database::{Caller, Database, Options};
use environment::Environment;
use std::hint::black_box;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use wire::Operation;

#[allow(dead_code, reason = "shared with the benchmark, which sends others of them too")]
#[path = "../../src/requests.rs"]
mod requests;

/// Items in the table with a stream.
const ITEMS: u64 = 1_000;

/// Records that are read at a time.
pub const PAGE: usize = 100;

/// A piece that is large to the allocator.
const TIDYING_BYTES: usize = 64 << 10;

/// A request, ready to be made of a database that has seen the like of it.
pub struct Ready {
    runtime: Runtime,
    database: Arc<Database>,
    caller: Caller,
    operation: Operation,
    body: Bytes,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// A whole item over another.
    PutItem,
    /// An item by its key.
    GetItem,
    /// Two SETs and an ADD, on a condition.
    UpdateItem,
    /// Twenty items of a partition.
    Query,
    /// Four puts at once.
    TransactWriteItems,
    /// Twenty-five puts.
    BatchWriteItem,
    /// [`PAGE`] records with both images.
    GetRecords,
}

impl Ready {
    /// A database with items and records, and a request to make of it, after another of its kind has been made.
    ///
    /// # Panics
    /// When the database refuses what it is asked.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        let environment = Environment::simulated(7, 1_790_000_000_000);
        let database = Database::open(Options::in_memory(), environment).expect("a database in memory");
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let caller = Caller::new("000000000000", "us-east-1");
        let mut ready =
            Self { runtime, database, caller, operation: Operation::CreateTable, body: Bytes::new() };
        ready.answered(Operation::CreateTable, requests::ITEMS.into());
        ready.answered(Operation::CreateTable, requests::RANGES.into());
        for first in (0..ITEMS).step_by(25) {
            let items = (first..first + 25).map(|number| requests::item(number, 0));
            ready.answered(Operation::BatchWriteItem, requests::batch("items", items));
        }
        ready.answered(Operation::BatchWriteItem, requests::partition(0));
        // Changes, for the records to show what the items were.
        for number in 0..PAGE as u64 + 10 {
            ready.answered(Operation::PutItem, requests::put("items", &requests::item(number, 1)));
        }
        (ready.operation, ready.body) = ready.request(asked, 500);
        drop(ready.call());
        (ready.operation, ready.body) = ready.request(asked, 600);
        // The allocator puts together what was freed above at the next large piece that is asked for: here, where it is not
        // counted.
        drop(black_box(Vec::<u8>::with_capacity(TIDYING_BYTES)));
        ready
    }

    /// The request itself, for items from this number on.
    fn request(&mut self, asked: Asked, from: u64) -> (Operation, Bytes) {
        let items = |count| (from..from + count).map(|number| requests::item(number, 2));
        let (operation, body) = match asked {
            Asked::PutItem => (Operation::PutItem, requests::put("items", &requests::item(from, 2))),
            Asked::GetItem => (Operation::GetItem, requests::get(from)),
            Asked::UpdateItem => (Operation::UpdateItem, requests::update(&format!("item-{from:08}"), from)),
            Asked::Query => (Operation::Query, requests::query(0)),
            Asked::TransactWriteItems => (Operation::TransactWriteItems, requests::transaction(items(4))),
            Asked::BatchWriteItem => (Operation::BatchWriteItem, requests::batch("items", items(25))),
            Asked::GetRecords => (Operation::GetRecords, self.page()),
        };
        (operation, body.into())
    }

    /// GetRecords behind the records of the first items.
    fn page(&mut self) -> String {
        let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
        let table = self.answered(Operation::DescribeTable, r#"{"TableName":"items"}"#.into());
        let arn = text(&table["Table"]["LatestStreamArn"]);
        let stream = self.answered(Operation::DescribeStream, format!(r#"{{"StreamArn":"{arn}"}}"#));
        let shard = text(&stream["StreamDescription"]["Shards"][0]["ShardId"]);
        let asked =
            format!(r#"{{"StreamArn":"{arn}","ShardId":"{shard}","ShardIteratorType":"TRIM_HORIZON"}}"#);
        let mut iterator = text(&self.answered(Operation::GetShardIterator, asked)["ShardIterator"]);
        loop {
            let asked = format!(r#"{{"ShardIterator":"{iterator}","Limit":{PAGE}}}"#);
            let page = self.answered(Operation::GetRecords, asked.clone());
            let records = page["Records"].as_array().expect("records");
            if records.len() == PAGE && records.iter().all(|record| record["eventName"] == "MODIFY") {
                return asked;
            }
            assert!(!records.is_empty(), "there is a page of changes");
            iterator = text(&page["NextShardIterator"]);
        }
    }

    fn answered(&mut self, operation: Operation, body: String) -> serde_json::Value {
        (self.operation, self.body) = (operation, body.into());
        let answer = self.call();
        serde_json::from_slice(&answer).expect("an answer in JSON")
    }

    /// Makes the request, and answers the bytes of its answer.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn call(&self) -> Vec<u8> {
        let call = self.database.call(self.operation, &self.caller, self.body.clone());
        self.runtime.block_on(call).expect("an answer").body
    }
}

//! A database to test on, and what it takes to talk to it.

use bytes::Bytes;
use database::{Caller, Database, Options, Storage};
use environment::Environment;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::{AnyStore, Durability, Faults, Faulty};
use tempfile::TempDir;
use wire::Operation;

/// When simulated time begins: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: u64 = 1_767_225_600_000;

/// A database, and somebody who calls it.
pub(crate) struct World {
    pub(crate) database: Arc<Database>,
    pub(crate) environment: Environment,
    pub(crate) caller: Caller,
    options: Options,
    /// Where it is kept, if on disk. Goes after the database.
    directory: Option<TempDir>,
}

/// The code of an error, and its text.
pub(crate) type Failure = (String, String);

impl World {
    /// In memory.
    pub(crate) fn in_memory() -> World {
        World::with(Options::in_memory())
    }

    /// In memory, on a store that delays, conflicts, and at times does not say what became of a commit.
    pub(crate) fn on_a_faulty_store() -> World {
        let store = Arc::new(AnyStore::Faulty(Faulty::new(Faults::some(), 11)));
        World::upon(store, Options::in_memory(), 7)
    }

    /// On disk, in a directory of its own. Writes are left to the operating system to sync: what a loss of power
    /// may take is for the store's own tests.
    pub(crate) fn on_disk() -> World {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory {
            path: directory.path().join("data"),
            durability: Durability::Buffer,
            cache_bytes: Some(4 << 20),
        };
        let mut world = World::with(Options { storage, ..Options::in_memory() });
        world.directory = Some(directory);
        world
    }

    /// One of each kind.
    pub(crate) fn of_every_kind() -> [World; 3] {
        [World::in_memory(), World::on_a_faulty_store(), World::on_disk()]
    }

    /// In memory, with options.
    pub(crate) fn with(options: Options) -> World {
        let environment = Environment::simulated(7, START_MS);
        let database = Database::open(options.clone(), environment.clone()).unwrap();
        World::around(database, environment, options)
    }

    /// Where it is on disk.
    pub(crate) fn directory(&self) -> std::path::PathBuf {
        self.directory.as_ref().unwrap().path().to_owned()
    }

    /// Upon a store, with options.
    pub(crate) fn upon(store: Arc<AnyStore>, options: Options, seed: u64) -> World {
        let environment = Environment::simulated(seed, START_MS);
        let database = Database::open_on(store, options.clone(), environment.clone()).unwrap();
        World::around(database, environment, options)
    }

    fn around(database: Arc<Database>, environment: Environment, options: Options) -> World {
        database.start();
        let caller = Caller::new("000000000000", "us-east-1");
        World { database, environment, caller, options, directory: None }
    }

    /// A database opened anew upon the same store, or the same directory. What runs in the background goes away
    /// with its runtime, or when nobody else has the database.
    pub(crate) fn reopened(self) -> World {
        let World { database, options, environment, directory, .. } = self;
        // Other randomness than before, as after a real start: tokens of commits must not come again.
        let seed = environment.random.next_u64();
        if directory.is_none() {
            let store = Arc::clone(database.store());
            drop(database);
            return World::upon(store, options, seed);
        }
        let ended = Arc::downgrade(database.store());
        drop(database);
        let clock = environment::Clock::system();
        let deadline = clock.machine() + Duration::from_secs(10);
        while ended.strong_count() > 0 {
            assert!(clock.machine() < deadline, "somebody still has the store");
            std::thread::yield_now();
        }
        let environment = Environment::simulated(seed, START_MS);
        let database = Database::open(options.clone(), environment.clone()).unwrap();
        World { directory, ..World::around(database, environment, options) }
    }

    /// Runs an operation.
    pub(crate) async fn call(&self, operation: Operation, request: Value) -> Result<Value, Failure> {
        self.call_as(&self.caller, operation, request).await
    }

    /// Runs an operation, and answers also where its records went.
    pub(crate) async fn reply(
        &self,
        operation: Operation,
        request: &Value,
    ) -> Result<(Value, Option<String>), Failure> {
        let body = Bytes::from(request.to_string());
        match self.database.call(operation, &self.caller, body).await {
            Ok(reply) => Ok((serde_json::from_slice(&reply.body).unwrap(), reply.positions)),
            Err(error) => {
                Err((error.code().name().to_owned(), error.message().unwrap_or_default().to_owned()))
            }
        }
    }

    /// Runs an operation for somebody else.
    pub(crate) async fn call_as(
        &self,
        caller: &Caller,
        operation: Operation,
        request: Value,
    ) -> Result<Value, Failure> {
        let body = Bytes::from(request.to_string());
        match self.database.call(operation, caller, body).await {
            Ok(reply) if reply.body.is_empty() => Ok(Value::Null),
            Ok(reply) => Ok(serde_json::from_slice(&reply.body).unwrap()),
            Err(error) => {
                Err((error.code().name().to_owned(), error.message().unwrap_or_default().to_owned()))
            }
        }
    }

    /// Runs an operation that succeeds.
    pub(crate) async fn ok(&self, operation: Operation, request: Value) -> Value {
        match self.call(operation, request.clone()).await {
            Ok(answer) => answer,
            Err(error) => panic!("{} of {request}: {error:?}", operation.name()),
        }
    }

    /// The description of a table.
    pub(crate) async fn describe(&self, table: &str) -> Value {
        self.ok(Operation::DescribeTable, json!({ "TableName": table })).await["Table"].clone()
    }

    /// Moves service time, and everything with it.
    pub(crate) async fn advance(&self, ms: u64) {
        self.database.move_clock(&json!({ "advance_ms": ms })).await.unwrap();
    }

    /// Waits until the condition holds.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn(&World) -> bool) {
        let clock = environment::Clock::system();
        let deadline = clock.machine() + Duration::from_secs(30);
        while !condition(self).await {
            assert!(clock.machine() < deadline, "waited too long until {what}");
            tokio::task::yield_now().await;
        }
    }
}

/// CreateTable of a table with a partition key `pk`, billed by request.
pub(crate) fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

/// The request with these members put in, or taken out where they are null.
pub(crate) fn with(mut request: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => {
                request.as_object_mut().unwrap().remove(name);
            }
            value => request[name] = value.clone(),
        }
    }
    request
}

/// Attribute definitions, from `name:TYPE` words.
pub(crate) fn definitions(words: &str) -> Value {
    let one = |word: &str| {
        let (name, kind) = word.split_once(':').unwrap();
        json!({ "AttributeName": name, "AttributeType": kind })
    };
    words.split_whitespace().map(one).collect()
}

/// A key schema, from `name:HASH` or `name:RANGE` words.
pub(crate) fn keys(words: &str) -> Value {
    let one = |word: &str| {
        let (name, part) = word.split_once(':').unwrap();
        json!({ "AttributeName": name, "KeyType": part })
    };
    words.split_whitespace().map(one).collect()
}

/// An index that holds everything.
pub(crate) fn index(name: &str, schema: &str) -> Value {
    json!({ "IndexName": name, "KeySchema": keys(schema), "Projection": { "ProjectionType": "ALL" } })
}

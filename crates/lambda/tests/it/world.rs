//! A database with mappings, whose function is a closure.

use bytes::Bytes;
use database::{Caller, Database, Options, Storage};
use environment::{Clock, Environment};
use lambda::api::event_source_mappings::{EventSourceMappings, Operation};
use lambda::destinations::Destinations;
use lambda::discarded::{self, Discarded};
use lambda::history::{self, History};
use lambda::invoke::{Call, Invoke, InvokeError, Reply};
use lambda::pollers::{self, Mappings, Parts};
use serde_json::{Value, json};
use services::objects::{self, BucketName, ObjectKey, Objects};
use services::queues::{self, NewMessage, Queues};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Durability;
use tempfile::TempDir;
use tokio::sync::Notify;
use wire::Operation as Dynamo;

/// When simulated time begins: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: u64 = 1_767_225_600_000;

/// The function of most tests.
pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// What a function does with an event.
type Handler = Box<dyn FnMut(&Value) -> Done + Send>;

/// What comes of a call.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// It answers this.
    Answers(Value),
    /// It fails.
    Fails,
    /// It is not called.
    Refused(InvokeError),
    /// It never ends.
    Hangs,
    /// Whoever calls it panics.
    Panics,
    /// It answers nothing, once it is told to.
    Waits(Arc<Notify>),
}

/// Functions that do as a test says, and remember what they were given.
pub(crate) struct Functions {
    pub(crate) names: Mutex<BTreeSet<String>>,
    handler: Mutex<Handler>,
    events: Mutex<Vec<Value>>,
    queued: Mutex<Vec<Call>>,
    changed: Notify,
}

impl Functions {
    fn new() -> Self {
        Self {
            names: Mutex::new([FUNCTION.to_owned()].into()),
            handler: Mutex::new(Box::new(|_| Done::Answers(Value::Null))),
            events: Mutex::default(),
            queued: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// The function is changed to this.
    pub(crate) fn handle(&self, handler: impl FnMut(&Value) -> Done + Send + 'static) {
        *self.handler.lock().unwrap() = Box::new(handler);
        self.changed.notify_waiters();
    }

    /// All events that it was given.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }

    /// The partition keys of the records of each event.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.events().iter().map(keys).collect()
    }

    /// The calls that nobody waits for.
    pub(crate) fn queued(&self) -> Vec<Call> {
        self.queued.lock().unwrap().clone()
    }

    pub(crate) fn announce(&self) {
        self.changed.notify_waiters();
    }
}

/// The partition keys of an event's records.
pub(crate) fn keys(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    let key = |record: &Value| match record["dynamodb"]["Keys"]["id"]["S"].as_str() {
        Some(id) => id.to_owned(),
        None => record["kinesis"]["partitionKey"].as_str().unwrap().to_owned(),
    };
    records.iter().map(key).collect()
}

impl Invoke for Functions {
    fn invoke(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<Reply, InvokeError>> + Send + '_>> {
        Box::pin(async move {
            if !self.exists(&call.function_arn) {
                return Err(InvokeError::NotFound(call.function_arn));
            }
            let event: Value = serde_json::from_slice(&call.payload).unwrap();
            let done = (self.handler.lock().unwrap())(&event);
            let number = {
                let mut events = self.events.lock().unwrap();
                events.push(event);
                events.len()
            };
            let reply = |failed: bool, payload: Value| Reply {
                request_id: format!("request-{number}"),
                executed_version: "$LATEST".into(),
                failed,
                payload: payload.to_string().into(),
                log_tail: None,
                log_stream: String::new(),
                duration_us: 1,
            };
            match done {
                Done::Answers(answer) => Ok(reply(false, answer)),
                Done::Fails => Ok(reply(true, json!({"errorType": "Error", "errorMessage": "boom"}))),
                Done::Refused(error) => {
                    self.events.lock().unwrap().pop();
                    Err(error)
                }
                Done::Hangs => std::future::pending().await,
                Done::Panics => panic!("a planted panic"),
                Done::Waits(told) => {
                    told.notified().await;
                    Ok(reply(false, Value::Null))
                }
            }
        })
    }

    fn enqueue(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<(), InvokeError>> + Send + '_>> {
        self.queued.lock().unwrap().push(call);
        Box::pin(async { Ok(()) })
    }

    fn exists(&self, function_arn: &str) -> bool {
        self.names.lock().unwrap().contains(function_arn)
    }

    fn prewarm(&self, _: &str) {}

    fn changed(&self, _: &str) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.changed.notified())
    }
}

/// A server's inside.
pub(crate) struct World {
    pub(crate) database: Arc<Database>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) mappings: Mappings,
    pub(crate) history: History,
    pub(crate) discarded: Discarded,
    pub(crate) objects: Objects,
    pub(crate) queues: Queues,
    pub(crate) clock: Clock,
    options: Options,
    directory: Option<TempDir>,
}

impl World {
    pub(crate) fn in_memory() -> World {
        World::with(Options::in_memory(), None, Arc::new(Functions::new()))
    }

    pub(crate) fn on_disk() -> World {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory {
            path: directory.path().join("data"),
            durability: Durability::Buffer,
            cache_bytes: Some(4 << 20),
        };
        World::with(Options { storage, ..Options::in_memory() }, Some(directory), Arc::new(Functions::new()))
    }

    fn with(options: Options, directory: Option<TempDir>, functions: Arc<Functions>) -> World {
        let environment = Environment::simulated(7, START_MS);
        let database = Database::open(options.clone(), environment.clone()).unwrap();
        database.start();
        let runner = database.runner().clone();
        let objects = Objects::open(
            runner.clone(),
            database.service_space("objects").unwrap(),
            objects::Options { place: objects::Place::Temporary, shared: false },
            environment.clone(),
        )
        .unwrap();
        let space = database.service_space("queues").unwrap();
        let queues =
            Queues::open(runner.clone(), space, queues::Options::default(), environment.clone()).unwrap();
        let history = History::new(environment.clock.clone(), history::Limits::default());
        let space = database.service_space("discarded").unwrap();
        let discarded = Discarded::open(runner, space, discarded::Limits::default(), &environment).unwrap();
        let parts = Parts {
            database: Arc::clone(&database),
            invoke: functions.clone(),
            queues: Some(queues.clone()),
            destinations: Destinations::new().with_objects(objects.clone()).with_queues(queues.clone()),
            history: history.clone(),
            discarded: discarded.clone(),
        };
        let mappings = Mappings::open(
            parts,
            pollers::Options {
                pace: Duration::ZERO,
                pace_limit: Duration::ZERO,
                ..pollers::Options::default()
            },
        )
        .unwrap();
        mappings.start();
        let clock = environment.clock.clone();
        World {
            database,
            functions,
            mappings,
            history,
            discarded,
            objects,
            queues,
            clock,
            options,
            directory,
        }
    }

    /// The same, with mappings that may send to other destinations too. It has none yet.
    pub(crate) async fn with_destinations(self, with: impl FnOnce(Destinations) -> Destinations) -> World {
        self.mappings.stop().await;
        let destinations =
            Destinations::new().with_objects(self.objects.clone()).with_queues(self.queues.clone());
        let parts = Parts {
            database: Arc::clone(&self.database),
            invoke: self.functions.clone(),
            queues: Some(self.queues.clone()),
            destinations: with(destinations),
            history: self.history.clone(),
            discarded: self.discarded.clone(),
        };
        let mappings = Mappings::open(
            parts,
            pollers::Options {
                pace: Duration::ZERO,
                pace_limit: Duration::ZERO,
                ..pollers::Options::default()
            },
        );
        let mappings = mappings.unwrap();
        mappings.start();
        World { mappings, ..self }
    }

    /// Ended and begun anew; in the middle of whatever is under way if it is not to be waited for.
    pub(crate) async fn restarted(self, waits: bool) -> World {
        let World {
            database,
            functions,
            mappings,
            history,
            discarded,
            objects,
            queues,
            clock,
            options,
            directory,
        } = self;
        let ending = mappings.stop();
        if waits {
            ending.await;
        } else {
            // As long as calls hang, the end waits for its grace.
            let passing = async {
                loop {
                    clock.pass(Duration::from_secs(1));
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! { () = ending => {}, () = passing => {} }
        }
        let ended = Arc::downgrade(database.store());
        database.shutdown().await.unwrap();
        drop((database, mappings, history, discarded, objects, queues));
        until(|| ended.strong_count() == 0, "somebody still has the store").await;
        World::with(options, directory, functions)
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::new("000000000000", "us-east-1")
    }

    /// An operation of DynamoDB that succeeds.
    pub(crate) async fn dynamo(&self, operation: Dynamo, request: Value) -> Value {
        let body = Bytes::from(request.to_string());
        let reply = self.database.call(operation, &self.caller(), body).await.unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Makes the table `t` with a stream, and answers the stream's ARN.
    pub(crate) async fn table(&self) -> String {
        let made = self
            .dynamo(
                Dynamo::CreateTable,
                json!({
                    "TableName": "things",
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                }),
            )
            .await;
        made["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned()
    }

    /// Puts an item with this key.
    pub(crate) async fn put(&self, id: &str) {
        self.put_item(json!({"id": {"S": id}, "time": {"N": self.clock.now_ms().to_string()}})).await;
    }

    pub(crate) async fn put_item(&self, item: Value) {
        self.dynamo(Dynamo::PutItem, json!({"TableName": "things", "Item": item})).await;
    }

    /// Puts all of these in one commit.
    pub(crate) async fn put_together(&self, ids: &[&str]) {
        let put = |id: &&str| json!({"Put": {"TableName": "things", "Item": {"id": {"S": id}}}});
        let items: Vec<Value> = ids.iter().map(put).collect();
        self.dynamo(Dynamo::TransactWriteItems, json!({ "TransactItems": items })).await;
    }

    /// An operation on mappings: its status and its answer.
    pub(crate) async fn ask(&self, operation: Operation, body: Value) -> (u16, Value) {
        self.ask_with(operation, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        operation: Operation,
        body: Value,
        query: &[(&str, &str)],
    ) -> (u16, Value) {
        let request = lambda::api::Request {
            method: "POST".into(),
            path: Vec::new(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: Vec::new(),
            body: if body.is_null() { Bytes::new() } else { body.to_string().into() },
            host: "localhost".into(),
            caller: lambda::api::Caller { account: "000000000000".into(), region: "us-east-1".into() },
            request_id: "r".into(),
        };
        let answer = match self.mappings.call(operation, request).await {
            Ok(answer) => answer,
            Err(failure) => failure.answer(),
        };
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    /// Maps a source to the function, with these members besides, and answers the UUID.
    pub(crate) async fn map(&self, source: &str, members: Value) -> String {
        let mut body = json!({
            "EventSourceArn": source, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON",
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let (status, answer) = self.ask(Operation::Create, body).await;
        assert_eq!(status, 202, "{answer}");
        answer["UUID"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn update(&self, uuid: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Operation::Update(uuid.to_owned()), body).await;
        assert_eq!(status, 202, "{answer}");
        answer
    }

    pub(crate) async fn show(&self, uuid: &str) -> Value {
        self.ask(Operation::Get(uuid.to_owned()), Value::Null).await.1
    }

    /// Waits until the function has been called so often.
    pub(crate) async fn calls(&self, count: usize) {
        let functions = &self.functions;
        until(|| functions.events.lock().unwrap().len() >= count, "calls").await;
    }

    /// Lets service time pass until the function has been called so often.
    pub(crate) async fn calls_in_time(&self, count: usize) {
        let (functions, clock) = (&self.functions, &self.clock);
        let enough = || {
            clock.advance(50);
            functions.events.lock().unwrap().len() >= count
        };
        until(enough, "calls in time").await;
    }

    /// Lets the tasks run until nothing more is to be expected.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until what came of the last invocation is this.
    pub(crate) async fn result(&self, uuid: &str, result: &str) {
        let shown = || self.mappings.all().into_iter().find(|shown| shown.mapping.uuid.as_str() == uuid);
        until(|| shown().is_some_and(|shown| &*shown.result == result), result).await;
    }

    /// Makes a queue with these attributes, and answers its ARN.
    pub(crate) async fn queue(&self, name: &str, attributes: Value) -> String {
        let body = json!({ "QueueName": name, "Attributes": attributes }).to_string();
        let answer = self.queues.call_json("CreateQueue", &self.caller(), body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body.escape_ascii());
        format!("arn:aws:sqs:us-east-1:000000000000:{name}")
    }

    /// Sends a message; in a FIFO queue to a group.
    pub(crate) async fn send(&self, queue: &str, body: &str, group: Option<&str>) {
        let mut message = NewMessage::new(body, "000000000000");
        message.group = group.map(str::to_owned);
        message.deduplication = group.map(|_| body.to_owned());
        self.queues.send(queue, message).await.unwrap();
    }

    /// How many messages a queue has: visible, and in flight.
    pub(crate) async fn counts(&self, name: &str) -> (u64, u64) {
        let url = format!("http://localhost/000000000000/{name}");
        let body = json!({ "QueueUrl": url, "AttributeNames": ["All"] }).to_string();
        let answer = self.queues.call_json("GetQueueAttributes", &self.caller(), body.as_bytes()).await;
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        let count = |name: &str| answer["Attributes"][name].as_str().unwrap().parse().unwrap();
        (count("ApproximateNumberOfMessages"), count("ApproximateNumberOfMessagesNotVisible"))
    }

    /// Waits until a queue has so many messages, visible and in flight.
    pub(crate) async fn until_counts(&self, name: &str, counts: (u64, u64)) {
        for _ in 0..100_000 {
            if self.counts(name).await == counts {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{name} has {:?}, not {counts:?}", self.counts(name).await);
    }

    /// Makes the bucket of discarded batches.
    pub(crate) async fn bucket(&self) -> String {
        let name = BucketName::new("lost").unwrap();
        self.objects.create_bucket(&name, "000000000000", "us-east-1").await.unwrap();
        "arn:aws:s3:::lost".to_owned()
    }

    /// What is in it: keys and JSON.
    pub(crate) async fn lost(&self) -> Vec<(String, Value)> {
        let bucket = BucketName::new("lost").unwrap();
        let listed = self
            .objects
            .list(
                &bucket,
                "000000000000",
                &objects::Listing {
                    prefix: String::new(),
                    delimiter: None,
                    from: std::ops::Bound::Unbounded,
                    count: 100,
                },
            )
            .unwrap();
        let mut found = Vec::new();
        for entry in listed.entries {
            let objects::Entry::Object(key, _) = entry else { continue };
            let name = ObjectKey::new(&key).unwrap();
            let address = objects::Address { account: "000000000000", bucket: &bucket, key: &name };
            let (_, mut reader) = self.objects.open_object(address).unwrap();
            let mut bytes = Vec::new();
            while let Some(piece) = reader.next().await.unwrap() {
                bytes.extend_from_slice(&piece);
            }
            found.push((key, serde_json::from_slice(&bytes).unwrap()));
        }
        found
    }
}

/// Waits for a condition.
pub(crate) async fn until(mut condition: impl FnMut() -> bool, what: &str) {
    let clock = Clock::system();
    let deadline = clock.machine() + Duration::from_secs(20);
    while !condition() {
        assert!(clock.machine() < deadline, "waited in vain: {what}");
        tokio::task::yield_now().await;
    }
}

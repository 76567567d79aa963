//! Queues over time and restarts: long polls, deduplication, retention, purges.

use super::*;
use database::Caller;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;
use store::{AnyStore, Durability, Embedded, EmbeddedOptions, Memory, Store};

const START_MS: u64 = 1_767_225_600_000;

/// Queues, and what they are kept in.
struct World {
    queues: Queues,
    store: Arc<AnyStore>,
    environment: Environment,
}

fn open(store: Arc<AnyStore>, environment: &Environment) -> World {
    let space = store.spaces().into_iter().min();
    let space = space.unwrap_or_else(|| store.create_space().unwrap());
    let runner = Runner::new(Arc::clone(&store), environment).unwrap();
    let queues = Queues::open(runner, space, Options::default(), environment.clone()).unwrap();
    World { queues, store, environment: environment.clone() }
}

impl World {
    fn new() -> Self {
        open(Arc::new(AnyStore::Memory(Memory::new(1 << 20))), &Environment::simulated(7, START_MS))
    }

    /// The same store, opened again.
    fn reopened(self) -> Self {
        let Self { queues, store, environment } = self;
        drop(queues);
        open(store, &environment)
    }

    async fn call(&self, operation: &str, request: Json) -> Result<Json, String> {
        let caller = Caller::new("000000000000", "us-east-1");
        let answer = self.queues.call_json(operation, &caller, request.to_string().as_bytes()).await;
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 { Ok(body) } else { Err(answer.query_error.unwrap()) }
    }

    async fn create(&self, name: &str, attributes: Json) -> String {
        self.call("CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await.unwrap();
        format!("arn:aws:sqs:us-east-1:000000000000:{name}")
    }

    async fn send(&self, arn: &str, body: &str) -> Sent {
        self.queues.send(arn, NewMessage::new(body, "0")).await.unwrap()
    }

    async fn send_to(&self, arn: &str, group: &str, id: &str) -> Sent {
        let mut message = NewMessage::new(id, "0");
        (message.group, message.deduplication) = (Some(group.into()), Some(id.into()));
        self.queues.send(arn, message).await.unwrap()
    }

    async fn receive(&self, arn: &str, max: usize) -> Vec<Received> {
        let how = Receive { max, visibility_ms: None, wait: Duration::ZERO };
        self.queues.receive(arn, how).await.unwrap()
    }

    async fn bodies(&self, arn: &str) -> Vec<String> {
        self.receive(arn, 10).await.into_iter().map(|message| message.body).collect()
    }

    fn looks(&self, arn: &str) -> u64 {
        self.queues.by_arn(arn).unwrap().looks.load(Ordering::Relaxed)
    }

    fn records(&self) -> usize {
        let mut count = 0;
        self.queues
            .each(&self.queues.inner.keys.states(), |_, _| {
                count += 1;
                Ok(())
            })
            .unwrap();
        self.queues
            .each(&self.queues.inner.keys.all_sent(), |_, _| {
                count += 1;
                Ok(())
            })
            .unwrap();
        count
    }

    fn pass(&self, ms: u64) {
        self.environment.clock.advance(ms);
    }
}

async fn until(mut condition: impl FnMut() -> bool) {
    let clock = environment::Clock::system();
    let deadline = clock.machine() + Duration::from_secs(10);
    while !condition() {
        assert!(clock.machine() < deadline);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_long_polls() {
    let world = World::new();
    let arn = world.create("q", json!({})).await;
    let how = Receive { max: 10, visibility_ms: None, wait: Duration::from_secs(20) };
    let (queues, of) = (world.queues.clone(), arn.clone());
    let waiting = environment::spawn(async move { queues.receive(&of, how).await.unwrap() });
    until(|| world.looks(&arn) == 1).await;
    // The clock stands still: nothing but this can end the wait.
    world.queues.end_waits();
    assert_eq!(waiting.await.unwrap(), Vec::new());
    // Nor for those that come late.
    assert_eq!(world.queues.receive(&arn, how).await.unwrap(), Vec::new());
}

#[tokio::test]
async fn a_long_poll_looks_only_when_something_happens() {
    let world = World::new();
    let arn = world.create("q", json!({})).await;
    let how = Receive { max: 10, visibility_ms: None, wait: Duration::from_secs(20) };
    let waiting = {
        let (queues, arn) = (world.queues.clone(), arn.clone());
        environment::spawn(async move { queues.receive(&arn, how).await.unwrap() })
    };
    until(|| world.looks(&arn) == 1).await;
    for _ in 0..100 {
        world.pass(1_000);
        tokio::task::yield_now().await;
    }
    assert_eq!(world.looks(&arn), 1);
    world.send(&arn, "x").await;
    assert_eq!(waiting.await.unwrap()[0].body, "x");
    assert_eq!(world.looks(&arn), 2);
    // What becomes visible again, or is no longer delayed, wakes too.
    let waiting = {
        let (queues, arn) = (world.queues.clone(), arn.clone());
        environment::spawn(async move { queues.receive(&arn, how).await.unwrap() })
    };
    until(|| world.looks(&arn) >= 3).await;
    let before = world.looks(&arn);
    world.pass(30_000);
    assert_eq!(waiting.await.unwrap()[0].receives, 2);
    assert!(world.looks(&arn) - before <= 1);
    // And one that finds nothing ends by the machine's time.
    let ending = world.queues.receive(&arn, how);
    let passing = async {
        loop {
            world.environment.clock.pass(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! { received = ending => assert!(received.unwrap().is_empty()), () = passing => {} }
}

#[tokio::test]
async fn several_that_wait_get_one_each() {
    let world = World::new();
    let arn = world.create("q", json!({})).await;
    let how = Receive { max: 1, visibility_ms: None, wait: Duration::from_secs(20) };
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let (queues, arn) = (world.queues.clone(), arn.clone());
            environment::spawn(async move { queues.receive(&arn, how).await.unwrap() })
        })
        .collect();
    until(|| world.looks(&arn) == 3).await;
    let queue = world.queues.by_arn(&arn).unwrap();
    let messages = ["a", "b", "c"].map(|body| NewMessage::new(body, "0")).to_vec();
    world.queues.send_all(&queue, messages).await.unwrap();
    let mut bodies = Vec::new();
    for one in waiting {
        bodies.extend(one.await.unwrap().into_iter().map(|message| message.body));
    }
    bodies.sort();
    assert_eq!(bodies, ["a", "b", "c"]);
}

#[tokio::test]
async fn everything_is_as_it_was_after_a_restart() {
    let world = World::new();
    let arn = world.create("q", json!({"VisibilityTimeout": "100"})).await;
    let fifo = world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    for body in ["a", "b", "c"] {
        world.send(&arn, body).await;
    }
    let mut late = NewMessage::new("late", "0");
    late.delay_s = Some(900);
    world.queues.send(&arn, late).await.unwrap();
    let first = world.receive(&arn, 1).await.remove(0);
    let second = world.receive(&arn, 1).await.remove(0);
    world.queues.delete(&arn, &[second.receipt]).await.unwrap();
    let sent = world.send_to(&fifo, "g", "1").await;
    let world = world.reopened();
    assert_eq!(world.bodies(&arn).await, ["c"]);
    world.pass(100_000);
    let mut again = world.bodies(&arn).await;
    again.sort();
    assert_eq!(again, ["a", "c"]);
    // A handle from before still deletes.
    world.queues.delete(&arn, &[first.receipt]).await.unwrap();
    world.pass(900_000);
    let mut rest = world.bodies(&arn).await;
    rest.sort();
    assert_eq!(rest, ["c", "late"]);
    assert!(world.send_to(&fifo, "g", "2").await.sequence_number > sent.sequence_number);
}

#[tokio::test]
async fn a_deduplication_id_counts_for_five_minutes_also_after_a_restart() {
    let world = World::new();
    let arn = world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    let first = world.send_to(&arn, "g", "1").await;
    assert_eq!(world.send_to(&arn, "h", "1").await, first);
    let receipt = world.receive(&arn, 1).await.remove(0).receipt;
    world.queues.delete(&arn, &[receipt]).await.unwrap();
    let world = world.reopened();
    world.pass(299_999);
    assert_eq!(world.send_to(&arn, "g", "1").await, first);
    assert_eq!(world.bodies(&arn).await, [""; 0]);
    world.pass(1);
    assert_ne!(world.send_to(&arn, "g", "1").await.id, first.id);
    assert_eq!(world.bodies(&arn).await, ["1"]);
    // In a batch too, and in a queue that knows them by group only there.
    let by_group = json!({"FifoQueue": "true", "DeduplicationScope": "messageGroup"});
    let arn = world.create("g.fifo", by_group).await;
    assert_ne!(world.send_to(&arn, "g", "1").await.id, world.send_to(&arn, "h", "1").await.id);
    world.pass(600_000);
    until(|| world.queues.by_arn(&arn).unwrap().deduplicated().is_empty()).await;
}

#[tokio::test]
async fn messages_and_all_records_go_when_their_time_is_over() {
    let world = World::new();
    let arn = world.create("q", json!({"MessageRetentionPeriod": "60"})).await;
    let fifo = world.create("q.fifo", json!({"FifoQueue": "true", "MessageRetentionPeriod": "60"})).await;
    world.send(&arn, "a").await;
    world.send_to(&fifo, "g", "1").await;
    assert_eq!(world.records(), 3);
    world.pass(60_000);
    assert_eq!(world.bodies(&arn).await, ["a"]);
    world.pass(1);
    assert_eq!(world.bodies(&arn).await, [""; 0]);
    world.pass(1_000_000);
    until(|| world.records() == 0).await;
    // Also those of a queue that is purged or deleted.
    for operation in ["PurgeQueue", "DeleteQueue"] {
        world.send(&arn, "b").await;
        let url = json!({"QueueUrl": "http://x/000000000000/q"});
        world.call(operation, url).await.unwrap();
        until(|| world.records() == 0).await;
    }
    assert!(!world.queues.exists(&arn));
}

#[tokio::test]
async fn a_purge_that_a_crash_interrupts_is_a_purge() {
    let world = World::new();
    let arn = world.create("q", json!({})).await;
    world.send(&arn, "a").await;
    let queue = world.queues.by_arn(&arn).unwrap();
    // The record alone: what is to follow does not.
    let purged = world.queues.next_number(world.queues.now_ms());
    world
        .queues
        .modify(&queue, move |record| {
            record.purged = purged;
            Ok(())
        })
        .await
        .unwrap();
    world.send(&arn, "b").await;
    let world = world.reopened();
    assert_eq!(world.bodies(&arn).await, ["b"]);
    until(|| world.records() == 1).await;
}

/// Begins something, and goes away.
async fn abandoned(work: impl Future<Output = Result<(), QueuesError>>) {
    let mut work = std::pin::pin!(work);
    let is_pending = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending()));
    assert!(is_pending.await, "it was done at once");
}

#[tokio::test]
async fn what_a_queue_is_set_to_and_its_purge_count_although_the_client_has_gone() {
    let world = World::new();
    let fifo = world.create("q.fifo", json!({"FifoQueue": "true", "DelaySeconds": "900"})).await;
    world.send_to(&fifo, "g", "1").await;
    let queue = world.queues.by_arn(&fifo).unwrap();
    let count = |world: &World| queue.counts(world.queues.now_ms());
    abandoned(world.queues.set_attributes(&queue, BTreeMap::from([("DelaySeconds".into(), "0".into())])))
        .await;
    until(|| count(&world).visible == 1).await;
    abandoned(world.queues.purge(&queue)).await;
    until(|| count(&world).visible == 0).await;
    assert_eq!(world.bodies(&fifo).await, [""; 0]);
}

#[tokio::test]
async fn numbers_go_on_where_the_clock_was_set_back_over_a_restart() {
    let world = World::new();
    let arn = world.create("q", json!({})).await;
    let fifo = world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    world.call("PurgeQueue", json!({"QueueUrl": "http://x/000000000000/q"})).await.unwrap();
    let before = world.send_to(&fifo, "g", "1").await;
    let receipt = world.receive(&fifo, 1).await.remove(0).receipt;
    world.queues.delete(&fifo, &[receipt]).await.unwrap();
    let World { queues, store, .. } = world;
    drop(queues);
    let world = open(store, &Environment::simulated(7, START_MS - 60_000));
    // Not a message of before the purge.
    world.send(&arn, "a").await;
    assert_eq!(world.bodies(&arn).await, ["a"]);
    assert!(world.send_to(&fifo, "g", "2").await.sequence_number > before.sequence_number);
}

#[tokio::test]
async fn dead_letters_go_and_come_back_and_stay_where_there_is_nowhere_to_go() {
    let world = World::new();
    let dead = world.create("dead", json!({})).await;
    let policy = json!({"deadLetterTargetArn": dead, "maxReceiveCount": "1"}).to_string();
    let arn = world.create("q", json!({"RedrivePolicy": policy, "VisibilityTimeout": "0"})).await;
    for body in ["a", "b"] {
        world.send(&arn, body).await;
    }
    assert_eq!(world.bodies(&arn).await, ["a", "b"]);
    assert_eq!(world.bodies(&arn).await, [""; 0]);
    let world = world.reopened();
    world
        .call("StartMessageMoveTask", json!({"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 1}))
        .await
        .unwrap();
    let second = world.call("StartMessageMoveTask", json!({ "SourceArn": dead })).await;
    assert_eq!(second, Err("AWS.SimpleQueueService.UnsupportedOperation;Sender".to_owned()));
    // One a second, by the machine's time.
    until(|| world.queues.by_arn(&dead).unwrap().counts(0).visible == 1).await;
    let tasks = async || world.call("ListMessageMoveTasks", json!({ "SourceArn": dead })).await.unwrap();
    until(|| {
        world.environment.clock.pass(Duration::from_secs(1));
        world.queues.by_arn(&dead).unwrap().counts(0).visible == 0
    })
    .await;
    until(|| {
        world.environment.clock.pass(Duration::from_secs(1));
        world.queues.tasks_of(&dead)[0].1.status == move_task::TaskStatus::Completed
    })
    .await;
    assert_eq!(tasks().await["Results"][0]["Status"], "COMPLETED");
    world.call("DeleteQueue", json!({"QueueUrl": "http://x/000000000000/dead"})).await.unwrap();
    for _ in 0..3 {
        assert_eq!(world.bodies(&arn).await, ["a", "b"]);
    }
}

#[tokio::test]
async fn tasks_are_remembered_as_long_as_their_queue() {
    let world = World::new();
    for name in ["one", "other"] {
        let dead = world.create(name, json!({})).await;
        let policy = json!({"deadLetterTargetArn": dead, "maxReceiveCount": "1"}).to_string();
        world.create("q", json!({})).await;
        let set = json!({"QueueUrl": "http://x/000000000000/q", "Attributes": {"RedrivePolicy": policy}});
        world.call("SetQueueAttributes", set).await.unwrap();
        world.call("StartMessageMoveTask", json!({ "SourceArn": dead })).await.unwrap();
        let is_over =
            |world: &World| world.queues.tasks_of(&dead)[0].1.status == move_task::TaskStatus::Completed;
        until(|| is_over(&world)).await;
        if name == "one" {
            world.call("DeleteQueue", json!({"QueueUrl": "http://x/000000000000/one"})).await.unwrap();
        }
    }
    until(|| world.queues.tasks_of("arn:aws:sqs:us-east-1:000000000000:one").is_empty()).await;
    let world = world.reopened();
    assert_eq!(world.queues.tasks_of("arn:aws:sqs:us-east-1:000000000000:one"), []);
    assert_eq!(world.queues.tasks_of("arn:aws:sqs:us-east-1:000000000000:other").len(), 1);
}

#[tokio::test]
async fn all_are_received_on_where_their_dead_letter_queue_goes_at_that_moment() {
    let world = World::new();
    let dead = world.create("dead", json!({})).await;
    let policy = json!({"deadLetterTargetArn": dead, "maxReceiveCount": "1"}).to_string();
    let arn = world.create("q", json!({ "RedrivePolicy": policy })).await;
    for number in 0..15 {
        world.send(&arn, &number.to_string()).await;
    }
    assert_eq!(world.receive(&arn, 10).await.len() + world.receive(&arn, 10).await.len(), 15);
    world.pass(30_000);
    // Its record is gone, and it is still known for a moment.
    let queue = world.queues.by_arn(&dead).unwrap();
    let key = world.queues.inner.keys.queue(queue.id);
    let gone = Change::new(Vec::new(), move |_, _| Ok((vec![(key.clone(), None)], ())));
    gone.run(&world.queues.inner.runner).await.unwrap();
    let (queues, of, looks) = (world.queues.clone(), arn.clone(), world.looks(&arn));
    let how = Receive { max: 10, visibility_ms: None, wait: Duration::ZERO };
    let receiving = environment::spawn(async move { queues.receive(&of, how).await });
    until(|| world.looks(&arn) > looks + 1).await;
    world.queues.uninstall(&queue);
    assert_eq!(receiving.await.unwrap().unwrap().len(), 10);
    assert_eq!(world.receive(&arn, 10).await.len(), 5);
}

#[tokio::test]
async fn a_fifo_handle_is_of_one_receive_and_a_standard_one_of_the_message() {
    let world = World::new();
    let fifo = world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    world.send_to(&fifo, "g", "1").await;
    let old = world.receive(&fifo, 1).await.remove(0).receipt;
    world.pass(30_000);
    let expired = world.queues.delete(&fifo, std::slice::from_ref(&old)).await.unwrap().remove(0);
    assert!(expired.unwrap_err().message.ends_with("The receipt handle has expired."));
    let new = world.receive(&fifo, 1).await.remove(0).receipt;
    assert!(world.queues.delete(&fifo, &[old]).await.unwrap().remove(0).is_err());
    assert!(world.queues.delete(&fifo, std::slice::from_ref(&new)).await.unwrap().remove(0).is_ok());
    assert!(world.queues.delete(&fifo, &[new]).await.unwrap().remove(0).is_ok());
    let arn = world.create("q", json!({})).await;
    world.send(&arn, "x").await;
    let receipt = world.receive(&arn, 1).await.remove(0).receipt;
    world.pass(30_000);
    let visible = world.queues.change_visibility(&arn, &[(receipt.clone(), 1_000)]).await.unwrap().remove(0);
    assert_eq!(visible.unwrap_err().code, ErrorCode::MessageNotInflight);
    assert!(world.queues.delete(&arn, std::slice::from_ref(&receipt)).await.unwrap().remove(0).is_ok());
    assert_eq!(world.bodies(&arn).await, [""; 0]);
    let gone = world.queues.change_visibility(&arn, &[(receipt, 1_000)]).await.unwrap().remove(0);
    assert_eq!(gone.unwrap_err().code, ErrorCode::InvalidParameterValue);
}

#[tokio::test]
async fn the_delay_of_a_fifo_queue_counts_for_what_is_there() {
    let world = World::new();
    let arn = world.create("q.fifo", json!({"FifoQueue": "true", "DelaySeconds": "900"})).await;
    world.send_to(&arn, "g", "1").await;
    assert_eq!(world.bodies(&arn).await, [""; 0]);
    let request = json!({"QueueUrl": "http://x/000000000000/q.fifo", "Attributes": {"DelaySeconds": "10"}});
    world.call("SetQueueAttributes", request).await.unwrap();
    world.pass(10_000);
    assert_eq!(world.bodies(&arn).await, ["1"]);
}

#[tokio::test]
async fn what_is_kept_of_a_request_has_limits() {
    let world = World::new();
    world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    let with = |members: Json| {
        let mut request = json!({"QueueUrl": "http://x/000000000000/q.fifo"});
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let code =
        |refused: Result<Json, String>| refused.unwrap_err().strip_suffix(";Sender").unwrap().to_owned();
    for attempt in ["x".repeat(129), "a b".into(), String::new()] {
        let answer = world.call("ReceiveMessage", with(json!({ "ReceiveRequestAttemptId": attempt }))).await;
        assert_eq!(code(answer), "InvalidParameterValue", "{attempt}");
    }
    let permission = |label: &str, account: &str| {
        with(json!({"Label": label, "AWSAccountIds": [account], "Actions": ["SendMessage"]}))
    };
    for (label, account) in [(&*"x".repeat(81), "000000000000"), ("a b", "000000000000"), ("a", "me")] {
        let answer = world.call("AddPermission", permission(label, account)).await;
        assert_eq!(code(answer), "InvalidParameterValue", "{label} {account}");
    }
    for number in 0..20 {
        world.call("AddPermission", permission(&number.to_string(), "000000000000")).await.unwrap();
    }
    assert_eq!(code(world.call("AddPermission", permission("more", "000000000000")).await), "OverLimit");
    let many = with(json!({ "AttributeNames": vec!["All"; 10_000] }));
    assert_eq!(code(world.call("ReceiveMessage", many).await), "MalformedInput");
}

/// Many senders, receivers and deleters at once, on a store that commits in groups: nothing is lost, nothing that was deleted
/// comes again, and each group is in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_lose_nothing_and_keep_groups_in_order() {
    let directory = tempfile::TempDir::new().unwrap();
    let environment = Environment::system();
    let options = EmbeddedOptions { durability: Durability::Buffer, ..EmbeddedOptions::default() };
    let store = Embedded::open(directory.path(), options, &environment).unwrap();
    let world = open(Arc::new(AnyStore::Embedded(store)), &environment);
    let arn = world.create("q.fifo", json!({"FifoQueue": "true"})).await;
    let seen: Arc<Mutex<Vec<(String, u32)>>> = Arc::default();
    let mut tasks = Vec::new();
    for group in ["a", "b", "c", "d"] {
        let (queues, arn) = (world.queues.clone(), arn.clone());
        tasks.push(environment::spawn(async move {
            for number in 0..50 {
                let mut message = NewMessage::new(number.to_string(), "0");
                message.group = Some(group.to_owned());
                message.deduplication = Some(format!("{group}{number}"));
                queues.send(&arn, message).await.unwrap();
            }
        }));
    }
    for _ in 0..4 {
        let (queues, arn, seen) = (world.queues.clone(), arn.clone(), Arc::clone(&seen));
        tasks.push(environment::spawn(async move {
            let how = Receive { max: 3, visibility_ms: None, wait: Duration::from_millis(200) };
            while seen.lock().unwrap().len() < 200 {
                let received = queues.receive(&arn, how).await.unwrap();
                for message in &received {
                    seen.lock()
                        .unwrap()
                        .push((message.group.clone().unwrap(), message.body.parse().unwrap()));
                }
                let receipts: Vec<_> = received.into_iter().map(|message| message.receipt).collect();
                assert!(queues.delete(&arn, &receipts).await.unwrap().iter().all(Result::is_ok));
                tokio::task::yield_now().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for group in ["a", "b", "c", "d"] {
        let seen = seen.lock().unwrap();
        let numbers: Vec<_> = seen.iter().filter(|(of, _)| of == group).map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>(), "{group}");
    }
    assert_eq!(world.bodies(&arn).await, [""; 0]);
}

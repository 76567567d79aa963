//! Whole requests to SQS, in JSON (the operation, a line break, the body) or in the query protocol (a form that begins with
//! `Action=`), over a small world: a queue with messages, one of them in flight, a FIFO queue, a dead-letter queue. Whatever it
//! is, it is answered, with no error that is the server's; and what queues have is the same when they are opened again.

use database::Caller;
use environment::Environment;
use services::queues::api::Answer;
use services::queues::{Options, Queues};
use std::sync::Arc;
use std::time::Duration;
use store::{AnyStore, Memory, Runner, Store};

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

const URL: &str = "http://localhost/000000000000/";

/// What is there before the request.
const BEFORE: [(&str, &str); 7] = [
    ("CreateQueue", r#"{"QueueName":"dead"}"#),
    (
        "CreateQueue",
        r#"{"QueueName":"q","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",\"maxReceiveCount\":1}"}}"#,
    ),
    ("CreateQueue", r#"{"QueueName":"g.fifo","Attributes":{"FifoQueue":"true"}}"#),
    ("SendMessage", r#"{"QueueUrl":"http://localhost/000000000000/q","MessageBody":"one"}"#),
    ("ReceiveMessage", r#"{"QueueUrl":"http://localhost/000000000000/q"}"#),
    ("SendMessage", r#"{"QueueUrl":"http://localhost/000000000000/q","MessageBody":"two"}"#),
    (
        "SendMessage",
        r#"{"QueueUrl":"http://localhost/000000000000/g.fifo","MessageBody":"three","MessageGroupId":"g","MessageDeduplicationId":"d"}"#,
    ),
];

thread_local! {
    static RUNTIME: Option<tokio::runtime::Runtime> =
        tokio::runtime::Builder::new_current_thread().build().ok();
}

/// See the module.
pub fn target(data: &[u8]) {
    RUNTIME.with(|runtime| {
        let Some(runtime) = runtime else { panic!("there is no runtime") };
        runtime.block_on(run(data));
    });
}

fn open(store: &Arc<AnyStore>, environment: &Environment) -> Queues {
    let Some(space) = store.spaces().into_iter().min() else { panic!("there is no space") };
    let runner = Runner::inline(Arc::clone(store), environment);
    match Queues::open(runner, space, Options::default(), environment.clone()) {
        Ok(queues) => queues,
        Err(error) => panic!("{error}"),
    }
}

/// Asks, and lets time pass meanwhile: one that waits for messages waits for at most 20 seconds.
async fn call(queues: &Queues, environment: &Environment, data: &[u8]) -> Answer {
    let caller = Caller::new("000000000000", "us-east-1");
    let asking = async {
        if data.starts_with(b"Action=") {
            return queues.call_query(&caller, ("/000000000000/q", ""), data, "r").await;
        }
        let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
        let (operation, body) = data.split_at(end);
        let operation = String::from_utf8_lossy(operation);
        queues.call_json(&operation, &caller, body.get(1..).unwrap_or_default()).await
    };
    let passing = async {
        loop {
            environment::yield_now().await;
            environment.clock.pass(Duration::from_millis(100));
        }
    };
    let answer: Answer = tokio::select! {
        biased;
        answer = asking => answer,
        () = passing => panic!("time does not end"),
    };
    assert!(answer.status < 500, "{}: {}", data.escape_ascii(), answer.body.escape_ascii());
    answer
}

async fn run(data: &[u8]) {
    let environment = Environment::simulated(1, START_MS);
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    assert!(store.create_space().is_ok());
    let queues = open(&store, &environment);
    for (operation, body) in BEFORE {
        let answer = call(&queues, &environment, format!("{operation}\n{body}").as_bytes()).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body.escape_ascii());
    }
    call(&queues, &environment, data).await;
    // What goes on by itself ends first.
    for _ in 0..100 {
        environment::yield_now().await;
    }
    let looks: Vec<String> = ["q", "dead", "g.fifo"]
        .map(|name| {
            format!("GetQueueAttributes\n{{\"QueueUrl\":\"{URL}{name}\",\"AttributeNames\":[\"All\"]}}")
        })
        .into();
    let mut before = vec![call(&queues, &environment, b"ListQueues\n{}").await];
    for look in &looks {
        before.push(call(&queues, &environment, look.as_bytes()).await);
    }
    drop(queues);
    let again = open(&store, &environment);
    let mut after = vec![call(&again, &environment, b"ListQueues\n{}").await];
    for look in &looks {
        after.push(call(&again, &environment, look.as_bytes()).await);
    }
    assert_eq!(before, after);
}

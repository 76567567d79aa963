//! Whole requests to SQS, in JSON (the operation, a line break, the body) or in the query protocol (a form that begins with
//! `Action=`), over a small world: a queue with messages, one of them in flight, a FIFO queue, a dead-letter queue. Whatever it
//! is, it is answered, with no error that is the server's; and what queues have is the same when they are opened again.

use crate::ground::{Ground, World, Worlds, opened};
use services::queues::api::Answer;
use services::queues::{Options, Queues};
use std::time::Duration;

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
    static WORLDS: Worlds<Queues> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Queues {
    type Seen = Vec<Answer>;

    fn open(ground: &Ground) -> Self {
        opened(Self::open(ground.runner(), ground.space, Options::default(), ground.environment.clone()))
    }

    async fn furnish(&self, ground: &Ground) {
        for (operation, body) in BEFORE {
            let answer = call(self, ground, format!("{operation}\n{body}").as_bytes()).await;
            assert_eq!(answer.status, 200, "{operation}: {}", answer.body.escape_ascii());
        }
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        call(self, ground, data).await;
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        // What goes on by itself ends first.
        for _ in 0..100 {
            environment::yield_now().await;
        }
        let mut seen = vec![call(self, ground, b"ListQueues\n{}").await];
        for name in ["q", "dead", "g.fifo"] {
            let look =
                format!("GetQueueAttributes\n{{\"QueueUrl\":\"{URL}{name}\",\"AttributeNames\":[\"All\"]}}");
            seen.push(call(self, ground, look.as_bytes()).await);
        }
        seen
    }
}

/// Asks, and lets time pass meanwhile: one that waits for messages waits for at most 20 seconds.
async fn call(queues: &Queues, ground: &Ground, data: &[u8]) -> Answer {
    let asking = async {
        if data.starts_with(b"Action=") {
            return queues.call_query(&ground.caller, ("/000000000000/q", ""), data, "r").await;
        }
        let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
        let (operation, body) = data.split_at(end);
        let operation = String::from_utf8_lossy(operation);
        queues.call_json(&operation, &ground.caller, body.get(1..).unwrap_or_default()).await
    };
    let passing = async {
        loop {
            environment::yield_now().await;
            ground.environment.clock.pass(Duration::from_millis(100));
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

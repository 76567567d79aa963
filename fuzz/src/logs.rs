//! Whole requests to CloudWatch Logs over a group with events: the first byte chooses the operation, the rest is the body.
//! Whatever it is, it is answered in JSON, with no error that is the server's, and everything is there when it is opened again.

use crate::ground::{Ground, World, Worlds, opened};
use services::logs::{Logs, Options};

const OPERATIONS: [&str; 17] = [
    "CreateLogGroup",
    "CreateLogStream",
    "DeleteLogGroup",
    "DeleteLogStream",
    "DeleteRetentionPolicy",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "DescribeMetricFilters",
    "DescribeSubscriptionFilters",
    "FilterLogEvents",
    "GetLogEvents",
    "ListTagsForResource",
    "ListTagsLogGroup",
    "PutLogEvents",
    "PutRetentionPolicy",
    "TagResource",
    "UntagResource",
];

/// What is there before the request.
const BEFORE: [(&str, &str); 3] = [
    ("CreateLogGroup", r#"{"logGroupName":"g"}"#),
    ("CreateLogStream", r#"{"logGroupName":"g","logStreamName":"s"}"#),
    (
        "PutLogEvents",
        r#"{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1767225600000,"message":"{\"a\":1}"},
           {"timestamp":1767225600001,"message":"two words"}]}"#,
    ),
];

/// What shows all of it.
const LISTS: [(&str, &[u8]); 3] = [
    ("DescribeLogGroups", b"{}"),
    ("DescribeLogStreams", br#"{"logGroupName":"g"}"#),
    ("FilterLogEvents", br#"{"logGroupName":"g"}"#),
];

thread_local! {
    static WORLDS: Worlds<Logs> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Logs {
    type Seen = Vec<(u16, Vec<u8>)>;

    fn open(ground: &Ground) -> Self {
        opened(Self::open(ground.runner(), ground.space, Options::default(), ground.environment.clone()))
    }

    async fn furnish(&self, ground: &Ground) {
        for (operation, body) in BEFORE {
            assert_eq!(call(self, ground, operation, body.as_bytes()).await.0, 200, "{operation}");
        }
        opened(self.flush().await);
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        let Some((choice, body)) = data.split_first() else { return false };
        let operation = OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
        let (status, _) = call(self, ground, operation, body).await;
        // Events are stored a while after they are taken.
        operation == "PutLogEvents" && status == 200
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        opened(self.flush().await);
        let mut seen = Vec::new();
        for (list, of) in LISTS {
            seen.push(call(self, ground, list, of).await);
        }
        seen
    }
}

async fn call(logs: &Logs, ground: &Ground, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = logs.call(operation, &ground.caller, body).await;
    assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    assert!(is_json || answer.body.is_empty(), "{operation}: {}", answer.body.escape_ascii());
    (answer.status, answer.body)
}

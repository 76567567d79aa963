//! Whole requests to CloudWatch Logs over a group with events: the first byte chooses the operation, the rest is the body.
//! Whatever it is, it is answered in JSON, with no error that is the server's, and everything is there when it is opened again.

use crate::ground::{Ground, opened, run};
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

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    run(request(OPERATIONS[usize::from(*choice) % OPERATIONS.len()], body));
}

fn open(ground: &Ground) -> Logs {
    opened(Logs::open(ground.runner(), ground.space, Options::default(), ground.environment.clone()))
}

async fn call(logs: &Logs, ground: &Ground, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let answer = logs.call(operation, &ground.caller, body).await;
    assert!(answer.status < 500, "{operation}: {}", answer.body.escape_ascii());
    let is_json = serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok();
    assert!(is_json || answer.body.is_empty(), "{operation}: {}", answer.body.escape_ascii());
    (answer.status, answer.body)
}

async fn request(operation: &str, body: &[u8]) {
    let ground = Ground::new();
    let logs = open(&ground);
    for (operation, body) in BEFORE {
        assert_eq!(call(&logs, &ground, operation, body.as_bytes()).await.0, 200, "{operation}");
    }
    call(&logs, &ground, operation, body).await;
    opened(logs.flush().await);
    let lists: [(&str, &[u8]); 3] = [
        ("DescribeLogGroups", b"{}"),
        ("DescribeLogStreams", br#"{"logGroupName":"g"}"#),
        ("FilterLogEvents", br#"{"logGroupName":"g"}"#),
    ];
    let mut listed = Vec::new();
    for (list, of) in lists {
        listed.push(call(&logs, &ground, list, of).await);
    }
    drop(logs);
    let again = open(&ground);
    for ((list, of), before) in lists.into_iter().zip(listed) {
        assert_eq!(call(&again, &ground, list, of).await, before, "{list}");
    }
}

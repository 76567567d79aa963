//! The whole body of every kind of error that the server can give, held against `rows/error_bodies.json`: its
//! namespace, the case of its message's member, and what else it carries. One row a line: an operation, a request,
//! and what is answered, a status and a body.
//!
//! A row may also be a step that only prepares the next. `unsigned PutItem` comes without a signature and
//! `half-signed PutItem` with a part of one; a path is a question to the server's own endpoints. `$ARN`, `$SHARD`,
//! `$ITERATOR` and `$SEQUENCE` stand for what the server gave.
//!
//! What is answered is written anew, to be looked at and committed, with `TAILWATER_WRITE_ERROR_BODIES=1`.

use crate::client::{Answer, Client};
use crate::running::Running;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::ErrorCode;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/rows/error_bodies.json");

/// What no request can make happen here, or not without a race: each with the reason.
const NEVER: &[(ErrorCode, &str)] = &[
    (ErrorCode::InternalServerError, "only when the store fails"),
    (ErrorCode::InvalidSignature, "the server's own tests have it: signatures are verified with --auth only"),
    (ErrorCode::UnrecognizedClient, "as above"),
    (ErrorCode::ProvisionedThroughputExceeded, "nothing throttles"),
    (ErrorCode::RequestLimitExceeded, "nothing throttles"),
    (ErrorCode::Throttling, "only when too much is under way: the server's own tests have it"),
    (ErrorCode::ItemCollectionSizeLimitExceeded, "a collection may grow without limit"),
    (ErrorCode::TransactionConflict, "writes that meet wait for one another"),
    (ErrorCode::TransactionInProgress, "as above"),
    (ErrorCode::ReplicatedWriteConflict, "there are no replicas"),
    (ErrorCode::GlobalTableAlreadyExists, "there are no global tables"),
    (ErrorCode::ReplicaNotFound, "there are no replicas"),
    (ErrorCode::ReplicaAlreadyExists, "there are no replicas"),
    (ErrorCode::IndexNotFound, "of global tables only"),
    (ErrorCode::ContinuousBackupsUnavailable, "they always are"),
    (ErrorCode::TableInUse, "only while a table is being made or restored"),
    (ErrorCode::BackupInUse, "only while a backup is being made"),
    (
        ErrorCode::LimitExceeded,
        "only with as many tables or imports as there can be, or while an index is filled",
    ),
    (ErrorCode::ImportConflict, "the tests of imports have it"),
    (ErrorCode::ExportConflict, "the tests of exports have it"),
];

/// What the server gave, and the names for it in the file.
struct Given(Vec<(&'static str, String)>);

impl Given {
    fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn named(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(value, name))
    }
}

fn prepared(running: &Running) -> Given {
    let table = json!({
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for (name, more) in [
        ("tab", json!({ "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" } })),
        ("kept", json!({ "DeletionProtectionEnabled": true })),
    ] {
        let mut request = table.clone();
        request["TableName"] = json!(name);
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        running.ok("CreateTable", &request);
    }
    let item = json!({ "pk": { "S": "a" }, "n": { "N": "1" }, "l": { "L": [{ "BOOL": true }] } });
    running.ok("PutItem", &json!({ "TableName": "tab", "Item": item }));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let arn = text(&running.ok("DescribeTable", &json!({ "TableName": "tab" }))["Table"]["LatestStreamArn"]);
    let stream = running.ok("DescribeStream", &json!({ "StreamArn": arn }));
    let shard = text(&stream["StreamDescription"]["Shards"][0]["ShardId"]);
    let request = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = text(&running.ok("GetShardIterator", &request)["ShardIterator"]);
    let sequence = text(
        &running.ok("GetRecords", &json!({ "ShardIterator": iterator }))["Records"][0]["dynamodb"]["SequenceNumber"],
    );
    // An iterator begins with the ARN, so it is named first.
    Given(vec![("$ITERATOR", iterator), ("$ARN", arn), ("$SHARD", shard), ("$SEQUENCE", sequence)])
}

fn ask(client: &mut Client, operation: &str, body: &str) -> Answer {
    let half =
        "authorization: AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/dynamodb/aws4_request\r\n";
    match operation.split_once(' ') {
        Some(("unsigned", operation)) => client.exchange(operation, "", body),
        Some(("half-signed", operation)) => client.exchange(operation, half, body),
        Some(("bare", operation)) => client.call(operation, serde_json::from_str::<String>(body).unwrap()),
        _ if operation.starts_with('/') => client.post(operation, &serde_json::from_str(body).unwrap()),
        _ => client.call(operation, body),
    }
}

#[test]
fn every_kind_of_error_has_the_body_that_the_file_says() {
    let running = Running::start(&["--in-memory", "--log", "error"]);
    let given = prepared(&running);
    let mut client = running.client();
    let rows: Vec<Vec<Value>> = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let (mut answered, mut codes) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        let request = given.filled(&row[1].to_string());
        let answer = ask(&mut client, row[0].as_str().unwrap(), &request);
        let body = given.named(answer.text());
        // A body that is not JSON is kept as text; so is the order of members, which JSON values do not keep.
        if answer.status != 200 {
            codes.insert(
                answer.json()["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap().to_owned(),
            );
        }
        answered.push(match answer.status {
            200 => vec![row[0].clone(), row[1].clone(), json!(200)],
            status => vec![row[0].clone(), row[1].clone(), json!(status), json!(body)],
        });
    }
    if std::env::var_os("TAILWATER_WRITE_ERROR_BODIES").is_some() {
        let lines: Vec<String> = answered.iter().map(|row| json!(row).to_string()).collect();
        std::fs::write(FILE, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    } else {
        for (row, answered) in rows.iter().zip(&answered) {
            assert_eq!(row, answered);
        }
    }
    let never = |code: &ErrorCode| NEVER.iter().any(|(never, _)| never == code);
    let left: Vec<_> =
        ErrorCode::ALL.iter().filter(|code| !codes.contains(code.name()) && !never(code)).collect();
    assert!(left.is_empty(), "no row gets {left:?}");
    let made: Vec<_> = NEVER.iter().filter(|(code, _)| codes.contains(code.name())).collect();
    assert!(made.is_empty(), "these happen after all: {made:?}");
}

//! The policies that AWS manages. There are more than a thousand, with new ones every week, so every name is one; of those
//! that functions usually have, the documents are known.

use super::policy::{Policy, Version};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the ARN of each of them begins with; path and name follow.
pub(super) const ARN_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// The account of their ARNs.
pub(super) const ACCOUNT: &str = "aws";

/// When they are said to be made: 2015-04-09T15:03:43Z.
const CREATED_MS: u64 = 1_428_591_823_000;

const WRITES_LOGS: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const READS_TABLE_STREAMS: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
const READS_DATA_STREAMS: [&str; 7] = [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
];
const READS_QUEUES: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// Those whose documents are known: path and name, and what they allow.
const KNOWN: [(&str, &[&[&str]]); 9] = [
    ("AdministratorAccess", &[&["*"]]),
    ("AmazonDynamoDBFullAccess", &[&["dynamodb:*"]]),
    ("AmazonS3FullAccess", &[&["s3:*"]]),
    ("AmazonSNSFullAccess", &[&["sns:*"]]),
    ("AmazonSQSFullAccess", &[&["sqs:*"]]),
    ("service-role/AWSLambdaBasicExecutionRole", &[&WRITES_LOGS]),
    ("service-role/AWSLambdaDynamoDBExecutionRole", &[&READS_TABLE_STREAMS, &WRITES_LOGS]),
    ("service-role/AWSLambdaKinesisExecutionRole", &[&READS_DATA_STREAMS, &WRITES_LOGS]),
    ("service-role/AWSLambdaSQSQueueExecutionRole", &[&READS_QUEUES, &WRITES_LOGS]),
];

/// The policy of this path and name; `None` where no policy could have it.
pub(super) fn policy(path_and_name: &str) -> Option<Policy> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte);
    let (path, name) = path_and_name.rsplit_once('/').unwrap_or(("", path_and_name));
    if name.is_empty() || path_and_name.len() > 512 || !path_and_name.bytes().all(allowed) {
        return None;
    }
    let known = KNOWN.iter().find(|(known, _)| *known == path_and_name);
    let actions: Vec<&str> = known.into_iter().flat_map(|(_, actions)| actions.concat()).collect();
    let statements = match actions.is_empty() {
        true => json!([]),
        false => json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}]),
    };
    let document: Value = json!({"Version": "2012-10-17", "Statement": statements});
    let version = Version { document: document.to_string(), created_ms: CREATED_MS };
    let slash = if path.is_empty() { "" } else { "/" };
    Some(Policy {
        account: ACCOUNT.to_owned(),
        name: name.to_owned(),
        path: format!("/{path}{slash}"),
        id: id(path_and_name),
        created_ms: CREATED_MS,
        updated_ms: CREATED_MS,
        description: None,
        versions: BTreeMap::from([(1, version)]),
        default_version: 1,
        last_version: 1,
        tags: BTreeMap::new(),
    })
}

/// Those that are listed.
pub(super) fn listed() -> Vec<Policy> {
    KNOWN.iter().filter_map(|(name, _)| policy(name)).collect()
}

/// The id that goes with a name, always the same one.
fn id(name: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(name.as_bytes());
    let letters = digest.iter().take(17).map(|byte| char::from(b'A' + byte % 26));
    "ANPA".chars().chain(letters).collect()
}

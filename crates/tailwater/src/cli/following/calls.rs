//! The operations of DynamoDB Streams, and what is to be known of their answers.

use super::CALL_TIME;
use crate::cli::place::Place;
use crate::cli::remote::{self, Remote};
use anyhow::{Context, bail};
use consumer::replica::follower::{Description, PAGE_MAX};
use consumer::transport::{RecordPage, Shard, StartingPosition, StreamStatus};
use consumer::{CallError, Change, ChangeKind, SequenceNumber};
use environment::Clock;
use serde_json::{Value, json};
use streams::label;

/// A stream, and where it is.
#[derive(Clone)]
pub(super) struct Stream {
    pub(super) arn: String,
    pub(super) place: Place,
    pub(super) clock: Clock,
}

/// What DescribeTable says.
pub(crate) struct Table(Value);

impl Table {
    /// The ARN of its stream, or of the one that it had last.
    pub(crate) fn stream_arn(&self, table: &str) -> anyhow::Result<String> {
        match self.0["LatestStreamArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => bail!("{table} has no stream; enable one: UpdateTable with a StreamSpecification"),
        }
    }

    /// The names of the attributes of its key.
    pub(crate) fn key_names(&self) -> Vec<String> {
        names(&self.0["KeySchema"])
    }
}

fn names(schema: &Value) -> Vec<String> {
    let name = |element: &Value| element["AttributeName"].as_str().map(str::to_owned);
    schema.as_array().into_iter().flatten().filter_map(name).collect()
}

/// Asks about a table.
pub(crate) async fn describe_table(remote: &mut Remote, table: &str) -> anyhow::Result<Table> {
    let request = json!({ "TableName": table }).to_string();
    let answer = remote.call("DescribeTable", request.into()).await?;
    let answer: Value = serde_json::from_slice(&answer).context("the answer to DescribeTable")?;
    Ok(Table(answer["Table"].clone()))
}

/// What DescribeStream says, all pages of it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) stream_arn: String,
    pub(crate) table: String,
    /// As AWS writes it.
    pub(crate) key_schema: Value,
    pub(crate) view_type: String,
    pub(super) status: StreamStatus,
    pub(super) shards: Vec<Shard>,
}

impl Described {
    pub(super) fn for_follower(self) -> Description {
        let key_attributes = names(&self.key_schema);
        Description { table: self.table, key_attributes, status: self.status, shards: self.shards }
    }
}

/// One page of GetRecords: the records as they are, and what a follower has to know of them.
pub(super) struct Page {
    pub(super) records: Vec<Value>,
    pub(super) changes: RecordPage,
    /// How long the answer was.
    pub(super) bytes: usize,
}

impl Stream {
    pub(super) async fn describe(&self, remote: &mut Remote) -> Result<Described, CallError> {
        let (mut shards, mut after): (Vec<Shard>, Option<String>) = (Vec::new(), None);
        loop {
            let mut request = json!({ "StreamArn": self.arn });
            if let Some(after) = &after {
                request["ExclusiveStartShardId"] = json!(after);
            }
            let (answer, _) = self.call(remote, "DescribeStream", &request).await?;
            let description = &answer["StreamDescription"];
            let text = |name: &str| description[name].as_str().unwrap_or_default().to_owned();
            shards.extend(description["Shards"].as_array().into_iter().flatten().filter_map(shard));
            after = description["LastEvaluatedShardId"].as_str().map(str::to_owned);
            if after.is_none() {
                return Ok(Described {
                    stream_arn: self.arn.clone(),
                    table: text("TableName"),
                    key_schema: description["KeySchema"].clone(),
                    view_type: text("StreamViewType"),
                    status: match text("StreamStatus").as_str() {
                        "ENABLING" => StreamStatus::Enabling,
                        "DISABLING" => StreamStatus::Disabling,
                        "DISABLED" => StreamStatus::Disabled,
                        _ => StreamStatus::Enabled,
                    },
                    shards,
                });
            }
        }
    }

    pub(super) async fn iterator(
        &self,
        remote: &mut Remote,
        shard: &str,
        position: &StartingPosition,
    ) -> Result<String, CallError> {
        let (kind, number) = match position {
            StartingPosition::TrimHorizon => ("TRIM_HORIZON", None),
            StartingPosition::Latest => ("LATEST", None),
            StartingPosition::At(number) => ("AT_SEQUENCE_NUMBER", Some(number)),
            StartingPosition::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number)),
        };
        let mut request = json!({ "StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": kind });
        if let Some(number) = number {
            request["SequenceNumber"] = json!(number.as_str());
        }
        let (answer, _) = self.call(remote, "GetShardIterator", &request).await?;
        let iterator = answer["ShardIterator"].as_str().map(str::to_owned);
        iterator.ok_or_else(|| odd("GetShardIterator answered no iterator"))
    }

    pub(super) async fn records(&self, remote: &mut Remote, iterator: &str) -> Result<Page, CallError> {
        let request = json!({ "ShardIterator": iterator, "Limit": PAGE_MAX });
        let (mut answer, bytes) = self.call(remote, "GetRecords", &request).await?;
        let records = match answer["Records"].take() {
            Value::Array(records) => records,
            _ => return Err(odd("GetRecords answered no records")),
        };
        let changes = records.iter().map(change).collect::<Result<_, _>>()?;
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        Ok(Page { records, changes: RecordPage { changes, next }, bytes })
    }

    async fn call(
        &self,
        remote: &mut Remote,
        operation: &str,
        request: &Value,
    ) -> Result<(Value, usize), CallError> {
        let answer = tokio::select! {
            answer = remote.call(operation, request.to_string().into()) => answer.map_err(failed)?,
            () = self.clock.sleep(CALL_TIME) => {
                // What comes on that connection later is the answer to another question.
                *remote = Remote::new(self.place.clone(), self.clock.clone());
                return Err(odd(&format!("no answer from {} in time", self.place.endpoint)));
            }
        };
        match serde_json::from_slice(&answer) {
            Ok(value) => Ok((value, answer.len())),
            Err(error) => Err(odd(&format!("the answer to {operation} is not JSON: {error}"))),
        }
    }
}

fn odd(text: &str) -> CallError {
    CallError::Unavailable(text.to_owned())
}

/// What a failure is to the follower.
fn failed(error: remote::CallError) -> CallError {
    let (code, message) = match error {
        remote::CallError::Unanswered(error) => return CallError::Unavailable(format!("{error:#}")),
        remote::CallError::Refused { code, message } => (code, message),
    };
    match code.as_str() {
        "LimitExceededException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException" => CallError::Throttled(message),
        "ExpiredIteratorException" => CallError::ExpiredIterator(message),
        "TrimmedDataAccessException" => CallError::Trimmed(message),
        "ResourceNotFoundException" => CallError::NotFound(message),
        "InternalFailure" | "InternalServerError" | "ServiceUnavailable" | "ServiceUnavailableException" => {
            CallError::Unavailable(message)
        }
        code if code.starts_with("status 5") => CallError::Unavailable(format!("{code}: {message}")),
        code => CallError::Refused(format!("{code}: {message}")),
    }
}

fn shard(shard: &Value) -> Option<Shard> {
    let number = |name: &str| shard["SequenceNumberRange"][name].as_str().map(SequenceNumber::new);
    Some(Shard {
        id: shard["ShardId"].as_str()?.to_owned(),
        parent: shard["ParentShardId"].as_str().map(str::to_owned),
        starting: number("StartingSequenceNumber"),
        ending: number("EndingSequenceNumber"),
    })
}

/// What a follower has to know of a record; the rest of it stays in the record itself.
fn change(record: &Value) -> Result<Change, CallError> {
    let body = &record["dynamodb"];
    let Some(number) = body["SequenceNumber"].as_str() else {
        return Err(CallError::Refused("a record without a sequence number".to_owned()));
    };
    Ok(Change {
        kind: match record["eventName"].as_str() {
            Some("INSERT") => ChangeKind::Insert,
            Some("REMOVE") => ChangeKind::Remove,
            _ => ChangeKind::Modify,
        },
        keys: consumer::Item::new(),
        new: None,
        old: None,
        sequence_number: SequenceNumber::new(number),
        event_id: None,
        created_ms: time_ms(record),
        size_bytes: None,
        principal: None,
    })
}

/// When a record was made, by its own account.
pub(crate) fn time_ms(record: &Value) -> Option<u64> {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64()?;
    (seconds >= 0.0).then_some((seconds * 1_000.0).round() as u64)
}

/// The same as text, in UTC.
pub(crate) fn time(record: &Value) -> String {
    time_ms(record).map_or_else(|| "-".to_owned(), |ms| label::format(ms) + "Z")
}

//! The operations of DynamoDB Streams.

use super::tables::names;
use crate::cli::place::Place;
use crate::cli::remote::{self, Remote};
use consumer::replica::follower::Description;
use consumer::transport::{RecordPage, Shard, StartingPosition, StreamStatus};
use consumer::{CallError, Change, ChangeKind, SequenceNumber};
use environment::Clock;
use serde_json::{Value, json};
use std::time::Duration;
use streams::label;

/// How long a call may take.
const CALL_TIME: Duration = Duration::from_secs(60);

/// The streams of an endpoint, over one connection.
pub(crate) struct Streams {
    place: Place,
    clock: Clock,
    remote: Remote,
}

/// What DescribeStream says, all pages of it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) stream_arn: String,
    pub(crate) table: String,
    /// As AWS writes it.
    pub(crate) key_schema: Value,
    pub(crate) view_type: String,
    pub(crate) status: StreamStatus,
    pub(crate) shards: Vec<Shard>,
}

impl Described {
    /// What a follower has to know of it.
    pub(crate) fn for_follower(self) -> Description {
        let key_attributes = names(&self.key_schema);
        Description { table: self.table, key_attributes, status: self.status, shards: self.shards }
    }
}

/// A shard as tests say it: its name, its parent, where it starts and ends.
#[cfg(test)]
pub(crate) type Said<'a> = (&'a str, Option<&'a str>, (Option<&'a str>, Option<&'a str>));

#[cfg(test)]
impl Described {
    /// A stream of these shards.
    pub(crate) fn of_shards(shards: &[Said<'_>]) -> Self {
        let shard = |(id, parent, (starting, ending)): &Said<'_>| Shard {
            id: (*id).to_owned(),
            parent: parent.map(str::to_owned),
            starting: starting.map(SequenceNumber::new),
            ending: ending.map(SequenceNumber::new),
        };
        described("arn", &Value::Null, shards.iter().map(shard).collect())
    }
}

/// One page of GetRecords: the records as they are, and what a follower has to know of them.
pub(crate) struct Page {
    pub(crate) records: Vec<Value>,
    pub(crate) changes: RecordPage,
    /// How long the answer was.
    pub(crate) bytes: usize,
}

impl Streams {
    /// Those of the tables of a place.
    pub(crate) fn new(place: &Place, clock: &Clock) -> anyhow::Result<Self> {
        Ok(Self::at(place.at("streams.dynamodb")?, clock.clone()))
    }

    /// The same over another connection.
    pub(crate) fn another(&self) -> Self {
        Self::at(self.place.clone(), self.clock.clone())
    }

    fn at(place: Place, clock: Clock) -> Self {
        let remote = Remote::new(place.clone(), clock.clone());
        Self { place, clock, remote }
    }

    /// The ARNs of all streams.
    pub(crate) async fn list(&mut self) -> Result<Vec<String>, CallError> {
        let (mut arns, mut request) = (Vec::new(), json!({}));
        loop {
            let (page, _) = self.call("ListStreams", &request).await?;
            let listed = page["Streams"].as_array().into_iter().flatten();
            arns.extend(listed.filter_map(|stream| stream["StreamArn"].as_str()).map(str::to_owned));
            match &page["LastEvaluatedStreamArn"] {
                Value::Null => return Ok(arns),
                next => request["ExclusiveStartStreamArn"] = next.clone(),
            }
        }
    }

    /// All of a stream.
    pub(crate) async fn describe(&mut self, arn: &str) -> Result<Described, CallError> {
        let (mut shards, mut request): (Vec<Shard>, _) = (Vec::new(), json!({ "StreamArn": arn }));
        loop {
            let (answer, _) = self.call("DescribeStream", &request).await?;
            let description = &answer["StreamDescription"];
            shards.extend(description["Shards"].as_array().into_iter().flatten().filter_map(shard));
            match &description["LastEvaluatedShardId"] {
                Value::Null => return Ok(described(arn, description, shards)),
                next => request["ExclusiveStartShardId"] = next.clone(),
            }
        }
    }

    /// An iterator of a shard.
    pub(crate) async fn iterator(
        &mut self,
        arn: &str,
        shard: &str,
        position: &StartingPosition,
    ) -> Result<String, CallError> {
        let (kind, number) = match position {
            StartingPosition::TrimHorizon => ("TRIM_HORIZON", None),
            StartingPosition::Latest => ("LATEST", None),
            StartingPosition::At(number) => ("AT_SEQUENCE_NUMBER", Some(number)),
            StartingPosition::After(number) => ("AFTER_SEQUENCE_NUMBER", Some(number)),
        };
        let mut request = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind });
        if let Some(number) = number {
            request["SequenceNumber"] = json!(number.as_str());
        }
        let (answer, _) = self.call("GetShardIterator", &request).await?;
        let iterator = answer["ShardIterator"].as_str().map(str::to_owned);
        iterator.ok_or_else(|| odd("GetShardIterator answered no iterator"))
    }

    /// At most so many records.
    pub(crate) async fn records(&mut self, iterator: &str, limit: u32) -> Result<Page, CallError> {
        let request = json!({ "ShardIterator": iterator, "Limit": limit });
        let (mut answer, bytes) = self.call("GetRecords", &request).await?;
        let records = match answer["Records"].take() {
            Value::Array(records) => records,
            _ => return Err(odd("GetRecords answered no records")),
        };
        let changes = records.iter().map(change).collect::<Result<_, _>>()?;
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        Ok(Page { records, changes: RecordPage { changes, next }, bytes })
    }

    async fn call(&mut self, operation: &str, request: &Value) -> Result<(Value, usize), CallError> {
        let answer = tokio::select! {
            answer = self.remote.call(operation, request.to_string().into()) => answer.map_err(failed)?,
            () = self.clock.sleep(CALL_TIME) => {
                // What comes on that connection later is the answer to another question.
                self.remote = Remote::new(self.place.clone(), self.clock.clone());
                return Err(odd(&format!("no answer from {} in time", self.place.endpoint)));
            }
        };
        match serde_json::from_slice(&answer) {
            Ok(value) => Ok((value, answer.len())),
            Err(error) => Err(odd(&format!("the answer to {operation} is not JSON: {error}"))),
        }
    }
}

fn described(arn: &str, description: &Value, shards: Vec<Shard>) -> Described {
    let text = |name: &str| description[name].as_str().unwrap_or_default().to_owned();
    Described {
        stream_arn: arn.to_owned(),
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
fn time_ms(record: &Value) -> Option<u64> {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64()?;
    (seconds >= 0.0).then_some((seconds * 1_000.0).round() as u64)
}

/// The same as text, in UTC.
pub(crate) fn time(record: &Value) -> String {
    time_ms(record).map_or_else(|| "-".to_owned(), |ms| label::format(ms) + "Z")
}

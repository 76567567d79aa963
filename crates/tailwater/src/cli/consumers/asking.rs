//! What is asked of tables and streams, by DynamoDB's own operations.

use super::lease::{self, Lease};
use crate::cli::own;
use crate::cli::place::Place;
use crate::cli::remote::{CallError, Remote};
use anyhow::{Context, bail};
use bytes::Bytes;
use environment::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Both services of an endpoint.
pub(in crate::cli) struct Asking {
    place: Place,
    clock: Clock,
    tables: Remote,
    streams: Remote,
}

/// A shard as DescribeStream lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Shard {
    pub(in crate::cli) id: String,
    pub(in crate::cli) parent: Option<String>,
    pub(in crate::cli) starting: Option<String>,
    pub(in crate::cli) ending: Option<String>,
}

/// A stream, and its shards, oldest first.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Stream {
    pub(in crate::cli) arn: String,
    pub(in crate::cli) table: String,
    pub(in crate::cli) shards: Vec<Shard>,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Asking {
    pub(in crate::cli) fn new(place: &Place, clock: &Clock) -> anyhow::Result<Self> {
        let tables = Remote::new(place.clone(), clock.clone());
        let streams = Remote::new(place.streams()?, clock.clone());
        Ok(Self { place: place.clone(), clock: clock.clone(), tables, streams })
    }

    /// An operation on tables.
    pub(super) async fn table(&mut self, operation: &str, question: &Value) -> Result<Value, CallError> {
        answer(&mut self.tables, operation, question).await
    }

    /// An operation on streams.
    pub(super) async fn stream(&mut self, operation: &str, question: &Value) -> Result<Value, CallError> {
        answer(&mut self.streams, operation, question).await
    }

    /// What time it is where the streams are, which can be another than here.
    pub(super) async fn now_ms(&self) -> u64 {
        if self.place.is_aws() {
            return self.clock.wall_ms();
        }
        let there = own::look(&self.place, "clock").await;
        there.ok().and_then(|answer| answer["now_ms"].as_u64()).unwrap_or_else(|| self.clock.wall_ms())
    }

    /// All pages of a list.
    async fn all(
        &mut self,
        operation: &str,
        (items, last, after): (&str, &str, &str),
    ) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut question) = (Vec::new(), json!({}));
        loop {
            let page = match operation {
                "ListStreams" => self.stream(operation, &question).await?,
                _ => self.table(operation, &question).await?,
            };
            all.extend(page[items].as_array().into_iter().flatten().cloned());
            match &page[last] {
                Value::Null => return Ok(all),
                next => question[after] = next.clone(),
            }
        }
    }

    /// The tables that are lease tables.
    pub(super) async fn lease_tables(&mut self) -> anyhow::Result<Vec<String>> {
        let names =
            self.all("ListTables", ("TableNames", "LastEvaluatedTableName", "ExclusiveStartTableName"));
        let mut found = Vec::new();
        for name in names.await?.iter().filter_map(Value::as_str) {
            match self.table("DescribeTable", &json!({ "TableName": name })).await {
                Ok(answer) if lease::is_lease_table(&answer["Table"]) => found.push(name.to_owned()),
                Ok(_) => {}
                // Deleted meanwhile.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// A table, by its name.
    pub(in crate::cli) async fn described(&mut self, name: &str) -> anyhow::Result<Value> {
        let answer = self.table("DescribeTable", &json!({ "TableName": name })).await;
        let answer = answer.with_context(|| format!("the table {name} cannot be looked at"))?;
        Ok(answer["Table"].clone())
    }

    /// The leases of a group, read consistently.
    pub(super) async fn leases(&mut self, group: &str) -> anyhow::Result<Vec<Lease>> {
        let mut leases = Vec::new();
        let mut question = json!({ "TableName": group, "ConsistentRead": true });
        loop {
            let page = self.table("Scan", &question).await?;
            leases.extend(page["Items"].as_array().into_iter().flatten().filter_map(Lease::of));
            match &page["LastEvaluatedKey"] {
                Value::Null => return Ok(leases),
                next => question["ExclusiveStartKey"] = next.clone(),
            }
        }
    }

    /// The whole of a stream.
    pub(in crate::cli) async fn described_stream(&mut self, arn: &str) -> Result<Stream, CallError> {
        let (mut stream, mut question) =
            (Stream { arn: arn.to_owned(), ..Stream::default() }, json!({ "StreamArn": arn }));
        loop {
            let page = self.stream("DescribeStream", &question).await?;
            let page = &page["StreamDescription"];
            stream.table = text(&page["TableName"]).unwrap_or_default();
            let shards = page["Shards"].as_array().into_iter().flatten().filter_map(|shard| {
                let range = &shard["SequenceNumberRange"];
                Some(Shard {
                    id: text(&shard["ShardId"])?,
                    parent: text(&shard["ParentShardId"]),
                    starting: text(&range["StartingSequenceNumber"]),
                    ending: text(&range["EndingSequenceNumber"]),
                })
            });
            stream.shards.extend(shards);
            match &page["LastEvaluatedShardId"] {
                Value::Null => return Ok(stream),
                next => question["ExclusiveStartShardId"] = next.clone(),
            }
        }
    }

    /// All streams.
    pub(super) async fn all_streams(&mut self) -> anyhow::Result<Vec<Stream>> {
        let all = self.all("ListStreams", ("Streams", "LastEvaluatedStreamArn", "ExclusiveStartStreamArn"));
        let mut streams = Vec::new();
        for arn in all.await?.iter().filter_map(|stream| stream["StreamArn"].as_str()) {
            match self.described_stream(arn).await {
                Ok(stream) => streams.push(stream),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(streams)
    }

    /// The stream of a group: what the user says (an ARN, or a table), or the one that has the group's shards.
    pub(super) async fn stream_of(
        &mut self,
        group: &str,
        leases: &[Lease],
        said: Option<&str>,
    ) -> anyhow::Result<Stream> {
        if let Some(said) = said {
            return self.named_stream(said).await;
        }
        let found = of_leases(self.all_streams().await?, leases).next();
        found.with_context(|| {
            format!("no stream has a shard of the group {group}: name its stream with --stream TABLE-OR-ARN")
        })
    }

    async fn named_stream(&mut self, said: &str) -> anyhow::Result<Stream> {
        let arn = if said.starts_with("arn:") {
            said.to_owned()
        } else {
            let arn = text(&self.described(said).await?["LatestStreamArn"]);
            arn.with_context(|| format!("the table {said} has no stream"))?
        };
        let stream = self.described_stream(&arn).await;
        stream.with_context(|| format!("the stream {arn} cannot be looked at"))
    }

    /// An iterator of a shard.
    pub(super) async fn iterator(
        &mut self,
        stream: &str,
        shard: &str,
        (kind, number): (&str, Option<&str>),
    ) -> Result<String, CallError> {
        let mut question = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": kind });
        if let Some(number) = number {
            question["SequenceNumber"] = json!(number);
        }
        let answer = self.stream("GetShardIterator", &question).await?;
        Ok(text(&answer["ShardIterator"]).unwrap_or_default())
    }
}

/// Of some streams, those that have shards of these leases.
pub(super) fn of_leases(streams: Vec<Stream>, leases: &[Lease]) -> impl Iterator<Item = Stream> {
    let shards: BTreeSet<String> = leases.iter().map(|lease| lease.shard_id.clone()).collect();
    streams.into_iter().filter(move |stream| stream.shards.iter().any(|shard| shards.contains(&shard.id)))
}

async fn answer(remote: &mut Remote, operation: &str, question: &Value) -> Result<Value, CallError> {
    let answer = remote.call(operation, Bytes::from(question.to_string())).await?;
    let parse = || -> anyhow::Result<Value> {
        match serde_json::from_slice(&answer) {
            Ok(answer) => Ok(answer),
            Err(error) => bail!("the answer to {operation} is not JSON: {error}"),
        }
    };
    Ok(parse()?)
}

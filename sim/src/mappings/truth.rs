//! What there is in the streams, and so for mappings to do.

use super::book::Given;
use super::function::given;
use super::lives::text;
use super::mapped::{LATE, Mapped, STREAM, Source, TABLE};
use super::world::Server;
use crate::Violation;
use crate::log::{shards, stream_of};
use crate::world::position;
use serde_json::{Value, json};
use wire::Operation;

/// A record of a stream.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) given: Given,
    pub(super) shard: String,
    /// Whether the filter lets it through.
    passes: bool,
}

/// All records, by sequence number.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    table: Vec<Record>,
    data: Vec<Record>,
    latest: Option<(u128, u128)>,
}

/// Whether a mapping is to be given a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Must,
    /// It was being made when the record was.
    May,
    MustNot,
}

impl Truth {
    /// Reads all that there is.
    pub(super) async fn read(server: &Server, latest: Option<(u128, u128)>) -> Result<Self, Violation> {
        let mut truth = Self { latest, ..Self::default() };
        truth.read_table(server).await?;
        truth.read_data(server).await?;
        for records in [&mut truth.table, &mut truth.data] {
            records.sort_by_key(|record| record.given.at);
        }
        Ok(truth)
    }

    async fn read_table(&mut self, server: &Server) -> Result<(), Violation> {
        let arn = stream_of(&server.world, TABLE).await?;
        for shard in shards(&server.world, &arn).await? {
            let id = &shard["ShardId"];
            let start = json!({ "StreamArn": arn, "ShardId": id, "ShardIteratorType": "TRIM_HORIZON" });
            let mut iterator =
                server.look(Operation::GetShardIterator, &start).await?["ShardIterator"].take();
            loop {
                let page = server.look(Operation::GetRecords, &json!({ "ShardIterator": iterator })).await?;
                let read = page["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
                for raw in read {
                    let passes = raw["dynamodb"]["NewImage"]["f"]["S"] == "yes";
                    self.table.push(Record { given: given(raw), shard: text(id), passes });
                }
                match page.get("NextShardIterator") {
                    Some(next) if !read.is_empty() => iterator = next.clone(),
                    _ => break,
                }
            }
        }
        Ok(())
    }

    async fn read_data(&mut self, server: &Server) -> Result<(), Violation> {
        let failed = || Violation("the data stream cannot be read".into());
        let listed = server.data("ListShards", &json!({ "StreamName": STREAM })).await.ok_or_else(failed)?;
        for shard in listed["Shards"].as_array().into_iter().flatten() {
            let id = &shard["ShardId"];
            let start = json!({ "StreamName": STREAM, "ShardId": id, "ShardIteratorType": "TRIM_HORIZON" });
            let started = server.data("GetShardIterator", &start).await.ok_or_else(failed)?;
            let mut iterator = started["ShardIterator"].clone();
            loop {
                let asked = json!({ "ShardIterator": iterator });
                let page = server.data("GetRecords", &asked).await.ok_or_else(failed)?;
                let read = page["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
                for raw in read {
                    let event = json!({ "kinesis": {
                        "partitionKey": raw["PartitionKey"], "sequenceNumber": raw["SequenceNumber"], "data": raw["Data"],
                    } });
                    self.data.push(Record { given: given(&event), shard: text(id), passes: true });
                }
                match page.get("NextShardIterator") {
                    Some(Value::String(next)) if !read.is_empty() => iterator = json!(next),
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// How many records there are.
    pub(super) fn count(&self) -> u64 {
        (self.table.len() + self.data.len()) as u64
    }

    /// The records of a mapping's stream, by sequence number, and which of them it is to be given.
    pub(super) fn of(&self, mapped: &Mapped) -> Vec<(&Record, Due)> {
        let records = if mapped.source == Source::Data { &self.data } else { &self.table };
        records.iter().map(|record| (record, self.due(mapped, record))).collect()
    }

    fn due(&self, mapped: &Mapped, record: &Record) -> Due {
        if mapped.filtered && !record.passes {
            return Due::MustNot;
        }
        if mapped.name != LATE {
            return Due::Must;
        }
        let at = position(&record.given.id).unwrap_or(0);
        match self.latest {
            Some((before, _)) if at <= before => Due::MustNot,
            Some((_, behind)) if at >= behind => Due::Must,
            _ => Due::May,
        }
    }
}

//! The streams as they are read from their beginnings, and as they were read before.

use crate::book::Book;
use crate::tables::{FOLLOWED, Key};
use crate::world::{Answer, World, position, sequence_number};
use crate::{Violation, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::Operation;

/// How long records are kept.
pub(crate) const RETENTION_MS: u64 = 24 * 3_600_000;

/// A shard is dated closed when that is decided, and goes a retention later; a record that was committed in between
/// goes with it, earlier by as long as the commit of the closing took.
const SLACK_MS: u64 = 60_000;

/// A record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) key: Key,
    pub(crate) shard: String,
    pub(crate) kind: String,
    pub(crate) old: Option<Value>,
    pub(crate) new: Option<Value>,
    /// Whether the service deleted the item.
    pub(crate) by_service: bool,
    /// When, in epoch seconds.
    pub(crate) seconds: u64,
}

/// All records by position, of all followed tables.
pub(crate) type Records = BTreeMap<u128, Record>;

/// Every record that was ever read and not taken back.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) records: Records,
    /// The latest service time at which was read.
    latest_ms: u64,
}

impl Log {
    /// Takes up what was read now: all that there is, or what is behind the known records of each shard.
    pub(crate) fn merge(
        &mut self,
        read: Records,
        is_all: bool,
        now_ms: u64,
        book: &mut Book,
    ) -> Result<(), Violation> {
        self.latest_ms = self.latest_ms.max(now_ms);
        let before = self.records.last_key_value().map_or(0, |(position, _)| *position);
        for (position, record) in &self.records {
            let is_there = !is_all || read.contains_key(position);
            let is_due = record.seconds * 1000 + RETENTION_MS <= self.latest_ms + SLACK_MS;
            ensure!(
                is_there || is_due,
                "at {now_ms} the record at {position} is gone before its time: {record:?}"
            );
        }
        for (position, record) in read {
            if let Some(known) = self.records.get(&position) {
                ensure!(*known == record, "the record at {position} was {known:?} and is {record:?}");
                continue;
            }
            ensure!(
                position > before,
                "a record at {position} appears, after one at {before} was read: {record:?}"
            );
            book.counts.expired_items += u64::from(record.by_service);
            book.highest = book.highest.max(position);
            self.records.insert(position, record);
        }
        Ok(())
    }

    /// Takes out what a loss of power took back: the records of all commits after the last that the disk had.
    pub(crate) fn take_back(&mut self, last_commit: u64, book: &mut Book) {
        let gone = self.records.split_off(&((u128::from(last_commit) + 1) << 20));
        book.counts.records_taken_back += gone.len() as u64;
    }

    /// What the records make of no items at all, in their order; each must fit what is there before it.
    pub(crate) fn replayed(&self) -> Result<BTreeMap<Key, Value>, Violation> {
        let mut items: BTreeMap<Key, Value> = BTreeMap::new();
        for (position, record) in &self.records {
            let before = items.get(&record.key);
            ensure!(
                before == record.old.as_ref(),
                "at {position} was {before:?}, and the record is {record:?}"
            );
            let kind = match (&record.old, &record.new) {
                (None, Some(_)) => "INSERT",
                (Some(old), Some(new)) if old != new => "MODIFY",
                (Some(_), None) => "REMOVE",
                _ => "nothing",
            };
            ensure!(record.kind == kind, "the record at {position} should be {kind}: {record:?}");
            match &record.new {
                Some(new) => drop(items.insert(record.key.clone(), new.clone())),
                None => drop(items.remove(&record.key)),
            }
        }
        Ok(items)
    }
}

/// The ARN of a table's stream.
pub(crate) async fn stream_of(world: &World, table: &str) -> Result<Value, Violation> {
    let described = world.look(Operation::DescribeTable, &json!({ "TableName": table })).await?;
    Ok(described["Table"]["LatestStreamArn"].clone())
}

/// The shards of a stream.
pub(crate) async fn shards(world: &World, arn: &Value) -> Result<Vec<Value>, Violation> {
    let (mut shards, mut request) = (Vec::new(), json!({ "StreamArn": arn, "Limit": 20 }));
    loop {
        let described = world.look(Operation::DescribeStream, &request).await?["StreamDescription"].take();
        shards.extend(described["Shards"].as_array().cloned().unwrap_or_default());
        match described.get("LastEvaluatedShardId") {
            Some(last) => request["ExclusiveStartShardId"] = last.clone(),
            None => return Ok(shards),
        }
    }
}

/// Everything that there is to read, or of each shard only what is behind its last known record.
pub(crate) async fn read_all(world: &World, known: Option<&Records>) -> Result<Records, Violation> {
    let mut records = Records::new();
    let last: BTreeMap<&str, u128> =
        known.into_iter().flatten().map(|(position, record)| (record.shard.as_str(), *position)).collect();
    for table in FOLLOWED {
        let arn = stream_of(world, table).await?;
        for shard in shards(world, &arn).await? {
            let id = &shard["ShardId"];
            let after = id.as_str().and_then(|id| last.get(id)).copied();
            read_shard(world, (table, &arn, id), after, &mut records).await?;
        }
    }
    Ok(records)
}

async fn read_shard(
    world: &World,
    (table, arn, shard): (&'static str, &Value, &Value),
    after: Option<u128>,
    records: &mut Records,
) -> Result<(), Violation> {
    let mut start = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    if let Some(after) = after {
        let mut behind = start.clone();
        behind["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
        behind["SequenceNumber"] = json!(sequence_number(after));
        // A record that was trimmed is no place to start from.
        if let Answer::Ok(..) = world.ask(Operation::GetShardIterator, &behind).await {
            start = behind;
        }
    }
    let mut iterator = world.look(Operation::GetShardIterator, &start).await?["ShardIterator"].take();
    let mut last = 0;
    loop {
        let page = world.look(Operation::GetRecords, &json!({ "ShardIterator": iterator })).await?;
        let read = page["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        for raw in read {
            let (position, record) = parsed(table, shard, raw)?;
            ensure!(position > last, "shard {shard}: {position} comes after {last}");
            last = position;
            let other = records.insert(position, record);
            ensure!(other.is_none(), "two records at {position}: {other:?} is the one");
        }
        match page.get("NextShardIterator") {
            Some(next) if !read.is_empty() => iterator = next.clone(),
            _ => return Ok(()),
        }
    }
}

/// A record as GetRecords gives it.
pub(crate) fn parsed(table: &'static str, shard: &Value, raw: &Value) -> Result<(u128, Record), Violation> {
    let change = &raw["dynamodb"];
    let number = change["SequenceNumber"].as_str().and_then(position);
    let number = number.ok_or_else(|| Violation(format!("a record without a position: {raw}")))?;
    let record = Record {
        key: Key::of(table, &change["Keys"]),
        shard: shard.as_str().unwrap_or_default().to_owned(),
        kind: raw["eventName"].as_str().unwrap_or_default().to_owned(),
        old: change.get("OldImage").cloned(),
        new: change.get("NewImage").cloned(),
        by_service: raw.get("userIdentity").is_some(),
        seconds: change["ApproximateCreationDateTime"].as_u64().unwrap_or(0),
    };
    Ok((number, record))
}

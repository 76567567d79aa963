//! GetRecords: one page of a shard. A change of a table becomes its JSON here.

use crate::kinesis::failure::Failure;
use crate::kinesis::iterator::ShardIterator;
use crate::kinesis::request::Request;
use crate::kinesis::resource::{no_stream, scope};
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;
use store::{LogRecord, Position, Snapshot, Store};
use streams::SequenceNumber;
use streams::data_stream::record;
use streams::label;
use streams::record::ChangeWriter;

const LIMIT_MAX: i64 = 10_000;

/// The most data of a page; one record may be larger.
const PAGE_BYTES_MAX: usize = 10 << 20;

/// How long an iterator may be used.
const ITERATOR_LIFETIME_MS: u64 = 5 * 60_000;

/// A page of a shard.
struct Page {
    records: Vec<Value>,
    next: Position,
    /// The time of the last record, where there are more.
    behind_of_ms: Option<u64>,
}

impl Kinesis {
    pub(in crate::kinesis) fn get_records(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let text = request.text_of("ShardIterator", (1, 512))?;
        let text = request.required("ShardIterator", text).unwrap_or_default();
        let limit = request.integer("Limit", (1, LIMIT_MAX))?.unwrap_or(LIMIT_MAX);
        request.finish()?;
        request.unsupported(&["DryRun"])?;
        let iterator =
            ShardIterator::decode(&text).ok_or_else(|| Failure::argument("Invalid ShardIterator."))?;
        let now_ms = self.now_ms();
        check_age(&iterator, now_ms)?;
        // The stream first: a snapshot taken later holds all records of the shards that it shows as closed.
        let place = self.database.data_streams().by_log(scope(caller), iterator.log);
        let place = place.ok_or_else(|| no_stream(&iterator.stream, caller))?;
        let stream = &place.stream;
        let shard = self.living_shard(stream, &place.shard.to_string())?;
        let mut changes = ChangeWriter::new(&stream.arn, &stream.region);
        let snapshot = self.database.store().snapshot();
        let state = snapshot.log(shard.log).ok_or_else(|| Failure::internal("a shard has no log"))?;
        let after = iterator.after.max(stream.horizon(&snapshot, shard.log, &state, now_ms)?);
        let limit = usize::try_from(limit).unwrap_or_default();
        let page = page(&snapshot, &mut changes, &iterator, (after, limit))?;
        let behind_ms = page.behind_of_ms.map_or(0, |ms| now_ms.saturating_sub(ms));
        let mut members = vec![
            ("Records", Value::List(page.records)),
            ("MillisBehindLatest", Value::Integer(i64::try_from(behind_ms).unwrap_or(i64::MAX))),
        ];
        if !shard.is_open() && page.behind_of_ms.is_none() {
            members.push(("ChildShards", describe::children(stream, shard)));
        } else {
            let next = ShardIterator { after: page.next, issued_ms: now_ms, ..iterator };
            members.push(("NextShardIterator", Value::from(next.encode())));
        }
        Ok(Value::structure(members))
    }
}

fn check_age(iterator: &ShardIterator, now_ms: u64) -> Result<(), Failure> {
    if now_ms.saturating_sub(iterator.issued_ms) <= ITERATOR_LIFETIME_MS {
        return Ok(());
    }
    Err(Failure::new(
        "ExpiredIteratorException",
        format!(
            "Iterator expired. The iterator was created at time {} while right now it is {} which is further in the \
             future than the tolerated delay of {ITERATOR_LIFETIME_MS} milliseconds.",
            label::format(iterator.issued_ms),
            label::format(now_ms)
        ),
    ))
}

/// Reads records above a position, at most so many, but always one where there is one.
fn page(
    snapshot: &impl Snapshot,
    changes: &mut ChangeWriter,
    iterator: &ShardIterator,
    (after, limit): (Position, usize),
) -> Result<Page, Failure> {
    let read = snapshot.log_read(iterator.log, after, limit, PAGE_BYTES_MAX)?;
    let mut page = Page { records: Vec::with_capacity(read.records.len()), next: after, behind_of_ms: None };
    let (mut bytes, mut last_ms, mut more) = (0, 0, read.more);
    for log_record in &read.records {
        let (size, value) = one_record(log_record, changes)?;
        if bytes + size > PAGE_BYTES_MAX && !page.records.is_empty() {
            more = true;
            break;
        }
        bytes += size;
        last_ms = log_record.time_ms;
        page.next = log_record.position;
        page.records.push(value);
    }
    page.behind_of_ms = more.then_some(last_ms);
    Ok(page)
}

/// A record as it is answered, and how large its data are.
fn one_record(log_record: &LogRecord, changes: &mut ChangeWriter) -> Result<(usize, Value), Failure> {
    let read = record::read(log_record, changes).map_err(Failure::internal)?;
    let size = read.data.len();
    let value = Value::structure([
        ("SequenceNumber", Value::from(SequenceNumber::of(log_record.position).to_string())),
        ("ApproximateArrivalTimestamp", Value::Time(log_record.time_ms)),
        ("Data", Value::Blob(read.data.into_owned())),
        ("PartitionKey", Value::from(read.partition_key.as_ref())),
    ]);
    Ok((size, value))
}

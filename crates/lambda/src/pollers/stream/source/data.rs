//! A stream of Kinesis Data Streams.

use super::{Listed, Listing, after, behind};
use crate::filtering::data::{Place, value};
use crate::mapping::{Page, ShardInfo, ShardName};
use crate::pollers::StoredMapping;
use crate::pollers::stream::page::{Pages, Taken, Wanted, key_hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use database::Database;
use std::sync::Arc;
use store::{LogPage, LogRecord, Position, Snapshot, Store};
use streams::data_stream::record::{DataRecord, read};
use streams::data_stream::{DataShard, DataShardId, DataStream};
use streams::reading::{PAGE_SIZE_BYTES_MAX, ReadError};
use streams::record::ChangeWriter;
use streams::{SequenceNumber, Wait};
use wire::json::{write_string, write_u64};

/// A stream of Kinesis Data Streams.
pub(in crate::pollers::stream) struct DataSource<'a> {
    database: &'a Database,
    arn: String,
    region: String,
    /// Who invokes, as the event says.
    identity: String,
    changes: ChangeWriter,
}

impl<'a> DataSource<'a> {
    pub(super) fn new(database: &'a Database, mapping: &StoredMapping) -> Self {
        let arn = mapping.source_arn.clone();
        let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
        let identity = format!("arn:aws:iam::{}:role/lambda-role", mapping.account);
        let changes = ChangeWriter::new(&arn, &region);
        Self { database, arn, region, identity, changes }
    }

    fn stream(&self) -> Option<Arc<DataStream>> {
        self.database.data_streams().of_arn(&self.arn)
    }

    pub(super) fn exists(&self) -> bool {
        self.stream().is_some()
    }

    pub(super) fn list(&self) -> Option<Listing> {
        let stream = self.stream()?;
        let listed = |shard: &DataShard| Listed {
            info: ShardInfo {
                name: shard.number.to_string().into(),
                parents: shard.parents.iter().map(|parent| parent.to_string().into()).collect(),
            },
            log: shard.log,
        };
        let shards = stream.shards.iter().map(listed).collect();
        Some(Listing { shards, closed_ms: None })
    }

    pub(super) fn retention_ms(&self) -> u64 {
        self.stream().map_or(24 * 3_600_000, |stream| stream.retention_ms())
    }

    pub(super) fn read(&mut self, name: &ShardName, wanted: Wanted<'_>) -> Result<Taken, ReadError> {
        // The stream first: a snapshot taken later holds all records of the shards that it shows as closed.
        let stream = self.stream();
        let id = DataShardId::parse(name);
        let Some((stream, shard)) = stream.as_ref().and_then(|stream| Some((stream, stream.shard(id?)?)))
        else {
            return Ok(Taken::end(wanted.from));
        };
        let page = {
            let snapshot = self.database.store().snapshot();
            let Some(state) = snapshot.log(shard.log) else { return Ok(Taken::end(wanted.from)) };
            let now_ms = self.database.environment().clock.now_ms();
            let horizon = stream.horizon(&snapshot, shard.log, &state, now_ms)?;
            let after = after(wanted.from).unwrap_or_default().max(horizon);
            snapshot.log_read(shard.log, after, wanted.count, PAGE_SIZE_BYTES_MAX)?
        };
        let is_end = !shard.is_open() && !page.more;
        self.taken(name, &page, (is_end, wanted))
    }

    fn taken(
        &mut self,
        shard: &str,
        page: &LogPage,
        (is_end, wanted): (bool, Wanted<'_>),
    ) -> Result<Taken, ReadError> {
        let mut pages = Pages::with_capacity(&page.records);
        for log_record in &page.records {
            let record = read(log_record, &mut self.changes)?;
            let sequence = SequenceNumber::of(log_record.position).to_string();
            if !wanted.filters.is_empty() {
                let place = Place {
                    stream_arn: &self.arn,
                    region: &self.region,
                    shard,
                    sequence: &sequence,
                    time_ms: log_record.time_ms,
                };
                let value = value(place, &record.partition_key, &record.data);
                if let Some(refusals) = wanted.filters.refusals(&value) {
                    wanted.track.refused(SequenceNumber::of(log_record.position).get(), &refusals);
                    continue;
                }
            }
            let key = if wanted.keyed { key_hash(record.partition_key.as_bytes()) } else { 0 };
            let head = Head {
                shard,
                sequence: &sequence,
                region: &self.region,
                arn: &self.arn,
                identity: &self.identity,
            };
            pages.push::<ReadError>(log_record, key, |out| {
                head.write(out, log_record, &record);
                Ok(())
            })?;
        }
        let (polled, read_to) = (page.records.len(), page.next);
        let page = Page { records: pages.finish(), next: behind(read_to), is_end };
        Ok(Taken { page, read_to, polled })
    }

    pub(super) fn wait(&self, name: &ShardName, after: Position) -> Option<Wait<'a>> {
        let (database, id) = (self.database, DataShardId::parse(name)?);
        let log = self.stream()?.shard(id)?.log;
        let arn = self.arn.as_str();
        Some(database.streams().wakeups().wait(log, after, || {
            // The stream as it is by now: what closes a shard shows it closed first, and then wakes.
            let stream = database.data_streams().of_arn(arn);
            let shard = stream.as_ref().and_then(|stream| stream.shard(id)).filter(|shard| shard.log == log);
            let open = shard.is_some_and(DataShard::is_open);
            !open || database.store().log_state(log).is_none_or(|state| state.tail > after)
        }))
    }
}

/// What a record says of where it is from.
struct Head<'a> {
    shard: &'a str,
    sequence: &'a str,
    region: &'a str,
    arn: &'a str,
    identity: &'a str,
}

impl Head<'_> {
    /// Writes a record as a function gets it.
    fn write(&self, out: &mut Vec<u8>, log_record: &LogRecord, record: &DataRecord<'_>) {
        out.extend_from_slice(b"{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":");
        write_string(out, &record.partition_key);
        out.extend_from_slice(b",\"sequenceNumber\":\"");
        out.extend_from_slice(self.sequence.as_bytes());
        out.extend_from_slice(b"\",\"data\":\"");
        let from = out.len();
        out.resize(from + record.data.len().div_ceil(3) * 4, 0);
        // The room is exact, so this cannot fail.
        let written = STANDARD.encode_slice(&record.data, &mut out[from..]).unwrap_or(0);
        out.truncate(from + written);
        out.extend_from_slice(b"\",\"approximateArrivalTimestamp\":");
        write_u64(out, log_record.time_ms / 1_000);
        out.push(b'.');
        let ms = log_record.time_ms % 1_000;
        out.extend_from_slice(format!("{ms:03}").as_bytes());
        out.extend_from_slice(b"},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"");
        out.extend_from_slice(self.shard.as_bytes());
        out.push(b':');
        out.extend_from_slice(self.sequence.as_bytes());
        out.extend_from_slice(b"\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":");
        write_string(out, self.identity);
        out.extend_from_slice(b",\"awsRegion\":");
        write_string(out, self.region);
        out.extend_from_slice(b",\"eventSourceARN\":");
        write_string(out, self.arn);
        out.push(b'}');
    }
}

//! The stream of a table.

use super::{Listed, Listing, after, behind};
use crate::filtering::stored::{Fields, Stream};
use crate::mapping::{Page, ShardInfo, ShardName};
use crate::pollers::StoredMapping;
use crate::pollers::stream::page::{Pages, Taken, Wanted, key_hash};
use database::Database;
use store::{AnyStore, Position};
use streams::faults::Reader;
use streams::reading::{ReadError, ShardPage, Start};
use streams::record::{self, Form, RecordWriter};
use streams::{SequenceNumber, ShardId, StreamDescriptor, Streams, Wait};

/// The stream of a table.
pub(in crate::pollers::stream) struct TableSource<'a> {
    streams: &'a Streams,
    store: &'a AnyStore,
    arn: String,
    region: String,
    function: String,
    uuid: String,
    /// Made with the first page.
    writer: Option<RecordWriter>,
}

impl<'a> TableSource<'a> {
    pub(super) fn new(database: &'a Database, mapping: &StoredMapping) -> Self {
        let arn = mapping.source_arn.clone();
        let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
        let (function, uuid) = (mapping.function_name().to_owned(), mapping.uuid.to_string());
        let (streams, store) = (database.streams(), database.store());
        Self { streams, store, arn, region, function, uuid, writer: None }
    }

    pub(super) fn list(&self) -> Option<Listing> {
        let stream = self.streams.get(&self.arn)?;
        let listed = |shard: &streams::Shard| Listed {
            info: ShardInfo {
                name: shard.id.to_string().into(),
                parents: shard.parent.iter().map(|parent| parent.to_string().into()).collect(),
            },
            log: shard.log,
        };
        Some(Listing { shards: stream.shards.iter().map(listed).collect(), closed_ms: stream.closed_ms })
    }

    pub(super) fn retention_ms(&self) -> u64 {
        self.streams.options().retention_ms
    }

    pub(super) fn read(&mut self, shard: &ShardName, wanted: Wanted<'_>) -> Result<Taken, ReadError> {
        // The stream as it is now, so that its children are there when the end of a shard is.
        let (Some(stream), Some(id)) = (self.streams.get(&self.arn), ShardId::parse(shard)) else {
            return Ok(Taken::end(wanted.from));
        };
        match self.page(&stream, id, wanted) {
            Ok(page) => self.taken(&stream, &page, wanted),
            Err(ReadError::UnknownShard) => Ok(Taken::end(wanted.from)),
            Err(error) => Err(error),
        }
    }

    fn page(
        &self,
        stream: &StreamDescriptor,
        id: ShardId,
        wanted: Wanted<'_>,
    ) -> Result<ShardPage, ReadError> {
        let page = match after(wanted.from) {
            Some(after) => self.streams.page(self.store, stream, id, (after, wanted.count)),
            None => Err(ReadError::Trimmed),
        };
        let page = match page {
            // What has expired cannot be delivered any more; what is behind it can.
            Err(ReadError::Trimmed) => self.oldest_page(stream, id, wanted.count)?,
            page => page?,
        };
        match self.is_trimmed_by_fault(stream, id, &page) {
            true => self.oldest_page(stream, id, wanted.count),
            false => Ok(page),
        }
    }

    fn oldest_page(
        &self,
        stream: &StreamDescriptor,
        id: ShardId,
        count: usize,
    ) -> Result<ShardPage, ReadError> {
        let oldest = self.streams.start(self.store, stream, id, Start::TrimHorizon)?;
        self.streams.page(self.store, stream, id, (oldest, count))
    }

    fn is_trimmed_by_fault(&self, stream: &StreamDescriptor, id: ShardId, page: &ShardPage) -> bool {
        let mapping = Some((self.function.as_str(), self.uuid.as_str()));
        let reader = stream.shard(id).map(|shard| Reader { stream, shard, mapping });
        reader.is_some_and(|reader| self.streams.is_trimmed_by_fault(reader, page))
    }

    fn taken(
        &mut self,
        stream: &StreamDescriptor,
        page: &ShardPage,
        wanted: Wanted<'_>,
    ) -> Result<Taken, ReadError> {
        let region = &self.region;
        let writer = self.writer.get_or_insert_with(|| RecordWriter::new(stream, region, Form::Event));
        let mut pages = Pages::with_capacity(&page.records);
        for log_record in &page.records {
            if !wanted.filters.is_empty() {
                let of = Stream { arn: &self.arn, region, writer };
                let fields = Fields::of(log_record, of)?;
                if let Some(refusals) = wanted.filters.refusals(fields.root()) {
                    wanted.track.refused(SequenceNumber::of(log_record.position).get(), &refusals);
                    continue;
                }
            }
            let key = if wanted.keyed { key_hash(record::decode(&log_record.bytes)?.keys) } else { 0 };
            pages.push(log_record, key, |out| writer.write(out, log_record))?;
        }
        let (polled, read_to) = (page.records.len(), page.next);
        let page = Page { records: pages.finish(), next: behind(read_to), is_end: page.end };
        Ok(Taken { page, read_to, polled })
    }

    pub(super) fn wait(&self, shard: &ShardName, after: Position) -> Option<Wait<'a>> {
        let stream = self.streams.get(&self.arn)?;
        self.streams.wait(self.store, &stream, ShardId::parse(shard)?, after)
    }
}

//! GetRecords: one page of a shard, written from the stored bytes in one pass.

use crate::faults::Reader;
use crate::iterator::ShardIterator;
use crate::reading::ShardPage;
use crate::record::{Form, RecordWriter};
use crate::{Caller, StreamDescriptor, Streams};
use store::Store;
use wire::ApiError;
use wire::streams::GetRecords;

const LIMIT_DEFAULT: usize = 1_000;

impl Streams {
    /// Answers GetRecords.
    ///
    /// # Errors
    /// When the request is malformed, the iterator is too old, the stream or the shard is not there, or
    /// records that the iterator would read have expired.
    pub fn get_records<S: Store>(
        &self,
        store: &S,
        caller: Caller<'_>,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        let request = GetRecords::decode(body)?;
        let iterator = ShardIterator::decode(&request.shard_iterator)
            .ok_or_else(|| ApiError::validation("Invalid ShardIterator"))?;
        let now_ms = self.clock.now_ms();
        if now_ms.saturating_sub(iterator.issued_ms) > self.options.iterator_lifetime_ms {
            return Err(ApiError::expired_iterator("The provided iterator exceeds the maximum age allowed."));
        }
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT);
        // The descriptor first: a snapshot taken later holds all records of the shards it shows as closed.
        let stream = self.find(caller, iterator.arn)?;
        if self.faults.is_set() {
            return self.struck(store, &stream, (iterator, limit), caller.region);
        }
        let page = self.page(store, &stream, iterator.shard, (iterator.after, limit))?;
        let next = ShardIterator { after: page.next, issued_ms: now_ms, ..iterator };
        render(&page, &stream, caller.region, &next)
    }

    /// The same where faults may strike.
    fn struck<S: Store>(
        &self,
        store: &S,
        stream: &StreamDescriptor,
        (iterator, limit): (ShardIterator<'_>, usize),
        region: &str,
    ) -> Result<Vec<u8>, ApiError> {
        let shard = self.living_shard(stream, iterator.shard)?;
        let reader = Reader { stream, shard, mapping: None };
        self.expire_by_fault(reader, &iterator)?;
        let page = self.page(store, stream, iterator.shard, (iterator.after, limit))?;
        let page = self.spoiled(reader, page, iterator.after)?;
        let next = ShardIterator { after: page.next, issued_ms: self.clock.now_ms(), ..iterator };
        self.issued(shard.log, &next);
        render(&page, stream, region, &next)
    }
}

fn render(
    page: &ShardPage,
    stream: &StreamDescriptor,
    region: &str,
    next: &ShardIterator<'_>,
) -> Result<Vec<u8>, ApiError> {
    let stored: usize = page.records.iter().map(|record| record.bytes.len()).sum();
    let mut out = Vec::with_capacity(256 + 512 * page.records.len() + 2 * stored);
    let mut writer = RecordWriter::new(stream, region, Form::GetRecords);
    out.extend_from_slice(b"{\"Records\":[");
    for (nth, record) in page.records.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        record.bytes.fetch();
        writer.write(&mut out, record).map_err(crate::reading::ReadError::Record)?;
    }
    out.push(b']');
    if !page.end {
        out.extend_from_slice(b",\"NextShardIterator\":\"");
        next.encode(&mut out);
        out.push(b'"');
    }
    out.push(b'}');
    Ok(out)
}

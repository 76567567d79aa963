//! GetShardIterator: turns a place in a shard into an iterator. The place is worked out now, so that LATEST
//! is exactly after the records there are at this moment.

use crate::iterator::ShardIterator;
use crate::reading::{ReadError, Start};
use crate::{Caller, SequenceNumber, ShardId, Streams};
use store::Store;
use wire::ApiError;
use wire::dynamodb::enumeration::ShardIteratorType;
use wire::streams::GetShardIterator;

impl Streams {
    /// A time that records can have. One before the epoch is before all of them.
    fn past_ms(&self, timestamp_ms: Option<i64>) -> Result<u64, ApiError> {
        let time_ms = u64::try_from(timestamp_ms.unwrap_or(0)).unwrap_or(0);
        if time_ms > self.clock.now_ms() {
            return Err(ApiError::validation(
                "One or more parameter values were invalid: Timestamp cannot be in the future",
            ));
        }
        Ok(time_ms)
    }

    /// Answers GetShardIterator.
    ///
    /// # Errors
    /// When the request is malformed, the stream or the shard is not there, or the sequence number is
    /// trimmed or none of the shard's, or a time is yet to come.
    pub fn get_shard_iterator<S: Store>(
        &self,
        store: &S,
        caller: Caller<'_>,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        let request = GetShardIterator::decode(body)?;
        let stream = self.find(caller, &request.stream_arn)?;
        let shard = ShardId::parse(&request.shard_id).ok_or(ReadError::UnknownShard)?;
        let log = self.living_shard(&stream, shard)?.log;
        let number = || {
            let text = request.sequence_number.as_deref().unwrap_or("");
            SequenceNumber::parse(text).ok_or(ReadError::OutOfRange)
        };
        let start = match request.shard_iterator_type {
            ShardIteratorType::TrimHorizon => Start::TrimHorizon,
            ShardIteratorType::Latest => Start::Latest,
            ShardIteratorType::AtSequenceNumber => Start::At(number()?),
            ShardIteratorType::AfterSequenceNumber => Start::After(number()?),
            ShardIteratorType::AtTimestamp => Start::AtTime(self.past_ms(request.timestamp_ms)?),
        };
        let after = self.start(store, &stream, shard, start)?;
        let iterator = ShardIterator { arn: &stream.arn, shard, after, issued_ms: self.clock.now_ms() };
        self.issued(log, &iterator);
        let mut out = Vec::with_capacity(128 + stream.arn.len());
        out.extend_from_slice(b"{\"ShardIterator\":\"");
        iterator.encode(&mut out);
        out.extend_from_slice(b"\"}");
        Ok(out)
    }
}

//! DescribeStream: a stream and its shards, in order of their ids, which is the order of their creation.

use crate::descriptor::Shard;
use crate::{Caller, SequenceNumber, ShardId, StreamDescriptor, Streams};
use std::sync::Arc;
use store::{LogState, Snapshot, Store};
use wire::ApiError;
use wire::json::ObjectWriter;
use wire::streams::DescribeStream;

const LIMIT_DEFAULT: usize = 100;

impl Streams {
    /// Answers DescribeStream.
    ///
    /// # Errors
    /// When the request is malformed or the stream is not there.
    pub fn describe_stream<S: Store>(
        &self,
        store: &S,
        caller: Caller<'_>,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        let request = DescribeStream::decode(body)?;
        // The descriptor first: a snapshot taken later holds all records of the shards it shows as closed.
        let stream = self.find(caller, &request.stream_arn)?;
        let stream = self.stale(&stream).map_or(stream, Arc::new);
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT);
        let mut page = self.shards_of(&stream, &request, (store, limit + 1));
        let more = page.len() > limit;
        page.truncate(limit);

        let mut out = Vec::with_capacity(512 + 256 * page.len());
        let mut answer = ObjectWriter::new(&mut out);
        let mut description = answer.object("StreamDescription");
        write_head(&mut description, &stream);
        let mut shards = description.array("Shards");
        for (shard, state) in &page {
            write_shard(shards.object(), shard, state);
        }
        shards.end();
        if let Some((last, _)) = page.last().filter(|_| more) {
            description.string("LastEvaluatedShardId", &last.id.to_string());
        }
        description.end();
        answer.end();
        Ok(out)
    }

    /// The first shards that the request asks for, from its cursor on, as far as they have not expired.
    fn shards_of<'a, S: Store>(
        &self,
        stream: &'a StreamDescriptor,
        request: &DescribeStream,
        (store, count): (&S, usize),
    ) -> Vec<(&'a Shard, LogState)> {
        // A cursor or a parent that is no shard of this stream has nothing after it and no children.
        let known = |text: &String| ShardId::parse(text).filter(|id| stream.shard(*id).is_some());
        let after = match &request.exclusive_start_shard_id {
            None => None,
            Some(text) => match known(text) {
                Some(id) => Some(id),
                None => return Vec::new(),
            },
        };
        let parent = match &request.children_of {
            None => None,
            Some(text) => match known(text) {
                Some(id) => Some(id),
                None => return Vec::new(),
            },
        };
        let (now_ms, retention_ms) = (self.clock.now_ms(), self.options.retention_ms);
        let snapshot = store.snapshot();
        stream
            .shards
            .iter()
            .filter(|shard| after.is_none_or(|after| shard.id > after))
            .filter(|shard| parent.is_none() || shard.parent == parent)
            .filter(|shard| !shard.has_expired(now_ms, retention_ms))
            .filter_map(|shard| Some((shard, snapshot.log(shard.log)?)))
            .take(count)
            .collect()
    }
}

fn write_head(description: &mut ObjectWriter<'_>, stream: &StreamDescriptor) {
    description.string("StreamArn", &stream.arn);
    description.string("StreamLabel", &stream.label);
    description.string("StreamStatus", stream.status.as_str());
    description.string("StreamViewType", stream.view.as_str());
    description.timestamp_ms("CreationRequestDateTime", stream.created_ms);
    description.string("TableName", &stream.table_name);
    let mut keys = description.array("KeySchema");
    for element in &stream.key_schema {
        let mut entry = keys.object();
        entry.string("AttributeName", &element.name);
        entry.string("KeyType", element.role.as_str());
        entry.end();
    }
    keys.end();
}

fn write_shard(mut entry: ObjectWriter<'_>, shard: &Shard, state: &LogState) {
    entry.string("ShardId", &shard.id.to_string());
    let mut range = entry.object("SequenceNumberRange");
    range.string("StartingSequenceNumber", &SequenceNumber::of(state.start).to_string());
    if !shard.is_open() {
        range.string("EndingSequenceNumber", &SequenceNumber::of(state.tail).to_string());
    }
    range.end();
    if let Some(parent) = shard.parent {
        entry.string("ParentShardId", &parent.to_string());
    }
    entry.end();
}

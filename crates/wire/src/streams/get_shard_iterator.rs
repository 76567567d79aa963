//! GetShardIterator.

use crate::dynamodb::enumeration::ShardIteratorType;

/// Makes an iterator over a shard.
#[derive(Clone, Debug)]
pub struct GetShardIterator {
    /// The stream.
    pub stream_arn: String,
    /// The shard.
    pub shard_id: String,
    /// Where it starts.
    pub shard_iterator_type: ShardIteratorType,
    /// The record it starts at or after; given exactly when the type needs one.
    pub sequence_number: Option<String>,
}

//! The requests of DynamoDB Streams, one operation a file.

pub mod describe_stream;
pub mod get_records;
pub mod get_shard_iterator;
pub mod list_streams;

pub use describe_stream::DescribeStream;
pub use get_records::GetRecords;
pub use get_shard_iterator::GetShardIterator;
pub use list_streams::ListStreams;

/// The shortest id of a shard.
const SHARD_ID_LENGTH_MIN: usize = 28;

/// The longest id of a shard.
const SHARD_ID_LENGTH_MAX: usize = 65;

#[cfg(test)]
mod tests;

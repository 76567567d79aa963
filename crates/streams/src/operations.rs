//! The four operations of DynamoDB Streams, one a file: request in, answer or AWS's error out.

mod describe_stream;
mod get_records;
mod get_shard_iterator;
mod list_streams;

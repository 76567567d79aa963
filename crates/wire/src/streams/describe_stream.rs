//! DescribeStream.

/// Describes a stream and its shards.
#[derive(Clone, Debug)]
pub struct DescribeStream {
    /// The stream.
    pub stream_arn: String,
    /// The most shards answered, 1 to 100.
    pub limit: Option<i32>,
    /// The last shard of the page before.
    pub exclusive_start_shard_id: Option<String>,
    /// The shard whose children alone are asked for (`ShardFilter` of type `CHILD_SHARDS`).
    pub children_of: Option<String>,
}

//! GetRecords.

/// Reads records.
#[derive(Clone, Debug)]
pub struct GetRecords {
    /// The iterator.
    pub shard_iterator: String,
    /// The most records answered, 1 to 1,000.
    pub limit: Option<i32>,
}

//! ListStreams.

/// Lists streams.
#[derive(Clone, Debug)]
pub struct ListStreams {
    /// Only those of tables of this name.
    pub table_name: Option<String>,
    /// The most streams answered, 1 to 100.
    pub limit: Option<i32>,
    /// The last stream of the page before.
    pub exclusive_start_stream_arn: Option<String>,
}

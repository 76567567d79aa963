//! The rules of a mapping, as its readers follow them.

/// The most bytes that the event of one invocation may have.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// What a tumbling window's state may have; a longer one ends the window.
pub const STATE_LIMIT: usize = 1024 * 1024;

/// How batches are made and what becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most records of a batch.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more.
    pub batching_window_ms: u64,
    /// ParallelizationFactor: how many batches of one shard may be under way.
    pub lanes: usize,
    /// How often a failed batch is tried again; without end if `None`.
    pub maximum_retries: Option<u32>,
    /// The age at which records are no longer delivered: MaximumRecordAge, or the stream's retention.
    pub age_limit_ms: u64,
    /// Whether a failed batch is split.
    pub bisects: bool,
    /// Whether the function reports which records failed.
    pub reports_item_failures: bool,
    /// The length of tumbling windows.
    pub tumbling_window_ms: Option<u64>,
    /// The wait before the first retry; each further one is twice as long.
    pub backoff_ms: u64,
    /// The longest wait before a retry.
    pub backoff_limit_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            batch_size: 100,
            batching_window_ms: 0,
            lanes: 1,
            maximum_retries: None,
            age_limit_ms: 24 * 60 * 60 * 1_000,
            bisects: false,
            reports_item_failures: false,
            tumbling_window_ms: None,
            backoff_ms: 100,
            backoff_limit_ms: 10_000,
        }
    }
}

impl Rules {
    /// The same, for the answer to an invocation that was made by other rules: only one with a window owes a state, and records
    /// that it says have failed have failed, whether it was asked or is asked since.
    #[must_use]
    pub(crate) fn for_answers_to(self, made_by: &Self) -> Self {
        Self {
            tumbling_window_ms: made_by.tumbling_window_ms,
            reports_item_failures: made_by.reports_item_failures || self.reports_item_failures,
            ..self
        }
    }

    /// The wait after this many failures in a row.
    pub(super) fn backoff_after_ms(&self, failures: u32) -> u64 {
        let doublings = failures.saturating_sub(1).min(32);
        self.backoff_ms.saturating_mul(1 << doublings).min(self.backoff_limit_ms)
    }

    /// The beginning of the tumbling window of a time.
    pub(super) fn window_of(&self, time_ms: u64) -> u64 {
        self.tumbling_window_ms.map_or(0, |length_ms| time_ms - time_ms % length_ms.max(1))
    }

    /// How many records a reader takes up ahead of its function.
    pub(super) fn buffer_limit(&self) -> usize {
        self.batch_size.saturating_mul(2 * self.lanes)
    }

    /// How many bytes a reader takes up ahead of its function.
    pub(super) fn buffer_limit_bytes(&self) -> usize {
        2 * PAYLOAD_LIMIT * self.lanes
    }
}

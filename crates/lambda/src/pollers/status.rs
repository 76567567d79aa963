//! What a mapping tells of itself besides its settings: what came of its last invocation, and what it counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Nothing was invoked yet.
pub(crate) const NO_RECORDS: &str = "No records processed";
/// The last invocation succeeded.
pub(crate) const OK: &str = "OK";
/// The function failed.
pub(crate) const CALL_FAILED: &str = "PROBLEM: Function call failed";
/// There is no such function, by now.
pub(crate) const NO_FUNCTION: &str = "PROBLEM: Function not found";
/// The function is called as often as it may be.
pub(crate) const THROTTLED: &str = "PROBLEM: Function call throttled";
/// The stream is gone.
pub(crate) const NO_STREAM: &str = "PROBLEM: Stream not found";
/// The queue is gone.
pub(crate) const NO_QUEUE: &str = "PROBLEM: Queue not found";

/// What a mapping counts, since the server was started.
#[derive(Debug, Default)]
pub struct Counters {
    polled: AtomicU64,
    filtered_out: AtomicU64,
    invoked: AtomicU64,
    failed_invoke: AtomicU64,
    dropped: AtomicU64,
    delivered_on_failure: AtomicU64,
    delivery_failures: AtomicU64,
    deleted: AtomicU64,
    invocations: AtomicU64,
    iterator_age_ms: AtomicU64,
}

/// The counters at a moment, by the names of AWS's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Figures {
    /// Records read, or messages received.
    pub polled_event_count: u64,
    /// Of these, what the filters refused.
    pub filtered_out_event_count: u64,
    /// Records given to the function, once for each attempt.
    pub invoked_event_count: u64,
    /// Of these, those of attempts that failed.
    pub failed_invoke_event_count: u64,
    /// Records given up.
    pub dropped_event_count: u64,
    /// Records whose message was sent to the OnFailure destination.
    pub on_failure_destination_delivered_event_count: u64,
    /// Messages that could not be sent there.
    pub destination_delivery_failures: u64,
    /// Messages deleted from the queue.
    pub deleted_event_count: u64,
    /// Calls of the function.
    pub invocations: u64,
    /// The age of the last record of the last batch, when that had ended.
    #[serde(rename = "IteratorAge")]
    pub iterator_age_ms: u64,
}

impl Counters {
    pub(crate) fn polled(&self, records: usize, filtered_out: usize) {
        add(&self.polled, records);
        add(&self.filtered_out, filtered_out);
    }

    pub(crate) fn invoked(&self, records: usize) {
        add(&self.invoked, records);
        add(&self.invocations, 1);
    }

    pub(crate) fn failed(&self, records: usize) {
        add(&self.failed_invoke, records);
    }

    pub(crate) fn finished(&self, iterator_age_ms: u64) {
        self.iterator_age_ms.store(iterator_age_ms, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self, records: usize) {
        add(&self.dropped, records);
    }

    pub(crate) fn delivered(&self, records: usize, succeeded: bool) {
        if succeeded {
            add(&self.delivered_on_failure, records);
        } else {
            add(&self.delivery_failures, 1);
        }
    }

    /// Messages were deleted from the queue.
    pub fn deleted(&self, messages: usize) {
        add(&self.deleted, messages);
    }

    /// As they are.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            polled_event_count: of(&self.polled),
            filtered_out_event_count: of(&self.filtered_out),
            invoked_event_count: of(&self.invoked),
            failed_invoke_event_count: of(&self.failed_invoke),
            dropped_event_count: of(&self.dropped),
            on_failure_destination_delivered_event_count: of(&self.delivered_on_failure),
            destination_delivery_failures: of(&self.delivery_failures),
            deleted_event_count: of(&self.deleted),
            invocations: of(&self.invocations),
            iterator_age_ms: of(&self.iterator_age_ms),
        }
    }
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

/// What a driver tells, and the API shows.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) counters: Counters,
    result: Mutex<Arc<str>>,
}

impl Status {
    pub(super) fn new(result: Option<String>) -> Self {
        Self {
            counters: Counters::default(),
            result: Mutex::new(result.map_or(NO_RECORDS.into(), Into::into)),
        }
    }

    /// `LastProcessingResult`
    pub(super) fn result(&self) -> Arc<str> {
        Arc::clone(&self.result.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what came of an invocation. Says whether it is another result than before.
    pub(crate) fn set_result(&self, result: &str) -> bool {
        let mut known = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let differs = **known != *result;
        if differs {
            *known = result.into();
        }
        differs
    }
}

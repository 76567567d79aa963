//! What a worker counts.

use crate::Gap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that happened, to be counted or shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Every shard has a lease: what is written from now on is read, whatever happens to this worker.
    Ready,
    /// A lease was taken.
    LeaseTaken {
        /// The shard.
        shard_id: String,
        /// Whether another worker was asked for it.
        asked: bool,
    },
    /// A lease was lost: it could not be renewed in time, or another one has it.
    LeaseLost {
        /// The shard.
        shard_id: String,
    },
    /// A lease was given back, or to the worker that asked for it.
    LeaseReleased {
        /// The shard.
        shard_id: String,
    },
    /// A shard was processed to its end.
    ShardFinished {
        /// The shard.
        shard_id: String,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// The shard.
        shard_id: String,
    },
    /// The handler has done a batch.
    Handled {
        /// The shard.
        shard_id: String,
        /// How many changes it had.
        changes: usize,
    },
    /// The handler could not do a batch, and will be given it again.
    HandlerFailed {
        /// The shard.
        shard_id: String,
    },
    /// Changes may be missing.
    Gap(Gap),
    /// The place at which the group began was lost before the first change, and the shard is read from its beginning.
    Replay {
        /// The shard.
        shard_id: String,
    },
    /// A call was throttled.
    Throttled,
    /// A call failed otherwise, and is made again.
    CallFailed {
        /// Why.
        error: String,
    },
}

/// Whoever wants to know.
pub trait Metrics: Send + Sync + 'static {
    /// This happened. Called between calls: it must not block.
    fn record(&self, measure: &Measure);
}

/// Counts, and nothing else.
///
/// ```
/// use tailwater_consumer::{Counters, Measure, Metrics};
///
/// let counters = Counters::default();
/// counters.record(&Measure::Throttled);
/// assert_eq!(counters.snapshot().throttled, 1);
/// ```
#[derive(Debug, Default)]
pub struct Counters {
    leases_taken: AtomicU64,
    leases_lost: AtomicU64,
    leases_released: AtomicU64,
    shards_finished: AtomicU64,
    checkpoints: AtomicU64,
    changes_handled: AtomicU64,
    handler_failures: AtomicU64,
    gaps: AtomicU64,
    replays: AtomicU64,
    throttled: AtomicU64,
    calls_failed: AtomicU64,
}

/// The counts of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as what it counts: see Measure")]
pub struct Counts {
    pub leases_taken: u64,
    pub leases_lost: u64,
    pub leases_released: u64,
    pub shards_finished: u64,
    pub checkpoints: u64,
    pub changes_handled: u64,
    pub handler_failures: u64,
    pub gaps: u64,
    pub replays: u64,
    pub throttled: u64,
    pub calls_failed: u64,
}

impl Counters {
    /// The counts now.
    #[must_use]
    pub fn snapshot(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            leases_taken: read(&self.leases_taken),
            leases_lost: read(&self.leases_lost),
            leases_released: read(&self.leases_released),
            shards_finished: read(&self.shards_finished),
            checkpoints: read(&self.checkpoints),
            changes_handled: read(&self.changes_handled),
            handler_failures: read(&self.handler_failures),
            gaps: read(&self.gaps),
            replays: read(&self.replays),
            throttled: read(&self.throttled),
            calls_failed: read(&self.calls_failed),
        }
    }
}

impl Metrics for Counters {
    fn record(&self, measure: &Measure) {
        let (counter, by) = match measure {
            Measure::Ready => return,
            Measure::LeaseTaken { .. } => (&self.leases_taken, 1),
            Measure::LeaseLost { .. } => (&self.leases_lost, 1),
            Measure::LeaseReleased { .. } => (&self.leases_released, 1),
            Measure::ShardFinished { .. } => (&self.shards_finished, 1),
            Measure::Checkpoint { .. } => (&self.checkpoints, 1),
            Measure::Handled { changes, .. } => (&self.changes_handled, *changes as u64),
            Measure::HandlerFailed { .. } => (&self.handler_failures, 1),
            Measure::Gap(_) => (&self.gaps, 1),
            Measure::Replay { .. } => (&self.replays, 1),
            Measure::Throttled => (&self.throttled, 1),
            Measure::CallFailed { .. } => (&self.calls_failed, 1),
        };
        counter.fetch_add(by, Ordering::Relaxed);
    }
}

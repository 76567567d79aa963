//! Reading shards: when, and what becomes of what is read.

use super::page::Wanted;
use super::{Done, Driver};
use crate::mapping::{Event, ShardName};
use std::sync::Arc;

/// The fewest and the most records that are read at once. A page of fewer than the fewest is of a shard that has no more.
const COUNT_MIN: usize = 100;
const COUNT_MAX: usize = 10_000;

impl Driver<'_> {
    /// The machine wants records of a shard.
    pub(super) fn wanted(&mut self, shard: &ShardName, read: u64, from: u128) {
        let lanes = self.rules.lanes;
        let Some(run) = self.runs.get_mut(shard) else { return };
        run.read = Some((read, from));
        // Until a lane is free, there is nothing to be done with them.
        run.deferred = run.running >= lanes;
        if !run.deferred {
            self.ready(shard, read);
        }
    }

    /// A lane may be free again.
    pub(super) fn catch_up(&mut self, shard: &ShardName) {
        let lanes = self.rules.lanes;
        let Some(run) = self.runs.get_mut(shard) else { return };
        if run.deferred && run.running < lanes {
            run.deferred = false;
            if let Some((read, _)) = run.read {
                self.ready(shard, read);
            }
        }
    }

    /// A shard may have something. Where its records come one by one, others are given the time to come too.
    pub(super) fn ready(&mut self, shard: &ShardName, read: u64) {
        let clock = self.clock();
        let Some(run) = self.runs.get(shard) else { return };
        let left = run.pace.left(clock.machine());
        if left.is_zero() {
            return self.read(shard, read);
        }
        let shard = Arc::clone(shard);
        self.work.push(async move {
            clock.sleep(left).await;
            Done::Paced(shard, read)
        });
    }

    /// Reads a shard now, if the machine still waits for that.
    pub(super) fn read(&mut self, shard: &ShardName, read: u64) {
        let Some(run) = self.runs.get(shard) else { return };
        let Some((_, from)) = run.read.filter(|(expected, _)| *expected == read && !run.deferred) else {
            return;
        };
        let lanes = self.rules.lanes;
        let count = self.rules.batch_size.saturating_mul(lanes).clamp(COUNT_MIN, COUNT_MAX);
        let wanted = Wanted { from, count, filters: &self.filters, track: &self.track, keyed: lanes > 1 };
        let taken = match self.source.read(shard, wanted) {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(%error, mapping = %self.mapping.uuid, %shard, "a shard could not be read");
                return self.look_again();
            }
        };
        if taken.polled == 0 && !taken.page.is_end {
            match self.source.wait(shard, taken.read_to) {
                Some(wait) => return self.work.wait(Arc::clone(shard), read, wait),
                // Gone between the look and the wait: the next look shows it.
                None => return self.look_again(),
            }
        }
        self.status.counters.polled(taken.polled, taken.polled - taken.page.records.len());
        let now = self.clock().machine();
        if let Some(run) = self.runs.get_mut(shard) {
            run.read = None;
            // A wait is to fill a batch, so none comes after one that was full.
            run.pace.found(taken.polled, taken.polled >= self.rules.batch_size, now, &self.shared.options);
        }
        if taken.page.is_end {
            // Its children are to be known when it is finished.
            let listing = self.source.list();
            self.listed(listing);
        }
        self.events.push_back(Event::Read { read, shard: Arc::clone(shard), page: taken.page });
    }
}

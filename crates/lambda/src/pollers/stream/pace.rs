//! How soon a shard is read again, so that records that come one by one under load are handed over in batches.
//!
//! An invocation costs as much as many writes. So a shard is read at most once in [`Options::pace`], and where that much
//! comes that a longer wait fills a batch better, at most once in [`Options::pace_limit`]. A page that was full is followed
//! by the next at once, and so is a pause by its first record.

use crate::pollers::Options;
use std::time::Duration;

/// The longer wait is for shards where at least so many records come within it.
const WORTH: u128 = 8;

/// The pace of one shard, in machine time.
#[derive(Debug, Default)]
pub(super) struct Pace {
    read_at: Option<Duration>,
    next_at: Duration,
}

impl Pace {
    /// A read has found records, and whether there may be more of them already.
    pub(super) fn found(&mut self, count: usize, is_full: bool, now: Duration, options: &Options) {
        let passed = self.read_at.map(|at| now.saturating_sub(at));
        self.read_at = Some(now);
        let in_limit = |passed: Duration| {
            (count as u128).saturating_mul(options.pace_limit.as_nanos()) / passed.as_nanos().max(1)
        };
        self.next_at = match passed.map(in_limit) {
            _ if is_full => now,
            Some(expected) if expected >= WORTH => now + options.pace_limit,
            _ => now + options.pace,
        };
    }

    /// How long to wait before the next read.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.next_at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn options() -> Options {
        Options { pace: MS, pace_limit: 3 * MS, ..Options::default() }
    }

    #[test]
    fn the_first_record_after_a_pause_does_not_wait() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(100 * MS), Duration::ZERO);
        pace.found(1, false, 100 * MS, &options());
        assert_eq!(pace.left(100 * MS), MS);
        assert_eq!(pace.left(101 * MS), Duration::ZERO);
    }

    #[test]
    fn a_few_records_are_read_at_the_short_pace_and_many_at_the_long_one() {
        for (count, passed, expected) in
            [(1, MS, MS), (2, MS, MS), (3, MS, 3 * MS), (30, 3 * MS, 3 * MS), (7, 3 * MS, MS)]
        {
            let mut pace = Pace::default();
            pace.found(1, false, 100 * MS, &options());
            pace.found(count, false, 100 * MS + passed, &options());
            assert_eq!(pace.left(100 * MS + passed), expected, "{count} records in {passed:?}");
        }
    }

    #[test]
    fn after_a_full_page_the_next_is_read_at_once() {
        let mut pace = Pace::default();
        pace.found(100, true, MS, &options());
        pace.found(100, true, 2 * MS, &options());
        assert_eq!(pace.left(2 * MS), Duration::ZERO);
    }
}

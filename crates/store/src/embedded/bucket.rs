//! Time buckets: the keyspaces that hold log records, so that old ones go by whole keyspaces.
//!
//! A log's retention puts it in a class with buckets of one width. New records of a class go to its newest
//! bucket; the committer moves on to a fresh one when a commit's time is a width past the newest one's
//! beginning, and never back. So within a class, buckets hold versions that do not overlap, in order. A
//! bucket is deleted once every record in it is trimmed or of a dropped log.

use super::block;
use super::log_table::LogTable;
use super::rows::BucketRow;
use crate::{LogId, Position, StoreError};
use fjall::{Keyspace, Readable, Slice};
use std::collections::HashMap;

/// Bucket widths, in milliseconds: a minute, ten, an hour, four, a day. Creating a keyspace holds commits up
/// for milliseconds, so that even the shortest retention does not make one more than once a minute.
const WIDTHS_MS: [u64; 5] = [60_000, 600_000, 3_600_000, 14_400_000, 86_400_000];

/// The bucket width for a retention: about a 24th of it.
pub(super) fn width_ms(retention_ms: u64) -> u64 {
    let fits = |width: &&u64| **width <= retention_ms / 24;
    WIDTHS_MS.iter().rev().find(fits).copied().unwrap_or(WIDTHS_MS[0])
}

/// A bucket, as readers and the committer see it.
#[derive(Clone)]
pub(super) struct Bucket {
    pub(super) id: u64,
    pub(super) row: BucketRow,
    pub(super) keyspace: Keyspace,
}

/// The committer's knowledge of a bucket: the last position of each log in it.
pub(super) type LastPositions = HashMap<LogId, Position>;

/// The name of a bucket's keyspace.
pub(super) fn keyspace_name(id: u64) -> String {
    format!("log-{id}")
}

/// The id in the name of a bucket's keyspace.
pub(super) fn parse_name(name: &str) -> Option<u64> {
    name.strip_prefix("log-")?.parse().ok()
}

/// Whether nothing in a bucket can be read any more.
pub(super) fn is_obsolete(last: &LastPositions, logs: &LogTable) -> bool {
    last.iter().all(|(log, last)| logs.get(*log).is_none_or(|head| head.state.trimmed >= *last))
}

/// The last block of each log in a bucket, found by leaping from log to log.
pub(super) fn last_blocks(
    snapshot: &fjall::Snapshot,
    keyspace: &Keyspace,
) -> Result<Vec<(LogId, Slice, Slice)>, StoreError> {
    let mut found = Vec::new();
    let mut from = vec![0; 16];
    loop {
        let Some(first) = snapshot.range(keyspace, from..).next() else { return Ok(found) };
        let key = first.key().map_err(super::engine_error)?;
        let Some((log, _)) = block::parse_key(&key) else {
            return Err(StoreError::Corrupt("a bucket of log records holds a strange key".into()));
        };
        let prefix = log.0.to_be_bytes();
        if let Some(last) = snapshot.prefix(keyspace, prefix).next_back() {
            let (key, value) = last.into_inner().map_err(super::engine_error)?;
            found.push((log, key, value));
        }
        let Some(next) = log.0.checked_add(1) else { return Ok(found) };
        from = block::block_key(LogId(next), crate::Version(0)).to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_the_retention() {
        let day_ms = 86_400_000;
        for (retention_ms, expected_ms) in [
            (0, 60_000),
            (5_000, 60_000),
            (day_ms, 3_600_000),
            (7 * day_ms, 14_400_000),
            (365 * day_ms, day_ms),
        ] {
            assert_eq!(width_ms(retention_ms), expected_ms);
        }
    }
}

//! Snapshots of the embedded store.
//!
//! The engine's own snapshots are not safe to take while a batch is being applied: a flush or a compaction
//! that ends at that moment makes the batch's sequence number visible, and the snapshot then sees a part of
//! the batch. So the committer takes one after each batch, when no other can be under way, and publishes it
//! with its version and the heads of the logs; readers share it.

use super::Core;
use super::block::{self, Block};
use super::bucket::{self, Bucket};
use super::engine_error;
use super::log_table::LogTable;
use super::value;
use crate::log_head::{LogHead, version_of};
use crate::{
    Direction, Key, LogId, LogPage, LogState, Position, Range, Snapshot, SpaceId, StoreError, Version,
    Versioned,
};
use fjall::Readable;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

/// One point in time, between two commits.
pub(super) struct Published {
    pub(super) snapshot: fjall::Snapshot,
    pub(super) version: Version,
    pub(super) logs: LogTable,
    pub(super) spaces: Arc<BTreeSet<SpaceId>>,
    /// In order of their first version.
    pub(super) buckets: Arc<Vec<Bucket>>,
}

/// One point in time of an [`super::Embedded`] store. It holds nobody up.
pub struct EmbeddedSnapshot<'a> {
    core: &'a Core,
    published: Arc<Published>,
}

impl std::fmt::Debug for EmbeddedSnapshot<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EmbeddedSnapshot").field("version", &self.published.version).finish()
    }
}

impl<'a> EmbeddedSnapshot<'a> {
    pub(super) fn new(core: &'a Core, published: Arc<Published>) -> Self {
        Self { core, published }
    }

    /// The buckets that hold records of a log, oldest first.
    fn buckets(&self, head: &LogHead) -> impl DoubleEndedIterator<Item = &Bucket> {
        let width_ms = bucket::width_ms(head.retention_ms);
        self.published.buckets.iter().filter(move |bucket| bucket.row.width_ms == width_ms)
    }

    /// The first block of a log in a bucket above a position, or the last where `last` is set.
    fn end_block(
        &self,
        bucket: &Bucket,
        (from, to): ([u8; 16], [u8; 16]),
        last: bool,
    ) -> Result<Option<(Version, Block)>, StoreError> {
        let mut blocks = self.published.snapshot.range(&bucket.keyspace, from..=to);
        let Some(found) = (if last { blocks.next_back() } else { blocks.next() }) else { return Ok(None) };
        let (key, stored) = found.into_inner().map_err(engine_error)?;
        let version = block::parse_key(&key).map_or(Version(0), |(_, version)| version);
        Ok(Some((version, Block::decode(&key, stored)?)))
    }

    /// The position of the last record of the bucket below a time, where its first record is below it.
    fn before_in(&self, bucket: &Bucket, log: LogId, time_ms: u64) -> Result<Option<Position>, StoreError> {
        let all = (block::block_key(log, Version(0)), block::block_key(log, Version(u64::MAX)));
        let below = |block: &Block| block.time_ms < time_ms;
        let Some((first, mut best)) = self.end_block(bucket, all, false)? else { return Ok(None) };
        let Some((last, last_block)) = self.end_block(bucket, all, true)? else { return Ok(None) };
        if !below(&best) {
            return Ok(None);
        }
        if below(&last_block) {
            return last_block.last().map(Some);
        }
        // The first block from `low` on is below the time, the one at `high` is not.
        let (mut low, mut high) = (first.0, last.0);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let keys = (block::block_key(log, Version(middle)), block::block_key(log, Version(high)));
            match self.end_block(bucket, keys, false)? {
                Some((version, block)) if below(&block) => (low, best) = (version.0, block),
                Some(_) | None => high = middle,
            }
        }
        best.last().map(Some)
    }
}

impl Published {
    pub(super) fn get(&self, core: &Core, key: &Key) -> Result<Option<Versioned>, StoreError> {
        if !self.spaces.contains(&key.space) {
            return Ok(None);
        }
        let stored_key = value::encode_key(key.space, &key.bytes);
        let stored = self.snapshot.get(&core.items, &stored_key).map_err(engine_error)?;
        stored.map(|stored| value::decode(&stored_key, stored)).transpose()
    }
}

impl Snapshot for EmbeddedSnapshot<'_> {
    fn version(&self) -> Version {
        self.published.version
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.published.get(self.core, key)
    }

    fn range(
        &self,
        range: &Range,
        each: &mut dyn FnMut(&[u8], &Versioned) -> bool,
    ) -> Result<(), StoreError> {
        if !self.published.spaces.contains(&range.space) || range.is_empty() {
            return Ok(());
        }
        let mut entries = self.published.snapshot.range(&self.core.items, stored_bounds(range));
        while let Some(entry) = match range.direction {
            Direction::Forward => entries.next(),
            Direction::Backward => entries.next_back(),
        } {
            let (key, stored) = entry.into_inner().map_err(engine_error)?;
            let value = value::decode(&key, stored)?;
            if !each(key.get(4..).unwrap_or_default(), &value) {
                break;
            }
        }
        Ok(())
    }

    fn log(&self, log: LogId) -> Option<LogState> {
        self.published.logs.get(log).map(|head| head.state)
    }

    fn log_read(
        &self,
        log: LogId,
        after: Position,
        count: usize,
        bytes: usize,
    ) -> Result<LogPage, StoreError> {
        let mut page = LogPage { next: after, ..LogPage::default() };
        let Some(head) = self.published.logs.get(log) else { return Ok(page) };
        let mut at = after.max(head.state.trimmed);
        if at >= head.state.tail {
            // The usual answer to a reader that keeps up, without a look at the disk.
            return Ok(page);
        }
        let (from, to) = block::keys_above(log, at);
        let first = version_of(at).0;
        let buckets: Vec<&Bucket> = self.buckets(head).collect();
        let skip = buckets.partition_point(|bucket| bucket.row.first_version <= first).saturating_sub(1);
        let mut left = bytes;
        for bucket in &buckets[skip..] {
            for entry in self.published.snapshot.range(&bucket.keyspace, from..=to) {
                let (key, stored) = entry.into_inner().map_err(engine_error)?;
                let went_on = Block::decode(&key, stored)?.records(|record| {
                    if record.position <= at {
                        return true;
                    }
                    let fits = page.records.is_empty() || record.bytes.len() <= left;
                    if page.records.len() >= count.max(1) || !fits {
                        return false;
                    }
                    left = left.saturating_sub(record.bytes.len());
                    (at, page.next) = (record.position, record.position);
                    page.records.push(record);
                    true
                })?;
                if !went_on {
                    page.more = true;
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    fn log_before(&self, log: LogId, time_ms: u64) -> Result<Position, StoreError> {
        let Some(head) = self.published.logs.get(log) else { return Ok(Position(0)) };
        for bucket in self.buckets(head).rev() {
            if let Some(position) = self.before_in(bucket, log, time_ms)? {
                return Ok(position.max(head.state.trimmed));
            }
        }
        Ok(head.state.trimmed)
    }
}

/// The bounds of a range among stored keys.
fn stored_bounds(range: &Range) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let space = range.space;
    let from = match &range.from {
        Bound::Included(key) => Bound::Included(value::encode_key(space, key)),
        Bound::Excluded(key) => Bound::Excluded(value::encode_key(space, key)),
        Bound::Unbounded => Bound::Included(value::encode_key(space, b"")),
    };
    let to = match &range.to {
        Bound::Included(key) => Bound::Included(value::encode_key(space, key)),
        Bound::Excluded(key) => Bound::Excluded(value::encode_key(space, key)),
        Bound::Unbounded => {
            let after = |next: u32| Bound::Excluded(value::encode_key(SpaceId(next), b""));
            space.0.checked_add(1).map_or(Bound::Unbounded, after)
        }
    };
    (from, to)
}

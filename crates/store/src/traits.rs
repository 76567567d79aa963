//! The store and its snapshots.

use crate::{
    Commit, Key, LogId, LogPage, LogState, Outcome, Position, SpaceId, StoreError, Version, Versioned,
};
use bytes::Bytes;
use std::ops::Bound;

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest key up.
    Forward,
    /// From the highest key down.
    Backward,
}

/// A key range in one space, and the way to walk it.
#[derive(Clone, Debug)]
pub struct Range {
    /// The space.
    pub space: SpaceId,
    /// The lower end.
    pub from: Bound<Bytes>,
    /// The upper end.
    pub to: Bound<Bytes>,
    /// The way.
    pub direction: Direction,
}

impl Range {
    /// All keys of a space that begin so, forward.
    #[must_use]
    pub fn of_prefix(space: SpaceId, prefix: impl Into<Bytes>) -> Self {
        let prefix = prefix.into();
        let to = end_of_prefix(&prefix);
        Self { space, from: Bound::Included(prefix), to, direction: Direction::Forward }
    }

    /// Whether the ends leave no key between them; the engines need not bear such a range.
    pub(crate) fn is_empty(&self) -> bool {
        are_no_keys(&self.from, &self.to)
    }
}

/// The end of all keys that begin so: the least key above them, if there is one.
#[must_use]
pub fn end_of_prefix(prefix: &[u8]) -> Bound<Bytes> {
    // It ends where a byte can be greater.
    prefix.iter().rposition(|byte| *byte < 0xff).map_or(Bound::Unbounded, |last| {
        let mut end = prefix[..=last].to_vec();
        end[last] += 1;
        Bound::Excluded(end.into())
    })
}

/// Whether no key lies between these ends.
#[must_use]
pub fn are_no_keys(from: &Bound<Bytes>, to: &Bound<Bytes>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            from >= to
        }
        _ => false,
    }
}

/// An ordered transactional store of bytes.
///
/// Hot paths use [`crate::AnyStore`] (static dispatch); tests may wrap one store in another.
pub trait Store: Send + Sync + 'static {
    /// One point in time, over keys and logs alike.
    type Snapshot<'a>: Snapshot
    where
        Self: 'a;

    /// Takes a snapshot. A thread holds at most one at a time and never across an await: the memory
    /// store's is a read lock.
    fn snapshot(&self) -> Self::Snapshot<'_>;

    /// Applies a commit, and returns when it is as durable as the store was asked to make it. Blocks.
    ///
    /// # Errors
    /// A failed write poisons the store: later commits answer [`StoreError::Poisoned`], reads go on.
    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError>;

    /// As [`Store::commit`], for a caller who has read the keys of all checks in a snapshot of version
    /// `seen` or a newer one, so that only keys written since need to be looked at again.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        let _ = seen;
        self.commit(commit)
    }

    /// Whether a commit can end in [`StoreError::Unknown`], so that it is worth naming by a token.
    fn may_be_unknown(&self) -> bool {
        false
    }

    /// Creates a space, durably; its id was never used before.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    fn create_space(&self) -> Result<SpaceId, StoreError>;

    /// Drops a space with all its keys and gives its disk space back. Unknown ids are ignored.
    ///
    /// # Errors
    /// As for [`Store::commit`].
    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError>;

    /// The spaces that exist, so that the caller can drop those that no descriptor names.
    fn spaces(&self) -> Vec<SpaceId>;

    /// Whether no commit newer than `since` (a [`Snapshot::version`]) wrote the key. May say `false`
    /// wrongly, never `true`. Cheap: no disk, no search.
    fn unchanged(&self, key: &Key, since: Version) -> bool {
        let _ = (key, since);
        false
    }

    /// The present state of a log: its fence above all. Cheap.
    fn log_state(&self, log: LogId) -> Option<LogState>;
}

/// One point in time of a store.
pub trait Snapshot {
    /// The version of the newest commit in the snapshot.
    fn version(&self) -> Version;

    /// The value of a key.
    ///
    /// # Errors
    /// When the engine cannot read, or the value fails its checksum.
    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// Walks a range, calling `each` with the key's bytes and its value until it answers `false`.
    ///
    /// # Errors
    /// As for [`Snapshot::get`].
    fn range(&self, range: &Range, each: &mut dyn FnMut(&[u8], &Versioned) -> bool)
    -> Result<(), StoreError>;

    /// The state of a log in this snapshot.
    fn log(&self, log: LogId) -> Option<LogState>;

    /// Reads records above `after`, at most `count` of them and at most `bytes` in all, but always one
    /// where there is one. Reading below the trim mark starts at the mark.
    ///
    /// # Errors
    /// As for [`Snapshot::get`].
    fn log_read(
        &self,
        log: LogId,
        after: Position,
        count: usize,
        bytes: usize,
    ) -> Result<LogPage, StoreError>;

    /// The position of the last record whose time is below `time_ms`, or the trim mark where none is: read
    /// on from there to see all records since. Faster than reading.
    ///
    /// # Errors
    /// As for [`Snapshot::get`].
    fn log_before(&self, log: LogId, time_ms: u64) -> Result<Position, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_a_prefix_has_all_that_begin_so_and_nothing_else() {
        let ends = |prefix: &'static [u8]| {
            let range = Range::of_prefix(SpaceId(1), prefix);
            assert_eq!(range.from, Bound::Included(Bytes::from_static(prefix)));
            range.to
        };
        let before = |end: &'static [u8]| Bound::Excluded(Bytes::from_static(end));
        assert_eq!(ends(b"ab"), before(b"ac"));
        assert_eq!(ends(b"a\xff\xff"), before(b"b"));
        assert_eq!(ends(b"\xff\xff"), Bound::Unbounded);
        assert_eq!(ends(b""), Bound::Unbounded);
    }
}

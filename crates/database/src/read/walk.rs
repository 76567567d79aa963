//! Walking a range of items or index entries up to the end of a page.

use super::Source;
use bytes::Bytes;
use item::Stored;
use std::ops::Bound;
use store::{AnySnapshot, Direction, Range, Snapshot, StoreError};

/// How many bytes of items end a page.
const PAGE_BYTES: usize = 1024 * 1024;

/// Which keys are walked, in which direction.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The lowest.
    pub(crate) from: Bound<Bytes>,
    /// The highest.
    pub(crate) to: Bound<Bytes>,
    /// The direction.
    pub(crate) direction: Direction,
}

impl Span {
    /// All keys of the partitions with these hashes.
    pub(crate) fn of_hashes(first: u128, last: u128) -> Span {
        let bytes = |hash: u128| Bytes::copy_from_slice(&hash.to_be_bytes());
        let to = last.checked_add(1).map_or(Bound::Unbounded, |end| Bound::Excluded(bytes(end)));
        Span { from: Bound::Included(bytes(first)), to, direction: Direction::Forward }
    }

    /// Whether a key lies in it.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        let above = match &self.from {
            Bound::Included(from) => key >= &from[..],
            Bound::Excluded(from) => key > &from[..],
            Bound::Unbounded => true,
        };
        let below = match &self.to {
            Bound::Included(to) => key <= &to[..],
            Bound::Excluded(to) => key < &to[..],
            Bound::Unbounded => true,
        };
        above && below
    }

    /// The part of it that comes after this key.
    #[must_use]
    pub(crate) fn after(mut self, key: Bytes) -> Span {
        match self.direction {
            Direction::Forward => self.from = Bound::Excluded(key),
            Direction::Backward => self.to = Bound::Excluded(key),
        }
        self
    }

    /// Whether no key can lie in it; the engines need not bear an empty range.
    fn is_empty(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
            _ => false,
        }
    }
}

/// What was read of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The items, or the entries of an index, in order.
    pub(crate) items: Vec<Stored>,
    /// Their sizes, added up.
    pub(crate) bytes: usize,
    /// Whether the page ended before the range did, or at least with it.
    pub(crate) full: bool,
}

/// Reads a page.
///
/// # Errors
/// When the store fails.
pub(crate) fn walk(
    snapshot: &AnySnapshot<'_>,
    source: &Source,
    span: Span,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if span.is_empty() {
        return Ok(page);
    }
    let Span { from, to, direction } = span;
    let range = Range { space: source.space(), from, to, direction };
    snapshot.range(&range, &mut |_, value| {
        let item = Stored::from_bytes(value.value.clone());
        page.bytes += item.size();
        page.items.push(item);
        page.full = page.items.len() >= limit || page.bytes >= PAGE_BYTES;
        !page.full
    })?;
    Ok(page)
}

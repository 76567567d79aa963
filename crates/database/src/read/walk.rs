//! Walking a range of items or index entries up to the end of a page.

use super::{Source, Span};
use crate::keys;
use item::Stored;
use store::{AnySnapshot, Range, Snapshot, StoreError};

/// How many bytes of items end a page.
pub(super) const PAGE_BYTES: usize = 1024 * 1024;

/// What was read of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The items, or the entries of an index, in order.
    pub(crate) items: Vec<Stored>,
    /// Their sizes, added up.
    pub(crate) bytes: usize,
    /// Whether the page ended before the range did, or at least with it.
    pub(crate) full: bool,
    /// Whether something was found of another partition with the same hash; the page ended there.
    pub(crate) collision: bool,
}

/// Reads a page that has room for so many items and bytes.
///
/// # Errors
/// When the store fails.
pub(crate) fn walk(
    snapshot: &AnySnapshot<'_>,
    source: &Source,
    span: Span,
    (limit, bytes): (usize, usize),
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if span.is_empty() {
        return Ok(page);
    }
    let Span { from, to, direction, partition } = span;
    let range = Range { space: source.space(), from, to, direction };
    snapshot.range(&range, &mut |_, value| {
        let item = Stored::from_bytes(value.value.clone());
        if let Some(partition) = &partition
            && !keys::is_of_partition(source.schema(), partition, &item)
        {
            page.collision = true;
            return false;
        }
        page.bytes += if source.index.is_none() { source.table.size_of(&item) } else { item.size() };
        page.items.push(item);
        page.full = page.items.len() >= limit || page.bytes >= bytes;
        !page.full
    })?;
    Ok(page)
}

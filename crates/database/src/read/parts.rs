//! Several spans of one table or index, read one after the other as one page.

use super::page::fetch;
use super::walk::{PAGE_BYTES, walk};
use super::{Selection, Source, Span, tails};
use crate::Database;
use crate::capacity::{Capacity, Units};
use crate::write::{Failure, store_failed};
use item::Stored;
use store::Store;
use wire::ApiError;

/// What a page is read of.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Where.
    pub(crate) source: Source,
    /// Which keys; no two spans have one in common.
    pub(crate) spans: Vec<Span>,
    /// At most how many items, before any filter.
    pub(crate) limit: usize,
    /// Which of them count.
    pub(crate) selection: Selection,
    /// Whether the read is charged as a consistent one.
    pub(crate) consistent: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct PartsPage {
    /// The items that pass the filter.
    pub(crate) items: Vec<Stored>,
    /// What it costs.
    pub(crate) capacity: Capacity,
    /// Where the page ended before the spans did: the number of the span, and the key of the last item read.
    pub(crate) last: Option<(usize, Stored)>,
    /// Where the table's stream was in the snapshot.
    pub(crate) positions: Option<String>,
}

/// Reads a page, all of it from one snapshot.
///
/// # Errors
/// When the store fails or what it holds is damaged.
pub(crate) fn read_parts(database: &Database, parts: &Parts) -> Result<PartsPage, ApiError> {
    let snapshot = database.store.snapshot();
    let positions = tails(&snapshot, &parts.source.table);
    let (mut answer, mut count, mut bytes) = (PartsPage { positions, ..PartsPage::default() }, 0, 0);
    for (at, span) in parts.spans.iter().enumerate() {
        if span.is_empty() && parts.spans.len() > 1 {
            continue;
        }
        let room = (parts.limit - count, PAGE_BYTES - bytes);
        let page =
            walk(&snapshot, &parts.source, span.clone(), room).map_err(|error| store_failed(&error))?;
        if page.collision {
            return Err(Failure::Collision.into_error(false));
        }
        count += page.items.len();
        bytes += page.bytes;
        let units = Units::read(page.bytes, parts.consistent);
        match parts.source.index {
            None => answer.capacity.table += units,
            Some(index) => answer.capacity.add_index(index, units),
        }
        if page.full
            && let Some(last) = page.items.last()
        {
            answer.last = Some((at, last.project(&parts.source.position_names())));
        }
        let mut items = page.items;
        if parts.selection.fetch {
            let fetched = fetch(&snapshot, database.hasher, (&parts.source, parts.consistent), &items)?;
            answer.capacity.table += fetched.units;
            items = fetched.items;
        }
        let filter = parts.selection.filter.as_ref();
        items.retain(|item| filter.is_none_or(|filter| filter.matches(item)));
        answer.items.append(&mut items);
        if answer.last.is_some() {
            break;
        }
    }
    Ok(answer)
}

//! One page of Query or Scan, from the walk to the answer.

use super::walk::{PAGE_BYTES, Page, walk};
use super::{Selection, Source, Span, json_bytes, tails, write_item, write_projected};
use crate::Database;
use crate::caller::Reply;
use crate::capacity::{Capacity, Told, Units};
use crate::keys::{Hasher, ItemKey};
use crate::write::{Failure, store_failed};
use item::Stored;
use store::{AnySnapshot, Snapshot, Store};
use wire::ApiError;
use wire::json::write_u64;

/// What a page is read of.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Where.
    pub(crate) source: Source,
    /// Which keys.
    pub(crate) span: Span,
    /// At most how many items.
    pub(crate) limit: usize,
    /// What is answered of them.
    pub(crate) selection: Selection,
    /// Whether the read is charged as a consistent one.
    pub(crate) consistent: bool,
    /// What is told of its cost.
    pub(crate) told: Told,
}

/// The items that an index page fetched from the table.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) items: Vec<Stored>,
    pub(super) units: Units,
}

/// Reads a page and answers it.
///
/// # Errors
/// When the store fails or what it holds is damaged.
pub(crate) fn read_page(database: &Database, reading: &Reading) -> Result<Reply, ApiError> {
    let (page, fetched, positions) = read(database, reading)?;
    let items = if reading.selection.fetch { &fetched.items } else { &page.items };
    let mut body = Vec::with_capacity(body_bytes(&reading.selection, items));
    let count = write_items(&mut body, &reading.selection, items)?;
    body.extend_from_slice(b"\"Count\":");
    write_u64(&mut body, count as u64);
    body.extend_from_slice(b",\"ScannedCount\":");
    write_u64(&mut body, page.items.len() as u64);
    if page.full
        && let Some(last) = page.items.last()
    {
        body.extend_from_slice(b",\"LastEvaluatedKey\":");
        write_item(&mut body, &last.project(&reading.source.position_names()))?;
    }
    if reading.told.any() {
        body.extend_from_slice(b",\"ConsumedCapacity\":");
        capacity(reading, &page, &fetched).write_json(&mut body, &reading.source.table, reading.told);
    }
    body.push(b'}');
    Ok(Reply { body, positions })
}

fn read(database: &Database, reading: &Reading) -> Result<(Page, Fetched, Option<String>), ApiError> {
    let snapshot = database.store.snapshot();
    let positions = tails(&snapshot, &reading.source.table);
    let page = walk(&snapshot, &reading.source, reading.span.clone(), (reading.limit, PAGE_BYTES))
        .map_err(|error| store_failed(&error))?;
    if page.collision {
        return Err(Failure::Collision.into_error(false));
    }
    let mut fetched = Fetched::default();
    if reading.selection.fetch {
        let source = (&reading.source, reading.consistent);
        fetched = fetch(&snapshot, database.hasher, source, &page.items)?;
    }
    Ok((page, fetched, positions))
}

/// The items of the entries of a page, in the same snapshot, so that entry and item are of one moment.
pub(super) fn fetch(
    snapshot: &AnySnapshot<'_>,
    hasher: Hasher,
    (source, consistent): (&Source, bool),
    entries: &[Stored],
) -> Result<Fetched, ApiError> {
    let table = &source.table;
    let mut fetched = Fetched { items: Vec::with_capacity(entries.len()), units: Units(0) };
    for entry in entries {
        let key = ItemKey::of_image(table, hasher, entry);
        let item = match &key {
            Some(key) => snapshot.get(&key.key).map_err(|error| store_failed(&error))?,
            None => None,
        };
        let (Some(key), Some(item)) = (key, item) else {
            tracing::error!(table = table.name, "an index entry has no item");
            return Err(ApiError::internal_server_error("an index entry has no item"));
        };
        let item = Stored::from_bytes(item.value);
        if !key.owns(table, &item) {
            return Err(Failure::Collision.into_error(false));
        }
        fetched.units += Units::read(source.table.size_of(&item), consistent);
        fetched.items.push(item);
    }
    Ok(fetched)
}

fn body_bytes(selection: &Selection, items: &[Stored]) -> usize {
    let items = if selection.count_only { 0 } else { items.iter().map(|item| json_bytes(item) + 1).sum() };
    items + 256
}

/// Opens the body with the items that pass the filter, and answers how many.
fn write_items(body: &mut Vec<u8>, selection: &Selection, items: &[Stored]) -> Result<usize, ApiError> {
    let passes = |item: &&Stored| selection.filter.as_ref().is_none_or(|filter| filter.matches(*item));
    body.push(b'{');
    if selection.count_only {
        return Ok(items.iter().filter(passes).count());
    }
    body.extend_from_slice(b"\"Items\":[");
    let mut count = 0;
    for item in items.iter().filter(passes) {
        if count > 0 {
            body.push(b',');
        }
        count += 1;
        write_projected(body, item, selection.projection.as_ref())?;
    }
    body.extend_from_slice(b"],");
    Ok(count)
}

fn capacity(reading: &Reading, page: &Page, fetched: &Fetched) -> Capacity {
    let units = Units::read(page.bytes, reading.consistent);
    match reading.source.index {
        None => Capacity::of_table(units),
        Some(index) => {
            let mut capacity = Capacity::of_index(index, units);
            capacity.table = fetched.units;
            capacity
        }
    }
}

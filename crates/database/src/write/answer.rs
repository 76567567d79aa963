//! The parts of answers that all writes have: what they used, and how large item collections are.

use super::{Action, Done};
use crate::capacity::{Capacity, Told};
use crate::keys;
use crate::read::write_item;
use crate::table::{IndexKind, Table};
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::enumeration::ReturnItemCollectionMetrics;

/// What each table of a request used, in the order in which the request names them.
pub(crate) fn capacities<'a>(
    parts: impl Iterator<Item = (&'a Arc<Table>, Capacity)>,
) -> Vec<(&'a Arc<Table>, Capacity)> {
    let mut tables: Vec<(&Arc<Table>, Capacity)> = Vec::new();
    for (table, part) in parts {
        match tables.iter_mut().find(|(other, _)| other.id == table.id) {
            Some((_, sum)) => sum.add(&part),
            None => tables.push((table, part)),
        }
    }
    tables
}

/// Writes the array of a request on several tables.
pub(crate) fn write_capacities(out: &mut Vec<u8>, tables: &[(&Arc<Table>, Capacity)], told: Told) {
    out.push(b'[');
    for (place, (table, capacity)) in tables.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        capacity.write_json(out, table, told);
    }
    out.push(b']');
}

/// Whether a write to this table tells the size of the item's collection.
pub(crate) fn tells_collection(table: &Table, asked: ReturnItemCollectionMetrics) -> bool {
    asked == ReturnItemCollectionMetrics::Size
        && table.indexes.iter().any(|index| index.kind == IndexKind::Local)
}

/// Writes the metrics of the collection that an action wrote to. The estimate is in whole gigabytes, and the
/// collections of a local database are in the first.
///
/// # Errors
/// When the item is damaged.
pub(crate) fn write_collection(out: &mut Vec<u8>, action: &Action, done: &Done) -> Result<(), ApiError> {
    out.extend_from_slice(b"{\"ItemCollectionKey\":");
    let key = action.key.image(&action.table, done.new.as_ref().or(done.old.as_ref()));
    let names = keys::sorted_names(action.table.keys.partition.iter());
    match key {
        Some(key) => write_item(out, &key.project(&names))?,
        None => out.extend_from_slice(b"{}"),
    }
    out.extend_from_slice(b",\"SizeEstimateRangeGB\":[0.0,1.0]}");
    Ok(())
}

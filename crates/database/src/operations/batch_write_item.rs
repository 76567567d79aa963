//! BatchWriteItem: up to 25 puts and deletes of different items, without conditions, in the order sent.
//!
//! It runs as one set. AWS promises less (each write on its own); whoever relies on that sees no difference,
//! and nothing is ever left unprocessed.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::Told;
use crate::keys::{ItemKey, KeyError};
use crate::table::Table;
use crate::write::{
    Action, Change, Done, Guard, ITEM_BYTES_MAX, PUT_TOO_LARGE, WriteSet, capacities, tells_collection,
    write_capacities, write_collection,
};
use std::collections::HashSet;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::BatchWriteItem;
use wire::dynamodb::batch_write_item::WriteRequest;
use wire::dynamodb::enumeration::ReturnItemCollectionMetrics;

impl Database {
    /// Runs BatchWriteItem.
    pub(crate) async fn batch_write_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = BatchWriteItem::decode(body)?;
        let told = Told::plain(request.return_consumed_capacity);
        let metrics = request.return_item_collection_metrics;
        let mut actions = Vec::new();
        for (name, writes) in &request.request_items {
            let table = self.catalog.get(caller, name)?;
            for write in writes {
                actions.push(self.batched(&table, write)?);
            }
        }
        require_distinct(&actions)?;
        let (set, committed) = self.write(WriteSet::new(actions, self.hasher)).await?;
        if let Some(failure) = set.outcomes().iter().find_map(|outcome| outcome.as_ref().err()) {
            return Err(failure.clone().into_error(false));
        }
        let positions = set.positions(&committed);
        Ok(Reply { body: answer(&set, told, metrics)?, positions })
    }

    fn batched(&self, table: &Arc<Table>, write: &WriteRequest) -> Result<Action, ApiError> {
        let refused = |error: KeyError| ApiError::validation(error.of_lookup());
        let (key, change) = match write {
            WriteRequest::Put(item) => {
                if item.size() > ITEM_BYTES_MAX {
                    return Err(ApiError::validation(PUT_TOO_LARGE));
                }
                let key = ItemKey::of_put(table, self.hasher, item).map_err(refused)?;
                (key.recorded_put(table, item), Change::Put(item.clone()))
            }
            WriteRequest::Delete(key) => {
                let item_key = ItemKey::of_key(table, self.hasher, key).map_err(refused)?;
                (item_key.recorded(table, key), Change::Delete)
            }
        };
        Ok(Action { table: Arc::clone(table), key, change, guard: Guard::None })
    }
}

fn require_distinct(actions: &[Action]) -> Result<(), ApiError> {
    let mut seen = HashSet::with_capacity(actions.len());
    if actions.iter().all(|action| seen.insert(&action.key.key)) {
        return Ok(());
    }
    Err(ApiError::validation("Provided list of item keys contains duplicates"))
}

fn answer(set: &WriteSet, told: Told, metrics: ReturnItemCollectionMetrics) -> Result<Vec<u8>, ApiError> {
    let done = || set.actions().iter().zip(set.outcomes().iter().flatten());
    let mut body = b"{\"UnprocessedItems\":{}".to_vec();
    if told.any() {
        body.extend_from_slice(b",\"ConsumedCapacity\":");
        let parts = done().map(|(action, done)| (&action.table, done.capacity.clone()));
        write_capacities(&mut body, &capacities(parts), told);
    }
    write_collections(&mut body, done, metrics)?;
    body.push(b'}');
    Ok(body)
}

/// Writes the metrics of the collections that were written to, by table.
pub(super) fn write_collections<'a, I>(
    body: &mut Vec<u8>,
    done: impl Fn() -> I,
    asked: ReturnItemCollectionMetrics,
) -> Result<(), ApiError>
where
    I: Iterator<Item = (&'a Action, &'a Done)>,
{
    let told = || done().filter(|(action, _)| tells_collection(&action.table, asked));
    let mut tables: Vec<&Arc<Table>> = Vec::new();
    for (action, _) in told() {
        if tables.iter().all(|table| table.id != action.table.id) {
            tables.push(&action.table);
        }
    }
    if tables.is_empty() {
        return Ok(());
    }
    body.extend_from_slice(b",\"ItemCollectionMetrics\":{");
    for (place, table) in tables.iter().enumerate() {
        body.extend_from_slice(if place > 0 { b",\"" } else { b"\"" });
        body.extend_from_slice(table.name.as_bytes());
        body.extend_from_slice(b"\":[");
        let mut hashes: Vec<u128> = Vec::new();
        for (action, done) in told().filter(|(action, _)| action.table.id == table.id) {
            if hashes.contains(&action.key.hash) {
                continue;
            }
            if !hashes.is_empty() {
                body.push(b',');
            }
            hashes.push(action.key.hash);
            write_collection(body, action, done)?;
        }
        body.push(b']');
    }
    body.push(b'}');
    Ok(())
}

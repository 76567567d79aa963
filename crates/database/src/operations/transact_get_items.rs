//! TransactGetItems: up to 100 items as they were at one moment.

use super::get_item::owned;
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Tally, Told, Units};
use crate::keys::{ItemKey, KeyError};
use crate::read::{json_bytes, write_projected};
use crate::requests::Texts;
use crate::table::Table;
use crate::write::{capacities, store_failed, write_capacities};
use expression::Projection;
use item::Stored;
use std::sync::Arc;
use store::{Snapshot, Store};
use wire::ApiError;
use wire::dynamodb::TransactGetItems;
use wire::error::CancellationReason;

/// How many bytes of items a transaction reads.
const TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

struct Get {
    table: Arc<Table>,
    key: ItemKey,
    projection: Option<Projection>,
}

impl Database {
    /// Runs TransactGetItems.
    pub(crate) fn transact_get_items(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = TransactGetItems::decode(body)?;
        let mut projections = Vec::with_capacity(request.transact_items.len());
        for get in &mut request.transact_items {
            let texts = Texts { projection: get.projection_expression.as_deref(), ..Texts::default() };
            let names = get.expression_attribute_names.take();
            projections.push(self.bind(texts, names, None, request.layer)?.projection);
        }
        let mut gets: Vec<Result<Get, KeyError>> = Vec::with_capacity(projections.len());
        for (get, projection) in request.transact_items.iter().zip(projections) {
            let table = self.catalog.get(caller, &get.table_name)?;
            let key = ItemKey::of_key(&table, self.hasher, &get.key);
            gets.push(key.map(|key| Get { table, key, projection }));
        }
        let gets = all_or_cancelled(gets)?;
        require_distinct(&gets)?;
        let items = self.read_together(&gets)?;
        answer(&gets, &items, Told { detail: request.return_consumed_capacity, tally: Tally::Reads })
    }

    fn read_together(&self, gets: &[Get]) -> Result<Vec<Option<Stored>>, ApiError> {
        if gets.len() > 1 && environment::planted("torn_transaction_read") {
            let each: Result<Vec<_>, _> = gets.chunks(1).map(|get| self.read_together(get)).collect();
            return each.map(|items| items.into_iter().flatten().collect());
        }
        let snapshot = self.store.snapshot();
        let mut items = Vec::with_capacity(gets.len());
        let mut bytes = 0;
        for get in gets {
            let found = snapshot.get(&get.key.key).map_err(|error| store_failed(&error))?;
            let item = owned(&get.table, &get.key, found)?;
            bytes += item.as_ref().map_or(0, Stored::size);
            items.push(item);
        }
        if bytes > TRANSACTION_BYTES {
            return Err(ApiError::validation("The total size of the items in the transaction exceeds 4 MB"));
        }
        Ok(items)
    }
}

/// The reads, or the cancellation where one has a key that does not fit its table.
fn all_or_cancelled(gets: Vec<Result<Get, KeyError>>) -> Result<Vec<Get>, ApiError> {
    if gets.iter().all(Result::is_ok) {
        return Ok(gets.into_iter().flatten().collect());
    }
    let mut reasons = Vec::with_capacity(gets.len());
    for get in &gets {
        reasons.push(match get {
            Ok(_) => CancellationReason::none(),
            Err(error @ KeyError::Empty { .. }) => return Err(ApiError::validation(error.of_lookup())),
            Err(error) => CancellationReason::validation_error(error.of_lookup()),
        });
    }
    Err(ApiError::transaction_canceled(&reasons))
}

fn require_distinct(gets: &[Get]) -> Result<(), ApiError> {
    let mut seen = std::collections::HashSet::with_capacity(gets.len());
    if gets.iter().all(|get| seen.insert(&get.key.key)) {
        return Ok(());
    }
    Err(ApiError::validation("Transaction request cannot include multiple operations on one item"))
}

fn answer(gets: &[Get], items: &[Option<Stored>], told: Told) -> Result<Reply, ApiError> {
    let bytes = items.iter().flatten().map(json_bytes).sum::<usize>() + 16 * items.len() + 64;
    let mut body = Vec::with_capacity(bytes);
    body.extend_from_slice(b"{\"Responses\":[");
    for (place, (get, item)) in gets.iter().zip(items).enumerate() {
        body.extend_from_slice(if place > 0 { b",{" } else { b"{" });
        if let Some(item) = item {
            body.extend_from_slice(b"\"Item\":");
            write_projected(&mut body, item, get.projection.as_ref())?;
        }
        body.push(b'}');
    }
    body.push(b']');
    if told.any() {
        body.extend_from_slice(b",\"ConsumedCapacity\":");
        let size = |table: &Table, item: &Option<Stored>| item.as_ref().map_or(0, |item| table.size_of(item));
        let used = |table, item| Capacity::of_table(Units::read(size(table, item), true).doubled());
        let parts = gets.iter().zip(items).map(|(get, item)| (&get.table, used(&get.table, item)));
        write_capacities(&mut body, &capacities(parts), told);
    }
    body.push(b'}');
    Ok(Reply::new(body))
}

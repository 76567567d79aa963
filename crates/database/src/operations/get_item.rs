//! GetItem: one item by its key.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Told, Units};
use crate::keys::ItemKey;
use crate::read::{json_bytes, write_projected};
use crate::requests::Texts;
use crate::table::Table;
use crate::write::{Failure, store_failed};
use expression::Projection;
use item::Stored;
use store::{Snapshot, Store};
use wire::ApiError;
use wire::dynamodb::GetItem;

/// How much of an item is fetched before its attributes are looked at one after the other: what fits into the processor's
/// nearest cache beside all else.
const FETCHED_BYTES: usize = 4 << 10;

impl Database {
    /// Runs GetItem.
    pub(crate) fn get_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = GetItem::decode(body)?;
        let projection = self.get_projection(&mut request)?;
        let table = self.catalog.get(caller, &request.table_name)?;
        let key = ItemKey::of_key(&table, self.hasher, &request.key)
            .map_err(|error| ApiError::validation(error.of_lookup()))?;
        let item = self.read_item(&table, &key)?;
        let mut body = Vec::with_capacity(item.as_ref().map_or(0, json_bytes) + 32);
        body.push(b'{');
        if let Some(item) = &item {
            body.extend_from_slice(b"\"Item\":");
            write_projected(&mut body, item, projection.as_ref())?;
        }
        let told = Told::plain(request.return_consumed_capacity);
        if told.any() {
            body.extend_from_slice(if item.is_some() {
                b",\"ConsumedCapacity\":"
            } else {
                b"\"ConsumedCapacity\":"
            });
            let size = item.as_ref().map_or(0, |item| table.size_of(item));
            let units = Units::read(size, request.consistent_read);
            Capacity::of_table(units).write_json(&mut body, &table, told);
        }
        body.push(b'}');
        Ok(Reply::new(body))
    }

    fn get_projection(&self, request: &mut GetItem) -> Result<Option<Projection>, ApiError> {
        let names = request.expression_attribute_names.take();
        let texts = Texts { projection: request.projection_expression.as_deref(), ..Texts::default() };
        if names.is_none() && texts.projection.is_none() && request.attributes_to_get.is_none() {
            return Ok(None);
        }
        let mut bound = self.bind(texts, names, None, request.layer)?;
        bound.get_only(request.attributes_to_get.as_deref());
        Ok(bound.projection)
    }

    /// The item as it is now.
    ///
    /// # Errors
    /// When the store fails.
    fn read_item(&self, table: &Table, key: &ItemKey) -> Result<Option<Stored>, ApiError> {
        let found = self.store.snapshot().get(&key.key).map_err(|error| store_failed(&error))?;
        owned(table, key, found)
    }
}

/// An item found at a key, which must be the key's own.
///
/// # Errors
/// When it has only the hash in common.
pub(super) fn owned(
    table: &Table,
    key: &ItemKey,
    found: Option<store::Versioned>,
) -> Result<Option<Stored>, ApiError> {
    let Some(found) = found else { return Ok(None) };
    // The rest is read anyway, at the latest where it is written.
    store::fetch(&found.value[..FETCHED_BYTES.min(found.value.len())]);
    let item = Stored::from_bytes(found.value);
    if key.owns(table, &item) { Ok(Some(item)) } else { Err(Failure::Collision.into_error(false)) }
}

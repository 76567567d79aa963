//! BatchGetItem: up to 100 items by their keys, from one snapshot, at most 16 MB of them.

use super::get_item::owned;
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Told, Units};
use crate::keys::ItemKey;
use crate::read::{json_bytes, write_item, write_projected};
use crate::requests::Texts;
use crate::table::Table;
use crate::write::{capacities, store_failed, write_capacities};
use expression::Projection;
use item::Stored;
use std::collections::HashSet;
use std::sync::Arc;
use store::{Snapshot, Store};
use wire::ApiError;
use wire::dynamodb::BatchGetItem;
use wire::dynamodb::batch_get_item::KeysAndAttributes;
use wire::json::{ArrayWriter, ObjectWriter, write_string};

/// How many bytes of items an answer holds.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// One table's part of the request.
struct Part {
    /// The table as the request names it.
    name: String,
    table: Arc<Table>,
    projection: Option<Projection>,
    request: KeysAndAttributes,
    keys: Vec<ItemKey>,
    /// What was found, for as many keys as there was room for.
    found: Vec<Option<Stored>>,
}

impl Database {
    /// Runs BatchGetItem.
    pub(crate) fn batch_get_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = BatchGetItem::decode(body)?;
        let told = Told::plain(request.return_consumed_capacity);
        let layer = request.layer;
        let mut projections = Vec::with_capacity(request.request_items.len());
        for (_, part) in &request.request_items {
            let texts = Texts { projection: part.projection_expression.as_deref(), ..Texts::default() };
            let names = part.expression_attribute_names.clone();
            let mut bound = self.bind(texts, names, None, layer)?;
            bound.get_only(part.attributes_to_get.as_deref());
            projections.push(bound.projection);
        }
        let mut parts = Vec::with_capacity(projections.len());
        for ((name, request), projection) in request.request_items.into_iter().zip(projections) {
            let table = self.catalog.get(caller, &name)?;
            let key = |key| {
                ItemKey::of_key(&table, self.hasher, key)
                    .map_err(|error| ApiError::validation(error.of_lookup()))
            };
            let keys = request.keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
            parts.push(Part { name, projection, request, keys, found: Vec::new(), table });
        }
        require_distinct(&parts)?;
        self.find(&mut parts)?;
        answer(&parts, told)
    }

    fn find(&self, parts: &mut [Part]) -> Result<(), ApiError> {
        let snapshot = self.store.snapshot();
        let mut bytes = 0;
        for part in parts {
            for key in &part.keys {
                if bytes >= ANSWER_BYTES {
                    return Ok(());
                }
                let found = snapshot.get(&key.key).map_err(|error| store_failed(&error))?;
                let found = owned(&part.table, key, found)?;
                bytes += found.as_ref().map_or(0, Stored::size);
                if bytes > ANSWER_BYTES {
                    // It would be too much with this one.
                    return Ok(());
                }
                part.found.push(found);
            }
        }
        Ok(())
    }
}

fn require_distinct(parts: &[Part]) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    if parts.iter().flat_map(|part| &part.keys).all(|key| seen.insert(&key.key)) {
        return Ok(());
    }
    Err(ApiError::validation("Provided list of item keys contains duplicates"))
}

fn answer(parts: &[Part], told: Told) -> Result<Reply, ApiError> {
    let found = parts.iter().flat_map(|part| part.found.iter().flatten());
    let mut body = Vec::with_capacity(found.map(|item| json_bytes(item) + 1).sum::<usize>() + 256);
    let mut answer = ObjectWriter::new(&mut body);
    let mut responses = answer.object("Responses");
    for part in parts {
        let mut items = ArrayWriter::new(responses.key(&part.name));
        for item in part.found.iter().flatten() {
            write_projected(items.element(), item, part.projection.as_ref())?;
        }
        items.end();
    }
    responses.end();
    let mut unprocessed = answer.object("UnprocessedKeys");
    for part in parts.iter().filter(|part| part.found.len() < part.keys.len()) {
        write_unprocessed(unprocessed.key(&part.name), part)?;
    }
    unprocessed.end();
    if told.any() {
        let used = capacities(parts.iter().map(|part| (&part.table, used(part))));
        write_capacities(answer.member("ConsumedCapacity"), &used, told);
    }
    answer.end();
    Ok(Reply::new(body))
}

fn used(part: &Part) -> Capacity {
    let mut sum = Units(0);
    for found in &part.found {
        let size = found.as_ref().map_or(0, |item| part.table.size_of(item));
        sum += Units::read(size, part.request.consistent_read);
    }
    Capacity::of_table(sum)
}

/// Writes what is to be asked again: the request's part with the keys that are left.
fn write_unprocessed(body: &mut Vec<u8>, part: &Part) -> Result<(), ApiError> {
    let mut object = ObjectWriter::new(body);
    let mut keys = object.array("Keys");
    for key in &part.request.keys[part.found.len()..] {
        write_item(keys.element(), &Stored::encode(key))?;
    }
    keys.end();
    if part.request.consistent_read {
        object.boolean("ConsistentRead", true);
    }
    if let Some(text) = &part.request.projection_expression {
        object.string("ProjectionExpression", text);
    }
    if let Some(names) = &part.request.expression_attribute_names {
        let mut object = object.object("ExpressionAttributeNames");
        for (placeholder, name) in names {
            write_string(object.key(placeholder), name);
        }
        object.end();
    }
    if let Some(names) = &part.request.attributes_to_get {
        let mut list = object.array("AttributesToGet");
        names.iter().for_each(|name| list.string(name));
        list.end();
    }
    object.end();
    Ok(())
}

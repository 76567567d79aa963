//! ExclusiveStartKey: the place in a table or index after which a page begins, from attributes alone; the item
//! may be gone.

use super::Source;
use crate::keys::{self, Hasher, ItemKey, Part, push_value};
use bytes::Bytes;
use item::Map;
use std::borrow::Cow;

/// What is wrong with a start key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartError {
    /// It has other attributes than a key of the source.
    Names,
    /// An attribute has another type.
    Types,
    /// A value that no key can have, and its text.
    Value(Cow<'static, str>),
}

/// The key after which the page begins.
///
/// # Errors
/// When the attributes are no key of the source.
pub(crate) fn start_key(source: &Source, hasher: Hasher, start: &Map) -> Result<Bytes, StartError> {
    let names = source.position_names();
    if start.len() != names.len() || !names.iter().all(|name| start.contains(name)) {
        return Err(StartError::Names);
    }
    let table = &source.table;
    let index = source.index().into_iter().flat_map(|index| keys::attributes(&index.keys));
    for attribute in keys::attributes(&table.keys).chain(index) {
        if !start.get(&attribute.name).is_some_and(|value| keys::fits(attribute, value)) {
            return Err(StartError::Types);
        }
    }
    let item =
        ItemKey::of_item(table, hasher, start).map_err(|error| StartError::Value(error.of_lookup()))?;
    let Some(index) = source.index() else { return Ok(item.key.bytes) };
    let (mut bytes, mut partition) = (vec![0; keys::HASH_BYTES], Vec::new());
    let empty = |part: Part, attribute: &crate::table::KeyAttribute| {
        part.required(attribute).map_err(|error| StartError::Value(error.of_lookup()))
    };
    for attribute in &index.keys.partition {
        empty(push_value(attribute, start.get(&attribute.name), &mut partition), attribute)?;
    }
    for attribute in &index.keys.sort {
        empty(push_value(attribute, start.get(&attribute.name), &mut bytes), attribute)?;
    }
    bytes[..keys::HASH_BYTES].copy_from_slice(&hasher.hash(&partition).to_be_bytes());
    bytes.extend_from_slice(&item.key.bytes);
    Ok(Bytes::from(bytes))
}

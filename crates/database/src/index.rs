//! What an item has in the secondary indexes and among the expiry times of its table.
//!
//! An index is sparse: an item without one of the index's key attributes has no entry. An entry's key is the
//! hash of the index's partition key, the sort key, and the item's own key; its value is what the index
//! projects of the item, in stored form.

mod fill;

pub(crate) use fill::{Fill, Target};

use crate::keys::{self, Found, HASH_BYTES, Hasher, KeyError, Scalar, push_sort};
use crate::table::{Index, Table, TimeToLive};
use bytes::Bytes;
use item::Stored;
use std::borrow::Cow;
use store::Key;

/// An item's entry in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its key.
    pub(crate) key: Key,
    /// What it holds.
    pub(crate) value: Stored,
}

impl Entry {
    /// The size of what it holds.
    pub(crate) fn size(&self) -> usize {
        self.value.size()
    }
}

/// The entry of an item; `None` where a key attribute is missing.
///
/// # Errors
/// The text that refuses an item whose key attributes the index cannot hold.
pub(crate) fn entry(
    index: &Index,
    hasher: Hasher,
    key: &Key,
    item: &Stored,
) -> Result<Option<Entry>, Cow<'static, str>> {
    let found = entry_key(index, hasher, key, item).map_err(|error| error.of_index(&index.name))?;
    Ok(found.map(|key| Entry { key, value: projected(index, item) }))
}

/// The entry of an item that is stored already: what its index cannot hold has none.
pub(crate) fn stored_entry(index: &Index, hasher: Hasher, key: &Key, item: &Stored) -> Option<Entry> {
    entry(index, hasher, key, item).ok().flatten()
}

fn projected(index: &Index, item: &Stored) -> Stored {
    match &index.projected {
        None => item.clone(),
        Some(names) => item.project(names),
    }
}

fn entry_key(index: &Index, hasher: Hasher, key: &Key, item: &Stored) -> Result<Option<Key>, KeyError> {
    let mut bytes = Vec::with_capacity(64 + key.bytes.len());
    bytes.resize(HASH_BYTES, 0);
    let mut partition = Vec::with_capacity(32);
    let mut sizes = [0; 2];
    for attribute in &index.keys.partition {
        let Some(scalar) = optional(attribute, item)? else { return Ok(None) };
        sizes[0] += scalar.size();
        scalar.push_partition(&mut partition);
    }
    for attribute in &index.keys.sort {
        let Some(scalar) = optional(attribute, item)? else { return Ok(None) };
        sizes[1] += scalar.size();
        push_sort(&mut bytes, scalar, false);
    }
    keys::check_sizes(sizes)?;
    bytes[..HASH_BYTES].copy_from_slice(&hasher.hash(&partition).to_be_bytes());
    bytes.extend_from_slice(&key.bytes);
    Ok(Some(Key { space: index.space, bytes: bytes.into() }))
}

fn optional<'a>(
    attribute: &crate::table::KeyAttribute,
    item: &'a Stored,
) -> Result<Option<Scalar<'a>>, KeyError> {
    match Found::stored(item, attribute) {
        Found::Missing => Ok(None),
        Found::Scalar(scalar) if scalar.is_empty() => {
            Err(KeyError::Empty { name: attribute.name.clone(), kind: attribute.kind })
        }
        Found::Scalar(scalar) => Ok(Some(scalar)),
        Found::Other(actual) => {
            Err(KeyError::Type { name: attribute.name.clone(), expected: attribute.kind, actual })
        }
    }
}

/// Items this much older than their expiry are taken for items whose attribute is no expiry time at all.
const EXPIRY_AGE_MAX_S: u64 = 5 * 365 * 24 * 60 * 60;

/// The key of an item's entry among the expiry times; `None` where it has no number of epoch seconds there.
pub(crate) fn expiry_entry(expiry: &TimeToLive, key: &Key, item: &Stored) -> Option<Key> {
    let seconds = expiry_seconds(expiry, item)?;
    let mut bytes = Vec::with_capacity(8 + key.bytes.len());
    bytes.extend_from_slice(&seconds.to_be_bytes());
    bytes.extend_from_slice(&key.bytes);
    Some(Key { space: expiry.space, bytes: Bytes::from(bytes) })
}

/// Whether an item is past its time, and not so long past it that the number must mean something else.
pub(crate) fn is_expired(table: &Table, item: &Stored, now_ms: u64) -> bool {
    let Some(seconds) = table.time_to_live.as_ref().and_then(|expiry| expiry_seconds(expiry, item)) else {
        return false;
    };
    let now = now_ms / 1000;
    seconds < now && now - seconds < EXPIRY_AGE_MAX_S
}

fn expiry_seconds(expiry: &TimeToLive, item: &Stored) -> Option<u64> {
    keys::number(item, &expiry.attribute)?.to_u64_floor()
}

#[cfg(test)]
mod tests;

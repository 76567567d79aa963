//! What an item has in the secondary indexes and among the expiry times of its table.
//!
//! An index is sparse: an item without one of the index's key attributes has no entry. An entry's key is the
//! hash of the index's partition key, the sort key, and the item's own key; its value is what the index
//! projects of the item, in stored form. The entries of vector indexes are others, see [`vector`].

mod fill;
pub(crate) mod vector;

pub(crate) use fill::{Fill, Target};

use crate::keys::{self, HASH_BYTES, Hasher, KeyError, push_stored};
use crate::table::{Index, KeyAttribute, Table, TimeToLive};
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
    pub(crate) value: Held,
}

/// What an entry holds of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// What the index projects.
    Item(Stored),
    /// The vector.
    Vector(Box<vector::Held>),
}

impl Entry {
    /// The size of what it holds.
    pub(crate) fn size(&self) -> usize {
        match &self.value {
            Held::Item(item) => item.size(),
            Held::Vector(held) => held.size,
        }
    }

    /// Its value in the store.
    pub(crate) fn bytes(&self) -> &Bytes {
        match &self.value {
            Held::Item(item) => item.bytes(),
            Held::Vector(held) => &held.bytes,
        }
    }

    /// What its vector takes as a list of numbers, beyond what it takes by its elements.
    pub(crate) fn saving(&self) -> i64 {
        match &self.value {
            Held::Item(_) => 0,
            Held::Vector(held) => held.saving,
        }
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
    if let Some(vectors) = &index.vectors {
        return vector::entry((index, vectors), hasher, key, item);
    }
    let found = entry_key(index, hasher, key, item).map_err(|error| error.of_index(&index.name))?;
    Ok(found.map(|key| Entry { key, value: Held::Item(projected(index, item)) }))
}

/// The entry of an item that is stored already: what its index cannot hold has none.
pub(crate) fn stored_entry(index: &Index, hasher: Hasher, key: &Key, item: &Stored) -> Option<Entry> {
    entry(index, hasher, key, item).ok().flatten()
}

/// What the index projects of an item.
pub(crate) fn projected(index: &Index, item: &Stored) -> Stored {
    match &index.projected {
        None => item.clone(),
        Some(names) => item.project(names),
    }
}

fn entry_key(index: &Index, hasher: Hasher, key: &Key, item: &Stored) -> Result<Option<Key>, KeyError> {
    let mut bytes = Vec::with_capacity(64 + key.bytes.len());
    bytes.resize(HASH_BYTES, 0);
    let mut partition = Vec::with_capacity(32);
    let size = push_all(&index.keys.partition, item, &mut partition)?;
    let sort_size = push_all(&index.keys.sort, item, &mut bytes)?;
    let (Some(size), Some(sort_size)) = (size, sort_size) else { return Ok(None) };
    keys::check_sizes([size, sort_size])?;
    bytes[..HASH_BYTES].copy_from_slice(&hasher.hash(&partition).to_be_bytes());
    bytes.extend_from_slice(&key.bytes);
    Ok(Some(Key { space: index.space, bytes: bytes.into() }))
}

/// Appends all attributes of a partition or a sort key and answers their size; `None` where one is missing,
/// but only if none is of a wrong type.
fn push_all(
    attributes: &[KeyAttribute],
    item: &Stored,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, KeyError> {
    let mut sum = Some(0);
    for attribute in attributes {
        let size = push_stored(attribute, item, out).optional(attribute)?;
        sum = sum.zip(size).map(|(sum, size)| sum + size);
    }
    Ok(sum)
}

/// Items this much older than their expiry are taken for items whose attribute is no expiry time at all.
pub(crate) const EXPIRY_AGE_MAX_S: u64 = 5 * 365 * 24 * 60 * 60;

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
    let number = item.attribute(&expiry.attribute)?.as_number()?;
    u64::try_from(number.to_i64()?).ok()
}

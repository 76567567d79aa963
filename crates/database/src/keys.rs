//! The keys of items in the store, and what can be wrong with the attributes that make them.
//!
//! An item's key is the 128-bit hash of its partition key, then its sort key in order-preserving bytes. The
//! partition key itself stands in the item and is compared whenever an item is read by its key.

mod error;
mod scalar;

pub(crate) use error::KeyError;
pub(crate) use scalar::{Found, Hasher, Scalar, push_sort};

use crate::table::{KeyAttribute, KeySchema, Table};
use bytes::Bytes;
use item::{Map, Name, Stored, Value};
use store::Key;

/// The longest value of a partition key, in bytes.
const PARTITION_BYTES_MAX: usize = 2048;

/// The longest sort key, in bytes: all its attributes together.
const SORT_BYTES_MAX: usize = 1024;

/// The length of a partition hash in a key.
pub(crate) const HASH_BYTES: usize = 16;

/// Which item.
#[derive(Clone, Debug)]
pub(crate) struct ItemKey {
    /// Its key in the store.
    pub(crate) key: Key,
    /// The hash of its partition key.
    pub(crate) hash: u128,
    /// The value of its partition key, in the bytes that were hashed.
    partition: Bytes,
}

impl ItemKey {
    /// The item that a `Key` member names: it must hold the key attributes and nothing else.
    ///
    /// # Errors
    /// When it does not fit the table.
    pub(crate) fn of_key(table: &Table, hasher: Hasher, key: &Map) -> Result<ItemKey, KeyError> {
        let schema = &table.keys;
        if key.len() != schema.partition.len() + schema.sort.len() {
            return Err(KeyError::Mismatch);
        }
        ItemKey::of_item(table, hasher, key)
    }

    /// The key of a whole item.
    ///
    /// # Errors
    /// When a key attribute is missing, of another type, empty or too long.
    pub(crate) fn of_item(table: &Table, hasher: Hasher, item: &Map) -> Result<ItemKey, KeyError> {
        let mut bytes = Vec::with_capacity(64);
        bytes.resize(HASH_BYTES, 0);
        let mut partition = Vec::with_capacity(32);
        let mut sizes = [0; 2];
        for attribute in &table.keys.partition {
            let scalar = required(attribute, item.get(&attribute.name))?;
            sizes[0] += scalar.size();
            scalar.push_partition(&mut partition);
        }
        for (place, attribute) in table.keys.sort.iter().enumerate() {
            let scalar = required(attribute, item.get(&attribute.name))?;
            sizes[1] += scalar.size();
            push_sort(&mut bytes, scalar, place + 1 == table.keys.sort.len());
        }
        check_sizes(sizes)?;
        let hash = hasher.hash(&partition);
        bytes[..HASH_BYTES].copy_from_slice(&hash.to_be_bytes());
        let key = Key { space: table.space, bytes: bytes.into() };
        Ok(ItemKey { key, hash, partition: partition.into() })
    }

    /// The key of an item that was read at this place of the store.
    pub(crate) fn of_stored(table: &Table, key: Key, item: &Stored) -> Option<ItemKey> {
        let hash = u128::from_be_bytes(*key.bytes.first_chunk()?);
        let mut partition = Vec::with_capacity(32);
        for attribute in &table.keys.partition {
            let Found::Scalar(scalar) = Found::stored(item, attribute) else { return None };
            scalar.push_partition(&mut partition);
        }
        Some(ItemKey { key, hash, partition: partition.into() })
    }

    /// Whether an item found at this key has its partition key, and not only the same hash.
    pub(crate) fn owns(&self, table: &Table, found: &Stored) -> bool {
        let mut rest = &self.partition[..];
        for attribute in &table.keys.partition {
            let Found::Scalar(scalar) = Found::stored(found, attribute) else { return false };
            match scalar.strip_partition(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

/// A key attribute's value, which must be there, of its type and not empty.
pub(crate) fn required<'a>(
    attribute: &KeyAttribute,
    value: Option<&'a Value>,
) -> Result<Scalar<'a>, KeyError> {
    match Found::value(value, attribute) {
        Found::Scalar(scalar) if scalar.is_empty() => {
            Err(KeyError::Empty { name: attribute.name.clone(), kind: attribute.kind })
        }
        Found::Scalar(scalar) => Ok(scalar),
        Found::Missing => Err(KeyError::Missing { name: attribute.name.clone() }),
        Found::Other(actual) => {
            Err(KeyError::Type { name: attribute.name.clone(), expected: attribute.kind, actual })
        }
    }
}

/// Refuses a partition key or a sort key that is too long.
pub(crate) fn check_sizes([partition, sort]: [usize; 2]) -> Result<(), KeyError> {
    if partition > PARTITION_BYTES_MAX {
        return Err(KeyError::PartitionTooLong);
    }
    if sort > SORT_BYTES_MAX { Err(KeyError::SortTooLong) } else { Ok(()) }
}

/// All attributes of a key, those of the partition first.
pub(crate) fn attributes(schema: &KeySchema) -> impl Iterator<Item = &KeyAttribute> {
    schema.partition.iter().chain(&schema.sort)
}

/// The primary key of an item, as an item of its own.
pub(crate) fn primary(table: &Table, image: &Stored) -> Stored {
    match (&table.keys.partition[..], &table.keys.sort[..]) {
        ([one], []) => image.project(std::slice::from_ref(&one.name)),
        _ => image.project(&sorted_names(attributes(&table.keys))),
    }
}

/// The partition key of an item, as an item of its own.
pub(crate) fn partition(table: &Table, image: &Stored) -> Stored {
    image.project(&sorted_names(table.keys.partition.iter()))
}

/// Names in the order in which stored items hold them.
pub(crate) fn sorted_names<'a>(attributes: impl Iterator<Item = &'a KeyAttribute>) -> Vec<Name> {
    let mut names: Vec<Name> = attributes.map(|attribute| attribute.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

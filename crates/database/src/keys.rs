//! The keys of items in the store, and what can be wrong with the attributes that make them.
//!
//! An item's key is the 128-bit hash of its partition key, then its sort key in order-preserving bytes. The
//! partition key itself stands in the item and is compared whenever an item is read by its key.

mod error;
mod part;

pub(crate) use error::KeyError;
pub(crate) use item::PartitionHasher as Hasher;
pub(crate) use part::{Part, push_stored, push_value};

use crate::table::{IndexKind, KeyAttribute, KeySchema, Table};
use bytes::Bytes;
use item::{Map, Name, Stored, Value};
use store::Key;
use streams::data_stream::record::ChangeKey;

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
    /// Its partition key, in the bytes that were hashed.
    partition: Vec<u8>,
    /// Its key attributes, where a stream record may need them: taking them out of the request costs less than
    /// out of the stored item.
    image: Option<Stored>,
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

    /// The key of an item, which may have other attributes too.
    ///
    /// # Errors
    /// When a key attribute is missing, of another type, empty or too long.
    pub(crate) fn of_item(table: &Table, hasher: Hasher, item: &Map) -> Result<ItemKey, KeyError> {
        ItemKey::of_parts(table, hasher, |attribute, out| {
            push_value(attribute, item.get(&attribute.name), out)
        })
    }

    fn of_parts(
        table: &Table,
        hasher: Hasher,
        push: impl Fn(&KeyAttribute, &mut Vec<u8>) -> Part,
    ) -> Result<ItemKey, KeyError> {
        // A key of a partition key alone has just this length, and is shared without another allocation.
        let room = if table.keys.sort.is_empty() { HASH_BYTES } else { 64 };
        let (mut bytes, mut partition) = (Vec::with_capacity(room), Vec::with_capacity(32));
        bytes.resize(HASH_BYTES, 0);
        let push_all = |attributes: &[KeyAttribute], out: &mut Vec<u8>| {
            attributes
                .iter()
                .try_fold(0, |size, attribute| Ok(size + push(attribute, out).required(attribute)?))
        };
        let sizes =
            [push_all(&table.keys.partition, &mut partition)?, push_all(&table.keys.sort, &mut bytes)?];
        check_sizes(sizes)?;
        let hash = hasher.hash(&partition);
        bytes[..HASH_BYTES].copy_from_slice(&hash.to_be_bytes());
        Ok(ItemKey {
            key: Key { space: table.space, bytes: Bytes::from(bytes) },
            hash,
            partition,
            image: None,
        })
    }

    /// The key of a whole item in its stored form.
    ///
    /// # Errors
    /// When a key attribute is missing, of another type, empty or too long.
    pub(crate) fn of_put(table: &Table, hasher: Hasher, item: &Stored) -> Result<ItemKey, KeyError> {
        ItemKey::of_parts(table, hasher, |attribute, out| push_stored(attribute, item, out))
    }

    /// The key of an item that was read at this place of the store.
    pub(crate) fn of_stored(table: &Table, key: Key, item: &Stored) -> Option<ItemKey> {
        let hash = u128::from_be_bytes(*key.bytes.first_chunk()?);
        let partition = stored_partition(&table.keys, item)?;
        Some(ItemKey { key, hash, partition, image: None })
    }

    /// The key of the item that this image shows.
    pub(crate) fn of_image(table: &Table, hasher: Hasher, image: &Stored) -> Option<ItemKey> {
        let partition = stored_partition(&table.keys, image)?;
        let hash = hasher.hash(&partition);
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&hash.to_be_bytes());
        for attribute in &table.keys.sort {
            let Part::Pushed(_) = push_stored(attribute, image, &mut bytes) else { return None };
        }
        Some(ItemKey {
            key: Key { space: table.space, bytes: Bytes::from(bytes) },
            hash,
            partition,
            image: None,
        })
    }

    /// The same key with its attributes kept, where the table has a stream or tells of item collections; `key`
    /// is the `Key` of the request.
    #[must_use]
    pub(crate) fn recorded(mut self, table: &Table, key: &Map) -> ItemKey {
        if is_recorded(table) {
            self.image = Some(Stored::encode(key));
        }
        self
    }

    /// The same for a whole item.
    #[must_use]
    pub(crate) fn recorded_put(mut self, table: &Table, item: &Stored) -> ItemKey {
        if is_recorded(table) {
            self.image = Some(item.project(&sorted_names(attributes(&table.keys))));
        }
        self
    }

    /// The key attributes as an item of their own, given the item or a former one.
    pub(crate) fn image(&self, table: &Table, item: Option<&Stored>) -> Option<Stored> {
        let projected = || Some(item?.project(&sorted_names(attributes(&table.keys))));
        self.image.clone().or_else(projected)
    }

    /// The partition key of its changes in a data stream.
    pub(crate) fn change_key(&self) -> ChangeKey {
        ChangeKey::of(&self.partition)
    }

    /// Whether an item found at this key has its partition key, and not only the same hash.
    pub(crate) fn owns(&self, table: &Table, found: &Stored) -> bool {
        is_of_partition(&table.keys, &self.partition, found)
    }
}

/// Whether an item, or an entry of an index, has this partition key (in the bytes that are hashed) by the schema,
/// and not only one of the same hash.
pub(crate) fn is_of_partition(schema: &KeySchema, partition: &[u8], found: &Stored) -> bool {
    if let [attribute] = &schema.partition[..]
        && let Some(text) = found.attribute(&attribute.name).and_then(|value| value.as_str())
        && let Some(plain) = partition.strip_suffix(&[0, 1])
        && plain == text.as_bytes()
    {
        // The usual case, without an encoding of its own.
        return true;
    }
    stored_partition(schema, found).is_some_and(|found| found == partition)
}

fn stored_partition(schema: &KeySchema, item: &Stored) -> Option<Vec<u8>> {
    let mut partition = Vec::with_capacity(32);
    for attribute in &schema.partition {
        let Part::Pushed(_) = push_stored(attribute, item, &mut partition) else { return None };
    }
    Some(partition)
}

/// Whether writes to the table tell the keys of its items.
fn is_recorded(table: &Table) -> bool {
    let has_collections = table.indexes.first().is_some_and(|index| index.kind == IndexKind::Local);
    table.stream.is_some() || table.destination.is_some() || has_collections
}

/// Whether a value can be that of a key attribute.
pub(crate) fn fits(attribute: &KeyAttribute, value: &Value) -> bool {
    value.key_kind() == Some(attribute.kind)
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

/// Names in the order in which stored items hold them.
pub(crate) fn sorted_names<'a>(attributes: impl Iterator<Item = &'a KeyAttribute>) -> Vec<Name> {
    let mut names: Vec<Name> = attributes.map(|attribute| attribute.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Key attributes as expressions see them.
pub(crate) fn borrowed(attributes: &[KeyAttribute]) -> Vec<expression::KeyAttribute<'_>> {
    let mut borrowed = Vec::with_capacity(attributes.len());
    for KeyAttribute { name, kind } in attributes {
        borrowed.push(expression::KeyAttribute { name, kind: *kind });
    }
    borrowed
}

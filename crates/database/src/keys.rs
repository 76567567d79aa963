//! The keys of items in the store, and what can be wrong with the attributes that make them.
//!
//! An item's key is the 128-bit hash of its partition key, then its sort key in order-preserving bytes. The
//! partition key itself stands in the item and is compared whenever an item is read by its key.

use crate::table::{KeyAttribute, KeySchema, Table};
use bytes::Bytes;
use item::key::{PartitionHasher, Scalar};
use item::{KeyKind, Stored, Value, value::Map};
use store::Key;

/// The longest value of a partition key, in bytes.
pub(crate) const PARTITION_BYTES_MAX: usize = 2048;

/// The longest sort key, in bytes: all its attributes together.
pub(crate) const SORT_BYTES_MAX: usize = 1024;

/// The length of a partition hash in a key.
pub(crate) const HASH_BYTES: usize = 16;

/// Which item.
#[derive(Clone, Debug)]
pub(crate) struct ItemKey {
    /// Its key in the store.
    pub(crate) key: Key,
    /// The hash of its partition key.
    pub(crate) hash: u128,
    /// The key attributes; the whole item will do too.
    pub(crate) attributes: Map,
}

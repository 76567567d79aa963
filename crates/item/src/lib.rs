//! What an item is: attribute values, 38-digit numbers, sizes, order-preserving keys and the stored form.
//!
//! Pure: no clock, no I/O, no randomness. Everything here is canonical, so that two equal items have the
//! same stored bytes: maps are ordered by attribute name, sets by element, numbers are normalised.

pub mod key;
pub mod number;
pub mod stored;
pub mod value;

pub use key::{KeyKind, PartitionHasher};
pub use number::{Number, NumberError};
pub use stored::{CorruptItem, Stored, StoredValue};
pub use value::{Item, Map, Name, SetError, Value};

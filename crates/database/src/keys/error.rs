//! What is wrong with the key attributes of a request, and how the operations word it.

use item::{KeyKind, Name};
use std::borrow::Cow;

/// The text for a `Key` that does not fit the table.
pub(crate) const MISMATCH: &str = "The provided key element does not match the schema";

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// It has more or fewer attributes than the table's key.
    Mismatch,
    /// A key attribute is missing.
    Missing {
        /// Its name.
        name: Name,
    },
    /// A key attribute has another type than the table's.
    Type {
        /// Its name.
        name: Name,
        /// The table's type.
        expected: KeyKind,
        /// The code of the type found.
        actual: &'static str,
    },
    /// A key attribute is empty.
    Empty {
        /// Its name.
        name: Name,
        /// Its type.
        kind: KeyKind,
    },
    /// The partition key is too long.
    PartitionTooLong,
    /// The sort key is too long.
    SortTooLong,
}

impl KeyError {
    /// As said of a `Key`, and of the puts of a batch.
    pub(crate) fn of_lookup(&self) -> Cow<'static, str> {
        match self {
            Self::Mismatch | Self::Missing { .. } | Self::Type { .. } => MISMATCH.into(),
            Self::Empty { name, kind } => empty(name, *kind).into(),
            Self::PartitionTooLong => PARTITION_TOO_LONG.into(),
            Self::SortTooLong => SORT_TOO_LONG.into(),
        }
    }

    /// As said of an item that is put.
    pub(crate) fn of_put(&self) -> Cow<'static, str> {
        match self {
            Self::Missing { name } => {
                format!("One or more parameter values were invalid: Missing the key {name} in the item")
                    .into()
            }
            Self::Type { name, expected, actual } => {
                let expected = expected.as_str();
                format!(
                    "One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} \
                     actual: {actual}"
                )
                .into()
            }
            _ => self.of_lookup(),
        }
    }

    /// As said of an item that this index cannot hold.
    pub(crate) fn of_index(&self, index: &str) -> Cow<'static, str> {
        match self {
            Self::Type { name, expected, actual } => {
                let expected = expected.as_str();
                format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: \
                     {expected} Actual: {actual} IndexName: {index}"
                )
                .into()
            }
            Self::Empty { name, kind } => {
                let what = if *kind == KeyKind::B { "binary" } else { "string" };
                format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is \
                     not supported. The AttributeValue for a key attribute cannot contain an empty {what} value. \
                     IndexName: {index}, IndexKey: {name}"
                )
                .into()
            }
            _ => self.of_lookup(),
        }
    }
}

// AWS leaves the space out before the number.
const PARTITION_TOO_LONG: &str = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes";
const SORT_TOO_LONG: &str = "One or more parameter values were invalid: Aggregated size of all range keys has \
                             exceeded the size limit of 1024 bytes";

fn empty(name: &str, kind: KeyKind) -> String {
    let what = if kind == KeyKind::B { "binary" } else { "string" };
    format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
         {what} value. Key: {name}"
    )
}

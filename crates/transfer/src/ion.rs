//! Amazon Ion's text, as far as DynamoDB writes and reads it: a line for each item, `$ion_1_0 {Item:{...}}`.
//!
//! | DynamoDB | Ion |
//! |---|---|
//! | S | string |
//! | N | decimal; an int or a float is read too |
//! | B | blob |
//! | BOOL | bool |
//! | NULL | null, of whatever type |
//! | SS, NS, BS | list annotated with `$dynamodb_SS`, `$dynamodb_NS`, `$dynamodb_BS` |
//! | L | list |
//! | M | struct |
//!
//! What DynamoDB has no type for (timestamps, symbols, clobs, S-expressions, other annotations) is refused.

mod reader;
mod scan;
mod text;
mod writer;

pub use reader::read_line;
pub use writer::{write_line, write_map};

use item::{NumberError, SetError};

/// Why a line is no item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IonError {
    /// It is not Ion's text.
    #[error("{what} at byte {at}")]
    Syntax {
        /// What was looked for or found.
        what: &'static str,
        /// Where, from 0.
        at: usize,
    },
    /// It is Ion, but nothing that DynamoDB has a type for.
    #[error("DynamoDB has no type for {0}")]
    Unsupported(&'static str),
    /// It is not a struct with a field Item that is a struct.
    #[error("there is no struct with a field Item")]
    NoItem,
    /// A number that DynamoDB does not store.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A set that DynamoDB does not store.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A set of something else than its annotation says.
    #[error("a member of a set is not of the type that its annotation says")]
    Member,
    /// More levels than an item may have.
    #[error("values are nested deeper than 32 levels")]
    Depth,
    /// A field that is there twice.
    #[error("the field {0} is there twice")]
    Duplicate(String),
    /// A field without a name.
    #[error("a field has an empty name")]
    EmptyName,
}

#[cfg(test)]
mod tests;

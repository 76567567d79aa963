//! Attribute values between DynamoDB's JSON and [`item`]'s types.
//!
//! Reading is one pass. A value of a wrong JSON type ends it; a value that is well-formed and refused (a bad
//! number, an empty set, two types in one) is noted and reading goes on, because the checks of a request's
//! members come first.

mod base64;
mod decode;
mod direct;
mod document;
mod encode;
mod problem;

pub use base64::{decode_base64, write_base64};
pub(crate) use decode::{Values, refuse_duplicates};
pub use document::{item_of_document, items_of_document};
pub use encode::{write_map, write_value};
pub(crate) use problem::{NAME_BYTES_MAX, NAME_TOO_LONG, NO_TYPE, Problem, SEVERAL_TYPES};

#[cfg(test)]
mod tests;

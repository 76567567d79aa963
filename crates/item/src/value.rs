//! Attribute values and the maps that hold them, in canonical form.

use crate::number::Number;
use bytes::Bytes;
use compact_str::CompactString;

/// The name of an attribute: UTF-8, 1 to 65,535 bytes; short names are held inline.
pub type Name = CompactString;

/// An item: its attributes by name.
pub type Item = Map;

/// One attribute value. Sets are non-empty, sorted and free of duplicates (build them with
/// [`Value::string_set`] and its sisters), so that `==` is DynamoDB's value equality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string; may be empty.
    S(String),
    /// A number of up to 38 significant digits.
    N(Number),
    /// Bytes; may be empty.
    B(Bytes),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
    /// A set of strings, in byte order.
    Ss(Vec<String>),
    /// A set of numbers, in numeric order.
    Ns(Vec<Number>),
    /// A set of binaries, in byte order.
    Bs(Vec<Bytes>),
    /// A list.
    L(Vec<Value>),
    /// A map.
    M(Map),
}

/// Attributes in byte order of their names, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    entries: Vec<(Name, Value)>,
}

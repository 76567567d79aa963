//! The entries of vector indexes.
//!
//! The key is as in other indexes: the hash of the partition attribute (of nothing, where the index has none),
//! then the item's own key. The value is the vector, four bytes an element, little-endian, and behind it the
//! attributes of the search schema in stored form, where there are any: what a search looks at and no more. What the
//! index projects is fetched from the items that a search answers, of the same snapshot.

use super::{Entry, entry_key, projected};
use crate::keys::Hasher;
use crate::table::{ELEMENT_BYTES, Index, KeyAttribute, Vectors};
use bytes::Bytes;
use item::stored::{Kind, StoredValue};
use item::{Name, Stored};
use std::borrow::Cow;
use store::Key;

/// What an entry holds of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The value in the store.
    pub(super) bytes: Bytes,
    /// What the index projects of the item: an entry is another one when this is.
    view: Stored,
    /// The size of that, the vector by its elements.
    pub(super) size: usize,
    /// What the vector takes as a list of numbers, beyond what it takes by its elements.
    pub(super) saving: i64,
}

/// The entry of an item; `None` without a vector or the partition attribute.
///
/// # Errors
/// The text that refuses an item whose attributes the index cannot hold.
pub(super) fn entry(
    (index, vectors): (&Index, &Vectors),
    hasher: Hasher,
    key: &Key,
    item: &Stored,
) -> Result<Option<Entry>, Cow<'static, str>> {
    let vector = item.attribute(&vectors.attribute);
    let elements = vector.map(|vector| elements(vectors, vector)).transpose();
    let elements = elements.map_err(|problem| worded(index, &problem))?;
    for attribute in index.keys.partition.iter().chain(&vectors.filters) {
        check_type(attribute, item).map_err(|problem| worded(index, &problem))?;
    }
    let (Some(vector), Some(mut bytes)) = (vector, elements) else { return Ok(None) };
    let found = entry_key(index, hasher, key, item).map_err(|error| error.of_index(&index.name))?;
    let Some(key) = found else { return Ok(None) };
    if has_schema(index, vectors) {
        bytes.extend_from_slice(item.project(&schema_names(index, vectors)).as_bytes());
    }
    let view = projected(index, item);
    let by_elements = ELEMENT_BYTES * vectors.dimensions;
    let held = Held {
        bytes: bytes.into(),
        size: view.size() - vector.size() + by_elements,
        view,
        saving: vector.size() as i64 - by_elements as i64,
    };
    Ok(Some(Entry { key, value: super::Held::Vector(Box::new(held)) }))
}

/// Whether searches may ask for any attribute.
pub(crate) fn has_schema(index: &Index, vectors: &Vectors) -> bool {
    !index.keys.partition.is_empty() || !vectors.filters.is_empty()
}

/// The attributes that searches may ask for, sorted.
fn schema_names(index: &Index, vectors: &Vectors) -> Vec<Name> {
    let attributes = index.keys.partition.iter().chain(&vectors.filters);
    let mut names: Vec<Name> = attributes.map(|attribute| attribute.name.clone()).collect();
    names.sort_unstable();
    names
}

/// What an index cannot hold.
enum Problem {
    /// Another number of elements.
    Size { attribute: Name, expected: usize, actual: usize },
    /// No list.
    Type { attribute: Name },
    /// An element that is no number.
    ElementType { attribute: Name, at: usize, actual: &'static str },
    /// A number that is out of range.
    Range { attribute: Name, at: usize, value: String },
    /// An attribute of the search schema of another type.
    Schema { attribute: Name, expected: &'static str, actual: &'static str },
}

fn worded(index: &Index, problem: &Problem) -> Cow<'static, str> {
    let what = match problem {
        Problem::Size { attribute, expected, actual } => {
            format!("Invalid size for parameter {attribute}, Expected: {expected}, Actual: {actual}")
        }
        Problem::Type { attribute } => {
            format!("Invalid type for parameter {attribute}, Expected: 32-bit floating point number list")
        }
        Problem::ElementType { attribute, at, actual } => format!(
            "Invalid type for parameter {attribute}[{at}], Expected: 32-bit floating point number, Actual: {actual}."
        ),
        Problem::Range { attribute, at, value } => format!(
            "Invalid value for parameter {attribute}[{at}], Value: {value} is outside valid range [-3.4028235E38, \
             3.4028235E38]."
        ),
        Problem::Schema { attribute, expected, actual } => {
            format!("Attribute '{attribute}' type mismatch. Expected: {expected}, Actual: {actual}.")
        }
    };
    format!("One or more parameter values were invalid. {what} IndexName: {}", index.name).into()
}

/// The bytes of a vector.
fn elements(vectors: &Vectors, vector: StoredValue<'_>) -> Result<Vec<u8>, Problem> {
    let attribute = || vectors.attribute.clone();
    if vector.kind() != Kind::L {
        return Err(Problem::Type { attribute: attribute() });
    }
    if vector.len() != vectors.dimensions {
        let (expected, actual) = (vectors.dimensions, vector.len());
        return Err(Problem::Size { attribute: attribute(), expected, actual });
    }
    let mut bytes = Vec::with_capacity(ELEMENT_BYTES * vectors.dimensions + 64);
    for (at, element) in vector.list().enumerate() {
        let Some(text) = element.as_number_text() else {
            return Err(Problem::ElementType { attribute: attribute(), at, actual: element.type_name() });
        };
        match float(text) {
            Some(float) => bytes.extend_from_slice(&float.to_le_bytes()),
            None => return Err(Problem::Range { attribute: attribute(), at, value: text.to_owned() }),
        }
    }
    Ok(bytes)
}

/// The float next to a number; `None` where there is none.
pub(crate) fn float(number: &str) -> Option<f32> {
    number.parse::<f32>().ok().filter(|float| float.is_finite())
}

fn check_type(attribute: &KeyAttribute, item: &Stored) -> Result<(), Problem> {
    let Some(value) = item.attribute(&attribute.name) else { return Ok(()) };
    let (expected, actual) = (attribute.kind.as_str(), value.type_name());
    if expected == actual {
        return Ok(());
    }
    Err(Problem::Schema { attribute: attribute.name.clone(), expected, actual })
}

//! The value of one key attribute, as the bytes of a key.

use super::KeyError;
use crate::table::KeyAttribute;
use item::{KeyKind, Stored, Value, key};

/// What was found of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is not there.
    Missing,
    /// It has this other type.
    Other(&'static str),
    /// It is an empty string or binary.
    Empty,
    /// Its bytes were appended; it has this size.
    Pushed(usize),
}

impl Part {
    /// The size of a value that must be there.
    pub(crate) fn required(self, attribute: &KeyAttribute) -> Result<usize, KeyError> {
        match self.optional(attribute)? {
            Some(size) => Ok(size),
            None => Err(KeyError::Missing { name: attribute.name.clone() }),
        }
    }

    /// The size of a value that may be missing.
    pub(crate) fn optional(self, attribute: &KeyAttribute) -> Result<Option<usize>, KeyError> {
        let name = || attribute.name.clone();
        match self {
            Part::Pushed(size) => Ok(Some(size)),
            Part::Missing => Ok(None),
            Part::Empty => Err(KeyError::Empty { name: name(), kind: attribute.kind }),
            Part::Other(actual) => Err(KeyError::Type { name: name(), expected: attribute.kind, actual }),
        }
    }
}

/// Appends an attribute of a request.
pub(crate) fn push_value(attribute: &KeyAttribute, value: Option<&Value>, out: &mut Vec<u8>) -> Part {
    match (attribute.kind, value) {
        (_, None) => Part::Missing,
        (KeyKind::S, Some(Value::S(text))) => push_bytes(text.as_bytes(), out),
        (KeyKind::B, Some(Value::B(bytes))) => push_bytes(bytes, out),
        (KeyKind::N, Some(Value::N(number))) => {
            key::push_number(*number, out);
            Part::Pushed(number.size())
        }
        (_, Some(other)) => Part::Other(other.type_name()),
    }
}

/// Appends an attribute of a stored item.
pub(crate) fn push_stored(attribute: &KeyAttribute, item: &Stored, out: &mut Vec<u8>) -> Part {
    let Some(value) = item.attribute(&attribute.name) else { return Part::Missing };
    let pushed = match attribute.kind {
        KeyKind::S => value.as_str().map(|text| push_bytes(text.as_bytes(), out)),
        KeyKind::B => value.as_binary().map(|bytes| push_bytes(bytes, out)),
        KeyKind::N => value.as_number().map(|number| {
            key::push_number(number, out);
            Part::Pushed(number.size())
        }),
    };
    pushed.unwrap_or_else(|| Part::Other(value.type_name()))
}

fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Part {
    if bytes.is_empty() {
        return Part::Empty;
    }
    key::push_bytes(bytes, out);
    Part::Pushed(bytes.len())
}

//! Filters on items: a pattern of event source mappings, held against an item as an INSERT of it would show it. For whoever keeps a
//! copy of the items that a pattern means, and so has to hear of each that comes to be one, and of each that is one no
//! longer.

use super::stored::Part;
use filter::{Filters, Node, Shape};
use item::Stored;
use serde_json::Value;
use std::ops::ControlFlow;
use store::LogRecord;
use streams::record::{Damaged, Kind, StoredRecord, decode_stored};
use streams::{StreamDescriptor, ViewType};

/// What is said of an item, and not of a change.
const OF_ITEMS: [&str; 2] = ["Keys", "NewImage"];

/// Why patterns cannot be held against items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOfItems {
    /// They are about changes.
    #[error(
        "a filter of a snapshot is about items: about dynamodb.Keys and dynamodb.NewImage, and nothing else"
    )]
    Changes,
    /// The stream does not tell what items are after a change.
    #[error("the stream has no new images, so a filter of a snapshot can be about dynamodb.Keys only")]
    NoImages,
}

/// What a change is to a copy of the items that pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The item passes as it is now.
    Passes,
    /// It does not, and may have passed before.
    Leaves,
    /// It does not, and did not.
    Nothing,
}

/// Filters on the items of the table of a stream.
#[derive(Debug)]
pub struct ItemFilter {
    filters: Filters,
    keys: Vec<String>,
}

impl ItemFilter {
    /// These, which are of these patterns.
    ///
    /// # Errors
    /// When they say something that is not true of an item alone, or that the stream does not tell.
    pub fn new(filters: Filters, patterns: &[String], stream: &StreamDescriptor) -> Result<Self, NotOfItems> {
        let mut mentioned = Vec::new();
        for pattern in patterns {
            let pattern: Value = serde_json::from_str(pattern).map_err(|_| NotOfItems::Changes)?;
            members(&pattern, "", &mut mentioned);
        }
        let is_of_items =
            |path: &String| OF_ITEMS.iter().any(|name| path.strip_prefix(".dynamodb.") == Some(*name));
        if !mentioned.iter().all(is_of_items) {
            return Err(NotOfItems::Changes);
        }
        let has_images = matches!(stream.view, ViewType::NewImage | ViewType::NewAndOldImages);
        if !has_images && mentioned.iter().any(|path| path.ends_with("NewImage")) {
            return Err(NotOfItems::NoImages);
        }
        let keys = stream.key_schema.iter().map(|key| key.name.clone()).collect();
        Ok(Self { filters, keys })
    }

    /// Whether an item passes.
    #[must_use]
    pub fn passes(&self, item: &Stored) -> bool {
        let item = Seen { keys: item, image: Some(item), names: &self.keys };
        self.filters.matches(Place::Record(&item))
    }

    /// What the change that a record tells of does.
    ///
    /// # Errors
    /// When its bytes are none.
    pub fn effect(&self, record: &LogRecord) -> Result<Effect, Damaged> {
        let StoredRecord { kind, keys, new, old, .. } = decode_stored(&record.bytes)?;
        let passes = |image: Option<&Stored>| {
            let item = Seen { keys: &keys, image, names: &self.keys };
            self.filters.matches(Place::Record(&item))
        };
        if kind != Kind::Remove && passes(new.as_ref()) {
            return Ok(Effect::Passes);
        }
        let has_passed = match (kind, &old) {
            (Kind::Insert, _) => false,
            (_, Some(old)) => passes(Some(old)),
            // What it was is not told: it may have.
            (_, None) => true,
        };
        Ok(if has_passed { Effect::Leaves } else { Effect::Nothing })
    }
}

/// The paths of the members that a pattern is about, down to those of `dynamodb`.
fn members(pattern: &Value, path: &str, found: &mut Vec<String>) {
    let Some(object) = pattern.as_object() else { return found.push(path.to_owned()) };
    for (name, value) in object {
        let below = format!("{path}.{name}");
        match value {
            Value::Array(all) if name == "$or" => all.iter().for_each(|one| members(one, path, found)),
            value if below == ".dynamodb" => members(value, &below, found),
            _ => found.push(below),
        }
    }
}

/// An item as it is seen.
struct Seen<'a> {
    keys: &'a Stored,
    image: Option<&'a Stored>,
    /// The attributes of the key.
    names: &'a [String],
}

/// A place in the record that its INSERT would be.
#[derive(Clone, Copy)]
enum Place<'a> {
    Record(&'a Seen<'a>),
    Change(&'a Seen<'a>),
    Keys(&'a Seen<'a>),
    Part(Part<'a>),
}

impl<'a> Node<'a> for Place<'a> {
    fn shape(self) -> Shape<'a> {
        match self {
            Self::Part(part) => part.shape(),
            _ => Shape::Object,
        }
    }

    fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Record(item) => (name == "dynamodb").then_some(Self::Change(item)),
            Self::Change(item) if name == "Keys" => Some(Self::Keys(item)),
            Self::Change(item) if name == "NewImage" => item.image.map(Part::Image).map(Self::Part),
            Self::Change(_) => None,
            Self::Keys(item) if item.names.iter().any(|key| key == name) => {
                Part::Image(item.keys).member(name).map(Self::Part)
            }
            Self::Keys(_) => None,
            Self::Part(part) => part.member(name).map(Self::Part),
        }
    }

    fn element(self, index: usize) -> Option<Self> {
        let Self::Part(part) = self else { return None };
        part.element(index).map(Self::Part)
    }

    fn elements<B>(self, mut each: impl FnMut(usize, Self) -> ControlFlow<B>) -> ControlFlow<B> {
        let Self::Part(part) = self else { return ControlFlow::Continue(()) };
        part.elements(|at, element| each(at, Self::Part(element)))
    }

    fn same(self, other: Self) -> bool {
        matches!((self, other), (Self::Part(one), Self::Part(other)) if one.same(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_is_about_is_found_wherever_it_is_said() {
        for (pattern, expected) in [
            (r#"{"eventName":["INSERT"]}"#, &[".eventName"][..]),
            (r#"{"dynamodb":{"Keys":{"a":{"S":["x"]}}}}"#, &[".dynamodb.Keys"]),
            (r#"{"dynamodb":[{"exists":true}]}"#, &[".dynamodb"]),
            (
                r#"{"$or":[{"dynamodb":{"NewImage":{"a":{"N":["1"]}}}},{"dynamodb":{"OldImage":{}}}]}"#,
                &[".dynamodb.NewImage", ".dynamodb.OldImage"],
            ),
            (
                r#"{"dynamodb":{"$or":[{"Keys":{}},{"SizeBytes":[1]}]}}"#,
                &[".dynamodb.Keys", ".dynamodb.SizeBytes"],
            ),
        ] {
            let mut found = Vec::new();
            members(&serde_json::from_str(pattern).unwrap(), "", &mut found);
            assert_eq!(found, expected, "{pattern}");
        }
    }
}

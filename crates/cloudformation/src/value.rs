//! What templates are made of.

use crate::{TemplateError, template};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use wire::json;

/// The members of an object, in the order of their names.
pub type Map = BTreeMap<String, Value>;

/// A value in a template, before or after its functions are evaluated.
///
/// Numbers stay the text that was written, since most end in properties that are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, which templates may not hold outside metadata.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number, of JSON's grammar.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Map(Map),
    /// Known only when these resources have been made. No template that was read holds it; evaluation gives it.
    Unknown(Vec<Reference>),
}

/// A resource, or an attribute of one, that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The resource's name in the template.
    pub resource: String,
    /// The attribute; none for what `Ref` gives.
    pub attribute: Option<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attribute {
            Some(attribute) => write!(out, "{}.{attribute}", self.resource),
            None => out.write_str(&self.resource),
        }
    }
}

impl Value {
    /// What stands for a value that is known only after creation, where values are shown.
    pub const KNOWN_AFTER_APPLY: &'static str = "{{changeSet:KNOWN_AFTER_APPLY}}";

    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// An object of the members given.
    pub fn map<const N: usize>(members: [(&str, Value); N]) -> Self {
        Self::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// An empty object.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Map(Map::new())
    }

    /// The text of a scalar, as functions that make strings take it.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Boolean(true) => Some(Cow::Borrowed("true")),
            Self::Boolean(false) => Some(Cow::Borrowed("false")),
            Self::Number(text) | Self::String(text) => Some(Cow::Borrowed(text)),
            Self::Null | Self::List(_) | Self::Map(_) | Self::Unknown(_) => None,
        }
    }

    /// The string, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The elements of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(elements) = self { Some(elements) } else { None }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(members) = self { Some(members) } else { None }
    }

    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map()?.get(name)
    }

    /// Whether both mean the same to a property: CloudFormation passes `5` and `"5"` alike.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same(right))
            }
            (Self::Map(left), Self::Map(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|((name, left), (other, right))| name == other && left.same(right))
            }
            _ => match (self.text(), other.text()) {
                (Some(left), Some(right)) => left == right,
                _ => self == other,
            },
        }
    }

    /// About how many bytes of memory it takes: what functions that multiply values are held against.
    #[must_use]
    pub fn weight(&self) -> usize {
        const NODE: usize = 32;
        NODE + match self {
            Self::Null | Self::Boolean(_) => 0,
            Self::Number(text) | Self::String(text) => text.len(),
            Self::List(elements) => elements.iter().map(Self::weight).sum(),
            Self::Map(members) => {
                members.iter().map(|(name, member)| NODE + name.len() + member.weight()).sum()
            }
            Self::Unknown(references) => NODE * references.len(),
        }
    }

    /// What in it is not known yet.
    #[must_use]
    pub fn unknowns(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        self.collect_unknowns(&mut found);
        found.sort();
        found.dedup();
        found
    }

    fn collect_unknowns(&self, found: &mut Vec<Reference>) {
        match self {
            Self::Unknown(references) => found.extend(references.iter().cloned()),
            Self::List(elements) => elements.iter().for_each(|element| element.collect_unknowns(found)),
            Self::Map(members) => members.values().for_each(|member| member.collect_unknowns(found)),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::String(_) => {}
        }
    }

    /// Writes it as JSON; what is unknown as [`Value::KNOWN_AFTER_APPLY`].
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::String(text) => json::write_string(out, text),
            Self::List(elements) => {
                let mut array = json::ArrayWriter::new(out);
                elements.iter().for_each(|element| element.write_json(array.element()));
                array.end();
            }
            Self::Map(members) => {
                let mut object = json::ObjectWriter::new(out);
                members.iter().for_each(|(name, member)| member.write_json(object.key(name)));
                object.end();
            }
            Self::Unknown(_) => json::write_string(out, Self::KNOWN_AFTER_APPLY),
        }
    }

    /// Reads JSON, with numbers as they are written.
    ///
    /// # Errors
    /// When it is none, or nests deeper than templates may.
    pub fn from_json(text: &str) -> Result<Self, TemplateError> {
        template::read_json(text)
    }

    /// It as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

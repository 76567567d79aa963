//! The pattern language of filter criteria, filter policies and event patterns: which records of its source a mapping
//! gives to its function, and which messages of its topic a subscription is sent.
//!
//! The language is the one of EventBridge, and means what AWS's `event-ruler` makes of it. A pattern is compiled
//! once ([`Pattern::parse`]) and then held against each record; that neither allocates nor flattens the record,
//! and takes time in proportion to what the pattern names, not to the record.
//!
//! What is decided here, since it is easily thought otherwise: the fields of a pattern that lie in one array must
//! all hold in *one* of its elements; names are joined by dots before they are compared, so that `{"a.b": ..}` and
//! `{"a": {"b": ..}}` are the same; `exists` speaks of scalars only; numbers are compared as 64-bit floating-point
//! numbers, and a string of digits is no number.

mod cidr;
mod json;
mod matcher;
mod node;
mod pattern;
mod search;
#[cfg(test)]
mod tests;
mod wildcard;

pub use node::{Node, Scalar, Shape};
pub use pattern::{InvalidPattern, Pattern};

/// The filters of one mapping: a record is let through when one of them matches, or when there are none.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    patterns: Vec<Pattern>,
}

/// Why a filter refused a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// The first field, in the order of names, none of whose values is one of those wanted. Where the pattern has
    /// alternatives (`$or`), it is that of the alternative that came farthest.
    Field(&'a str),
    /// Each field is as wanted, but not in one element of an array.
    NotInOneElement,
}

impl Filters {
    /// Compiles all patterns.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidPattern> {
        Ok(Self { patterns: patterns.into_iter().map(Pattern::parse).collect::<Result<_, _>>()? })
    }

    /// Whether everything is let through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether the record is let through.
    #[must_use]
    pub fn matches<'a>(&self, record: impl Node<'a>) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(record))
    }

    /// For each pattern, in order, why it refused the record; `None` where the record is let through.
    #[must_use]
    pub fn refusals<'a>(&self, record: impl Node<'a>) -> Option<Vec<Refusal<'_>>> {
        if self.patterns.is_empty() {
            return None;
        }
        self.patterns.iter().map(|pattern| pattern.refusal(record)).collect()
    }
}

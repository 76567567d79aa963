//! Filter patterns of CloudWatch Logs: which events are meant, by the terms in their text, by the fields of a line, or by
//! the members of JSON. Pure.
//!
//! | pattern | which events |
//! |---|---|
//! | nothing, `" "` | all |
//! | `ERROR "status 401" -retry` | with both texts, without the third |
//! | `?ERROR ?WARN` | with one of them at least |
//! | `%40[0-9]%` | in which the regular expression matches |
//! | `[ip, user, ..., status = 4* && status != 404, bytes > 1000]` | of so many fields, for which it is true |
//! | `{ $.user.id = 7 && ($.error IS NULL \|\| $.tags[0] != "x*") }` | of JSON, for which it is true |
//!
//! What AWS leaves open is decided so: a comparison with a member that is not there, or is an object or a list, is false,
//! `!=` too; optional terms beside others are ignored, as AWS's documentation says.

mod fields;
mod members;
mod scanner;
mod terms;
#[cfg(test)]
mod tests;
mod value;

use fields::Fields;
use members::Members;
use scanner::Scanner;
use terms::Terms;

/// The longest pattern, in bytes of UTF-8: AWS takes 1024 characters.
const LENGTH_MAX: usize = 4_096;

/// How deep conditions may be nested.
const DEPTH_MAX: usize = 32;

/// The most conditions or terms.
const PARTS_MAX: usize = 256;

/// Something that is no pattern, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter pattern: {0}")]
pub struct InvalidPattern(String);

impl InvalidPattern {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A pattern, compiled.
#[derive(Clone, Debug)]
pub struct Pattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Terms(Terms),
    Fields(Fields),
    Members(Members),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let text = text.trim();
        if text.len() > LENGTH_MAX {
            return Err(InvalidPattern::new("it is too long"));
        }
        let mut scanner = Scanner::new(text);
        let kind = match scanner.peek() {
            Some('{') => Kind::Members(Members::parse(&mut scanner)?),
            Some('[') => Kind::Fields(Fields::parse(&mut scanner)?),
            _ => Kind::Terms(Terms::parse(&mut scanner)?),
        };
        scanner.skip_space();
        match scanner.peek() {
            None => Ok(Self(kind)),
            Some(_) => Err(scanner.unexpected()),
        }
    }

    /// Whether an event with this message is meant.
    #[must_use]
    pub fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.matches(message),
            Kind::Fields(fields) => fields.matches(message),
            Kind::Members(members) => members.matches(message),
        }
    }
}

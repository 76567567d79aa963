//! The AWS query protocol: requests are forms whose names are paths (`Entry.1.Value.StringValue`), answers are XML.
//!
//! SQS (beside JSON), SNS, CloudFormation, STS and IAM speak it. What is read is a tree of [`Members`], which knows nothing
//! of any service: lists and maps are taken out of it in each form in which clients write them. What is answered is written
//! by [`Answer`], and failures by [`failure`].

mod answer;
mod form;
#[cfg(test)]
mod tests;

pub use answer::{Answer, failure};
pub use form::Malformed;

use std::collections::BTreeMap;

/// How many members a request may have, those counted that others are in.
const MEMBERS_MAX: usize = 50_000;

/// How many names the path of a member may have.
const DEPTH_MAX: usize = 16;

/// The longest path of a member.
const PATH_BYTES_MAX: usize = 4_096;

/// The names that a list's elements stand below, where they do not stand right below the list's own.
const ELEMENTS: [&str; 2] = ["member", "entry"];

/// A member of a request: its text, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    text: Option<String>,
    inner: BTreeMap<String, Members>,
}

impl Members {
    /// Reads a form, be it a body or what follows the question mark of a URL. Of a name that is there twice, the last counts.
    ///
    /// # Errors
    /// When it is not percent-encoded UTF-8, or has more parameters, longer paths or deeper ones than any request.
    pub fn parse(form: &[u8]) -> Result<Self, Malformed> {
        let mut members = Self::default();
        members.read(form)?;
        Ok(members)
    }

    /// Reads a request: what follows the question mark of its URL, and its body.
    ///
    /// # Errors
    /// As [`Members::parse`].
    pub fn of_request(query: &[u8], body: &[u8]) -> Result<Self, Malformed> {
        let mut members = Self::parse(query)?;
        members.read(body)?;
        Ok(members)
    }

    /// Reads one more form into what is there already.
    ///
    /// # Errors
    /// As [`Members::parse`].
    fn read(&mut self, form: &[u8]) -> Result<(), Malformed> {
        let mut count = 0;
        for (path, text) in form::pairs(form) {
            if path.len() > PATH_BYTES_MAX {
                return Err(Malformed::TooDeep);
            }
            let path = form::decode(path)?;
            count += self.insert(&path, form::decode(text)?)?;
            if count > MEMBERS_MAX {
                return Err(Malformed::TooMany);
            }
        }
        Ok(())
    }

    /// Sets the text at a path; answers how many members were made for it.
    fn insert(&mut self, path: &str, text: String) -> Result<usize, Malformed> {
        let (mut at, mut made) = (self, 0);
        for (depth, name) in path.split('.').enumerate() {
            if depth == DEPTH_MAX {
                return Err(Malformed::TooDeep);
            }
            at = at.inner.entry(name.to_owned()).or_insert_with(|| {
                made += 1;
                Self::default()
            });
        }
        at.text = Some(text);
        Ok(made)
    }

    /// Its own text.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.inner.get(name)
    }

    /// The text of the member of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.value()
    }

    /// The members by name, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.inner.iter().map(|(name, member)| (name.as_str(), member))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// The list of this name, in the order of its numbers, be it flattened (`A.1`) or not (`A.member.1`); an empty one where
    /// there is only the name, as clients write empty lists. `None` where there is no such member.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<&Self>> {
        Some(self.member(name)?.elements())
    }

    /// The map of this name, in the order of its numbers, be it flattened (`A.1.Name`) or not (`A.entry.1.key`), with these
    /// names for key and value. A key without a value has an empty one; what has no key is left out.
    #[must_use]
    pub fn map(&self, name: &str, (key, value): (&str, &str)) -> Option<Vec<(&str, &Self)>> {
        const NOTHING: &Members = &Members { text: None, inner: BTreeMap::new() };
        let entries = self.list(name)?.into_iter();
        let pairs =
            entries.filter_map(|entry| Some((entry.text(key)?, entry.member(value).unwrap_or(NOTHING))));
        Some(pairs.collect())
    }

    /// The members whose names are numbers, right here and below the names of elements.
    fn elements(&self) -> Vec<&Self> {
        let below = ELEMENTS.iter().filter_map(|name| self.member(name));
        let here = std::iter::once(self).chain(below);
        let members = here.flat_map(|members| members.inner.iter());
        let mut numbered: Vec<_> =
            members.filter_map(|(name, member)| Some((number(name)?, member))).collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, member)| member).collect()
    }
}

/// The number that is the name of an element.
fn number(name: &str) -> Option<u32> {
    let plain = name.bytes().all(|byte| byte.is_ascii_digit()) && !(name.len() > 1 && name.starts_with('0'));
    if plain { name.parse().ok() } else { None }
}

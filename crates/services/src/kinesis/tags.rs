//! The tags of a stream: read, held against the rules, and put.

use super::Value;
use super::failure::Failure;
use super::request::Request;
use std::collections::BTreeMap;
use streams::data_stream::{DataChange, DataStream};
use wire::layer::Constraint;

/// How many tags a stream has at most.
const TAGS_MAX: usize = 50;

/// How many tags a request brings at most.
const GIVEN_MAX: usize = 200;

const KEY_LENGTHS: (usize, usize) = (1, 128);
const VALUE_LENGTH_MAX: usize = 256;

/// Reads the member `Tags`.
pub(super) fn read(request: &mut Request) -> Result<Option<Vec<(String, String)>>, Failure> {
    let tags = request.map("Tags", (1, GIVEN_MAX))?;
    for (key, value) in tags.iter().flatten() {
        if !(KEY_LENGTHS.0..=KEY_LENGTHS.1).contains(&key.chars().count()) {
            const KEYS: Constraint =
                Constraint::MapKeys(&[Constraint::MaxLength(128), Constraint::MinLength(1)]);
            request.fail("Tags", "{...}", KEYS);
        }
        if value.chars().count() > VALUE_LENGTH_MAX {
            const VALUES: Constraint =
                Constraint::MapValues(&[Constraint::MaxLength(256), Constraint::MinLength(0)]);
            request.fail("Tags", "{...}", VALUES);
        }
    }
    Ok(tags)
}

/// Reads the member `TagKeys`.
pub(super) fn read_keys(request: &mut Request) -> Result<Vec<String>, Failure> {
    let keys = request.list("TagKeys", (1, TAGS_MAX))?;
    let keys = request.required("TagKeys", keys).unwrap_or_default();
    let text = |key| match key {
        Value::Text(text) => Ok(text),
        _ => Err(Failure::serialization("TagKeys is not a list of strings")),
    };
    keys.into_iter().map(text).collect()
}

/// The tags of a stream that is made with these.
pub(super) fn first(tags: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    checked(tags.into_iter().collect(), || "One or more tags of the request are not allowed".to_owned())
}

/// A stream with these tags added.
pub(super) fn add(stream: &DataStream, tags: Vec<(String, String)>) -> Result<DataChange, Failure> {
    let mut all = stream.tags.clone();
    all.extend(tags);
    let (name, account) = (&stream.name, &stream.account);
    let all = checked(all, || format!("Failed to add tags to stream {name} under account {account}"))?;
    Ok(stream.changed(|stream| stream.tags = all))
}

/// A stream without the tags of these keys.
pub(super) fn remove(stream: &DataStream, keys: &[String]) -> DataChange {
    stream.changed(|stream| stream.tags.retain(|key, _| !keys.contains(key)))
}

fn checked(
    tags: BTreeMap<String, String>,
    what: impl Fn() -> String,
) -> Result<BTreeMap<String, String>, Failure> {
    let allowed = |text: &str| {
        text.chars().all(|one| one.is_alphanumeric() || one.is_whitespace() || "_.:/=+-%@".contains(one))
    };
    if tags.iter().any(|(key, value)| !allowed(key) || !allowed(value)) {
        return Err(Failure::argument(
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, \
             _ . / = + - % @.",
        ));
    }
    if tags.len() > TAGS_MAX {
        return Err(Failure::argument(format!(
            "{} because a given stream cannot have more than {TAGS_MAX} tags associated with it.",
            what()
        )));
    }
    Ok(tags)
}

/// Tags as they are listed.
pub(super) fn listed<'a>(tags: impl Iterator<Item = (&'a String, &'a String)>) -> Value {
    let tag = |(key, value): (&String, &String)| {
        Value::structure([("Key", Value::from(key.as_str())), ("Value", Value::from(value.as_str()))])
    };
    Value::List(tags.map(tag).collect())
}

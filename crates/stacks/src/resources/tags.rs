//! Tags: a resource has its own, and those of its stack.

use super::Scope;
use super::handler::Place;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// What tags begin with that nobody but AWS gives. Services refuse them, so resources do not get those of the stack.
const RESERVED: &str = "aws:";

fn own(properties: &Json) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    match properties.get("Tags") {
        Some(Json::Array(tags)) => tags.iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect(),
        Some(Json::Object(tags)) => tags.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        _ => BTreeMap::new(),
    }
}

/// The tags of a resource with these properties, in a stack with those.
fn together(of_stack: &BTreeMap<String, String>, properties: &Json) -> BTreeMap<String, String> {
    let of_stack = of_stack.iter().filter(|(key, _)| !key.starts_with(RESERVED));
    let mut tags: BTreeMap<String, String> =
        of_stack.map(|(key, value)| (key.clone(), value.clone())).collect();
    tags.extend(own(properties));
    tags
}

/// The tags that a resource with these properties is to have.
pub(super) fn wanted(scope: &Scope, properties: &Json) -> BTreeMap<String, String> {
    together(&scope.tags, properties)
}

/// As an object.
pub(super) fn object(tags: &BTreeMap<String, String>) -> Json {
    Json::Object(tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<Map<_, _>>())
}

/// As a list of keys and values.
pub(super) fn list(tags: &BTreeMap<String, String>) -> Json {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// As members of the query protocol.
pub(super) fn members(tags: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let members = tags.iter().enumerate().flat_map(|(place, (key, value))| {
        let name = |member: &str| format!("Tags.member.{}.{member}", place + 1);
        [(name("Key"), key.clone()), (name("Value"), value.clone())]
    });
    members.collect()
}

/// Keys as members of the query protocol.
pub(super) fn key_members(keys: &[String]) -> Vec<(String, String)> {
    let keys = keys.iter().enumerate();
    keys.map(|(place, key)| (format!("TagKeys.member.{}", place + 1), key.clone())).collect()
}

/// What a change does to tags.
pub(super) struct Change {
    /// The keys that go.
    pub(super) removed: Vec<String>,
    /// The tags that come, or get another value.
    pub(super) set: BTreeMap<String, String>,
}

impl Change {
    /// From these properties to those, and from the tags that the stack had to those that it has.
    pub(super) fn new(place: Place<'_>, before: &Json, after: &Json) -> Self {
        let (was, mut set) = (together(&place.scope.tags_before, before), wanted(place.scope, after));
        let removed = was.keys().filter(|key| !set.contains_key(*key)).cloned().collect();
        set.retain(|key, value| was.get(key) != Some(value));
        Self { removed, set }
    }

    /// Whether it changes nothing.
    pub(super) fn is_nothing(&self) -> bool {
        self.removed.is_empty() && self.set.is_empty()
    }
}

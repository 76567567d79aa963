//! The tables of a run, their items, and how a key is named in the books.

use environment::Random;
use serde_json::{Map, Value, json};

use crate::plan::below;

/// A table whose stream is followed, with a sort key, a local and a global index and a time to live.
pub(crate) const FIRST: &str = "first";
/// A table whose stream is followed, which indexes come to and go from.
pub(crate) const SECOND: &str = "second";
/// The tables whose streams are followed.
pub(crate) const FOLLOWED: [&str; 2] = [FIRST, SECOND];
/// A table that comes and goes.
pub(crate) const PASSING: &str = "passing";

/// An item of a table, as the books name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) table: &'static str,
    /// The key attributes as JSON text.
    pub(crate) text: String,
}

impl Key {
    /// Few enough that clients meet.
    pub(crate) fn draw(random: &Random) -> Self {
        if below(random, 3) == 0 {
            let key = json!({ "pk": { "S": format!("p{}", below(random, 5)) } });
            return Self { table: SECOND, text: key.to_string() };
        }
        let (partition, sort) = (below(random, 4), below(random, 3));
        let key = json!({ "pk": { "S": format!("p{partition}") }, "sk": { "S": format!("s{sort}") } });
        Self { table: FIRST, text: key.to_string() }
    }

    /// Of an item, or of a record's keys.
    pub(crate) fn of(table: &'static str, item: &Value) -> Self {
        let names: &[&str] = if table == FIRST { &["pk", "sk"] } else { &["pk"] };
        let key: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), item[*name].clone())).collect();
        Self { table, text: Value::Object(key).to_string() }
    }

    /// As a request has it.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// A new item: `w` names the write.
pub(crate) fn item(key: &Key, write: &str, random: &Random, now_ms: u64) -> Value {
    let mut item = key.json();
    item["w"] = json!({ "S": write });
    item["n"] = json!({ "N": below(random, 100).to_string() });
    if below(random, 4) > 0 {
        item["g"] = group(random);
    }
    if below(random, 2) == 0 {
        item["l"] = json!({ "S": format!("l{}", below(random, 3)) });
    }
    if below(random, 6) == 0 {
        let seconds = (now_ms / 1000).saturating_add_signed(below(random, 7200) as i64 - 600);
        item["expires"] = json!({ "N": seconds.to_string() });
    }
    item["pad"] = json!({ "S": "x".repeat(below(random, 12) as usize) });
    item
}

/// The partition of an entry in a global index.
pub(crate) fn group(random: &Random) -> Value {
    json!({ "S": format!("g{}", below(random, 3)) })
}

/// The write that an item is of.
pub(crate) fn write_of(item: &Value) -> Option<&str> {
    item["w"]["S"].as_str()
}

fn keys(partition: &str, sort: Option<&str>) -> Value {
    let hash = json!({ "AttributeName": partition, "KeyType": "HASH" });
    let range = sort.map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" }));
    std::iter::once(hash).chain(range).collect()
}

fn attributes(names: &[(&str, &str)]) -> Value {
    let one = |(name, kind): &(&str, &str)| json!({ "AttributeName": name, "AttributeType": kind });
    names.iter().map(one).collect()
}

/// The index `gsi`.
pub(crate) fn global_index() -> Value {
    json!({ "IndexName": "gsi", "KeySchema": keys("g", Some("n")), "Projection": { "ProjectionType": "ALL" } })
}

/// What `gsi` adds to a table's attributes.
pub(crate) fn global_attributes() -> Value {
    attributes(&[("g", "S"), ("n", "N")])
}

/// CreateTable of the first table.
pub(crate) fn first() -> Value {
    let local = json!({
        "IndexName": "lsi", "KeySchema": keys("pk", Some("l")), "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    json!({
        "TableName": FIRST, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("pk", Some("sk")),
        "AttributeDefinitions": attributes(&[("pk", "S"), ("sk", "S"), ("l", "S"), ("g", "S"), ("n", "N")]),
        "LocalSecondaryIndexes": [local], "GlobalSecondaryIndexes": [global_index()],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}

/// CreateTable of another table.
pub(crate) fn other(name: &str) -> Value {
    json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("pk", None),
        "AttributeDefinitions": attributes(&[("pk", "S")]),
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}

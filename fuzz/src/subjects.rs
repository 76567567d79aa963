//! What a request is about, as faults are limited by it: tables, a shard, whether it writes. It is found in bodies that no
//! decoder has looked at yet, and white space and the order of members change nothing.

use database::Subject;
use serde_json::Value;
use std::collections::BTreeSet;
use wire::Operation;
use wire::operation::Class;

/// See the module. The first byte is the operation, the rest its body.
pub fn target(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let operation = Operation::ALL[usize::from(*first) % Operation::ALL.len()];
    let subject = Subject::of(operation, body);
    let tables: BTreeSet<&String> = subject.tables.iter().collect();
    assert_eq!(tables.len(), subject.tables.len(), "a table is named twice");
    let Ok(read) = serde_json::from_slice::<Value>(body) else {
        return assert!(subject.tables.is_empty() && subject.shard.is_none());
    };
    let again = Subject::of(operation, format!("{read:#}").as_bytes());
    assert_eq!(again.tables.iter().collect::<BTreeSet<_>>(), tables);
    assert_eq!((&again.shard, again.writes), (&subject.shard, subject.writes));
    if read.get("Statement").or(read.get("Statements")).or(read.get("TransactStatements")).is_none() {
        assert_eq!(subject.writes, operation.class() == Class::Write);
        let mut named = Vec::new();
        texts(&read, &mut named);
        let is_named = |table: &String| named.iter().any(|text| text.contains(table.as_str()));
        assert!(subject.tables.iter().all(is_named), "{subject:?}");
    }
    if let Some(name) = read["TableName"].as_str().filter(|name| !name.contains(":table/")) {
        assert!(tables.contains(&name.to_owned()), "{name} is not among {tables:?}");
    }
}

/// All texts of a document, names of members too.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| texts(one, found)),
        Value::Object(members) => members.iter().for_each(|(name, one)| {
            found.push(name.clone());
            texts(one, found);
        }),
        _ => {}
    }
}

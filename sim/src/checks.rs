//! What must be true whenever somebody looks.

use crate::book::{Book, Told, Write};
use crate::log::{Log, Record, read_all};
use crate::reader::Reader;
use crate::tables::{FOLLOWED, Key, write_of};
use crate::world::World;
use crate::{Violation, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wire::Operation;

/// Holds the database against itself and against the books. Nothing else runs meanwhile: reads do not wait. The
/// streams are read from their beginnings where it is to be thorough, else from where they were read to before.
pub(crate) async fn check(
    world: &World,
    log: &mut Log,
    book: &mut Book,
    reader: &Reader,
    is_thorough: bool,
) -> Result<(), Violation> {
    let known = if is_thorough { None } else { Some(&log.records) };
    let read = read_all(world, known).await?;
    let now_ms = world.environment.clock.now_ms();
    if is_thorough {
        let trimmed = log.records.keys().filter(|position| !read.contains_key(*position)).count();
        book.counts.records_trimmed = book.counts.records_trimmed.max(trimmed as u64);
    }
    log.merge(read, is_thorough, now_ms, book)?;
    book.counts.checks += 1;
    let items = log.replayed()?;
    for table in FOLLOWED {
        check_table(world, table, &items).await?;
    }
    let last = log.records.last_key_value().map_or(0, |(position, _)| *position);
    let (records, count) = (log.records.len(), items.len());
    book.trace.note(format_args!("at {now_ms} there are {records} records to {last}, {count} items"));
    check_writes(&log.records, book)?;
    check_shown(&log.records, book)?;
    reader.check(&log.records)
}

/// All items of a table, or of an index.
async fn scanned(world: &World, table: &str, index: Option<&str>) -> Result<Vec<Value>, Violation> {
    let (mut items, mut request) = (Vec::new(), json!({ "TableName": table, "Limit": 7 }));
    if let Some(index) = index {
        request["IndexName"] = json!(index);
    }
    loop {
        let page = world.look(Operation::Scan, &request).await?;
        items.extend(page["Items"].as_array().cloned().unwrap_or_default());
        match page.get("LastEvaluatedKey") {
            Some(last) => request["ExclusiveStartKey"] = last.clone(),
            None => return Ok(items),
        }
    }
}

/// The stream gives the table, and its indexes and counts agree.
async fn check_table(
    world: &World,
    table: &'static str,
    items: &BTreeMap<Key, Value>,
) -> Result<(), Violation> {
    let expected: BTreeMap<&Key, &Value> = items.iter().filter(|(key, _)| key.table == table).collect();
    let found = scanned(world, table, None).await?;
    let keyed: BTreeMap<Key, &Value> = found.iter().map(|item| (Key::of(table, item), item)).collect();
    let stored: BTreeMap<&Key, &Value> = keyed.iter().map(|(key, item)| (key, *item)).collect();
    ensure!(keyed.len() == found.len(), "{table} shows an item twice");
    let other = expected.keys().chain(stored.keys()).find(|key| stored.get(*key) != expected.get(*key));
    if let Some(key) = other {
        let (stored, expected) = (stored.get(key), expected.get(key));
        return Err(Violation(format!(
            "{table} holds {stored:?} at {key:?}, and its stream makes {expected:?}"
        )));
    }
    let described =
        world.look(Operation::DescribeTable, &json!({ "TableName": table })).await?["Table"].take();
    let count = described["ItemCount"].as_u64();
    ensure!(count == Some(found.len() as u64), "{table} counts {count:?} items and holds {}", found.len());
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].map(|kind| described[kind].as_array());
    for index in indexes.into_iter().flatten().flatten() {
        if index["IndexStatus"].as_str().is_some_and(|status| status != "ACTIVE") {
            continue;
        }
        let name = index["IndexName"].as_str().unwrap_or_default();
        let (wanted, all): (&[&str], bool) =
            if name == "lsi" { (&["pk", "l"], false) } else { (&["g", "n"], true) };
        let has = |item: &&&Value| wanted.iter().all(|name| item.get(*name).is_some());
        let project = |item: &Value| if all { item.clone() } else { keys_of(item) };
        let mut entries: Vec<String> =
            expected.values().filter(has).map(|item| project(item).to_string()).collect();
        let mut shown: Vec<String> =
            scanned(world, table, Some(name)).await?.iter().map(Value::to_string).collect();
        entries.sort_unstable();
        shown.sort_unstable();
        ensure!(entries == shown, "{name} of {table} holds {shown:?} and should hold {entries:?}");
        let count = index["ItemCount"].as_u64();
        ensure!(count == Some(shown.len() as u64), "{name} of {table} counts {count:?} entries: {shown:?}");
    }
    Ok(())
}

/// What the local index projects.
fn keys_of(item: &Value) -> Value {
    let names =
        ["pk", "sk", "l"].iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone())));
    Value::Object(names.collect())
}

/// What was told of writes is so.
fn check_writes(records: &BTreeMap<u128, Record>, book: &Book) -> Result<(), Violation> {
    let mut by_name: BTreeMap<&str, Vec<u128>> = BTreeMap::new();
    for (position, record) in records {
        if let Some(name) = record.new.as_ref().and_then(write_of) {
            by_name.entry(name).or_default().push(*position);
        }
    }
    let mut transactions: BTreeMap<&str, Vec<(&str, BTreeSet<u128>)>> = BTreeMap::new();
    for write in &book.writes {
        let Some(name) = write.name.as_deref() else {
            check_deletion(records, write)?;
            continue;
        };
        let at = by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        ensure!(at.len() <= write.times_max, "{write:?} happened more than once: {at:?}");
        let (happened, right) = match &write.told {
            Told::Done(told) => {
                // Done again, it may have changed nothing, and be where nobody was told.
                let is_free = told.is_empty() || write.times_max > 1;
                (!at.is_empty(), is_free || at.iter().any(|at| is_told(write, told, *at)))
            }
            Told::Refused => (at.is_empty(), true),
            Told::Unknown => (true, true),
        };
        ensure!(happened && right, "{write:?}, and its records are at {at:?}");
        for position in at {
            let key = records.get(position).map(|record| &record.key);
            ensure!(key == Some(&write.key), "{write:?} went to {key:?}");
        }
        if let Some(transaction) = &write.transaction {
            let commits = at.iter().map(|position| position >> 20).collect();
            transactions.entry(transaction).or_default().push((name, commits));
        }
    }
    for (transaction, parts) in transactions {
        let first = parts.first().map(|(_, commits)| commits);
        let whole = parts.iter().all(|(_, commits)| Some(commits) == first);
        let twice = book
            .writes
            .iter()
            .any(|write| write.times_max > 1 && write.transaction.as_deref() == Some(transaction));
        // Done again, a part of it may have changed nothing.
        ensure!(whole || twice, "the transaction {transaction} was torn: {parts:?}");
    }
    Ok(())
}

/// Whether a record stands where its write was told to be.
fn is_told(write: &Write, told: &[u128], at: u128) -> bool {
    told.contains(&at) || write.grouped && told.iter().any(|told| told >> 20 == at >> 20)
}

fn check_deletion(records: &BTreeMap<u128, Record>, write: &Write) -> Result<(), Violation> {
    let Told::Done(told) = &write.told else { return Ok(()) };
    if let ([position], false) = (&told[..], write.grouped) {
        let record = records.get(position);
        let is_it = record.is_some_and(|record| record.kind == "REMOVE" && record.key == write.key);
        ensure!(is_it, "{write:?}, and there is {record:?}");
    }
    Ok(())
}

/// Every item that was shown was there, and none was older than what was known then.
fn check_shown(records: &BTreeMap<u128, Record>, book: &Book) -> Result<(), Violation> {
    let mut written: BTreeMap<(&Key, &str), u128> = BTreeMap::new();
    let mut removed: BTreeMap<&Key, u128> = BTreeMap::new();
    for (position, record) in records {
        match record.new.as_ref().map(write_of) {
            Some(Some(name)) => drop(written.insert((&record.key, name), *position)),
            Some(None) => {}
            None => drop(removed.insert(&record.key, *position)),
        }
    }
    for shown in &book.shown {
        match &shown.write {
            Some(name) => {
                let at = written.get(&(&shown.key, name));
                let is_new = at.is_some_and(|at| *at >= shown.floor);
                ensure!(is_new, "{} showed {shown:?}, and that was written at {at:?}", shown.by);
            }
            None => {
                let at = removed.get(&shown.key).copied().unwrap_or(0);
                ensure!(at >= shown.floor, "{} showed {shown:?}, and it was last removed at {at}", shown.by);
            }
        }
    }
    Ok(())
}

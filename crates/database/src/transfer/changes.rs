//! What changed in a time, by item: read from the change log of the table.
//!
//! An item that was written several times is told of once, as it was before the first and after the last of the
//! writes; in an export, one that came and went is not told of. So that no more than a part of the items is in memory, the log is
//! read several times where it is long, each time for the partition hashes of another range.

use super::job::Failure;
use crate::keys::{Hasher, ItemKey};
use crate::table::Table;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{AnyStore, LogId, LogRecord, Snapshot, Store};
use streams::StreamDescriptor;
use streams::record::{Kind, decode_stored};
use transfer::Change;

/// The bytes of records that are looked at in one go, about.
const PASS_BYTES: u64 = 64 << 20;

/// The most goes.
const PASSES_MAX: u64 = 4_096;

/// Records are read so many, and so many bytes, at a time.
const PAGE_RECORDS: usize = 1_000;
const PAGE_BYTES: usize = 1 << 20;

/// A page of changes has this many.
const PAGE_CHANGES: usize = 500;

/// What is told of the items that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// What they became, where they did not come and go.
    New,
    /// What they were, too.
    NewAndOld,
    /// What they were, of all of them: whoever looks at a later moment may have seen those that came and went.
    Before,
}

/// What changed in a time.
#[derive(Clone)]
pub(crate) struct Changes {
    store: Arc<AnyStore>,
    hasher: Hasher,
    table: Arc<Table>,
    /// The logs of the shards, parents before children.
    logs: Vec<LogId>,
    from_ms: u64,
    to_ms: u64,
    told: Told,
    /// How many goes there are, once that is known.
    passes: Option<u64>,
    pass: u64,
    /// What the last go found.
    found: Vec<Change>,
}

/// The first and the last of the writes of an item.
struct Writes {
    change: Change,
    first: Kind,
    last: Kind,
}

impl Changes {
    /// Those of a table's stream.
    pub(crate) fn new(
        database: &crate::Database,
        table: &Arc<Table>,
        stream: &StreamDescriptor,
        (from_ms, to_ms): (u64, u64),
        told: Told,
    ) -> Self {
        let snapshot = database.store.snapshot();
        // A shard is dated closed before the commit that closes it, so it may have records of a later time.
        let has_later = |log| {
            let later = |before| snapshot.log(log).is_some_and(|state| before < state.tail);
            snapshot.log_before(log, from_ms).is_ok_and(later)
        };
        let is_old = |closed_ms: Option<u64>| closed_ms.is_some_and(|closed_ms| closed_ms < from_ms);
        let shards = stream.shards.iter().filter(|shard| !is_old(shard.closed_ms) || has_later(shard.log));
        Self {
            store: Arc::clone(&database.store),
            hasher: database.hasher,
            table: Arc::clone(table),
            logs: shards.map(|shard| shard.log).collect(),
            from_ms,
            to_ms,
            told,
            passes: None,
            pass: 0,
            found: Vec::new(),
        }
    }

    /// Whether records may be gone though their time is not over: those in memory have a bound.
    pub(crate) fn may_be_missing(store: &AnyStore) -> bool {
        matches!(store, AnyStore::Memory(memory) if memory.usage().trimmed_early > 0)
    }

    /// The next page; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Change>>, Failure> {
        while self.found.is_empty() {
            if self.passes.is_some_and(|passes| self.pass >= passes) {
                return Ok(None);
            }
            let this = self.clone();
            // It reads much, which no other task is to wait for.
            let done = environment::offload(move || this.passed()).await;
            *self = done.map_err(|error| Failure::new("InternalServerError", error.to_string()))??;
        }
        let rest = self.found.split_off(self.found.len().min(PAGE_CHANGES));
        Ok(Some(std::mem::replace(&mut self.found, rest)))
    }

    /// This, after the next go.
    fn passed(mut self) -> Result<Self, Failure> {
        let passes = match self.passes {
            Some(passes) => passes,
            None => {
                let mut bytes = 0;
                self.each_record(|record| {
                    bytes += record.bytes.len() as u64;
                    Ok(())
                })?;
                (bytes / PASS_BYTES + 1).min(PASSES_MAX)
            }
        };
        self.passes = Some(passes);
        let (width, pass) = (u128::MAX / u128::from(passes), u128::from(self.pass));
        let mut writes: BTreeMap<Bytes, Writes> = BTreeMap::new();
        self.each_record(|record| {
            // The last range takes what the division leaves.
            let is_meant = |hash: u128| (hash / width).min(u128::from(passes) - 1) == pass;
            self.note(&mut writes, record, is_meant)
        })?;
        if Self::may_be_missing(&self.store) {
            return Err(Failure::new(
                "InternalServerError",
                "Records of the change log went before their time, for want of memory",
            ));
        }
        let all = self.told == Told::Before;
        let is_told = |writes: &Writes| all || (writes.first, writes.last) != (Kind::Insert, Kind::Remove);
        self.found = writes.into_values().filter(is_told).map(|writes| writes.change).collect();
        self.pass += 1;
        Ok(self)
    }

    /// Visits the records of the time, those of one item in order.
    fn each_record(&self, mut visit: impl FnMut(&LogRecord) -> Result<(), Failure>) -> Result<(), Failure> {
        for log in &self.logs {
            let mut after = None;
            loop {
                let snapshot = self.store.snapshot();
                let gone =
                    || Failure::new("InternalServerError", "A part of the change log has expired meanwhile");
                let state = snapshot.log(*log).ok_or_else(gone)?;
                let start = match after {
                    Some(after) if after < state.trimmed => return Err(gone()),
                    Some(after) => after,
                    None => snapshot.log_before(*log, self.from_ms).map_err(|error| failed(&error))?,
                };
                let page = snapshot
                    .log_read(*log, start, PAGE_RECORDS, PAGE_BYTES)
                    .map_err(|error| failed(&error))?;
                drop(snapshot);
                let in_time = |record: &&LogRecord| record.time_ms < self.to_ms;
                for record in page.records.iter().take_while(in_time) {
                    visit(record)?;
                }
                if !page.more || page.records.last().is_none_or(|last| last.time_ms >= self.to_ms) {
                    break;
                }
                after = Some(page.next);
            }
        }
        Ok(())
    }

    fn note(
        &self,
        writes: &mut BTreeMap<Bytes, Writes>,
        record: &LogRecord,
        is_meant: impl Fn(u128) -> bool,
    ) -> Result<(), Failure> {
        let written_micros = record.time_ms.saturating_mul(1_000);
        let record = decode_stored(&record.bytes).map_err(|error| failed(&error))?;
        let key = ItemKey::of_image(&self.table, self.hasher, &record.keys)
            .ok_or_else(|| Failure::new("InternalServerError", "a record has no key"))?;
        if !is_meant(key.hash) {
            return Ok(());
        }
        if let Some(known) = writes.get_mut(&key.key.bytes) {
            known.change.new = record.new;
            known.change.written_micros = written_micros;
            known.last = record.kind;
            return Ok(());
        }
        let old = record.old.filter(|_| self.told != Told::New);
        let change = Change { keys: record.keys, old, new: record.new, written_micros };
        writes.insert(key.key.bytes, Writes { change, first: record.kind, last: record.kind });
        Ok(())
    }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "the change log could not be read");
    Failure::new("InternalServerError", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caller, Database, Options};
    use environment::Environment;
    use std::collections::BTreeSet;
    use wire::Operation;

    async fn ok(database: &Arc<Database>, operation: Operation, request: serde_json::Value) {
        let caller = Caller::new("000000000000", "us-east-1");
        database.call(operation, &caller, request.to_string().into()).await.unwrap();
    }

    /// A table with a stream.
    async fn dogs(database: &Arc<Database>) -> (Arc<Table>, Arc<StreamDescriptor>) {
        let create = serde_json::json!({
            "TableName": "dogs", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        });
        ok(database, Operation::CreateTable, create).await;
        let caller = Caller::new("000000000000", "us-east-1");
        let entry = database.catalog.find(&caller, "dogs").unwrap();
        let stream = entry.descriptor.enabled_stream().unwrap();
        (Arc::clone(&entry.table), database.streams.get(&stream.arn).unwrap())
    }

    fn put(item: serde_json::Value) -> serde_json::Value {
        serde_json::json!({ "TableName": "dogs", "Item": item })
    }

    async fn keys(mut changes: Changes) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        while let Some(page) = changes.next().await.unwrap() {
            keys.extend(page.into_iter().map(|change| change.keys.as_bytes().to_vec()));
        }
        keys
    }

    #[tokio::test]
    async fn several_goes_find_what_one_does_each_once() {
        let database = Database::open(Options::in_memory(), Environment::simulated(5, 1_000_000)).unwrap();
        let (table, stream) = dogs(&database).await;
        for n in 0..300 {
            let item =
                serde_json::json!({ "pk": { "S": (n % 200).to_string() }, "n": { "N": n.to_string() } });
            ok(&database, Operation::PutItem, put(item)).await;
        }
        ok(&database, Operation::PutItem, put(serde_json::json!({ "pk": { "S": "gone" } }))).await;
        let gone = serde_json::json!({ "TableName": "dogs", "Key": { "pk": { "S": "gone" } } });
        ok(&database, Operation::DeleteItem, gone).await;
        let changes = Changes::new(&database, &table, &stream, (0, u64::MAX), Told::NewAndOld);
        let one = keys(changes.clone()).await;
        assert_eq!(one.len(), 200);
        // The item that came and went is of interest to those who look back only.
        assert_eq!(keys(Changes { told: Told::Before, ..changes.clone() }).await.len(), 201);
        let expected: BTreeSet<_> = one.into_iter().collect();
        for passes in [2, 3, 7, 1_000] {
            let several = keys(Changes { passes: Some(passes), ..changes.clone() }).await;
            assert_eq!(several.len(), 200, "{passes}");
            assert_eq!(several.into_iter().collect::<BTreeSet<_>>(), expected, "{passes}");
        }
    }
    #[tokio::test]
    async fn a_shard_has_what_was_written_after_it_was_dated_closed() {
        let database = Database::open(Options::in_memory(), Environment::simulated(5, 1_000_000)).unwrap();
        let (table, stream) = dogs(&database).await;
        ok(&database, Operation::PutItem, put(serde_json::json!({ "pk": { "S": "late" } }))).await;
        let mut stream = StreamDescriptor::clone(&stream);
        stream.shards[0].closed_ms = Some(999_999);
        let since = |from_ms| Changes::new(&database, &table, &stream, (from_ms, u64::MAX), Told::NewAndOld);
        assert_eq!(keys(since(1_000_000)).await.len(), 1);
        assert_eq!(since(1_000_001).logs, []);
    }
}

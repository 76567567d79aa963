//! What the connections know, held against the table, its index and its stream.

use super::load::{Acknowledged, Known, Table};
use crate::client::Client;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Items by their keys.
type Items = BTreeMap<String, Value>;

/// Everything that is known so far.
#[derive(Default)]
pub(crate) struct Ledger {
    /// What the table must hold: of some keys one of several, where the last write was not answered.
    expected: HashMap<String, Vec<Option<u64>>>,
    /// Writes whose records have not been looked for yet.
    acknowledged: Vec<Acknowledged>,
    counted: u64,
    pub(crate) unanswered: usize,
    stream: Reader,
    /// The highest sequence number seen before this round.
    highest: u128,
}

/// A follower of the stream.
#[derive(Default)]
struct Reader {
    /// The last number read in each shard.
    after: HashMap<String, u128>,
    /// Shards that have been read to their ends.
    ended: HashSet<String>,
    /// The records over nothing.
    items: Items,
    /// Key, number and shard of each record. Of a removed item there is no number.
    records: BTreeMap<u128, (String, Option<u64>, String)>,
}

impl Ledger {
    /// Takes over what the connections of a round know.
    pub(crate) fn enter(&mut self, round: Vec<Known>) {
        for known in round {
            self.counted += known.counted;
            self.unanswered += 1;
            for acknowledged in known.acknowledged {
                for (shard, number) in &acknowledged.positions {
                    assert!(*number > self.highest, "{number} of {shard} is not above {}", self.highest);
                }
                for write in &acknowledged.writes {
                    self.expected.insert(write.key.clone(), vec![write.number]);
                }
                self.acknowledged.push(acknowledged);
            }
            for write in known.unanswered {
                self.expected.entry(write.key).or_insert_with(|| vec![None]).push(write.number);
            }
        }
    }

    /// Holds everything against the server.
    pub(crate) fn verify(&mut self, client: &mut Client) {
        self.stream.read_on(client);
        let table = items(pages(client, "Scan", &json!({ "TableName": Table::NAME })));
        assert_eq!(table, self.stream.items, "the stream, replayed, is not the table");
        verify_index(client, &table);
        self.verify_expected(&table);
        self.verify_records();
        let counted = table.get("all").map_or(0, number_of);
        assert!((self.counted..=self.counted + self.unanswered as u64).contains(&counted));
        self.highest = self.stream.records.last_key_value().map_or(0, |(number, _)| *number);
    }

    /// Reads the stream once more as somebody new.
    pub(crate) fn replay_from_the_beginning(&self, client: &mut Client) {
        let mut reader = Reader::default();
        reader.read_on(client);
        assert_eq!(reader.items, self.stream.items);
        assert_eq!(reader.records, self.stream.records);
    }

    /// What the records of the stream say, in order of key.
    pub(crate) fn changes(&self) -> Vec<super::deliveries::Change> {
        let records = self.stream.records.values();
        let mut changes: Vec<_> = records.map(|(key, number, _)| (key.clone(), *number)).collect();
        changes.sort_unstable();
        changes
    }

    pub(crate) fn shards(&self) -> usize {
        self.stream.after.len()
    }

    fn verify_expected(&mut self, table: &Items) {
        for (key, possible) in &mut self.expected {
            let found = table.get(key).map(number_of);
            assert!(possible.contains(&found), "{key} holds {found:?}, not one of {possible:?}");
            *possible = vec![found];
        }
        for key in table.keys() {
            assert!(key == "all" || self.expected.contains_key(key), "nobody wrote {key}");
        }
        for left in table.keys().filter(|key| key.ends_with("-left")) {
            let right = left.replace("left", "right");
            assert_eq!(table[left]["n"], table[&right]["n"], "half a transaction");
        }
    }

    fn verify_records(&mut self) {
        let by_number: HashSet<(&str, u64)> = self
            .stream
            .records
            .values()
            .filter_map(|(key, number, _)| number.map(|number| (key.as_str(), number)))
            .collect();
        for Acknowledged { writes, positions } in self.acknowledged.drain(..) {
            for write in &writes {
                let there = write.number.is_none_or(|number| by_number.contains(&(&*write.key, number)));
                assert!(there, "there is no record of {write:?}");
                assert!(
                    write.number.is_none() || !positions.is_empty(),
                    "an answer without positions: {write:?}"
                );
            }
            for (shard, number) in positions {
                let (key, _, found) = &self.stream.records[&number];
                assert_eq!(*found, shard);
                assert!(writes.is_empty() || writes.iter().any(|write| write.key == *key));
            }
        }
    }
}

impl Reader {
    /// Reads all that is new, parents before children.
    fn read_on(&mut self, client: &mut Client) {
        let table = ok(client, "DescribeTable", &json!({ "TableName": Table::NAME }));
        let stream = table["Table"]["LatestStreamArn"].clone();
        let mut shards = Vec::new();
        let mut request = json!({ "StreamArn": stream });
        loop {
            let page = ok(client, "DescribeStream", &request)["StreamDescription"].clone();
            shards.extend(page["Shards"].as_array().unwrap().iter().cloned());
            match page.get("LastEvaluatedShardId") {
                Some(last) => request["ExclusiveStartShardId"] = last.clone(),
                None => break,
            }
        }
        let ids: BTreeSet<&str> = shards.iter().map(|shard| shard["ShardId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), shards.len());
        for shard in &shards {
            // They are listed in the order in which they were made.
            let id = shard["ShardId"].as_str().unwrap();
            if self.ended.contains(id) {
                continue;
            }
            let parent = shard["ParentShardId"].as_str();
            assert!(parent.is_none_or(|parent| self.ended.contains(parent)), "a child of an open shard");
            self.read_shard(client, &stream, id);
        }
    }

    fn read_shard(&mut self, client: &mut Client, stream: &Value, shard: &str) {
        let mut request =
            json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(after) = self.after.get(shard).filter(|after| **after > 0) {
            request["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            request["SequenceNumber"] = format!("{after:021}").into();
        }
        self.after.entry(shard.to_owned()).or_default();
        let mut iterator = ok(client, "GetShardIterator", &request)["ShardIterator"].clone();
        loop {
            let page = ok(client, "GetRecords", &json!({ "ShardIterator": iterator }));
            let records = page["Records"].as_array().unwrap();
            records.iter().for_each(|record| self.take(shard, record));
            match page.get("NextShardIterator") {
                None => {
                    self.ended.insert(shard.to_owned());
                    return;
                }
                Some(_) if records.is_empty() => return,
                Some(next) => iterator = next.clone(),
            }
        }
    }

    fn take(&mut self, shard: &str, record: &Value) {
        let record = &record["dynamodb"];
        let number: u128 = record["SequenceNumber"].as_str().unwrap().parse().unwrap();
        let before = self.after.insert(shard.to_owned(), number);
        assert!(before < Some(number), "{shard} goes from {before:?} to {number}");
        let key = key_of(&record["Keys"]);
        assert_eq!(self.items.get(&key), record.get("OldImage"), "{key} was not what its record says");
        let new = record.get("NewImage");
        match new {
            Some(new) => drop(self.items.insert(key.clone(), new.clone())),
            None => drop(self.items.remove(&key)),
        }
        let seen = self.records.insert(number, (key, new.map(number_of), shard.to_owned()));
        assert_eq!(seen, None, "{number} was given twice");
    }
}

fn verify_index(client: &mut Client, table: &Items) {
    let request = json!({ "TableName": Table::NAME, "IndexName": "by-group" });
    let index = items(pages(client, "Scan", &request));
    let mut grouped = table.clone();
    grouped.retain(|_, item| item.get("g").is_some());
    assert_eq!(index, grouped, "the index is not what the table says");
    for group in ["g0", "g1", "g2"] {
        let mut request = request.clone();
        request["KeyConditionExpression"] = "g = :g".into();
        request["ExpressionAttributeValues"] = json!({ ":g": { "S": group } });
        let mut of_group = table.clone();
        of_group.retain(|_, item| item["g"]["S"] == group);
        assert_eq!(items(pages(client, "Query", &request)), of_group);
    }
}

fn ok(client: &mut Client, operation: &str, request: &Value) -> Value {
    let answer = client.call(operation, request.to_string());
    assert_eq!(answer.status, 200, "{operation} of {request}: {}", answer.text());
    answer.json()
}

fn pages(client: &mut Client, operation: &str, request: &Value) -> Vec<Value> {
    let (mut request, mut items) = (request.clone(), Vec::new());
    loop {
        let page = ok(client, operation, &request);
        items.extend(page["Items"].as_array().unwrap().iter().cloned());
        match page.get("LastEvaluatedKey") {
            Some(last) => request["ExclusiveStartKey"] = last.clone(),
            None => return items,
        }
    }
}

fn items(items: Vec<Value>) -> Items {
    let count = items.len();
    let items: Items = items.into_iter().map(|item| (key_of(&item), item)).collect();
    assert_eq!(items.len(), count, "an item twice");
    items
}

fn key_of(item: &Value) -> String {
    item["pk"]["S"].as_str().unwrap().to_owned()
}

pub(super) fn number_of(item: &Value) -> u64 {
    item["n"]["N"].as_str().unwrap().parse().unwrap()
}

//! What the function was given, held against what there was to give.

use crate::log::{RETENTION_MS, Record, Records};
use crate::tables::{FOLLOWED, Key};
use crate::world::position;
use crate::{Violation, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// A record counts as trimmed a little before its time: its shard may have been closed while it was committed.
const SLACK_MS: u64 = 60_000;

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub struct Counts {
    pub calls: u64,
    pub deaths: u64,
    pub records: u64,
    pub records_given_again: u64,
}

/// A record, as the function sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    key: Key,
    position: u128,
}

/// A call of the function.
#[derive(Clone, Debug)]
struct Call {
    given: Vec<Given>,
    begun_ms: u64,
}

/// A moment of a call.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Begins(usize),
    /// The function has answered that it did what it was given.
    Done(usize),
}

/// All calls.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) counts: Counts,
    calls: Vec<Call>,
    moments: Vec<Moment>,
    done: BTreeSet<u128>,
}

/// Shared by all lives.
pub(super) type Shared = Arc<Mutex<Book>>;

impl Book {
    /// A call begins; its number.
    pub(super) fn begin(&mut self, given: Vec<Given>, begun_ms: u64) -> usize {
        self.counts.calls += 1;
        self.moments.push(Moment::Begins(self.calls.len()));
        self.calls.push(Call { given, begun_ms });
        self.calls.len() - 1
    }

    /// It ends.
    pub(super) fn end(&mut self, call: usize, is_done: bool) {
        if !is_done {
            return;
        }
        self.moments.push(Moment::Done(call));
        self.done.extend(self.calls[call].given.iter().map(|given| given.position));
    }

    /// The first record that is still to be done, if there is one.
    pub(super) fn missing<'a>(&self, records: &'a Records, now_ms: u64) -> Option<&'a Record> {
        let is_missing = |(position, record): &(&u128, &Record)| {
            !self.done.contains(position) && !may_be_gone(record, now_ms)
        };
        records.iter().find(is_missing).map(|(_, record)| record)
    }

    /// Whether all that was given was there, and came in its order. Answers how many records were given.
    ///
    /// A disk that syncs late may take back records that were given already.
    pub(super) fn check(&mut self, records: &Records, is_relaxed: bool) -> Result<u64, Violation> {
        let mut left: BTreeMap<&Key, BTreeMap<u128, &Record>> = BTreeMap::new();
        for (position, record) in records {
            left.entry(&record.key).or_default().insert(*position, record);
        }
        let last = records.last_key_value().map_or(0, |(position, _)| *position);
        let mut seen = BTreeSet::new();
        for moment in &self.moments {
            match *moment {
                Moment::Begins(number) => {
                    let call = &self.calls[number];
                    for (place, given) in call.given.iter().enumerate() {
                        self.counts.records_given_again += u64::from(!seen.insert(given.position));
                        let known =
                            records.get(&given.position).is_some_and(|record| record.key == given.key);
                        // Behind the last are those that come of the time that goes by at the end.
                        let is_there = known || given.position > last || is_relaxed;
                        ensure!(is_there, "the function was given {given:?}, and there is no such record");
                        check_order(left.get(&given.key), call, place)?;
                    }
                }
                Moment::Done(number) => {
                    for given in &self.calls[number].given {
                        left.get_mut(&given.key).and_then(|left| left.remove(&given.position));
                    }
                }
            }
        }
        self.counts.records = seen.len() as u64;
        Ok(self.counts.records)
    }
}

/// Whatever comes before a record of its key is done, or in the same call before it, or is no longer there.
fn check_order(left: Option<&BTreeMap<u128, &Record>>, call: &Call, place: usize) -> Result<(), Violation> {
    let given = &call.given[place];
    let before = left.into_iter().flat_map(|left| left.range(..given.position));
    let skipped = before.into_iter().find(|(position, record)| {
        let in_call = call.given[..place].iter().any(|given| given.position == **position);
        !in_call && !may_be_gone(record, call.begun_ms)
    });
    match skipped {
        Some((position, record)) => Err(Violation(format!(
            "the function was given {given:?} before what is at {position}: {record:?}"
        ))),
        None => Ok(()),
    }
}

fn may_be_gone(record: &Record, now_ms: u64) -> bool {
    record.seconds * 1000 + RETENTION_MS <= now_ms + SLACK_MS
}

/// A record of an event.
pub(super) fn given(raw: &Value) -> Option<Given> {
    let arn = raw["eventSourceARN"].as_str()?;
    let table = FOLLOWED.into_iter().find(|table| arn.contains(&format!(":table/{table}/")))?;
    let change = &raw["dynamodb"];
    let position = change["SequenceNumber"].as_str().and_then(position)?;
    Some(Given { key: Key::of(table, &change["Keys"]), position })
}

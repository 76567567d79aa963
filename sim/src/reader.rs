//! A reader of the streams: it holds iterators over restarts and leaps of the clock, and must have read, of each
//! shard, all that there is from where it began.

use crate::book::{Counts, Shared};
use crate::log::{Record, parsed, shards, stream_of};
use crate::plan::{below, one_of};
use crate::tables::FOLLOWED;
use crate::world::{Answer, World, sequence_number};
use crate::{Violation, ensure, lock};
use environment::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::Operation;

/// Where it stands.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    places: BTreeMap<String, Place>,
}

/// Where it stands in a shard.
#[derive(Debug, Default)]
struct Place {
    iterator: Option<Value>,
    read: Vec<u128>,
    ended: bool,
}

impl Reader {
    /// Forgets what it read of late: it may have been taken back.
    pub(crate) fn forget(&mut self) {
        self.places.clear();
    }

    /// Reads a page of a shard.
    pub(crate) async fn step(
        &mut self,
        world: &World,
        random: &Random,
        book: &Shared,
    ) -> Result<(), Violation> {
        let Some(table) = one_of(random, &FOLLOWED) else { return Ok(()) };
        let Ok(arn) = stream_of(world, table).await else { return Ok(()) };
        let Ok(all) = shards(world, &arn).await else { return Ok(()) };
        let Some(shard) = all.get(below(random, all.len() as u64) as usize) else { return Ok(()) };
        let id = &shard["ShardId"];
        let place = self.places.entry(id.as_str().unwrap_or_default().to_owned()).or_default();
        if place.ended {
            return Ok(());
        }
        let Some(iterator) = place.iterator(world, &arn, id).await else { return Ok(()) };
        let limit = 1 + below(random, 10);
        let request = json!({ "ShardIterator": iterator, "Limit": limit });
        match world.ask(Operation::GetRecords, &request).await {
            Answer::Ok(page, _) => {
                place.take(table, id, &page)?;
                note(book, format_args!("reader: {id} to {:?}", place.read.last()), |counts| {
                    counts.shard_ends_read += u64::from(place.ended);
                });
                if place.ended {
                    check_children(&world.inside(), &arn, id).await?;
                }
            }
            Answer::Refused(code, _) => {
                place.iterator = None;
                let expired = code == "ExpiredIteratorException";
                note(book, format_args!("reader: {id}: {code}"), |counts| {
                    counts.iterators_expired += u64::from(expired);
                });
                match code.as_str() {
                    "ExpiredIteratorException" => {}
                    // What it would have read next was trimmed: it begins anew.
                    "TrimmedDataAccessException" => place.read.clear(),
                    _ => return Err(Violation(format!("{request} is refused with {code}"))),
                }
            }
            Answer::Unsent | Answer::Lost => {}
        }
        Ok(())
    }

    /// Holds what it read against all that there is.
    pub(crate) fn check(&self, records: &BTreeMap<u128, Record>) -> Result<(), Violation> {
        for (shard, place) in &self.places {
            let (Some(first), Some(last)) = (place.read.first(), place.read.last()) else { continue };
            let there = records.range(first..=last).filter(|(_, record)| record.shard == *shard);
            let there: Vec<u128> = there.map(|(position, _)| *position).collect();
            ensure!(there == place.read, "of {shard} was read {:?}, and there is {there:?}", place.read);
        }
        Ok(())
    }
}

impl Place {
    /// Its iterator, or one that goes on where it was lost.
    async fn iterator(&mut self, world: &World, arn: &Value, shard: &Value) -> Option<Value> {
        if self.iterator.is_none() {
            let mut request = json!({ "StreamArn": arn, "ShardId": shard });
            match self.read.last() {
                Some(last) => {
                    request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                    request["SequenceNumber"] = json!(sequence_number(*last));
                }
                None => request["ShardIteratorType"] = json!("TRIM_HORIZON"),
            }
            match world.ask(Operation::GetShardIterator, &request).await {
                Answer::Ok(answer, _) => self.iterator = Some(answer["ShardIterator"].clone()),
                // The record that it stood at is gone.
                Answer::Refused(..) => self.read.clear(),
                Answer::Unsent | Answer::Lost => {}
            }
        }
        self.iterator.clone()
    }

    fn take(&mut self, table: &'static str, shard: &Value, page: &Value) -> Result<(), Violation> {
        for raw in page["Records"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let (position, _) = parsed(table, shard, raw)?;
            let last = self.read.last().copied().unwrap_or(0);
            ensure!(position > last, "{shard}: {position} was read after {last}");
            self.read.push(position);
        }
        self.iterator = page.get("NextShardIterator").cloned();
        self.ended = self.iterator.is_none();
        Ok(())
    }
}

/// Whoever saw the end of a shard finds what goes on from it.
async fn check_children(world: &World, arn: &Value, shard: &Value) -> Result<(), Violation> {
    let all = shards(world, arn).await?;
    // One that has expired since it was chosen is not asked for.
    let known = all.iter().any(|other| other["ShardId"] == *shard);
    let has_child = all.iter().any(|other| other["ParentShardId"] == *shard);
    ensure!(!known || has_child, "{shard} has ended, and nothing goes on from it");
    Ok(())
}

fn note(book: &Shared, event: std::fmt::Arguments<'_>, count: impl FnOnce(&mut Counts)) {
    let mut book = lock(book);
    book.trace.note(event);
    count(&mut book.counts);
}

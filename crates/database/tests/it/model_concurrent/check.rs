//! What has to hold when a run is over.
//!
//! - Replaying a stream from its beginning over nothing gives the table.
//! - The stream tells of each item a chain, in which what is new in one record is old in the next. Every write that
//!   was acknowledged is in it once, and nothing else; what its answer said of the item before and after is what the
//!   record says, and where the answer says. A write that was answered before another began stands before it.
//! - A consistent read has seen what was there while it ran.
//! - The places that are only written together have the same chains.
//! - Every reader has read every record once, in order, however it was moved from shard to shard.
//! - Every index holds what it should of every item, and nothing else.

mod chains;
mod indexes;
mod readers;

use super::Run;
use super::follower::{Followed, Follower, From, Record};
use super::history::History;
use super::tables::{Place, TABLES, TOGGLED};
use crate::dice::Dice;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::Operation::{ListStreams, Scan};

/// The items of a table.
type Items = BTreeMap<Place, Value>;

pub(super) async fn all(run: &Arc<Run>, history: &History, followed: &[Followed]) {
    let mut ring = Vec::new();
    for (table, spec) in TABLES.iter().enumerate() {
        let items = scan(run, table, None).await;
        indexes::check(run, table, &items).await;
        if table == TOGGLED {
            check_generations(run, history, &items).await;
            continue;
        }
        let Some(arn) = &run.streams[table] else {
            chains::check_without_stream(history, table, &items);
            continue;
        };
        let whole = Follower::new(run, (table, arn.clone()), From::Horizon, Dice(9)).all().await;
        readers::check(&whole, followed.iter().filter(|followed| followed.table == table));
        if spec.view.is_some_and(|view| view.starts_with("NEW")) {
            assert_eq!(replayed(table, &whole.records), items, "the replay of {}", spec.name);
        }
        for chain in chains::of(table, &whole.records, &items) {
            chain.check(history);
            ring.extend(chain.ring());
        }
    }
    assert!(ring.len() == 3 && !ring[0].is_empty(), "{ring:?}");
    assert!(ring.iter().all(|ids| *ids == ring[0]), "transactions in another order: {ring:?}");
}

/// Everything in a table or an index.
async fn scan(run: &Run, table: usize, index: Option<&str>) -> Items {
    let mut request = json!({ "TableName": TABLES[table].name });
    if let Some(index) = index {
        request["IndexName"] = json!(index);
    }
    let mut items = Items::new();
    loop {
        let page = run.world.ok(Scan, request.clone()).await;
        for item in page["Items"].as_array().unwrap() {
            let before = items.insert(Place::of(table, item), item.clone());
            assert_eq!(before, None, "an item twice in {request}");
        }
        match page.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return items,
        }
    }
}

/// What the records make of nothing.
fn replayed(table: usize, records: &[Record]) -> Items {
    let mut items = Items::new();
    for Record { record, .. } in records {
        let place = Place::of(table, &record["dynamodb"]["Keys"]);
        match record["dynamodb"].get("NewImage") {
            Some(new) => items.insert(place, new.clone()),
            None => items.remove(&place),
        };
    }
    items
}

/// The streams of a table whose stream went off and on: each is whole in itself.
async fn check_generations(run: &Arc<Run>, history: &History, items: &Items) {
    let listed = run.world.ok(ListStreams, json!({ "TableName": TABLES[TOGGLED].name })).await;
    let streams = listed["Streams"].as_array().unwrap();
    assert!(streams.len() > 1, "the stream was never switched on again");
    let enabled = run.world.describe(TABLES[TOGGLED].name).await.get("StreamSpecification").is_some();
    let mut recorded = 0;
    for (nth, stream) in streams.iter().enumerate() {
        let arn = stream["StreamArn"].as_str().unwrap().to_owned();
        let whole = Follower::new(run, (TOGGLED, arn), From::Horizon, Dice(9)).all().await;
        let is_last = enabled && nth + 1 == streams.len();
        for chain in chains::of(TOGGLED, &whole.records, items) {
            recorded += chain.check_part(history, (nth == 0, is_last));
        }
    }
    let told = history.writes.iter().filter(|write| write.place.table == TOGGLED && write.position.is_some());
    assert_eq!(told.count(), recorded, "answers that name a record, and records of such writes");
}

//! Whoever changes tables while others use them: shards, indexes, a table that comes and goes.

use crate::book::Shared;
use crate::log::{shards, stream_of};
use crate::plan::{below, one_of};
use crate::tables::{FOLLOWED, PASSING, SECOND, global_attributes, global_index, other};
use crate::world::{Answer, World};
use crate::{Violation, ensure, lock};
use environment::Random;
use serde_json::{Value, json};
use wire::{ApiError, Operation};

/// Open shards of a stream, above which none is split.
const OPEN_MAX: usize = 5;

/// Changes something.
pub(crate) async fn step(world: &World, random: &Random, book: &Shared) -> Result<(), Violation> {
    match below(random, 6) {
        0 | 1 => reshard(world, random, book).await,
        2 => index(world, book).await,
        3 | 4 => {
            let moved = world.database.move_clock(&json!({ "advance_ms": below(random, 90) * 60_000 })).await;
            lock(book).trace.note(format_args!("the clock: {}", moved.is_ok()));
            Ok(())
        }
        _ => passing(world, random, book).await,
    }
}

async fn reshard(world: &World, random: &Random, book: &Shared) -> Result<(), Violation> {
    let Some(table) = one_of(random, &FOLLOWED) else { return Ok(()) };
    let Some(changed) = split_or_roll(world, random, table, OPEN_MAX).await else { return Ok(()) };
    let mut book = lock(book);
    book.counts.resharded += u64::from(changed.is_ok());
    match changed {
        Ok(changed) => book.trace.note(format_args!("shards of {table}: {changed}")),
        Err(error) => book.trace.note(format_args!("shards of {table}: {error}")),
    }
    Ok(())
}

/// Splits an open shard of a table's stream where there are fewer than so many, or rolls it over. `None` where the stream
/// cannot be seen.
pub(crate) async fn split_or_roll(
    world: &World,
    random: &Random,
    table: &str,
    open_max: usize,
) -> Option<Result<Value, ApiError>> {
    let arn = stream_of(world, table).await.ok()?;
    let all = shards(world, &arn).await.ok()?;
    let is_open = |shard: &&Value| shard["SequenceNumberRange"].get("EndingSequenceNumber").is_none();
    let open: Vec<&Value> = all.iter().filter(is_open).collect();
    let chosen = open.get(below(random, open.len() as u64) as usize).map(|shard| &shard["ShardId"]);
    let request = json!({ "stream_arn": arn, "shard_id": chosen });
    let (database, caller) = (&world.database, world.caller());
    Some(if open.len() < open_max && below(random, 2) == 0 {
        database.split_shards(caller, &request).await
    } else {
        database.roll_shards(caller, &request).await
    })
}

/// Makes the second table's index, or deletes it.
async fn index(world: &World, book: &Shared) -> Result<(), Violation> {
    let described = world.ask(Operation::DescribeTable, &json!({ "TableName": SECOND })).await;
    let Answer::Ok(described, _) = described else { return Ok(()) };
    let there = described["Table"].get("GlobalSecondaryIndexes").is_some();
    let mut request = json!({ "TableName": SECOND });
    if there {
        request["GlobalSecondaryIndexUpdates"] = json!([{ "Delete": { "IndexName": "gsi" } }]);
    } else {
        request["AttributeDefinitions"] = global_attributes();
        request["GlobalSecondaryIndexUpdates"] = json!([{ "Create": global_index() }]);
    }
    let answer = world.ask(Operation::UpdateTable, &request).await;
    let mut book = lock(book);
    book.counts.indexes_made += u64::from(!there && matches!(answer, Answer::Ok(..)));
    book.trace.note(format_args!("index: {answer}"));
    Ok(())
}

/// Makes the passing table, writes to it, or deletes it. A new one is empty, whatever was there before.
async fn passing(world: &World, random: &Random, book: &Shared) -> Result<(), Violation> {
    // Over a network, a write whose answer was given up may get to the next table of this name.
    let world = &world.inside();
    let made = world.ask(Operation::CreateTable, &other(PASSING)).await;
    lock(book).trace.note(format_args!("table: {made}"));
    match made {
        Answer::Ok(..) => {
            let scanned = world.ask(Operation::Scan, &json!({ "TableName": PASSING })).await;
            if let Answer::Ok(body, _) = scanned {
                ensure!(body["Count"] == 0, "a table is new, and holds {body}");
            }
            lock(book).counts.tables_made += 1;
        }
        Answer::Refused(..) if below(random, 2) == 0 => {
            let item = json!({ "pk": { "S": "a" }, "n": { "N": below(random, 9).to_string() } });
            let put = world.ask(Operation::PutItem, &json!({ "TableName": PASSING, "Item": item })).await;
            lock(book).trace.note(format_args!("table: {put}"));
        }
        Answer::Refused(..) => {
            let deleted = world.ask(Operation::DeleteTable, &json!({ "TableName": PASSING })).await;
            lock(book).trace.note(format_args!("table: {deleted}"));
        }
        Answer::Unsent | Answer::Lost => {}
    }
    Ok(())
}

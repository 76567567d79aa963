//! What goes on around the mappings: writes and messages, changes of shards and of the mappings themselves.

use super::Shared;
use super::book::Message;
use super::mapped::{FIFO, LATE, MAPPED, Mapped, QUEUE, STREAM, Source, TABLE, queue_arn, stream_arn};
use super::world::{SCOPE, Server};
use crate::control::split_or_roll;
use crate::lock;
use crate::plan::{below, one_of};
use environment::Random;
use lambda::configuration::Request;
use lambda::pollers::{NewMapping, Update};
use serde_json::{Value, json};
use services::queues::NewMessage;
use wire::Operation;

/// The beginning of a message that functions fail.
pub(super) const POISON: &str = "poison";
/// The data of a record that functions fail, and of any other, in Base64.
pub(super) const POISON_DATA: &str = "cG9pc29u";
const DATA: &str = "Z29vZA==";

/// Open shards of a stream, above which none is split.
const OPEN_MAX: usize = 4;

/// Writes something somewhere.
pub(super) async fn write(server: &Server, random: &Random, book: &Shared) {
    match below(random, 10) {
        0..=4 => put(server, random, book).await,
        5 | 6 => put_data(server, random, book).await,
        7 | 8 => send(server, random, book, QUEUE).await,
        _ => send(server, random, book, FIFO).await,
    }
}

/// An item of few, so that keys meet.
fn item(random: &Random) -> Value {
    let mut item = json!({
        "id": { "S": format!("k{}", below(random, 5)) },
        "n": { "N": random.next_u64().to_string() },
        "f": { "S": if below(random, 3) == 0 { "no" } else { "yes" } },
    });
    if below(random, 9) == 0 {
        item["poison"] = json!({ "BOOL": true });
    }
    item
}

async fn put(server: &Server, random: &Random, book: &Shared) {
    let position = match below(random, 5) {
        0 => {
            let key = json!({ "TableName": TABLE, "Key": { "id": item(random)["id"] } });
            drop(server.world.ask(Operation::DeleteItem, &key).await);
            None
        }
        1 => {
            let both = [item(random), item(random)].map(|item| json!({ "PutRequest": { "Item": item } }));
            drop(
                server
                    .world
                    .ask(Operation::BatchWriteItem, &json!({ "RequestItems": { TABLE: both } }))
                    .await,
            );
            None
        }
        _ => server.put(&item(random)).await,
    };
    lock(book).trace.note(format_args!("put {position:?}"));
}

async fn put_data(server: &Server, random: &Random, book: &Shared) {
    let data = if below(random, 9) == 0 { POISON_DATA } else { DATA };
    let key = format!("p{}", below(random, 5));
    let put = json!({ "StreamName": STREAM, "PartitionKey": key, "Data": data });
    let answer = server.data("PutRecord", &put).await;
    lock(book).trace.note(format_args!("put data {answer:?}"));
}

async fn send(server: &Server, random: &Random, book: &Shared, queue: &'static str) {
    let poison = if below(random, 9) == 0 { POISON } else { "good" };
    let mut message = NewMessage::new(format!("{poison}-{:x}", random.next_u64()), "000000000000");
    if queue == FIFO {
        message.group = Some(format!("g{}", below(random, 3)));
        message.deduplication = Some(format!("{:x}", random.next_u64()));
    }
    let group = message.group.clone();
    let sent = server.queues.send(&queue_arn(queue), message).await;
    let mut book = lock(book);
    let is_told = sent.is_ok() && !server.is_down();
    book.trace.note(format_args!("send {queue} {is_told}"));
    if let (true, Ok(sent)) = (is_told, sent) {
        let at = sent.sequence_number.and_then(|number| number.parse().ok()).unwrap_or(0);
        book.counts.messages += 1;
        book.sent.entry(queue).or_default().push(Message { id: sent.id, group, at });
    }
}

/// Changes something.
pub(super) async fn change(server: &Server, random: &Random, book: &Shared) {
    match below(random, 12) {
        0 | 1 => reshard_table(server, random, book).await,
        2 => reshard_data(server, random, book).await,
        3..=6 => update(server, random, book).await,
        7 | 8 => switch(server, random, book).await,
        9 => late(server, random, book).await,
        _ => {
            let ms = below(random, 25) * 5_000;
            let moved = server.world.database.move_clock(&json!({ "advance_ms": ms })).await;
            lock(book).trace.note(format_args!("the clock: {ms} {}", moved.is_ok()));
        }
    }
}

async fn reshard_table(server: &Server, random: &Random, book: &Shared) {
    let Some(changed) = split_or_roll(&server.world, random, TABLE, OPEN_MAX).await else { return };
    let mut book = lock(book);
    book.counts.reshards += u64::from(changed.is_ok());
    book.trace.note(format_args!("shards of the table: {}", changed.is_ok()));
}

async fn reshard_data(server: &Server, random: &Random, book: &Shared) {
    let Some(listed) = server.data("ListShards", &json!({ "StreamName": STREAM })).await else { return };
    let all = listed["Shards"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u128>().ok()).unwrap_or(0);
    let is_open = |shard: &&Value| shard["SequenceNumberRange"].get("EndingSequenceNumber").is_none();
    let mut open: Vec<&Value> = all.iter().filter(is_open).collect();
    open.sort_by_key(|shard| number(&shard["HashKeyRange"]["StartingHashKey"]));
    let place = below(random, open.len() as u64) as usize;
    let changed = match (open.get(place), open.get(place + 1)) {
        (Some(shard), Some(next)) if open.len() >= OPEN_MAX || below(random, 2) == 0 => {
            let request = json!({
                "StreamName": STREAM, "ShardToMerge": shard["ShardId"], "AdjacentShardToMerge": next["ShardId"],
            });
            server.data("MergeShards", &request).await
        }
        (Some(shard), _) if open.len() < OPEN_MAX => {
            let range = &shard["HashKeyRange"];
            let (low, high) = (number(&range["StartingHashKey"]), number(&range["EndingHashKey"]));
            let middle = (low + (high - low) / 2).to_string();
            let request = json!({
                "StreamName": STREAM, "ShardToSplit": shard["ShardId"], "NewStartingHashKey": middle,
            });
            server.data("SplitShard", &request).await
        }
        _ => None,
    };
    let mut book = lock(book);
    book.counts.reshards += u64::from(changed.is_some());
    book.trace.note(format_args!("shards of the data stream: {}", changed.is_some()));
}

async fn update(server: &Server, random: &Random, book: &Shared) {
    let Some(mapped) = one_of(random, &MAPPED) else { return };
    let (request, function) = (mapped.change(random), mapped.function(random));
    let function = Some(function).filter(|_| below(random, 4) == 0);
    asked(server, &mapped, (request, function), book).await;
}

async fn switch(server: &Server, random: &Random, book: &Shared) {
    let Some(mapped) = one_of(random, &MAPPED) else { return };
    let request = Request { enabled: Some(below(random, 3) > 0), ..Request::default() };
    lock(book).counts.switches += 1;
    asked(server, &mapped, (request, None), book).await;
}

/// Changes a mapping.
pub(super) async fn asked(
    server: &Server,
    mapped: &Mapped,
    (request, function_arn): (Request, Option<String>),
    book: &Shared,
) {
    let Some(shown) = server.mapping(mapped) else { return };
    Mapped::note(&request, lock(book).rules.entry(mapped.name).or_default());
    let update = Update { request, function_arn, ..Update::default() };
    let updated = server.mappings.update(SCOPE, shown.mapping.uuid.as_str(), update).await;
    let mut book = lock(book);
    book.counts.updates += u64::from(updated.is_ok());
    book.trace.note(format_args!("update {} {}", mapped.name, updated.is_ok()));
}

/// Makes the mapping that begins with what comes then, once. What it is held to is between two records.
async fn late(server: &Server, random: &Random, book: &Shared) {
    let Some(mapped) = MAPPED.iter().find(|mapped| mapped.name == LATE) else { return };
    if lock(book).latest.is_some() || server.mapping(mapped).is_some() {
        return;
    }
    let Some(before) = server.put(&item(random)).await else { return };
    if !create(server, mapped, random, book).await {
        return;
    }
    if let Some(behind) = server.put(&item(random)).await {
        lock(book).latest = Some((before, behind));
        lock(book).trace.note(format_args!("late between {before} and {behind}"));
    }
}

/// Makes a mapping; whether it is there.
pub(super) async fn create(server: &Server, mapped: &Mapped, random: &Random, book: &Shared) -> bool {
    let arn = match mapped.source {
        Source::Table => match crate::log::stream_of(&server.world, TABLE).await {
            Ok(arn) => arn.as_str().unwrap_or_default().to_owned(),
            Err(_) => return false,
        },
        Source::Data => stream_arn(),
        Source::Queue => queue_arn(QUEUE),
        Source::Fifo => queue_arn(FIFO),
    };
    let request = mapped.creation(&arn, random);
    Mapped::note(&request, lock(book).rules.entry(mapped.name).or_default());
    let new = NewMapping { request, function_arn: mapped.function(random), ..NewMapping::default() };
    let made = server.mappings.create(SCOPE, new).await;
    lock(book).trace.note(format_args!("create {} {:?}", mapped.name, made.as_ref().err()));
    made.is_ok()
}

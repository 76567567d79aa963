//! Linearizability: many clients at once write and read the items of one partition, alone and in transactions, with
//! conditions, and some go away before they are answered. Whatever they were answered must be what some order of the
//! operations, one at a time, would have answered, and no operation may come before one that had ended when it began.
//!
//! A partition lives for one round, so that histories stay short: each is checked by itself, as no operation is on two.

mod checker;
mod client;
mod items;

use crate::dice::Dice;
use crate::world::World;
use checker::{Span, linearize};
use client::{Client, Shared};
use items::{Items, Operation, Partition, Told};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The table.
const TABLE: &str = "linear";

/// Clients at a time.
const CLIENTS: u64 = 6;

/// Operations of each in a round.
const OPERATIONS: usize = 12;

/// Rounds; fewer where a store gives way to others again and again, which takes long on a busy machine.
const ROUNDS: u64 = 120;
const ROUNDS_WITH_DELAYS: u64 = 10;

/// Answers how many answers nobody waited for.
async fn run(world: World, seed: u64, rounds: u64) -> usize {
    let table = json!({
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
    });
    world.ok(wire::Operation::CreateTable, table).await;
    let shared = Arc::new(Shared { world, stamps: AtomicU64::new(1) });
    let (mut lost, mut refused, mut overlaps) = (0, 0, 0);
    for round in 0..rounds {
        let history = round_of(&shared, round, seed).await;
        lost += history.iter().filter(|span| span.ended.is_none()).count();
        let is_refused =
            |span: &&Span<Operation>| matches!(span.operation, Operation::Write(_, Told::Refused(_)));
        refused += history.iter().filter(is_refused).count();
        overlaps += overlapping(&history);
        if let Err(why) = linearize::<Partition>(Items::new(), &history) {
            panic!("round {round} of seed {seed} is not linearizable: {why}");
        }
    }
    println!("{lost} answers lost, {refused} conditions failed, {overlaps} operations overlapped others");
    assert!(refused as u64 > rounds, "{refused} conditions failed");
    let least = rounds as usize * 8;
    assert!(
        overlaps > least,
        "{overlaps} operations overlapped others, of at least {least}: nothing is proved"
    );
    lost
}

/// What all clients did to a partition of their own.
async fn round_of(shared: &Arc<Shared>, round: u64, seed: u64) -> Vec<Span<Operation>> {
    let client = |number: u64| {
        let dice = Dice(seed ^ (round << 32) ^ (number << 56));
        let client = Client { shared: Arc::clone(shared), partition: format!("p{round}"), dice, seen: 0 };
        environment::spawn(client.work(OPERATIONS))
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut history = Vec::new();
    for client in clients {
        history.extend(client.await.unwrap());
    }
    history
}

/// How many operations began while another was under way.
fn overlapping(history: &[Span<Operation>]) -> usize {
    let under_way = |at: u64| {
        history.iter().filter(move |span| span.began < at && span.ended.is_some_and(|end| end > at))
    };
    history.iter().filter(|span| under_way(span.began).next().is_some()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory() {
    run(World::in_memory(), 21, ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_a_faulty_store() {
    run(World::on_a_faulty_store(), 22, ROUNDS_WITH_DELAYS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk() {
    let lost = run(World::on_disk(), 23, ROUNDS).await;
    assert!(lost > 20, "{lost} clients went away before they were answered");
}

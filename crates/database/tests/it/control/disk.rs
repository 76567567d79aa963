//! What goes gives its disk space back.
//!
//! Records lie in time buckets, which are deleted whole once everything in them is trimmed. All items lie in one
//! keyspace: what a deleted table held is deleted key by key, and its disk space comes back as the engine compacts,
//! which it does as more is written, to whichever table; a store that is written to no more keeps it.

use crate::world::{World, table, with};
use bytes::Bytes;
use serde_json::json;
use store::{Commit, Key, Outcome, SpaceId, Store};
use wire::Operation::{CreateTable, DeleteTable, PutItem};

const HOUR_MS: u64 = 3_600_000;
const MIB: u64 = 1 << 20;

async fn put(world: &World, round: usize) {
    let item = json!({ "pk": { "S": "k" }, "x": { "S": format!("{round}{}", "x".repeat(390_000)) } });
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

#[tokio::test]
async fn records_that_are_trimmed() {
    let world = World::on_disk();
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
    world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
    for round in 0..50 {
        put(&world, round).await;
    }
    // Two images a record: more than the engine holds in memory.
    world.until("the records are on disk", async |world| table_bytes(world) > 20 * MIB).await;
    world.advance(23 * HOUR_MS).await;
    put(&world, 50).await;
    assert!(table_bytes(&world) > 20 * MIB, "they have not expired");
    world.advance(2 * HOUR_MS).await;
    world.until("their space is free again", async |world| table_bytes(world) < 8 * MIB).await;
    // What came later is still there.
    put(&world, 51).await;
}

/// What is on disk in the engine's tables, so without its journals, whose size is fixed.
fn table_bytes(world: &World) -> u64 {
    let mut bytes = 0;
    let mut directories = vec![world.directory()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                directories.push(entry.path());
            } else if entry.path().parent().is_some_and(|parent| parent.ends_with("tables")) {
                bytes += about.len();
            }
        }
    }
    bytes
}

#[tokio::test]
async fn a_deleted_table() {
    let world = World::on_disk();
    world.ok(CreateTable, table("tab")).await;
    let store = world.database.store();
    let before: Vec<SpaceId> = store.spaces();
    // Straight to where the table's items are: as requests, so much would take long.
    let items = *before.iter().max().unwrap();
    for key in 0..48 {
        write(&world, items, key, 0);
    }
    world.until("the items are on disk", async |world| table_bytes(world) > 30 * MIB).await;
    world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
    assert!(!store.spaces().contains(&items));
    let other = store.create_space().unwrap();
    let mut round = 0;
    while table_bytes(&world) > 20 * MIB {
        round += 1;
        assert!(round < 400, "400 MiB were written, and its space is not free");
        write(&world, other, round % 4, round);
    }
}

/// Writes a value of a megabyte that does not compress.
fn write(world: &World, space: SpaceId, key: u32, round: u32) {
    let mut value = vec![0; MIB as usize];
    let seed = u64::from(round) << 32 | u64::from(key);
    environment::Random::seeded(seed).fill(&mut value);
    let key = Key { space, bytes: Bytes::copy_from_slice(&key.to_be_bytes()) };
    let commit = Commit { writes: vec![(key, Some(value.into()))], ..Commit::default() };
    assert!(matches!(world.database.store().commit(commit).unwrap(), Outcome::Done { .. }));
}

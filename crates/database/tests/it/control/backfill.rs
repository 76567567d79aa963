//! New indexes on tables that have items already.

use crate::world::{World, definitions, index, table, with};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wire::Operation::{BatchWriteItem, CreateTable, DeleteItem, DeleteTable, PutItem, Query, UpdateTable};

fn item(key: usize, group: usize) -> Value {
    json!({ "pk": { "S": format!("k{key:05}") }, "g": { "S": format!("g{group}") }, "n": { "N": key.to_string() } })
}

async fn fill(world: &World, items: usize) {
    world.ok(CreateTable, table("tab")).await;
    let puts: Vec<Value> =
        (0..items).map(|key| json!({ "PutRequest": { "Item": item(key, key % 3) } })).collect();
    for batch in puts.chunks(25) {
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": batch } })).await;
    }
}

fn create_index(name: &str) -> Value {
    json!({
        "TableName": "tab",
        "AttributeDefinitions": definitions("pk:S g:S"),
        "GlobalSecondaryIndexUpdates": [{ "Create": index(name, "g:HASH pk:RANGE") }],
    })
}

async fn gsi(world: &World) -> Value {
    world.describe("tab").await["GlobalSecondaryIndexes"][0].clone()
}

/// The keys of a group, as the index has them.
async fn group(world: &World, group: usize) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut request = json!({
        "TableName": "tab",
        "IndexName": "gsi",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": { ":g": { "S": format!("g{group}") } },
    });
    loop {
        let page = world.ok(Query, request.clone()).await;
        for item in page["Items"].as_array().unwrap() {
            assert!(keys.insert(item["pk"]["S"].as_str().unwrap().to_owned()), "an entry twice");
        }
        match page.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return keys,
        }
    }
}

#[tokio::test]
async fn a_small_table_is_filled_when_update_table_answers() {
    for world in World::of_every_kind() {
        fill(&world, 300).await;
        let answer = world.ok(UpdateTable, create_index("gsi")).await;
        let shown = &answer["TableDescription"]["GlobalSecondaryIndexes"][0];
        assert_eq!((&shown["IndexStatus"], &shown["Backfilling"]), (&json!("CREATING"), &json!(true)));
        let index = gsi(&world).await;
        assert_eq!((&index["IndexStatus"], index.get("Backfilling")), (&json!("ACTIVE"), None));
        assert_eq!(index["ItemCount"], 300);
        assert_eq!(index["IndexSizeBytes"], world.describe("tab").await["TableSizeBytes"]);
        assert_eq!(group(&world, 1).await.len(), 100);
    }
}

/// Writers move, delete and add items while the index is filled; the index must come out as the table is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_go_on_while_an_index_is_filled() {
    const ITEMS: usize = 2_500;
    for world in World::of_every_kind() {
        fill(&world, ITEMS).await;
        let world = Arc::new(world);
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
                environment::spawn(async move {
                    let mut round = 0;
                    while !stop.load(Ordering::Acquire) || round < 100 {
                        round += 1;
                        // Keys of this writer alone, all over the table.
                        let key = (round * 97 % (ITEMS + 200)) / 4 * 4 + writer;
                        if round % 5 == 0 {
                            let request = json!({ "TableName": "tab", "Key": { "pk": item(key, 0)["pk"] } });
                            world.ok(DeleteItem, request).await;
                        } else {
                            world
                                .ok(PutItem, json!({ "TableName": "tab", "Item": item(key, round % 4) }))
                                .await;
                        }
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        world.ok(UpdateTable, create_index("gsi")).await;
        world
            .until("the index is active", async |world: &World| gsi(world).await["IndexStatus"] == "ACTIVE")
            .await;
        stop.store(true, Ordering::Release);
        for writer in writers {
            writer.await.unwrap();
        }
        assert_same(&world).await;
    }
}

/// The index holds exactly what the table holds, and its counters say so.
async fn assert_same(world: &World) {
    let scan = async |index: Option<&str>| {
        let mut items: Vec<String> = Vec::new();
        let mut request = json!({ "TableName": "tab" });
        if let Some(index) = index {
            request["IndexName"] = json!(index);
        }
        loop {
            let page = world.ok(wire::Operation::Scan, request.clone()).await;
            items.extend(page["Items"].as_array().unwrap().iter().map(Value::to_string));
            match page.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
        }
        items.sort_unstable();
        items
    };
    let (items, entries) = (scan(None).await, scan(Some("gsi")).await);
    assert_eq!(entries.len(), items.len());
    assert_eq!(entries, items);
    let described = world.describe("tab").await;
    assert_eq!(described["ItemCount"], items.len());
    let index = &described["GlobalSecondaryIndexes"][0];
    assert_eq!(index["ItemCount"], items.len());
    assert_eq!(index["IndexSizeBytes"], described["TableSizeBytes"], "the index holds whole items");
}

#[tokio::test]
async fn an_index_that_is_filled_is_not_served_and_can_be_cancelled() {
    for world in World::of_every_kind() {
        fill(&world, 4_000).await;
        world.ok(UpdateTable, create_index("gsi")).await;
        // On one thread nothing runs in the background until this test waits for something that takes time.
        let index = gsi(&world).await;
        assert_eq!((&index["IndexStatus"], &index["Backfilling"]), (&json!("CREATING"), &json!(true)));
        assert_eq!(world.describe("tab").await["TableStatus"], "ACTIVE");
        let request = json!({
            "TableName": "tab",
            "IndexName": "gsi",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": { ":g": { "S": "g1" } },
        });
        let (code, text) = world.call(Query, request).await.unwrap_err();
        assert_eq!(code, "ValidationException", "{text}");
        let (code, _) = world.call(UpdateTable, create_index("gsi2")).await.unwrap_err();
        assert_eq!(code, "LimitExceededException");
        let delete = json!({ "TableName": "tab", "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "gsi" } }] });
        world.ok(UpdateTable, delete).await;
        assert!(world.describe("tab").await.get("GlobalSecondaryIndexes").is_none());
        // The same name again, and this time the table goes.
        world.ok(UpdateTable, create_index("gsi")).await;
        world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
        fill(&world, 30).await;
        world.ok(UpdateTable, create_index("gsi")).await;
        assert_same(&world).await;
    }
}

#[test]
fn a_back_fill_goes_on_after_a_restart() {
    interrupted(World::in_memory);
    interrupted(World::on_a_faulty_store);
    interrupted(World::on_disk);
}

fn interrupted(make: fn() -> World) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let mut world = first.block_on(async {
        let world = make();
        fill(&world, 4_000).await;
        world.ok(UpdateTable, create_index("gsi")).await;
        // A few pages of it happen.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(gsi(&world).await["IndexStatus"], "CREATING");
        world
    });
    // Its tasks go with the runtime, in the middle of what they do.
    drop(first);
    let second = runtime();
    world = {
        let _entered = second.enter();
        world.reopened()
    };
    second.block_on(async {
        world
            .until("the index is active", async |world: &World| gsi(world).await["IndexStatus"] == "ACTIVE")
            .await;
        assert_same(&world).await;
        let late = with(json!({ "TableName": "tab" }), json!({ "Item": item(9_999, 1) }));
        world.ok(PutItem, late).await;
        assert_same(&world).await;
    });
}

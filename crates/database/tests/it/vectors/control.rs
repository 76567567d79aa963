//! Vector indexes shown, filled, kept and restored.

use super::{found, index, list, put, schema, search, with_indexes};
use crate::world::{World, table, with};
use serde_json::{Value, json};
use wire::Operation::{
    BatchWriteItem, CreateBackup, CreateTable, DeleteTable, DescribeBackup, RestoreTableFromBackup,
    SearchVectors, UpdateTable,
};

#[tokio::test]
async fn an_index_is_shown_as_it_was_asked_for() {
    let world = World::in_memory();
    let searched =
        with(index("vec", 3, "DOT_PRODUCT"), json!({ "SearchSchema": schema("n:INLINE_FILTER t:HASH") }));
    let made = world.ok(CreateTable, with_indexes("pk:S t:S n:N", json!([searched]))).await;
    assert_eq!(made["TableDescription"]["VectorIndexes"][0]["IndexStatus"], "CREATING");
    let world = world.reopened();
    let described = world.describe("tab").await;
    let shown = with(
        searched,
        json!({
            "IndexArn": format!("{}/index/vec", described["TableArn"].as_str().unwrap()),
            "IndexStatus": "ACTIVE",
            "ItemCount": 0,
            "IndexSizeBytes": 0,
        }),
    );
    assert_eq!(described["VectorIndexes"], json!([shown]));
    assert_eq!(described.get("GlobalSecondaryIndexes"), None);
}

async fn fill(world: &World, items: usize) {
    world.ok(CreateTable, table("tab")).await;
    let put = |at: usize| {
        let item = json!({ "pk": { "S": format!("k{at:05}") }, "embedding": list(&[at as f64, 1.0]) });
        json!({ "PutRequest": { "Item": item } })
    };
    let puts: Vec<Value> = (0..items).map(put).collect();
    for batch in puts.chunks(25) {
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": batch } })).await;
    }
}

fn create() -> Value {
    json!({ "TableName": "tab", "VectorIndexUpdates": [{ "Create": index("vec", 2, "EUCLIDEAN") }] })
}

async fn shown(world: &World) -> Value {
    world.describe("tab").await["VectorIndexes"][0].clone()
}

#[tokio::test]
async fn a_small_table_is_filled_when_update_table_answers() {
    let world = World::in_memory();
    fill(&world, 50).await;
    put(&world, json!({ "pk": { "S": "other" }, "embedding": { "S": "no vector" } })).await;
    let before = world.describe("tab").await["TableSizeBytes"].as_i64().unwrap();
    let answer = world.ok(UpdateTable, create()).await;
    let index = &answer["TableDescription"]["VectorIndexes"][0];
    assert_eq!((&index["IndexStatus"], &index["Backfilling"]), (&json!("CREATING"), &json!(false)));
    let index = shown(&world).await;
    assert_eq!((&index["IndexStatus"], index.get("Backfilling")), (&json!("ACTIVE"), None));
    assert_eq!(index["ItemCount"], 50);
    assert_eq!(found(&world, search("vec", &[7.2, 1.0], 1)).await[0].0, "k00007");
    // By elements a vector of two takes eight bytes; as numbers, one after the other: 3 + 2 * (1 + size).
    let size = |at: i64| 3 + 2 + 2 + if at == 0 { 1 } else { 2 };
    let after = world.describe("tab").await["TableSizeBytes"].as_i64().unwrap();
    assert_eq!(before - after, (0..50).map(|at| size(at) - 8).sum::<i64>());
    // The sizes are as before when the index goes.
    let delete = json!({ "TableName": "tab", "VectorIndexUpdates": [{ "Delete": { "IndexName": "vec" } }] });
    world.ok(UpdateTable, delete).await;
    assert_eq!(world.describe("tab").await["TableSizeBytes"], before);
}

#[tokio::test]
async fn a_large_table_is_filled_in_the_background_over_a_restart() {
    let world = World::on_disk();
    fill(&world, 2_600).await;
    world.ok(UpdateTable, create()).await;
    assert_eq!(shown(&world).await["Backfilling"], json!(true));
    let refused = world.call(SearchVectors, search("vec", &[1.0, 1.0], 1)).await.unwrap_err();
    assert_eq!(refused.1, "Cannot search backfilling vector index: vec");
    let second =
        json!({ "TableName": "tab", "VectorIndexUpdates": [{ "Create": index("more", 2, "COSINE") }] });
    assert_eq!(world.call(UpdateTable, second).await.unwrap_err().0, "LimitExceededException");
    let kept = world.call(DeleteTable, json!({ "TableName": "tab" })).await.unwrap_err();
    assert_eq!(kept.0, "ResourceInUseException");
    assert!(kept.1.ends_with("Cannot delete table while indexes are being created, updated, or deleted."));
    let active = async |world: &World| shown(world).await["IndexStatus"] == "ACTIVE";
    world.until("the index is active", active).await;
    let world = world.reopened();
    assert_eq!(shown(&world).await["ItemCount"], 2_600);
    assert_eq!(found(&world, search("vec", &[2_500.1, 1.0], 1)).await[0].0, "k02500");
    world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
}

#[tokio::test]
async fn backups_keep_vector_indexes() {
    let world = World::in_memory();
    world.ok(CreateTable, with_indexes("pk:S", json!([index("vec", 2, "EUCLIDEAN")]))).await;
    put(&world, json!({ "pk": { "S": "a" }, "embedding": list(&[1.0, 2.0]) })).await;
    let backup = world.ok(CreateBackup, json!({ "TableName": "tab", "BackupName": "backup" })).await;
    let arn = &backup["BackupDetails"]["BackupArn"];
    let told = world.ok(DescribeBackup, json!({ "BackupArn": arn })).await;
    let features = &told["BackupDescription"]["SourceTableFeatureDetails"];
    assert_eq!(features["VectorIndexes"], json!([index("vec", 2, "EUCLIDEAN")]));
    let restore =
        |name: &str, members: Value| with(json!({ "TargetTableName": name, "BackupArn": arn }), members);
    world.ok(RestoreTableFromBackup, restore("whole", json!({}))).await;
    let searched = with(search("vec", &[1.0, 0.0], 1), json!({ "TableName": "whole" }));
    assert_eq!(found(&world, searched.clone()).await, [("a".to_owned(), 2.0)]);
    world.ok(RestoreTableFromBackup, restore("without", json!({ "VectorIndexOverride": [] }))).await;
    assert_eq!(world.describe("without").await.get("VectorIndexes"), None);
    let named = json!({ "VectorIndexOverride": [index("renamed", 2, "EUCLIDEAN")] });
    world.ok(RestoreTableFromBackup, restore("other", named)).await;
    let searched = with(searched, json!({ "TableName": "other", "IndexName": "renamed" }));
    assert_eq!(found(&world, searched).await.len(), 1);
    let wrong = json!({ "VectorIndexOverride": [index("vec", 3, "EUCLIDEAN")] });
    let refused = world.call(RestoreTableFromBackup, restore("wrong", wrong)).await.unwrap_err();
    assert!(refused.1.starts_with("Index vec does not match a secondary index"), "{refused:?}");
}

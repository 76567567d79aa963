//! What writes to a table do to its vector indexes, and what they cost.

use super::{found, index, list, plain, put, schema, search, with_indexes};
use crate::world::{World, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, DeleteItem, GetItem, PutItem, TransactWriteItems, UpdateItem};

fn key(name: &str) -> Value {
    json!({ "TableName": "tab", "Key": { "pk": { "S": name } } })
}

async fn keys(world: &World, request: Value) -> Vec<String> {
    found(world, request).await.into_iter().map(|(key, _)| key).collect()
}

#[tokio::test]
async fn the_index_follows_every_write() {
    let world = plain("EUCLIDEAN").await;
    let near = || search("vec", &[0.0, 0.0], 10);
    put(&world, json!({ "pk": { "S": "a" }, "embedding": list(&[1.0, 0.0]) })).await;
    put(&world, json!({ "pk": { "S": "b" }, "embedding": list(&[2.0, 0.0]) })).await;
    put(&world, json!({ "pk": { "S": "none" } })).await;
    assert_eq!(found(&world, near()).await, [("a".to_owned(), 1.0), ("b".to_owned(), 2.0)]);
    let moved = json!({
        "UpdateExpression": "SET embedding[0] = :n",
        "ExpressionAttributeValues": { ":n": { "N": "5" } },
    });
    world.ok(UpdateItem, with(key("a"), moved)).await;
    assert_eq!(keys(&world, near()).await, ["b", "a"]);
    world.ok(UpdateItem, with(key("b"), json!({ "UpdateExpression": "REMOVE embedding" }))).await;
    assert_eq!(keys(&world, near()).await, ["a"]);
    let set = json!({ "TransactItems": [
        { "Delete": key("a") },
        { "Put": { "TableName": "tab", "Item": { "pk": { "S": "c" }, "embedding": list(&[3.0, 4.0]) } } },
    ] });
    world.ok(TransactWriteItems, set).await;
    assert_eq!(found(&world, near()).await, [("c".to_owned(), 5.0)]);
    let described = world.describe("tab").await;
    assert_eq!(
        (&described["ItemCount"], &described["VectorIndexes"][0]["ItemCount"]),
        (&json!(3), &json!(1))
    );
}

#[tokio::test]
async fn items_without_the_partition_attribute_are_not_in_the_index() {
    let world = World::in_memory();
    let searched = with(index("vec", 2, "COSINE"), json!({ "SearchSchema": schema("tenant:HASH") }));
    world.ok(CreateTable, with_indexes("pk:S tenant:S", json!([searched]))).await;
    put(&world, json!({ "pk": { "S": "a" }, "embedding": list(&[1.0, 0.0]) })).await;
    put(&world, json!({ "pk": { "S": "b" }, "tenant": { "S": "t" }, "embedding": list(&[1.0, 0.0]) })).await;
    assert_eq!(world.describe("tab").await["VectorIndexes"][0]["ItemCount"], 1);
    let of = |tenant: &str| {
        let condition = json!({
            "SearchConditionExpression": "tenant = :t",
            "ExpressionAttributeValues": { ":t": { "S": tenant } },
        });
        with(search("vec", &[1.0, 0.0], 5), condition)
    };
    assert_eq!(keys(&world, of("t")).await, ["b"]);
    assert_eq!(keys(&world, of("other")).await, Vec::<String>::new());
}

/// What a write says that it used.
fn used(answer: &Value) -> (Option<f64>, Option<f64>) {
    let capacity = &answer["ConsumedCapacity"];
    (
        capacity["Table"]["CapacityUnits"].as_f64(),
        capacity["VectorIndexes"]["vec"]["VectorWriteRequestBytes"].as_f64(),
    )
}

#[tokio::test]
async fn a_vector_counts_by_its_elements() {
    const DIMENSIONS: usize = 400;
    let world = World::in_memory();
    let only_keys = json!({ "Projection": { "ProjectionType": "KEYS_ONLY" } });
    let made = with(index("vec", DIMENSIONS as i64, "COSINE"), only_keys);
    world.ok(CreateTable, with_indexes("pk:S", json!([made]))).await;
    // As numbers each takes 9 bytes, so that the item would take more than three units.
    let vector: Vec<f64> = (0..DIMENSIONS).map(|at| 1.0 + at as f64 * 1e-3 + 0.123_456_78).collect();
    let item = json!({ "pk": { "S": "a" }, "embedding": list(&vector) });
    let write =
        |item: &Value| json!({ "TableName": "tab", "Item": item, "ReturnConsumedCapacity": "INDEXES" });
    // "pk", "a", "embedding" and four bytes an element.
    let size = 2 + 1 + 9 + 4 * DIMENSIONS as i64;
    assert_eq!(used(&world.ok(PutItem, write(&item)).await), (Some(2.0), Some(size as f64)));
    let described = world.describe("tab").await;
    assert_eq!(described["TableSizeBytes"], size);
    assert_eq!(described["VectorIndexes"][0]["IndexSizeBytes"], size);
    // What the index does not hold costs it nothing.
    let more = with(item.clone(), json!({ "x": { "S": "y" } }));
    assert_eq!(used(&world.ok(PutItem, write(&more)).await), (Some(2.0), None));
    let get = with(key("a"), json!({ "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL" }));
    assert_eq!(world.ok(GetItem, get).await["ConsumedCapacity"]["CapacityUnits"], 1.0);
    let delete = with(key("a"), json!({ "ReturnConsumedCapacity": "INDEXES" }));
    assert_eq!(used(&world.ok(DeleteItem, delete).await), (Some(2.0), Some(size as f64)));
    let described = world.describe("tab").await;
    assert_eq!((&described["TableSizeBytes"], &described["ItemCount"]), (&json!(0), &json!(0)));
    // At least 1 KB.
    let small = plain("COSINE").await;
    let item = json!({ "pk": { "S": "a" }, "embedding": list(&[1.0, 2.0]) });
    assert_eq!(used(&small.ok(PutItem, write(&item)).await), (Some(1.0), Some(1024.0)));
}

//! Vector indexes: made, written to, searched.

mod control;
mod search;
mod texts;
mod writes;

use crate::world::{World, definitions, table, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, PutItem, SearchVectors};

/// A vector index on `embedding` that holds everything.
fn index(name: &str, dimensions: i64, distance: &str) -> Value {
    json!({
        "IndexName": name,
        "VectorAttribute": { "AttributeName": "embedding" },
        "Dimensions": dimensions,
        "DistanceFunction": distance,
        "Projection": { "ProjectionType": "ALL" },
    })
}

/// A search schema, from `name:TYPE` words.
fn schema(words: &str) -> Value {
    let one = |word: &str| {
        let (name, kind) = word.split_once(':').unwrap();
        json!({ "AttributeName": name, "SearchSchemaElementType": kind })
    };
    words.split_whitespace().map(one).collect()
}

/// CreateTable of `tab` with these vector indexes.
fn with_indexes(attributes: &str, indexes: Value) -> Value {
    with(table("tab"), json!({ "AttributeDefinitions": definitions(attributes), "VectorIndexes": indexes }))
}

/// A vector as an attribute value.
fn list(elements: &[f64]) -> Value {
    json!({ "L": numbers(elements) })
}

/// A vector as a list of attribute values.
fn numbers(elements: &[f64]) -> Value {
    elements.iter().map(|element| json!({ "N": element.to_string() })).collect()
}

fn search(index: &str, vector: &[f64], count: usize) -> Value {
    json!({ "TableName": "tab", "IndexName": index, "SearchVector": numbers(vector), "TopK": count })
}

async fn put(world: &World, item: Value) {
    world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
}

/// A world with the table and one index of two dimensions.
async fn plain(distance: &str) -> World {
    let world = World::in_memory();
    world.ok(CreateTable, with_indexes("pk:S", json!([index("vec", 2, distance)]))).await;
    world
}

/// The keys and scores of a search.
async fn found(world: &World, request: Value) -> Vec<(String, f64)> {
    let answer = world.ok(SearchVectors, request).await;
    let results = answer["SearchResults"].as_array().unwrap().iter();
    results
        .map(|result| {
            (result["Item"]["pk"]["S"].as_str().unwrap().to_owned(), result["Score"].as_f64().unwrap())
        })
        .collect()
}

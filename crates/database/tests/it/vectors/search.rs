//! What searches answer.

use super::{found, index, list, numbers, plain, put, schema, search, with_indexes};
use crate::dice::Dice;
use crate::world::{World, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::Operation::{CreateTable, DeleteItem, SearchVectors, UpdateTable};

#[tokio::test]
async fn the_most_similar_come_first() {
    let rows = [
        ("COSINE", vec![("same", 0.0), ("aside", 1.0), ("against", 2.0)]),
        ("EUCLIDEAN", vec![("aside", 2.0_f64.sqrt()), ("against", 3.0), ("same", 9.0)]),
        ("DOT_PRODUCT", vec![("same", 10.0), ("aside", 0.0), ("against", -2.0)]),
    ];
    for (distance, expected) in rows {
        let world = plain(distance).await;
        for (name, vector) in [("same", [10.0, 0.0]), ("aside", [0.0, 1.0]), ("against", [-2.0, 0.0])] {
            put(&world, json!({ "pk": { "S": name }, "embedding": list(&vector) })).await;
        }
        let expected: Vec<(String, f64)> =
            expected.into_iter().map(|(name, score)| (name.to_owned(), score)).collect();
        assert_eq!(found(&world, search("vec", &[1.0, 0.0], 10)).await, expected, "{distance}");
        assert_eq!(found(&world, search("vec", &[1.0, 0.0], 2)).await, expected[..2], "{distance}");
    }
}

#[tokio::test]
async fn what_is_answered_is_what_the_index_holds() {
    let world = World::in_memory();
    let projections = [
        ("all", json!({ "ProjectionType": "ALL" })),
        ("keys", json!({ "ProjectionType": "KEYS_ONLY" })),
        ("some", json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"] })),
    ];
    let indexes: Vec<Value> = projections
        .iter()
        .map(|(name, projection)| {
            let more = json!({ "Projection": projection, "SearchSchema": schema("f:INLINE_FILTER") });
            with(index(name, 2, "COSINE"), more)
        })
        .collect();
    world.ok(CreateTable, with_indexes("pk:S f:S", json!(indexes))).await;
    let exact = json!({ "L": [{ "N": "0.1234567891234" }, { "N": "2" }] });
    let item = json!({
        "pk": { "S": "k" }, "f": { "S": "f" }, "a": { "S": "a" }, "b": { "M": { "c": { "N": "1" } } }, "embedding": exact,
    });
    put(&world, item.clone()).await;
    let answer =
        async |request: Value| world.ok(SearchVectors, request).await["SearchResults"][0]["Item"].clone();
    // The index has the vector in 32-bit floats.
    let rounded = json!({ "L": [{ "N": "0.12345679" }, { "N": "2" }] });
    let ask = |name: &str| search(name, &[1.0, 0.0], 1);
    assert_eq!(answer(ask("all")).await, with(item.clone(), json!({ "embedding": rounded })));
    let keys = json!({ "pk": item["pk"], "f": item["f"], "embedding": rounded });
    assert_eq!(answer(ask("keys")).await, keys);
    assert_eq!(answer(ask("some")).await, with(keys.clone(), json!({ "a": item["a"] })));
    let projected = |name: &str, text: &str| with(ask(name), json!({ "ProjectionExpression": text }));
    assert_eq!(answer(projected("all", "a, b.c")).await, json!({ "a": item["a"], "b": item["b"] }));
    assert_eq!(answer(projected("keys", "a, pk")).await, json!({ "pk": item["pk"] }));
    let told = with(ask("all"), json!({ "ReturnConsumedCapacity": "TOTAL" }));
    let told = world.ok(SearchVectors, told).await;
    assert_eq!(told["ConsumedCapacity"], json!({ "VectorSearchRequestBytes": 1024.0 }));
    assert_eq!(world.ok(SearchVectors, ask("all")).await.get("ConsumedCapacity"), None);
}

/// What an item of the model has.
#[derive(Clone, Debug)]
struct Row {
    tenant: Option<u64>,
    color: Option<u64>,
    vector: Option<Vec<f64>>,
}

impl Row {
    fn any(dice: &mut Dice) -> Row {
        let optional = |dice: &mut Dice| (dice.roll(5) > 0).then(|| dice.roll(3));
        let vector = |dice: &mut Dice| (0..5).map(|_| dice.roll(9) as f64 - 4.0).collect();
        Row {
            tenant: optional(dice),
            color: optional(dice),
            vector: (dice.roll(6) > 0).then(|| vector(dice)),
        }
    }

    fn item(&self, key: &str) -> Value {
        let mut item = json!({ "pk": { "S": key } });
        if let Some(tenant) = self.tenant {
            item["tenant"] = json!({ "S": tenant.to_string() });
        }
        if let Some(color) = self.color {
            item["color"] = json!({ "N": color.to_string() });
        }
        if let Some(vector) = &self.vector {
            item["embedding"] = list(vector);
        }
        item
    }
}

fn euclidean(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Searches both indexes for a vector, each with and without its filter, and compares with the model.
async fn compare(world: &World, model: &BTreeMap<String, Row>, dice: &mut Dice) {
    let asked: Vec<f64> = (0..5).map(|_| dice.roll(9) as f64 - 4.0).collect();
    let (tenant, color, count) = (dice.roll(3), dice.roll(3), 1 + dice.roll(20) as usize);
    for (name, condition) in [
        ("plain", ""),
        ("plain", "color = :c"),
        ("parted", "tenant = :t"),
        ("parted", "color = :c AND tenant = :t"),
    ] {
        let (of_tenant, of_color) = (condition.contains(":t"), condition.contains(":c"));
        let passes = |row: &&Row| {
            (!of_tenant || row.tenant == Some(tenant)) && (!of_color || row.color == Some(color))
        };
        let vectors = model.values().filter(passes).filter_map(|row| row.vector.as_ref());
        let mut expected: Vec<f64> = vectors.map(|vector| euclidean(vector, &asked)).collect();
        expected.sort_by(f64::total_cmp);
        expected.truncate(count);
        let mut values = json!({});
        if of_tenant {
            values[":t"] = json!({ "S": tenant.to_string() });
        }
        if of_color {
            values[":c"] = json!({ "N": format!("{color}.0") });
        }
        let mut request = search(name, &asked, count);
        if !condition.is_empty() {
            request["SearchConditionExpression"] = json!(condition);
            request["ExpressionAttributeValues"] = values;
        }
        let found = found(world, request).await;
        // The reader of JSON may miss a number by its last bit.
        let is = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let scores: Vec<f64> = found.iter().map(|(_, score)| *score).collect();
        let same = scores.len() == expected.len() && scores.iter().zip(&expected).all(|(a, b)| is(*a, *b));
        assert!(same, "{name} {condition}: {scores:?} and not {expected:?}");
        for (key, score) in &found {
            let row = &model[key];
            assert!(passes(&row), "{key} {condition}");
            assert!(is(euclidean(row.vector.as_ref().unwrap(), &asked), *score), "{key}");
        }
    }
}

/// Random writes before and after the indexes are made; each search must answer what looking at all items does.
#[tokio::test]
async fn searches_answer_what_a_look_at_all_items_does() {
    for (seed, world) in World::of_every_kind().into_iter().enumerate() {
        let mut dice = Dice(seed as u64 + 1);
        let mut model = BTreeMap::new();
        world.ok(CreateTable, crate::world::table("tab")).await;
        let mut world = world;
        for round in 0..240 {
            let key = format!("k{:03}", dice.roll(90));
            if dice.roll(6) == 0 {
                world.ok(DeleteItem, json!({ "TableName": "tab", "Key": { "pk": { "S": key } } })).await;
                model.remove(&key);
            } else {
                let row = Row::any(&mut dice);
                put(&world, row.item(&key)).await;
                model.insert(key, row);
            }
            match round {
                80 => create(&world, "plain", "color:INLINE_FILTER").await,
                90 => create(&world, "parted", "color:INLINE_FILTER tenant:HASH").await,
                150 => world = world.reopened(),
                _ => {}
            }
            if round > 90 && round % 15 == 0 {
                compare(&world, &model, &mut dice).await;
            }
        }
        let described = world.describe("tab").await;
        let count = |parted: bool| {
            model.values().filter(|row| row.vector.is_some() && (!parted || row.tenant.is_some())).count()
        };
        let shown = &described["VectorIndexes"];
        assert_eq!(
            [&shown[0]["ItemCount"], &shown[1]["ItemCount"]],
            [&json!(count(false)), &json!(count(true))]
        );
        // Key, tenant, color and embedding, the vector by its elements; a zero takes a byte less in a filter's number.
        let size = |row: &Row| {
            let color = row.color.map_or(0, |color| 5 + if color == 0 { 1 } else { 2 });
            6 + row.tenant.map_or(0, |_| 7) + color + row.vector.as_ref().map_or(0, |_| 9 + 20)
        };
        assert_eq!(described["TableSizeBytes"], json!(model.values().map(size).sum::<i32>()));
    }
}

async fn create(world: &World, name: &str, words: &str) {
    let create = json!({
        "TableName": "tab",
        "AttributeDefinitions": crate::world::definitions("tenant:S color:N"),
        "VectorIndexUpdates": [
            { "Create": with(index(name, 5, "EUCLIDEAN"), json!({ "SearchSchema": schema(words) })) },
        ],
    });
    world.ok(UpdateTable, create).await;
}

#[tokio::test]
async fn a_search_needs_no_more_results_than_there_are() {
    let world = plain("COSINE").await;
    assert_eq!(found(&world, search("vec", &[1.0, 0.0], 100)).await, []);
    put(&world, json!({ "pk": { "S": "zero" }, "embedding": list(&[0.0, 0.0]) })).await;
    let request =
        json!({ "TableName": "tab", "IndexName": "vec", "SearchVector": numbers(&[1.0, 0.0]), "TopK": 100 });
    assert_eq!(found(&world, request).await, [("zero".to_owned(), 1.0)]);
}

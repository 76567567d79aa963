//! Query: key conditions, order, filters and projections on a table.

use super::{n, put, query_all, s, sorted_table, texts, worlds_with};
use crate::world::{World, definitions, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::Query;

fn request(condition: &str, values: Value) -> Value {
    let mut all = json!({ ":p": s("a") });
    for (name, value) in values.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({ "TableName": "tab", "KeyConditionExpression": format!("pk = :p{condition}"), "ExpressionAttributeValues": all })
}

async fn filled() -> Vec<World> {
    let worlds = worlds_with(sorted_table()).await;
    for world in &worlds {
        for sk in ["", "a", "ab", "abc", "b", "b\u{0}", "b\u{0}c", "é", "\u{10ffff}"]
            .iter()
            .filter(|sk| !sk.is_empty())
        {
            put(world, json!({ "pk": s("a"), "sk": s(sk), "x": n(sk.len() as i64) })).await;
            put(world, json!({ "pk": s("other"), "sk": s(sk) })).await;
        }
    }
    worlds
}

#[tokio::test]
async fn conditions_on_a_sort_key_of_strings() {
    for world in filled().await {
        let sks = async |condition: &str, values: Value| {
            let (items, _) = query_all(&world, request(condition, values.clone())).await;
            let forward = texts(&items, "sk");
            let back = with(request(condition, values), json!({ "ScanIndexForward": false }));
            let mut backward = texts(&query_all(&world, back).await.0, "sk");
            backward.reverse();
            assert_eq!(forward, backward, "{condition}");
            forward
        };
        let all = ["a", "ab", "abc", "b", "b\u{0}", "b\u{0}c", "é", "\u{10ffff}"];
        assert_eq!(sks("", json!({})).await, all);
        let b = json!({ ":b": s("b") });
        assert_eq!(sks(" AND sk = :b", b.clone()).await, ["b"]);
        assert_eq!(sks(" AND sk < :b", b.clone()).await, all[..3]);
        assert_eq!(sks(" AND sk <= :b", b.clone()).await, all[..4]);
        assert_eq!(sks(" AND sk > :b", b.clone()).await, all[4..]);
        assert_eq!(sks(" AND sk >= :b", b.clone()).await, all[3..]);
        assert_eq!(sks(" AND begins_with(sk, :b)", b.clone()).await, all[3..6]);
        assert_eq!(sks(" AND :b < sk", b.clone()).await, all[4..]);
        let between = json!({ ":b": s("ab"), ":c": s("b\u{0}") });
        assert_eq!(sks(" AND sk BETWEEN :b AND :c", between).await, all[1..5]);
        assert_eq!(sks(" AND sk = :b", json!({ ":b": s("none") })).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn conditions_on_a_sort_key_of_numbers_and_binaries() {
    let numbers = with(
        table("tab"),
        json!({ "AttributeDefinitions": definitions("pk:S sk:N"), "KeySchema": keys("pk:HASH sk:RANGE") }),
    );
    for world in worlds_with(numbers).await {
        let order = ["-1e100", "-20", "-3", "-0.5", "0", "0.00001", "1", "3", "20", "1e100"];
        for sk in order.iter().rev() {
            put(&world, json!({ "pk": s("a"), "sk": { "N": sk }, "x": s(sk) })).await;
        }
        let xs = async |condition: &str, values: Value| {
            texts(&query_all(&world, request(condition, values)).await.0, "x")
        };
        assert_eq!(xs("", json!({})).await, order);
        assert_eq!(xs(" AND sk < :n", json!({ ":n": n(-3) })).await, order[..2]);
        assert_eq!(xs(" AND sk >= :n", json!({ ":n": { "N": "3.0" } })).await, order[7..]);
        assert_eq!(xs(" AND sk BETWEEN :n AND :m", json!({ ":n": n(-3), ":m": n(1) })).await, order[2..7]);
    }
    let binaries = with(
        table("tab"),
        json!({ "AttributeDefinitions": definitions("pk:S sk:B"), "KeySchema": keys("pk:HASH sk:RANGE") }),
    );
    for world in worlds_with(binaries).await {
        // 00, 0000, 01, ff, ff00, ffff
        let order = ["AA==", "AAA=", "AQ==", "/w==", "/wA=", "//8="];
        for sk in order.iter().rev() {
            put(&world, json!({ "pk": s("a"), "sk": { "B": sk } })).await;
        }
        let sks = async |condition: &str, values: Value| {
            texts(&query_all(&world, request(condition, values)).await.0, "sk")
        };
        assert_eq!(sks("", json!({})).await, order);
        assert_eq!(sks(" AND begins_with(sk, :b)", json!({ ":b": { "B": "/w==" } })).await, order[3..]);
        assert_eq!(sks(" AND sk > :b", json!({ ":b": { "B": "/w==" } })).await, order[4..]);
    }
}

#[tokio::test]
async fn filters_projections_and_counts() {
    for world in filled().await {
        let filter = with(request("", json!({ ":x": n(2) })), json!({ "FilterExpression": "x = :x" }));
        let answer = world.ok(Query, filter.clone()).await;
        assert_eq!(texts(answer["Items"].as_array().unwrap(), "sk"), ["ab", "b\u{0}", "é"]);
        assert_eq!((&answer["Count"], &answer["ScannedCount"]), (&json!(3), &json!(8)));
        assert!(answer.get("LastEvaluatedKey").is_none());
        let count = world.ok(Query, with(filter.clone(), json!({ "Select": "COUNT" }))).await;
        assert_eq!(count, json!({ "Count": 3, "ScannedCount": 8 }));
        let page = world.ok(Query, with(filter, json!({ "Limit": 1 }))).await;
        assert_eq!(
            page,
            json!({ "Items": [], "Count": 0, "ScannedCount": 1, "LastEvaluatedKey": { "pk": s("a"), "sk": s("a") } })
        );
        let projected = with(
            request(" AND sk = :b", json!({ ":b": s("b") })),
            json!({ "ProjectionExpression": "x, nothing" }),
        );
        assert_eq!(world.ok(Query, projected).await["Items"], json!([{ "x": n(1) }]));
    }
}

#[tokio::test]
async fn texts_of_refusals() {
    for world in worlds_with(sorted_table()).await {
        let refused = async |request: Value| world.call(Query, request).await.unwrap_err().1;
        let query = |condition: &str, values: Value| json!({ "TableName": "tab", "KeyConditionExpression": condition, "ExpressionAttributeValues": values });
        assert_eq!(
            refused(query("sk = :s", json!({ ":s": s("x") }))).await,
            "Query condition missed key schema element: pk"
        );
        assert_eq!(
            refused(query("pk > :s", json!({ ":s": s("x") }))).await,
            "Query key condition not supported"
        );
        assert_eq!(
            refused(query("pk = :s AND x = :s", json!({ ":s": s("x") }))).await,
            "Query condition missed key schema element: sk"
        );
        assert_eq!(
            refused(query("pk = :s", json!({ ":s": n(1) }))).await,
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        );
        let filter = with(request("", json!({ ":x": n(2) })), json!({ "FilterExpression": "sk = :x" }));
        assert_eq!(
            refused(filter).await,
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
        );
        let start = |key: Value| {
            with(request(" AND sk > :s", json!({ ":s": s("m") })), json!({ "ExclusiveStartKey": key }))
        };
        let invalid = "The provided starting key is invalid";
        assert_eq!(refused(start(json!({ "pk": s("a") }))).await, invalid);
        assert_eq!(refused(start(json!({ "pk": s("a"), "sk": n(1) }))).await, invalid);
        assert_eq!(
            refused(start(json!({ "pk": s("b"), "sk": s("z") }))).await,
            "The provided starting key is outside query boundaries based on provided conditions"
        );
        assert_eq!(
            refused(start(json!({ "pk": s("a"), "sk": s("a") }))).await,
            "The provided starting key does not match the range key predicate"
        );
    }
}

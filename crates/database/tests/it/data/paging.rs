//! Pages: where they end and where the next begins.

use super::{get, indexed_table, n, put, query_all, s, scan_all, sorted_table, texts, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::Operation::{DeleteItem, Query};

fn query() -> Value {
    json!({ "TableName": "tab", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": { ":p": s("a") } })
}

#[tokio::test]
async fn end_after_their_limit_in_both_directions() {
    for world in worlds_with(sorted_table()).await {
        let all: Vec<String> = (0..10).map(|place| format!("{place}")).collect();
        for sk in &all {
            put(&world, json!({ "pk": s("a"), "sk": s(sk) })).await;
        }
        for limit in 1..=11 {
            for forward in [true, false] {
                let request = with(query(), json!({ "Limit": limit, "ScanIndexForward": forward }));
                let (items, pages) = query_all(&world, request).await;
                let mut seen = texts(&items, "sk");
                if !forward {
                    seen.reverse();
                }
                assert_eq!(seen, all);
                assert_eq!(pages, 10 / limit + 1, "a full page tells a key, even if nothing comes after it");
            }
        }
    }
}

#[tokio::test]
async fn go_on_where_the_item_is_gone() {
    for world in worlds_with(indexed_table()).await {
        for sk in 0..6 {
            put(&world, json!({ "pk": s("a"), "sk": s(&sk.to_string()), "g": s("x"), "n": n(sk) })).await;
        }
        let by_index = json!({
            "TableName": "tab", "IndexName": "gsi", "Limit": 2, "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": { ":g": s("x") },
        });
        for request in [with(query(), json!({ "Limit": 2 })), by_index] {
            let first = world.ok(Query, request.clone()).await;
            let last = first["LastEvaluatedKey"].clone();
            let key = json!({ "pk": last["pk"], "sk": last["sk"] });
            let item = get(&world, key.clone()).await;
            world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key })).await;
            let second = world.ok(Query, with(request, json!({ "ExclusiveStartKey": last }))).await;
            assert_eq!(texts(second["Items"].as_array().unwrap(), "sk"), ["2", "3"]);
            put(&world, item).await;
        }
    }
}

#[tokio::test]
async fn end_at_a_megabyte() {
    for world in worlds_with(sorted_table()).await {
        for sk in 0..12 {
            put(&world, json!({ "pk": s("a"), "sk": s(&format!("{sk:02}")), "x": s(&"x".repeat(100_000)) }))
                .await;
        }
        let first = world.ok(Query, with(query(), json!({ "Select": "COUNT" }))).await;
        assert_eq!(first["Count"], json!(11), "the page ends with the item that reaches 1 MB");
        let (items, pages) = query_all(&world, query()).await;
        assert_eq!((items.len(), pages), (12, 2));
        let (items, pages) = scan_all(&world, json!({})).await;
        assert_eq!((items.len(), pages), (12, 2));
        // Counted before the filter.
        let filtered = with(query(), json!({ "FilterExpression": "attribute_not_exists(x)" }));
        let (items, pages) = query_all(&world, filtered).await;
        assert_eq!((items.len(), pages), (0, 2));
    }
}

#[tokio::test]
async fn of_a_scan_hold_every_item_once() {
    for world in worlds_with(indexed_table()).await {
        for place in 0..40 {
            let (pk, sk) = (format!("p{}", place % 13), format!("{place}"));
            put(
                &world,
                json!({ "pk": s(&pk), "sk": s(&sk), "g": s(&format!("g{}", place % 5)), "n": n(place) }),
            )
            .await;
        }
        for index in [json!({}), json!({ "IndexName": "gsi" }), json!({ "IndexName": "inc" })] {
            for limit in [1, 7, 40, 100] {
                let (items, _) = scan_all(&world, with(index.clone(), json!({ "Limit": limit }))).await;
                let seen: BTreeSet<String> = texts(&items, "sk").into_iter().collect();
                assert_eq!((items.len(), seen.len()), (40, 40));
            }
        }
    }
}

//! Scan: segments, filters and its refusals.

use super::{n, put, s, scan_all, sorted_table, texts, worlds_with};
use crate::world::with;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::Operation::Scan;

#[tokio::test]
async fn segments_partition_the_table() {
    for world in worlds_with(sorted_table()).await {
        for place in 0..60 {
            put(&world, json!({ "pk": s(&format!("p{}", place % 20)), "sk": s(&place.to_string()) })).await;
        }
        for total in [1, 2, 3, 7, 64] {
            let mut seen = BTreeSet::new();
            for segment in 0..total {
                let request = json!({ "Segment": segment, "TotalSegments": total, "Limit": 4 });
                for sk in texts(&scan_all(&world, request).await.0, "sk") {
                    assert!(seen.insert(sk), "in one segment only");
                }
            }
            assert_eq!(seen.len(), 60);
        }
    }
}

#[tokio::test]
async fn filters() {
    for world in worlds_with(sorted_table()).await {
        for place in 0..10 {
            put(&world, json!({ "pk": s("p"), "sk": s(&place.to_string()), "x": n(place) })).await;
        }
        let request = json!({
            "TableName": "tab", "FilterExpression": "x >= :x AND sk <> :s", "ProjectionExpression": "x",
            "ExpressionAttributeValues": { ":x": n(7), ":s": s("8") },
        });
        let answer = world.ok(Scan, request).await;
        assert_eq!(
            answer,
            json!({ "Items": [{ "x": n(7) }, { "x": n(9) }], "Count": 2, "ScannedCount": 10 })
        );
    }
}

#[tokio::test]
async fn texts_of_refusals() {
    for world in worlds_with(sorted_table()).await {
        let refused = async |more: Value| {
            world.call(Scan, with(json!({ "TableName": "tab" }), more)).await.unwrap_err().1
        };
        assert_eq!(
            refused(json!({ "Segment": 0 })).await,
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
        );
        assert_eq!(
            refused(json!({ "TotalSegments": 2 })).await,
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
        );
        assert_eq!(
            refused(json!({ "Segment": 5, "TotalSegments": 5 })).await,
            "The Segment parameter is zero-based and must be less than parameter TotalSegments"
        );
        assert_eq!(
            refused(json!({ "Limit": 0 })).await,
            "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
        );
        assert_eq!(
            refused(json!({ "ExclusiveStartKey": { "pk": s("a") } })).await,
            "The provided starting key is invalid"
        );
        assert_eq!(
            refused(json!({ "Select": "SPECIFIC_ATTRIBUTES" })).await,
            "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        );
        assert_eq!(
            refused(json!({ "Select": "COUNT", "ProjectionExpression": "x" })).await,
            "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get only the Count"
        );
        assert_eq!(
            refused(json!({ "Select": "ALL_PROJECTED_ATTRIBUTES" })).await,
            "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        );
        let error = world.call(Scan, json!({ "TableName": "nowhere" })).await.unwrap_err();
        assert_eq!(
            error,
            ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned())
        );
    }
}

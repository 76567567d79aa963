//! BatchGetItem and BatchWriteItem.

use super::{get, n, put, s, sorted_table, worlds_with};
use serde_json::{Value, json};
use wire::Operation::{BatchGetItem, BatchWriteItem};

fn key(sk: &str) -> Value {
    json!({ "pk": s("a"), "sk": s(sk) })
}

#[tokio::test]
async fn write_and_read() {
    for world in worlds_with(sorted_table()).await {
        put(&world, key("old")).await;
        let requests = json!([
            { "PutRequest": { "Item": { "pk": s("a"), "sk": s("1"), "x": n(1) } } },
            { "DeleteRequest": { "Key": key("old") } },
            { "PutRequest": { "Item": { "pk": s("a"), "sk": s("2"), "x": n(2) } } },
            { "DeleteRequest": { "Key": key("never") } },
        ]);
        let answer = world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": requests } })).await;
        assert_eq!(answer, json!({ "UnprocessedItems": {} }));
        assert!(get(&world, key("old")).await.is_null());

        let read =
            json!({ "tab": { "Keys": [key("1"), key("missing"), key("2")], "ProjectionExpression": "x" } });
        let answer = world.ok(BatchGetItem, json!({ "RequestItems": read })).await;
        assert_eq!(answer["UnprocessedKeys"], json!({}));
        let mut items = answer["Responses"]["tab"].as_array().unwrap().clone();
        items.sort_by_key(ToString::to_string);
        assert_eq!(items, [json!({ "x": n(1) }), json!({ "x": n(2) })]);
    }
}

#[tokio::test]
async fn read_of_nothing_still_names_the_table() {
    for world in worlds_with(sorted_table()).await {
        let answer =
            world.ok(BatchGetItem, json!({ "RequestItems": { "tab": { "Keys": [key("1")] } } })).await;
        assert_eq!(answer, json!({ "Responses": { "tab": [] }, "UnprocessedKeys": {} }));
    }
}

#[tokio::test]
async fn a_read_ends_at_16_megabytes() {
    // Where the items are kept makes no difference to that, but much to how long it takes.
    for world in worlds_with(sorted_table()).await.into_iter().take(1) {
        let keys: Vec<String> = (0..50).map(|place| format!("{place:03}")).collect();
        for sk in &keys {
            put(&world, json!({ "pk": s("a"), "sk": s(sk), "x": s(&"x".repeat(390_000)) })).await;
        }
        let mut wanted: Vec<Value> = keys.iter().map(|sk| key(sk)).collect();
        let (mut rounds, mut seen) = (0, 0);
        while !wanted.is_empty() {
            let request = json!({ "RequestItems": { "tab": { "Keys": wanted, "ConsistentRead": true } } });
            let answer = world.ok(BatchGetItem, request).await;
            seen += answer["Responses"]["tab"].as_array().unwrap().len();
            wanted = answer["UnprocessedKeys"]["tab"]["Keys"].as_array().cloned().unwrap_or_default();
            if !wanted.is_empty() {
                assert_eq!(answer["UnprocessedKeys"]["tab"]["ConsistentRead"], json!(true));
            }
            rounds += 1;
            assert!(rounds < 5);
        }
        assert_eq!((rounds, seen), (2, 50));
    }
}

#[tokio::test]
async fn texts() {
    for world in worlds_with(sorted_table()).await {
        let write = async |items: Value| {
            world.call(BatchWriteItem, json!({ "RequestItems": items })).await.unwrap_err()
        };
        let read = async |items: Value| {
            world.call(BatchGetItem, json!({ "RequestItems": items })).await.unwrap_err()
        };
        let put = |sk: &str| json!({ "PutRequest": { "Item": key(sk) } });
        let duplicates = "Provided list of item keys contains duplicates";
        assert_eq!(write(json!({ "tab": [put("1"), put("1")] })).await.1, duplicates);
        let delete = json!({ "DeleteRequest": { "Key": key("1") } });
        assert_eq!(write(json!({ "tab": [put("1"), delete] })).await.1, duplicates);
        assert_eq!(read(json!({ "tab": { "Keys": [key("1"), key("1")] } })).await.1, duplicates);
        let unknown = write(json!({ "nowhere": [put("1")] })).await;
        assert_eq!(
            unknown,
            ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned())
        );
        let unknown = read(json!({ "nowhere": { "Keys": [key("1")] } })).await;
        assert_eq!(
            unknown,
            ("ResourceNotFoundException".to_owned(), "Requested resource not found".to_owned())
        );
        let mismatch = "The provided key element does not match the schema";
        assert_eq!(
            write(json!({ "tab": [{ "PutRequest": { "Item": { "pk": s("a") } } }] })).await.1,
            mismatch
        );
        assert_eq!(read(json!({ "tab": { "Keys": [{ "pk": s("a") }] } })).await.1, mismatch);
        assert_eq!(write(json!({})).await.1, "The requestItems parameter is required for BatchWriteItem");
        let many: Vec<Value> = (0..101).map(|place| key(&place.to_string())).collect();
        assert_eq!(
            read(json!({ "tab": { "Keys": many } })).await.1,
            "1 validation error detected: Value at 'RequestItems.tab.member.Keys' failed to satisfy constraint: \
             Member must have length less than or equal to 100"
        );
        let large =
            json!({ "PutRequest": { "Item": { "pk": s("a"), "sk": s("1"), "x": s(&"x".repeat(410_000)) } } });
        assert_eq!(
            write(json!({ "tab": [large] })).await.1,
            "Item size has exceeded the maximum allowed size"
        );
    }
}

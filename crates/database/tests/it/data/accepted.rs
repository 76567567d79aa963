//! What is just accepted, next to where the refusals begin, which are among the rows asked of the binary.

use super::{get, n, put, query_all, s, scan_all, sorted_table, texts, worlds_with};
use crate::world::{World, with};
use serde_json::{Value, json};
use wire::Operation::{self, BatchGetItem, CreateTable, GetItem, PutItem, Query, Scan, UpdateItem};

/// The largest item, in bytes.
const ITEM_BYTES: usize = 409_600;

/// The size of the key below with the names of its attributes.
const KEY_BYTES: usize = 6;

fn key() -> Value {
    json!({ "pk": s("a"), "sk": s("b") })
}

fn keyed(more: Value) -> Value {
    with(json!({ "TableName": "tab", "Key": key() }), more)
}

async fn sorted() -> World {
    let world = World::in_memory();
    world.ok(CreateTable, sorted_table()).await;
    world
}

/// The text of the refusal; `None` where there is none.
async fn refusal(world: &World, operation: Operation, request: Value) -> Option<String> {
    world.call(operation, request).await.err().map(|(_, text)| text)
}

#[tokio::test]
async fn items_up_to_400_kib_to_the_byte() {
    let world = sorted().await;
    let put = |bytes: usize| {
        let item = with(key(), json!({ "x": s(&"x".repeat(bytes - KEY_BYTES - 1)) }));
        json!({ "TableName": "tab", "Item": item })
    };
    assert_eq!(refusal(&world, PutItem, put(ITEM_BYTES)).await, None);
    let too_large = Some("Item size has exceeded the maximum allowed size".to_owned());
    assert_eq!(refusal(&world, PutItem, put(ITEM_BYTES + 1)).await, too_large);
}

#[tokio::test]
async fn updates_up_to_their_charge_and_to_the_finished_item() {
    let world = sorted().await;
    let set = |bytes: usize| {
        let value = s(&"x".repeat(bytes));
        keyed(json!({ "UpdateExpression": "SET x = :v", "ExpressionAttributeValues": { ":v": value } }))
    };
    let legacy =
        |bytes: usize| keyed(json!({ "AttributeUpdates": { "x": { "Value": s(&"x".repeat(bytes)) } } }));
    let too_large = Some("Item size to update has exceeded the maximum allowed size".to_owned());
    // An expression is charged for its clauses beside the value; attribute updates are not.
    let charged = ITEM_BYTES - 3 - 19 - 1;
    assert_eq!(refusal(&world, UpdateItem, set(charged)).await, None);
    assert_eq!(refusal(&world, UpdateItem, set(charged + 1)).await, too_large);
    let finished = ITEM_BYTES - KEY_BYTES - 1;
    assert_eq!(refusal(&world, UpdateItem, legacy(finished)).await, None);
    assert_eq!(refusal(&world, UpdateItem, legacy(finished + 1)).await, too_large);
    let guarded =
        |request: Value| with(request, json!({ "ConditionExpression": "attribute_not_exists(pk)" }));
    assert_eq!(
        refusal(&world, UpdateItem, guarded(set(charged + 1))).await,
        too_large,
        "before the condition"
    );
    let expected = json!({ "Expected": { "pk": { "Exists": false } } });
    let after = refusal(&world, UpdateItem, with(legacy(finished + 1), expected)).await;
    assert_eq!(after.as_deref(), Some("The conditional request failed"), "after the condition");
}

#[tokio::test]
async fn a_projection_that_matches_nothing_leaves_an_empty_item() {
    for world in worlds_with(sorted_table()).await {
        put(&world, with(key(), json!({ "x": n(1) }))).await;
        for projection in
            [json!({ "ProjectionExpression": "y, x.z" }), json!({ "AttributesToGet": ["y", "x.z"] })]
        {
            let answer = world.ok(GetItem, keyed(projection.clone())).await;
            assert_eq!(answer, json!({ "Item": {} }));
            let part = with(json!({ "Keys": [key()] }), projection.clone());
            let answer = world.ok(BatchGetItem, json!({ "RequestItems": { "tab": part } })).await;
            assert_eq!(answer["Responses"]["tab"], json!([{}]));
            let answer = world.ok(Scan, with(json!({ "TableName": "tab" }), projection)).await;
            assert_eq!((&answer["Items"], &answer["Count"]), (&json!([{}]), &json!(1)));
        }
    }
}

#[tokio::test]
async fn loosely_written_numbers_and_booleans() {
    let world = sorted().await;
    for sk in ["1", "2", "3"] {
        put(&world, json!({ "pk": s("a"), "sk": s(sk) })).await;
    }
    let query = |more: Value| {
        let condition = json!({ "TableName": "tab", "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": { ":p": s("a") } });
        with(condition, more)
    };
    let answer = world.ok(Query, query(json!({ "Limit": 1.5 }))).await;
    assert_eq!(answer["Count"], json!(1));
    let answer = world.ok(Query, query(json!({ "Limit": 4_294_967_296_u64, "ConsistentRead": "Yes" }))).await;
    assert_eq!(answer["Count"], json!(3));
    let (items, _) = query_all(&world, query(json!({ "ScanIndexForward": "n" }))).await;
    assert_eq!(texts(&items, "sk"), ["3", "2", "1"]);
    let answer = world.ok(Scan, json!({ "TableName": "tab", "Segment": 0.9, "TotalSegments": 1 })).await;
    assert_eq!(answer["Count"], json!(3));
    let lenient =
        with(key(), json!({ "t": { "BOOL": "T" }, "f": { "BOOL": "0" }, "null": { "NULL": "yes" } }));
    put(&world, lenient).await;
    let read = json!({ "t": { "BOOL": true }, "f": { "BOOL": false }, "null": { "NULL": true } });
    assert_eq!(get(&world, key()).await, with(key(), read));
}

#[tokio::test]
async fn more_segments_than_there_are_items() {
    let world = sorted().await;
    for pk in 0..8 {
        put(&world, json!({ "pk": s(&pk.to_string()), "sk": s("x") })).await;
    }
    let mut found = Vec::new();
    for segment in 0..5000 {
        let request = json!({ "Segment": segment, "TotalSegments": 5000 });
        found.extend(texts(&scan_all(&world, request).await.0, "pk"));
    }
    found.sort();
    assert_eq!(found, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn the_longest_expressions_and_the_deepest_values() {
    let world = sorted().await;
    let condition = |bytes: usize| {
        let text = format!("{}a = :v", " ".repeat(bytes - "a = :v".len()));
        keyed(json!({ "ConditionExpression": text, "ExpressionAttributeValues": { ":v": s("x") } }))
    };
    let failed = refusal(&world, UpdateItem, condition(4096)).await;
    assert_eq!(failed.as_deref(), Some("The conditional request failed"));
    let text = refusal(&world, UpdateItem, condition(4097)).await.unwrap();
    assert!(text.ends_with("Expression size has exceeded the maximum allowed size;"), "{text}");
    let deep = |wrappers: usize| (0..wrappers).fold(s("x"), |value, _| json!({ "L": [value] }));
    let item = with(key(), json!({ "x": deep(31) }));
    put(&world, item.clone()).await;
    assert_eq!(get(&world, key()).await, item);
    let update = json!({ "AttributeUpdates": { "y": { "Value": deep(31) } }, "Expected": { "x": { "Value": deep(31) } } });
    world.ok(UpdateItem, keyed(update)).await;
    assert_eq!(get(&world, key()).await["y"], deep(31));
}

//! Secondary indexes follow their items.

use super::{get, indexed_table, n, put, query_all, s, scan_all, texts, worlds_with};
use crate::world::{World, definitions, index, with};
use serde_json::{Value, json};
use wire::Operation::{DeleteItem, PutItem, Query, Scan, UpdateItem, UpdateTable};

fn item(sk: &str, more: Value) -> Value {
    with(json!({ "pk": s("a"), "sk": s(sk) }), more)
}

async fn counts(world: &World) -> Vec<(String, i64, i64)> {
    let table = world.describe("tab").await;
    let all = [&table["LocalSecondaryIndexes"], &table["GlobalSecondaryIndexes"]];
    let indexes = all.into_iter().flat_map(|indexes| indexes.as_array().unwrap());
    let one = |index: &Value| {
        let name = index["IndexName"].as_str().unwrap().to_owned();
        (name, index["ItemCount"].as_i64().unwrap(), index["IndexSizeBytes"].as_i64().unwrap())
    };
    indexes.map(one).collect()
}

fn by_g(index: &str, g: &str) -> Value {
    json!({ "IndexName": index, "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": { ":g": s(g) } })
}

#[tokio::test]
async fn entries_come_move_and_go() {
    for world in worlds_with(indexed_table()).await {
        put(&world, item("1", json!({ "g": s("x"), "n": n(1), "a": s("A"), "b": s("B") }))).await;
        put(&world, item("2", json!({ "g": s("x"), "a": s("A2") }))).await;
        put(&world, item("3", json!({ "b": s("B") }))).await;
        let (entries, _) = query_all(&world, by_g("gsi", "x")).await;
        assert_eq!(entries, [item("1", json!({ "g": s("x"), "n": n(1), "a": s("A"), "b": s("B") }))]);
        let (entries, _) = query_all(&world, by_g("inc", "x")).await;
        assert_eq!(texts(&entries, "a").len(), 2);
        assert!(entries.iter().all(|entry| entry.get("b").is_none()));

        let moved = json!({
            "TableName": "tab", "Key": { "pk": s("a"), "sk": s("1") },
            "UpdateExpression": "SET g = :g", "ExpressionAttributeValues": { ":g": s("y") },
        });
        world.ok(UpdateItem, moved).await;
        assert_eq!(query_all(&world, by_g("gsi", "x")).await.0, Vec::<Value>::new());
        assert_eq!(query_all(&world, by_g("inc", "x")).await.0.len(), 1);
        assert_eq!(query_all(&world, by_g("gsi", "y")).await.0.len(), 1);

        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": { "pk": s("a"), "sk": s("1") } })).await;
        assert_eq!(scan_all(&world, json!({ "IndexName": "gsi" })).await.0, Vec::<Value>::new());
        assert_eq!(scan_all(&world, json!({ "IndexName": "inc" })).await.0.len(), 1);
        let counts = counts(&world).await;
        assert_eq!(counts[0], ("lsi".to_owned(), 0, 0));
        let by_name = |name: &str| counts.iter().find(|count| count.0 == name).unwrap().clone();
        assert_eq!(by_name("gsi"), ("gsi".to_owned(), 0, 0));
        // pk a, sk 2, g x, a A2
        assert_eq!(by_name("inc"), ("inc".to_owned(), 1, 3 + 3 + 2 + 3));
    }
}

#[tokio::test]
async fn an_item_that_no_index_can_hold_is_refused() {
    for world in worlds_with(indexed_table()).await {
        let refused = async |more: Value| {
            let request = json!({ "TableName": "tab", "Item": item("1", more) });
            world.call(PutItem, request).await.unwrap_err().1
        };
        assert_eq!(
            refused(json!({ "g": n(1) })).await,
            "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
        );
        assert_eq!(
            refused(json!({ "l": { "BOOL": true } })).await,
            "One or more parameter values were invalid: Type mismatch for Index Key l Expected: S Actual: BOOL IndexName: lsi"
        );
        assert!(refused(json!({ "l": s("") })).await.contains("IndexName: lsi, IndexKey: l"));
        let update = json!({
            "TableName": "tab", "Key": { "pk": s("a"), "sk": s("1") },
            "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": { ":n": s("1") },
        });
        // Without its partition key there would be no entry, but the type is still wrong.
        let with_g = with(update, json!({ "UpdateExpression": "SET n = :n, g = :n" }));
        assert!(
            world.call(UpdateItem, with_g).await.unwrap_err().1.contains("Type mismatch for Index Key n")
        );
        assert!(get(&world, json!({ "pk": s("a"), "sk": s("1") })).await.is_null());
    }
}

#[tokio::test]
async fn a_local_index_fetches_what_it_does_not_hold() {
    for world in worlds_with(indexed_table()).await {
        for sk in ["1", "2", "3"] {
            let l = format!("l{}", 9 - sk.parse::<i32>().unwrap());
            put(&world, item(sk, json!({ "l": s(&l), "x": s(sk) }))).await;
        }
        let request = json!({
            "IndexName": "lsi", "KeyConditionExpression": "pk = :p AND l > :l",
            "ExpressionAttributeValues": { ":p": s("a"), ":l": s("l6") },
        });
        let (held, _) = query_all(&world, request.clone()).await;
        assert_eq!(texts(&held, "l"), ["l7", "l8"]);
        assert!(held.iter().all(|entry| entry.get("x").is_none()));
        let (whole, _) =
            query_all(&world, with(request.clone(), json!({ "Select": "ALL_ATTRIBUTES" }))).await;
        assert_eq!(texts(&whole, "x"), ["2", "1"]);
        let (part, _) = query_all(&world, with(request, json!({ "ProjectionExpression": "x" }))).await;
        assert_eq!(part, [json!({ "x": s("2") }), json!({ "x": s("1") })]);
    }
}

#[tokio::test]
async fn a_global_index_answers_only_what_it_holds() {
    for world in worlds_with(indexed_table()).await {
        let refused = async |more: Value| {
            let request = with(with(by_g("inc", "x"), json!({ "TableName": "tab" })), more);
            world.call(Query, request).await.unwrap_err().1
        };
        assert_eq!(
            refused(json!({ "Select": "ALL_ATTRIBUTES" })).await,
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global \
             secondary index inc because its projection type is not ALL"
        );
        assert_eq!(
            refused(json!({ "ProjectionExpression": "a, b" })).await,
            "One or more parameter values were invalid: Global secondary index inc does not project [b]"
        );
        assert_eq!(
            refused(json!({ "ConsistentRead": true })).await,
            "Consistent reads are not supported on global secondary indexes"
        );
        let scan = json!({ "TableName": "tab", "IndexName": "nix" });
        let error = world.call(Scan, scan).await.unwrap_err().1;
        assert_eq!(error, "The table does not have the specified index: nix");
    }
}

#[tokio::test]
async fn an_index_made_later_is_filled_while_items_change() {
    for world in worlds_with(super::sorted_table()).await {
        for place in 0..60 {
            put(&world, item(&format!("{place:03}"), json!({ "h": s("all"), "x": n(place) }))).await;
        }
        let update = json!({
            "TableName": "tab", "AttributeDefinitions": definitions("h:S"),
            "GlobalSecondaryIndexUpdates": [{ "Create": index("late", "h:HASH sk:RANGE") }],
        });
        let update = with(update, json!({ "AttributeDefinitions": definitions("h:S sk:S") }));
        world.ok(UpdateTable, update).await;
        for place in 0..60 {
            let more = match place % 3 {
                0 => json!({}),
                1 => json!({ "h": s("some"), "x": n(place) }),
                _ => json!({ "h": s("all"), "x": n(place + 1) }),
            };
            put(&world, item(&format!("{place:03}"), more)).await;
        }
        world
            .until("the index is there", async |world| {
                world.describe("tab").await["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
            })
            .await;
        let (entries, _) = scan_all(&world, json!({ "IndexName": "late" })).await;
        assert_eq!(entries.len(), 40);
        for entry in entries {
            let key = json!({ "pk": entry["pk"], "sk": entry["sk"] });
            assert_eq!(get(&world, key).await, entry);
        }
        let index = world.describe("tab").await["GlobalSecondaryIndexes"][0].clone();
        assert_eq!(index["ItemCount"], json!(40));
    }
}

#[tokio::test]
async fn keys_of_several_attributes() {
    let multi = json!({
        "IndexName": "multi",
        "KeySchema": crate::world::keys("p:HASH q:HASH i:RANGE j:RANGE"),
        "Projection": { "ProjectionType": "ALL" },
    });
    let table = with(
        super::sorted_table(),
        json!({
            "AttributeDefinitions": definitions("pk:S sk:S p:S q:N i:S j:N"),
            "GlobalSecondaryIndexes": [multi],
        }),
    );
    for world in worlds_with(table).await {
        for (place, (i, j)) in [("b", 2), ("a", 10), ("a", 9), ("a", -1), ("", 0)].into_iter().enumerate() {
            let mut more = json!({ "p": s("P"), "q": n(1), "j": n(j) });
            if !i.is_empty() {
                more["i"] = s(i);
            }
            put(&world, item(&place.to_string(), more)).await;
        }
        let values = json!({ ":p": s("P"), ":q": n(1), ":i": s("a"), ":j": n(0) });
        let query = |condition: &str, names: &[&str]| {
            let used: Value = names.iter().map(|name| ((*name).to_owned(), values[*name].clone())).collect();
            json!({ "IndexName": "multi", "KeyConditionExpression": condition, "ExpressionAttributeValues": used })
        };
        let sks = async |request: Value| texts(&query_all(&world, request).await.0, "sk");
        assert_eq!(sks(query("p = :p AND q = :q", &[":p", ":q"])).await, ["3", "2", "1", "0"]);
        let back =
            with(query("p = :p AND q = :q", &[":p", ":q"]), json!({ "ScanIndexForward": false, "Limit": 1 }));
        assert_eq!(sks(back).await, ["0", "1", "2", "3"]);
        assert_eq!(sks(query("p = :p AND q = :q AND i = :i", &[":p", ":q", ":i"])).await, ["3", "2", "1"]);
        let all = &[":p", ":q", ":i", ":j"];
        assert_eq!(sks(query("j > :j AND i = :i AND q = :q AND p = :p", all)).await, ["2", "1"]);
        let page = with(query("p = :p AND q = :q", &[":p", ":q"]), json!({ "TableName": "tab", "Limit": 1 }));
        let last = world.ok(Query, page).await["LastEvaluatedKey"].clone();
        let names: Vec<&String> = last.as_object().unwrap().keys().collect();
        assert_eq!(names, ["i", "j", "p", "pk", "q", "sk"]);
        let refused = async |request: Value| {
            world.call(Query, with(request, json!({ "TableName": "tab" }))).await.unwrap_err().1
        };
        assert_eq!(
            refused(query("p = :p", &[":p"])).await,
            "HASH key attributes q must have equality conditions specified in the query"
        );
        assert_eq!(
            refused(query("p = :p AND q = :q AND j = :j", &[":p", ":q", ":j"])).await,
            "RANGE key attributes i must have equality conditions specified in the query because a condition is \
             present on key attribute j"
        );
    }
}

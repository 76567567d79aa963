//! INSERT, UPDATE and DELETE: what they do, what they answer, and what they are refused for.

use super::{items, refusal, run};
use crate::data::{get, indexed_table, n, put, s, worlds_with};
use crate::world::World;
use bytes::Bytes;
use serde_json::{Value, json};
use wire::Operation::ExecuteStatement;

fn key() -> Value {
    json!({ "pk": s("p"), "sk": s("s") })
}

const WHERE: &str = "WHERE pk = 'p' AND sk = 's'";

#[tokio::test]
async fn an_item_is_inserted_once() {
    for world in worlds_with(indexed_table()).await {
        let statement = "INSERT INTO tab VALUE {'pk': 'p', 'sk': 's', 'n': 1.50, 'm': {'l': [TRUE, NULL, <<'b', 'a'>>, ?]}}";
        let request = json!({ "Statement": statement, "Parameters": [{ "B": "AAE=" }] });
        assert_eq!(world.ok(ExecuteStatement, request.clone()).await, json!({ "Items": [] }));
        let list = json!([{ "BOOL": true }, { "NULL": true }, { "SS": ["a", "b"] }, { "B": "AAE=" }]);
        let item =
            json!({ "pk": s("p"), "sk": s("s"), "n": { "N": "1.5" }, "m": { "M": { "l": { "L": list } } } });
        assert_eq!(get(&world, key()).await, item);
        let duplicate =
            ("DuplicateItemException".to_owned(), "Duplicate primary key exists in table".to_owned());
        assert_eq!(refusal(&world, request).await, duplicate);
        let whole = json!({ "Statement": "INSERT INTO tab VALUE ?", "Parameters": [{ "M": { "pk": s("q"), "sk": s("s") } }] });
        world.ok(ExecuteStatement, whole).await;
        assert_eq!(
            items(&world, "SELECT * FROM tab WHERE pk = 'q'").await,
            json!([{ "pk": s("q"), "sk": s("s") }])
        );
    }
}

#[tokio::test]
async fn updates_and_what_they_return() {
    for world in worlds_with(indexed_table()).await {
        let missing = refusal(&world, json!({ "Statement": format!("UPDATE tab SET a = 1 {WHERE}") })).await;
        assert_eq!(
            missing,
            ("ConditionalCheckFailedException".to_owned(), "The conditional request failed".to_owned())
        );
        put(&world, json!({ "pk": s("p"), "sk": s("s"), "n": n(1), "q": { "SS": ["a"] }, "l2": { "L": [n(1), n(2), n(3)] } })).await;
        for (clauses, returning, expected) in [
            ("SET a = 'x', n = n + 1", "MODIFIED OLD", json!([{ "n": n(1) }])),
            ("SET a = 'y' SET n = n - 5", "MODIFIED NEW", json!([{ "a": s("y"), "n": n(-3) }])),
            ("REMOVE zz", "MODIFIED NEW", json!([])),
            ("SET q = set_add(q, <<'b', 'c'>>)", "MODIFIED NEW", json!([{ "q": { "SS": ["a", "b", "c"] } }])),
            ("SET q = set_delete(q, <<'a', 'c'>>)", "MODIFIED NEW", json!([{ "q": { "SS": ["b"] } }])),
            ("SET l2[0] = 7 SET l2[2] = 9", "MODIFIED NEW", json!([{ "l2": { "L": [n(7), n(9)] } }])),
            (
                "SET l2 = list_append(l2, [4]) REMOVE q",
                "ALL NEW",
                json!([{ "pk": s("p"), "sk": s("s"), "a": s("y"), "n": n(-3), "l2": { "L": [n(7), n(2), n(9), n(4)] } }]),
            ),
            (
                "REMOVE l2 REMOVE a",
                "ALL OLD",
                json!([{ "pk": s("p"), "sk": s("s"), "a": s("y"), "n": n(-3), "l2": { "L": [n(7), n(2), n(9), n(4)] } }]),
            ),
        ] {
            let statement = format!("UPDATE tab {clauses} {WHERE} RETURNING {returning} *");
            assert_eq!(items(&world, &statement).await, expected, "{statement}");
        }
        assert_eq!(
            run(&world, &format!("FROM tab {WHERE} AND n < 0 SET n = 5")).await,
            json!({ "Items": [] })
        );
        assert_eq!(get(&world, key()).await, json!({ "pk": s("p"), "sk": s("s"), "n": n(5) }));
    }
}

#[tokio::test]
async fn deletes() {
    for world in worlds_with(indexed_table()).await {
        let delete = |more: &str| format!("DELETE FROM tab {WHERE} {more}");
        assert_eq!(run(&world, &delete("RETURNING ALL OLD *")).await, json!({ "Items": [] }));
        assert_eq!(
            run(&world, &delete("AND n = 1")).await,
            json!({ "Items": [] }),
            "what is not there need not go"
        );
        put(&world, json!({ "pk": s("p"), "sk": s("s"), "n": n(1) })).await;
        let refused = refusal(&world, json!({ "Statement": delete("AND n = 2") })).await;
        assert_eq!(refused.0, "ConditionalCheckFailedException");
        let old = items(&world, &delete("AND n = 1 RETURNING ALL OLD *")).await;
        assert_eq!(old, json!([{ "pk": s("p"), "sk": s("s"), "n": n(1) }]));
        assert_eq!(get(&world, key()).await, Value::Null);
    }
}

#[tokio::test]
async fn a_failed_condition_shows_its_item_under_a_capital() {
    let world = worlds_with(indexed_table()).await.remove(0);
    put(&world, json!({ "pk": s("p"), "sk": s("s"), "n": n(1) })).await;
    let error = async |world: &World, wanted: &str| {
        let statement = format!("UPDATE tab SET n = 5 {WHERE} AND n = 2");
        let body =
            json!({ "Statement": statement, "ReturnValuesOnConditionCheckFailure": wanted }).to_string();
        let error =
            world.database.call(ExecuteStatement, &world.caller, Bytes::from(body)).await.unwrap_err();
        serde_json::from_slice::<Value>(&error.to_body()).unwrap()
    };
    let with_item = error(&world, "ALL_OLD").await;
    assert_eq!(with_item["Message"], "The conditional request failed");
    assert_eq!(with_item["Item"], json!({ "pk": s("p"), "sk": s("s"), "n": n(1) }));
    assert_eq!(error(&world, "NONE").await["message"], "The conditional request failed");
}

#[tokio::test]
async fn what_cannot_be_written() {
    let world = worlds_with(indexed_table()).await.remove(0);
    put(&world, json!({ "pk": s("p"), "sk": s("s"), "a": s("x") })).await;
    for (statement, expected) in [
        ("INSERT INTO nowhere VALUE {'pk': 'p'}", "Requested resource not found"),
        (
            "INSERT INTO tab VALUE {'pk': 'p'}",
            "One or more parameter values were invalid: Missing the key sk in the item",
        ),
        ("UPDATE tab.gsi SET a = 1 WHERE pk = 'p'", "This operation is not supported on an index"),
        ("DELETE FROM tab.gsi WHERE pk = 'p'", "This operation is not supported on an index"),
        ("UPDATE tab SET a = 1", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "DELETE FROM tab WHERE pk = 'p'",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "DELETE FROM tab WHERE pk = 'p' AND sk = 's' AND sk = 't'",
            "Multiple conditions on same key sk. Only single item Update/Insert/Delete are supported",
        ),
        (
            "UPDATE tab SET sk = 't' WHERE pk = 'p' AND sk = 's'",
            "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key",
        ),
        (
            "DELETE FROM tab WHERE pk = 'p' AND sk = 5",
            "Key attribute's data type should match its data type in table's schema: Key sk",
        ),
        (
            "UPDATE tab SET a = set_add(a, <<1>>) WHERE pk = 'p' AND sk = 's'",
            "An operand in the update expression has an incorrect data type",
        ),
        (
            "UPDATE tab SET x.y = 1 WHERE pk = 'p' AND sk = 's'",
            "The document path provided in the update expression is invalid for update",
        ),
    ] {
        assert_eq!(refusal(&world, json!({ "Statement": statement })).await.1, expected, "{statement}");
    }
    let insert = |size: usize| {
        let text = "x".repeat(size);
        json!({ "Statement": "INSERT INTO tab VALUE {'pk': 'big', 'sk': 's', 'a': ?}", "Parameters": [s(&text)] })
    };
    // The names and values of the key, and the name of the attribute, have nine bytes.
    assert_eq!(
        refusal(&world, insert(409_600 - 8)).await.1,
        "Item size has exceeded the maximum allowed size"
    );
    world.ok(ExecuteStatement, insert(409_600 - 9)).await;
}

//! PartiQL in batches and transactions.

use crate::data::{get, indexed_table, n, put, records, s, worlds_with};
use crate::world::{World, table};
use bytes::Bytes;
use serde_json::{Value, json};
use wire::Operation::{BatchExecuteStatement, CreateTable, ExecuteTransaction};

fn statements(texts: &[&str]) -> Value {
    texts.iter().map(|text| json!({ "Statement": text })).collect()
}

async fn batch(world: &World, texts: &[&str]) -> Value {
    let request = json!({ "Statements": statements(texts) });
    world.ok(BatchExecuteStatement, request).await["Responses"].clone()
}

async fn batch_refusal(world: &World, texts: &[&str]) -> String {
    world.call(BatchExecuteStatement, json!({ "Statements": statements(texts) })).await.unwrap_err().1
}

async fn transaction(world: &World, texts: &[&str]) -> Result<Value, (String, String)> {
    world.call(ExecuteTransaction, json!({ "TransactStatements": statements(texts) })).await
}

/// The reasons of a cancelled transaction: codes, with the texts where there are some.
async fn reasons(world: &World, texts: &[&str]) -> Vec<String> {
    let body = Bytes::from(json!({ "TransactStatements": statements(texts) }).to_string());
    let error = world.database.call(ExecuteTransaction, &world.caller, body).await.unwrap_err();
    let error: Value = serde_json::from_slice(&error.to_body()).unwrap();
    let reasons = error["CancellationReasons"].as_array().unwrap_or_else(|| panic!("{error}"));
    let one = |reason: &Value| match reason["Message"].as_str() {
        None => reason["Code"].as_str().unwrap().to_owned(),
        Some(text) => format!("{}: {text}", reason["Code"].as_str().unwrap()),
    };
    reasons.iter().map(one).collect()
}

async fn given(world: &World) {
    put(world, json!({ "pk": s("p"), "sk": s("1"), "n": n(1) })).await;
    put(world, json!({ "pk": s("p"), "sk": s("2"), "n": n(2), "m": { "M": { "x": n(3) } } })).await;
}

#[tokio::test]
async fn a_batch_of_reads() {
    for world in worlds_with(indexed_table()).await {
        given(&world).await;
        let answer = batch(
            &world,
            &[
                "SELECT n, m.x FROM tab WHERE pk = 'p' AND sk = '2'",
                "SELECT * FROM tab WHERE sk = '9' AND pk IN ['p']",
                "SELECT * FROM tab WHERE pk = 'p'",
                "SELECT * FROM tab WHERE pk = 'p' AND sk = '1' AND n = 1",
                "SELECT * FROM nowhere WHERE pk = 'p'",
                "SELECT * FRM",
                "SELECT * FROM tab WHERE pk = '' AND sk = 's'",
            ],
        )
        .await;
        assert_eq!(answer[0], json!({ "TableName": "tab", "Item": { "n": n(2), "x": n(3) } }));
        assert_eq!(answer[1], json!({ "TableName": "tab" }));
        let text = "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
        for place in [2, 3] {
            assert_eq!(answer[place], json!({ "Error": { "Code": "ValidationError", "Message": text } }));
        }
        let missing = json!({ "Code": "ResourceNotFound", "Message": "Requested resource not found" });
        assert_eq!(answer[4], json!({ "Error": missing }));
        assert_eq!(answer[5]["Error"]["Code"], "ValidationError");
        assert_eq!(
            (&answer[6]["Error"]["Code"], &answer[6]["TableName"]),
            (&json!("ValidationError"), &json!("tab"))
        );
    }
}

#[tokio::test]
async fn a_batch_of_writes_is_no_transaction() {
    for world in worlds_with(indexed_table()).await {
        given(&world).await;
        let request = json!({ "Statements": [
            { "Statement": "INSERT INTO tab VALUE {'pk': 'p', 'sk': '1'}" },
            { "Statement": "UPDATE tab SET n = n + ? WHERE pk = ? AND sk = '2' RETURNING MODIFIED NEW *",
              "Parameters": [n(5), s("p")] },
            { "Statement": "DELETE FROM tab WHERE pk = 'p' AND sk = '3'" },
            { "Statement": "UPDATE tab SET n = 1 WHERE pk = 'p' AND sk = '4'" },
            { "Statement": "INSERT INTO tab VALUE {'pk': 'p', 'sk': '5'}" },
        ], "ReturnConsumedCapacity": "TOTAL" });
        let (answer, positions) = world.reply(BatchExecuteStatement, &request).await.unwrap();
        let responses = &answer["Responses"];
        let duplicate =
            json!({ "Code": "DuplicateItem", "Message": "Duplicate primary key exists in table" });
        assert_eq!(responses[0], json!({ "Error": duplicate, "TableName": "tab" }));
        assert_eq!(responses[1], json!({ "Item": { "n": n(7) }, "TableName": "tab" }));
        assert_eq!(responses[2], json!({ "TableName": "tab" }));
        let failed = json!({ "Code": "ConditionalCheckFailed", "Message": "The conditional request failed" });
        assert_eq!(responses[3], json!({ "Error": failed, "TableName": "tab" }));
        assert_eq!(responses[4], json!({ "TableName": "tab" }));
        assert_eq!(answer["ConsumedCapacity"], json!([{ "TableName": "tab", "CapacityUnits": 3.0 }]));
        assert_eq!(positions.unwrap().split(',').count(), 1, "one shard, the last of two positions");
        let last: Vec<Value> =
            records(&world).await.iter().map(|record| record["eventName"].clone()).collect();
        assert_eq!(last, ["INSERT", "INSERT", "MODIFY", "INSERT"]);
    }
}

#[tokio::test]
async fn what_no_batch_may_be() {
    let world = worlds_with(indexed_table()).await.remove(0);
    given(&world).await;
    let read = "SELECT * FROM tab WHERE pk = 'p' AND sk = '1'";
    let write = "DELETE FROM tab WHERE pk = 'p' AND sk = '1'";
    let mixed = "Read and write requests together in the same batch is not supported.";
    assert_eq!(batch_refusal(&world, &[read, write]).await, mixed);
    let twice = "Provided list of item keys contains duplicates";
    assert_eq!(batch_refusal(&world, &[read, read]).await, twice);
    assert_eq!(batch_refusal(&world, &[write, "INSERT INTO tab VALUE {'sk': '1', 'pk': 'p'}"]).await, twice);
    assert_eq!(get(&world, json!({ "pk": s("p"), "sk": s("1") })).await["n"], n(1), "nothing ran");
    let answer = batch(&world, &[write, "DELETE FROM tab WHERE pk = 'p'"]).await;
    assert_eq!(answer[0], json!({ "TableName": "tab" }), "one that fails takes no part");
}

#[tokio::test]
async fn a_transaction_of_writes() {
    for world in worlds_with(indexed_table()).await {
        given(&world).await;
        let answer = transaction(
            &world,
            &[
                "EXISTS(SELECT * FROM tab WHERE pk = 'p' AND sk = '1' AND n = 1)",
                "UPDATE tab SET n = 9 WHERE pk = 'p' AND sk = '2' AND n = 2",
                "INSERT INTO tab VALUE {'pk': 'p', 'sk': '3'}",
                "DELETE FROM tab WHERE pk = 'p' AND sk = '4' AND n = 5",
            ],
        )
        .await;
        assert_eq!(answer, Ok(json!({ "Responses": [] })));
        let read = [
            "SELECT n FROM tab WHERE pk = 'p' AND sk = '2'",
            "SELECT * FROM tab WHERE pk = 'p' AND sk = '4'",
        ];
        assert_eq!(
            transaction(&world, &read).await,
            Ok(json!({ "Responses": [{ "Item": { "n": n(9) } }, {}] }))
        );
        let cancelled = reasons(
            &world,
            &[
                "INSERT INTO tab VALUE {'pk': 'p', 'sk': '3'}",
                "DELETE FROM tab WHERE pk = 'p' AND sk = '4' AND n = 5",
                "DELETE FROM tab WHERE pk = 'p' AND sk = '1'",
                "UPDATE tab SET n = 1 WHERE pk = 'p' AND sk = '5'",
                "EXISTS(SELECT * FROM tab WHERE pk = 'p' AND sk = '2' AND n = 2)",
            ],
        )
        .await;
        let failed = "ConditionalCheckFailed: The conditional request failed";
        let duplicate = "DuplicateItem: Duplicate primary key exists in table";
        assert_eq!(cancelled, [duplicate, failed, "None", failed, failed]);
        assert_ne!(get(&world, json!({ "pk": s("p"), "sk": s("1") })).await, Value::Null, "all or none");
        assert_eq!(records(&world).await.len(), 4);
    }
}

#[tokio::test]
async fn what_no_transaction_may_be() {
    let world = worlds_with(indexed_table()).await.remove(0);
    world.ok(CreateTable, table("other")).await;
    given(&world).await;
    let read = "SELECT * FROM tab WHERE pk = 'p' AND sk = '1'";
    let write = "DELETE FROM tab WHERE pk = 'p' AND sk = '1'";
    for (texts, expected) in [
        (
            [read, write],
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        ([read, read], "Transaction request cannot include multiple operations on one item"),
        ([write, write], "Transaction request cannot include multiple operations on one item"),
        (
            [read, "SELECT * FROM other.gsi WHERE g = 'x'"],
            "Validation failed in TransactStatements[1]: Reads on indices are not supported within transactions.",
        ),
        (
            [read, "SELECT * FROM tab WHERE pk = 'p'"],
            "Validation failed in TransactStatements[1]: Select statements within ExecuteTransaction must specify the \
             primary key in the where clause.",
        ),
        (
            ["DELETE FROM tab WHERE pk = 'p' AND sk = '2' RETURNING ALL OLD *", write],
            "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (
            [write, "EXISTS(SELECT * FROM tab WHERE pk = 'p' AND sk = '2')"],
            "Validation failed in TransactStatements[1]: EXISTS() must contain a single item read with additional \
             condition",
        ),
        (
            [write, "UPDATE tab SET a = 1 WHERE pk = {} AND sk = '1'"],
            "Validation failed in TransactStatements[1]: Key value must be of type S, N, or B. Key name: pk, Key type: M",
        ),
        (
            [write, "SELECT * FROM tab WHERE"],
            "Validation failed in TransactStatements[1]: Statement wasn't well formed, can't be processed: Unexpected \
             term",
        ),
    ] {
        assert_eq!(transaction(&world, &texts).await.unwrap_err().1, expected, "{texts:?}");
    }
    let schema = "ValidationError: The provided key element does not match the schema";
    assert_eq!(
        reasons(&world, &[write, "DELETE FROM tab WHERE pk = 5 AND sk = '1'"]).await,
        ["None", schema]
    );
    assert_eq!(
        reasons(&world, &["SELECT * FROM tab WHERE pk = 5 AND sk = '1'", read]).await,
        [schema, "None"]
    );
    let missing = "ResourceNotFound: Requested resource not found";
    assert_eq!(reasons(&world, &[write, "INSERT INTO nowhere VALUE {'pk': 'p'}"]).await, ["None", missing]);
}

#[tokio::test]
async fn a_repeated_transaction_does_nothing() {
    for world in worlds_with(indexed_table()).await {
        given(&world).await;
        let request = |text: &str| json!({ "TransactStatements": [{ "Statement": text }], "ClientRequestToken": "t", "ReturnConsumedCapacity": "TOTAL" });
        let update = request("UPDATE tab SET n = n + 1 WHERE pk = 'p' AND sk = '1'");
        let first = world.ok(ExecuteTransaction, update.clone()).await;
        assert_eq!(
            first["ConsumedCapacity"],
            json!([{ "TableName": "tab", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0 }])
        );
        let again = world.ok(ExecuteTransaction, update).await;
        assert_eq!(again["ConsumedCapacity"][0]["ReadCapacityUnits"], json!(2.0));
        assert_eq!(get(&world, json!({ "pk": s("p"), "sk": s("1") })).await["n"], n(2));
        let other = request("UPDATE tab SET n = n + 2 WHERE pk = 'p' AND sk = '1'");
        let mismatch = world.call(ExecuteTransaction, other).await.unwrap_err().0;
        assert_eq!(mismatch, "IdempotentParameterMismatchException");
    }
}

#[tokio::test]
async fn failed_conditions_show_their_items_where_asked() {
    let world = worlds_with(indexed_table()).await.remove(0);
    given(&world).await;
    let one = |sort: &str, wanted: &str| {
        let statement = format!("DELETE FROM tab WHERE pk = 'p' AND sk = '{sort}' AND n = 7");
        json!({ "Statement": statement, "ReturnValuesOnConditionCheckFailure": wanted })
    };
    let both = json!([one("1", "ALL_OLD"), one("2", "NONE")]);
    let item = json!({ "pk": s("p"), "sk": s("1"), "n": n(1) });
    let answer = world.ok(BatchExecuteStatement, json!({ "Statements": both })).await;
    assert_eq!(answer["Responses"][0]["Error"]["Item"], item);
    assert_eq!(answer["Responses"][1]["Error"].get("Item"), None);
    let body = Bytes::from(json!({ "TransactStatements": both }).to_string());
    let error = world.database.call(ExecuteTransaction, &world.caller, body).await.unwrap_err();
    let error: Value = serde_json::from_slice(&error.to_body()).unwrap();
    assert_eq!(error["CancellationReasons"][0]["Item"], item);
    assert_eq!(error["CancellationReasons"][1].get("Item"), None);
}

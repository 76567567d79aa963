//! Whole requests to a small database: the first byte chooses the operation, the rest is the body. Whatever it
//! is, it is answered, with JSON or with an error that is not the server's; and the tables are whole after it, and when they are
//! opened again.

use crate::ground::{Ground, World, Worlds, opened};
use bytes::Bytes;
use database::{Caller, Database, Options};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::Operation;

/// Those that do something; the others are refused by name.
const OPERATIONS: [Operation; 25] = [
    Operation::PutItem,
    Operation::GetItem,
    Operation::UpdateItem,
    Operation::DeleteItem,
    Operation::Query,
    Operation::Scan,
    Operation::BatchGetItem,
    Operation::BatchWriteItem,
    Operation::TransactGetItems,
    Operation::TransactWriteItems,
    Operation::CreateTable,
    Operation::UpdateTable,
    Operation::DeleteTable,
    Operation::DescribeTable,
    Operation::ListTables,
    Operation::UpdateTimeToLive,
    Operation::DescribeTimeToLive,
    Operation::TagResource,
    Operation::UntagResource,
    Operation::ListTagsOfResource,
    Operation::ListStreams,
    Operation::DescribeStream,
    Operation::GetShardIterator,
    Operation::GetRecords,
    Operation::SearchVectors,
];

thread_local! {
    static WORLDS: Worlds<Arc<Database>> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Arc<Database> {
    /// The items of the table, where there is one.
    type Seen = Option<Value>;

    fn open(ground: &Ground) -> Self {
        let (store, environment) = (Arc::clone(&ground.store), ground.environment.clone());
        opened(Database::open_on(store, Options::in_memory(), environment))
    }

    async fn furnish(&self, ground: &Ground) {
        set_up(self, &ground.caller).await;
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        let Some((choice, body)) = data.split_first() else { return false };
        let operation = OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
        match self.call(operation, &ground.caller, Bytes::copy_from_slice(body)).await {
            Ok(reply) => {
                let parsed = serde_json::from_slice::<Value>(&reply.body);
                assert!(reply.body.is_empty() || parsed.is_ok(), "{operation:?} answers no JSON");
            }
            Err(error) => {
                assert!(error.status() < 500, "{operation:?}: {error:?}");
                assert!(serde_json::from_slice::<Value>(&error.to_body()).is_ok(), "{error:?}");
            }
        }
        false
    }

    async fn look(&self, ground: &Ground) -> Option<Value> {
        check_counts(self, &ground.caller).await
    }
}

async fn ok(database: &Arc<Database>, caller: &Caller, operation: Operation, request: Value) -> Value {
    match database.call(operation, caller, Bytes::from(request.to_string())).await {
        Ok(reply) => serde_json::from_slice(&reply.body).unwrap_or_default(),
        Err(error) => panic!("{operation:?} of {request}: {error:?}"),
    }
}

/// A table with a sort key, a stream and indexes, and three items.
async fn set_up(database: &Arc<Database>, caller: &Caller) {
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
    let all = json!({ "ProjectionType": "ALL" });
    let table = json!({
        "TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "N"), attribute("g", "B")],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "GlobalSecondaryIndexes": [
            { "IndexName": "gsi", "KeySchema": [key("g", "HASH"), key("sk", "RANGE")], "Projection": all }],
        "LocalSecondaryIndexes": [
            { "IndexName": "lsi", "KeySchema": [key("pk", "HASH"), key("g", "RANGE")], "Projection": all }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    });
    ok(database, caller, Operation::CreateTable, table).await;
    for place in 0..3 {
        let item = json!({
            "pk": { "S": "a" }, "sk": { "N": place.to_string() }, "g": { "B": "AAEC" },
            "l": { "L": [{ "N": "1" }, { "M": { "m": { "S": "deep" } } }] }, "n": { "N": "5" },
        });
        ok(database, caller, Operation::PutItem, json!({ "TableName": "tab", "Item": item })).await;
    }
}

/// Every item is in the table's count, and in its indexes where it has their keys. Answers the items.
async fn check_counts(database: &Arc<Database>, caller: &Caller) -> Option<Value> {
    let request = Bytes::from_static(br#"{"TableName":"tab"}"#);
    // Unless it was deleted.
    let reply = database.call(Operation::DescribeTable, caller, request).await.ok()?;
    let table = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default()["Table"].clone();
    let scanned = ok(database, caller, Operation::Scan, json!({ "TableName": "tab" })).await;
    assert_eq!(table["ItemCount"], scanned["Count"], "{table}");
    let indexed = |item: &&Value| item.get("g").is_some();
    let entries = scanned["Items"].as_array().map_or(0, |items| items.iter().filter(indexed).count());
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
    for index in indexes.iter().filter_map(|kind| table[*kind].as_array()).flatten() {
        // One that the request made may be about to be filled.
        if index["IndexName"] == "gsi" || index["IndexName"] == "lsi" {
            let active = index["IndexStatus"].as_str().is_none_or(|status| status == "ACTIVE");
            assert!(!active || index["ItemCount"] == entries, "{entries} entries in {index}");
        }
    }
    Some(scanned)
}

//! What earlier versions left on disk is read: for every version of the format there is a data directory,
//! packed, beside the answers that it gave when it was made.
//!
//! The directory and the answers of the present format are made anew, where the format changes before it is
//! released, with
//! `cargo test -p tailwater-database --test it -- --ignored format::make_the_fixture`.

use crate::data::{indexed_table, n, s};
use crate::world::{World, keys, table, with};
use database::{Options, Storage};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use store::Durability;
use wire::Operation::{
    self, CreateTable, DeleteItem, DescribeStream, DescribeTable, DescribeTimeToLive, GetRecords,
    GetShardIterator, ListStreams, ListTables, ListTagsOfResource, PutItem, Query, Scan, TransactWriteItems,
    UpdateItem, UpdateTable, UpdateTimeToLive,
};

/// How far the service's time was moved ahead when the fixture was made.
const AHEAD_MS: u64 = 3_600_000;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn open(path: &Path) -> World {
    let storage =
        Storage::Directory { path: path.to_owned(), durability: Durability::Buffer, cache_bytes: None };
    World::with(Options { storage, ..Options::in_memory() })
}

/// An item of every type, with what the indexes want.
fn every_type(sort: &str) -> Value {
    json!({
        "pk": s("types"), "sk": s(sort), "l": s("l"), "g": s("group"), "n": { "N": "-12.50" }, "a": s("a"),
        "string": s("plain, and \"escaped\"\n"), "empty": s(""), "emoji": s("é 😀"),
        "number": { "N": "99999999999999999999999999999999999999E87" }, "small": { "N": "-1E-130" },
        "binary": { "B": "AAEC/w==" }, "yes": { "BOOL": true }, "no": { "BOOL": false },
        "null": { "NULL": true }, "strings": { "SS": ["b", "a", "\""] },
        "numbers": { "NS": ["2", "-1", "10"] }, "binaries": { "BS": ["AQ==", "AA=="] },
        "list": { "L": [{ "N": "1" }, { "L": [] }, { "M": {} }] },
        "map": { "M": { "k": { "M": { "k": s("deep") } } } },
    })
}

fn transaction() -> Value {
    let put = |name: &str| json!({ "Put": { "TableName": "tab", "Item": { "pk": s("t"), "sk": s(name) } } });
    json!({ "ClientRequestToken": "a token", "TransactItems": [put("one"), put("two")] })
}

/// Puts in everything that the format has a place for.
async fn fill(world: &World) {
    world.ok(CreateTable, indexed_table()).await;
    let arn = world.describe("tab").await["TableArn"].clone();
    let expiry = json!({ "Enabled": true, "AttributeName": "expires" });
    world.ok(UpdateTimeToLive, json!({ "TableName": "tab", "TimeToLiveSpecification": expiry })).await;
    let tags = json!({ "ResourceArn": arn, "Tags": [{ "Key": "k", "Value": "v" }] });
    world.ok(Operation::TagResource, tags).await;
    let put = async |item: Value| world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
    put(every_type("first")).await;
    put(every_type("second")).await;
    for place in 0..40 {
        let (partition, place) = (s(&format!("p{}", place % 7)), place.to_string());
        put(json!({ "pk": partition, "sk": s(&place), "g": s("group"), "n": { "N": place } })).await;
    }
    world.advance(1_000).await;
    let key = json!({ "pk": s("types"), "sk": s("second") });
    let set = json!({
        "TableName": "tab", "Key": key, "UpdateExpression": "SET g = :g REMOVE l ADD n :n",
        "ExpressionAttributeValues": { ":g": s("other"), ":n": n(1) },
    });
    world.ok(UpdateItem, set).await;
    world.database.split_shards(&world.caller, &json!({ "table": "tab" })).await.unwrap();
    world.ok(TransactWriteItems, transaction()).await;
    for place in [3, 11] {
        let key = json!({ "pk": s(&format!("p{}", place % 7)), "sk": s(&place.to_string()) });
        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key })).await;
    }
    // One that the service deletes, and one that has its time before it.
    let seconds = (world.environment.clock.now_ms() + AHEAD_MS) / 1_000 - 60;
    put(json!({ "pk": s("expired"), "sk": s("x"), "expires": { "N": seconds.to_string() } })).await;
    put(json!({ "pk": s("expires"), "sk": s("x"), "expires": { "N": "4102444800" } })).await;
    world.advance(AHEAD_MS).await;
    // A table whose stream was switched off and on, and which has lost an index.
    world.ok(CreateTable, with(indexed_table(), json!({ "TableName": "again" }))).await;
    let item = json!({ "pk": s("p"), "sk": s("s"), "g": s("g"), "n": n(1) });
    world.ok(PutItem, json!({ "TableName": "again", "Item": item })).await;
    let off = json!({ "TableName": "again", "StreamSpecification": { "StreamEnabled": false } });
    world.ok(UpdateTable, off).await;
    world.advance(1_000).await;
    let view = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    world.ok(UpdateTable, json!({ "TableName": "again", "StreamSpecification": view })).await;
    let delete = json!([{ "Delete": { "IndexName": "inc" } }]);
    world.ok(UpdateTable, json!({ "TableName": "again", "GlobalSecondaryIndexUpdates": delete })).await;
    world.ok(DeleteItem, json!({ "TableName": "again", "Key": { "pk": s("p"), "sk": s("s") } })).await;
    // And one that is gone.
    world.ok(CreateTable, with(table("gone"), json!({ "KeySchema": keys("pk:HASH") }))).await;
    world.ok(Operation::DeleteTable, json!({ "TableName": "gone" })).await;
}

/// All that can be asked of it, and the answers.
async fn answers(world: &World) -> Value {
    let mut all = Vec::new();
    let mut ask = async |operation: Operation, request: Value| {
        let answer = world.ok(operation, request.clone()).await;
        all.push(json!({ "operation": operation.name(), "request": request, "answer": answer.clone() }));
        answer
    };
    ask(ListTables, json!({})).await;
    for name in ["tab", "again"] {
        let described = ask(DescribeTable, json!({ "TableName": name })).await["Table"].clone();
        ask(DescribeTimeToLive, json!({ "TableName": name })).await;
        ask(ListTagsOfResource, json!({ "ResourceArn": described["TableArn"] })).await;
        ask(Scan, json!({ "TableName": name })).await;
        for index in ["lsi", "gsi", "inc"].iter().filter(|index| name == "tab" || **index != "inc") {
            ask(Scan, json!({ "TableName": name, "IndexName": index })).await;
        }
        let by_group = json!({
            "TableName": name, "IndexName": "gsi", "KeyConditionExpression": "g = :g AND n > :n",
            "ExpressionAttributeValues": { ":g": s("group"), ":n": n(20) },
        });
        ask(Query, by_group).await;
        for stream in ask(ListStreams, json!({ "TableName": name })).await["Streams"].as_array().unwrap() {
            let arn = &stream["StreamArn"];
            let described = ask(DescribeStream, json!({ "StreamArn": arn })).await;
            for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
                let start = json!({
                    "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
                });
                let iterator = ask(GetShardIterator, start).await["ShardIterator"].clone();
                ask(GetRecords, json!({ "ShardIterator": iterator })).await;
            }
        }
    }
    all.into()
}

fn read_json(name: &str) -> Value {
    serde_json::from_reader(GzDecoder::new(File::open(fixture(name)).unwrap())).unwrap()
}

/// A copy of a packed data directory.
fn unpacked(name: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let packed = GzDecoder::new(File::open(fixture(name)).unwrap());
    tar::Archive::new(packed).unpack(directory.path()).unwrap();
    directory
}

/// The answers of the fixture, each asked again in the same words: iterators too, which were kept with it.
async fn check(world: &World, expected: &Value) {
    for kept in expected.as_array().unwrap() {
        let operation =
            Operation::ALL.iter().find(|operation| kept["operation"] == operation.name()).unwrap();
        let answer = world.ok(*operation, kept["request"].clone()).await;
        assert_eq!(answer, kept["answer"], "{} of {}", operation.name(), kept["request"]);
    }
}

#[tokio::test]
async fn a_directory_of_format_1_gives_its_answers() {
    let directory = unpacked("format-1.tar.gz");
    let world = open(directory.path());
    check(&world, &read_json("format-1.json.gz")).await;
}

#[tokio::test]
async fn a_directory_of_format_1_goes_on() {
    let directory = unpacked("format-1.tar.gz");
    let expected = read_json("format-1.json.gz");
    let numbers = |answers: &Value| -> Vec<String> {
        let of_records = |kept: &Value| kept["answer"]["Records"].as_array().cloned().unwrap_or_default();
        let records = answers.as_array().unwrap().iter().flat_map(of_records);
        records.map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()).collect()
    };
    let highest = numbers(&expected).into_iter().max().unwrap();
    let world = open(directory.path());
    // The token of its transaction is known: nothing is done again.
    world.ok(TransactWriteItems, transaction()).await;
    assert_eq!(numbers(&answers(&world).await).into_iter().max().unwrap(), highest);
    let key = json!({ "pk": s("types"), "sk": s("first") });
    let before = world.describe("tab").await["ItemCount"].as_i64().unwrap();
    world.ok(DeleteItem, json!({ "TableName": "tab", "Key": key })).await;
    assert_eq!(world.describe("tab").await["ItemCount"], before - 1);
    let newest = numbers(&answers(&world).await).into_iter().max().unwrap();
    assert!(newest > highest, "{newest} after {highest}");
    // And the shards, the time to live and the retention.
    world.database.roll_shards(&world.caller, &json!({ "table": "tab" })).await.unwrap();
    let kept = answers(&world).await;
    world.database.shutdown().await.unwrap();
    drop(world);
    check(&open(directory.path()), &kept).await;
}

#[tokio::test]
#[ignore = "makes the fixture anew"]
async fn make_the_fixture() {
    let directory = tempfile::tempdir().unwrap();
    let world = open(directory.path());
    fill(&world).await;
    let kept = answers(&world).await;
    world.database.shutdown().await.unwrap();
    drop(world);
    // Opened once more, so that what an opening leaves behind is in the fixture too.
    let world = open(directory.path());
    check(&world, &kept).await;
    world.ok(PutItem, json!({ "TableName": "tab", "Item": { "pk": s("p"), "sk": s("last") } })).await;
    let kept = answers(&world).await;
    world.database.shutdown().await.unwrap();
    drop(world);
    let file = File::create(fixture("format-1.tar.gz")).unwrap();
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::best()));
    archive.append_dir_all(".", directory.path()).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
    let file = File::create(fixture("format-1.json.gz")).unwrap();
    serde_json::to_writer(GzEncoder::new(file, Compression::best()), &kept).unwrap();
}

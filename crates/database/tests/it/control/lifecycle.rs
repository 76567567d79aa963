//! A table from CreateTable to DeleteTable, and the next one of its name.

use crate::world::{START_MS, World, definitions, index, keys, table, with};
use database::Caller;
use serde_json::{Value, json};
use wire::Operation::{CreateTable, DeleteTable, DescribeTable, UpdateTable};

fn whole(name: &str) -> Value {
    let mut include = index("lsi", "pk:HASH other:RANGE");
    include["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"] });
    with(
        table(name),
        json!({
            "AttributeDefinitions": definitions("pk:S sk:N other:B"),
            "KeySchema": keys("pk:HASH sk:RANGE"),
            "LocalSecondaryIndexes": [include],
            "GlobalSecondaryIndexes": [index("gsi", "other:HASH")],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
            "Tags": [{ "Key": "k", "Value": "v" }],
        }),
    )
}

#[tokio::test]
async fn is_described_as_it_was_made() {
    for world in World::of_every_kind() {
        let created = world.ok(CreateTable, whole("tab")).await["TableDescription"].clone();
        let described = world.describe("tab").await;
        assert_eq!(
            (&created["TableStatus"], &described["TableStatus"]),
            (&json!("CREATING"), &json!("ACTIVE"))
        );
        for member in ["TableId", "TableArn", "LatestStreamArn", "LatestStreamLabel", "StreamSpecification"] {
            assert!(created[member] == described[member] && !created[member].is_null(), "{member}");
        }
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/tab";
        let label = "2026-01-01T00:00:00.000";
        assert_eq!(described["TableArn"], arn);
        assert_eq!(described["LatestStreamArn"], format!("{arn}/stream/{label}"));
        assert_eq!(described["CreationDateTime"].as_f64(), Some(START_MS as f64 / 1000.0));
        assert_eq!(described["KeySchema"], keys("pk:HASH sk:RANGE"));
        assert_eq!(described["AttributeDefinitions"], definitions("pk:S sk:N other:B"));
        assert_eq!(described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
        assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
        assert_eq!(described["DeletionProtectionEnabled"], false);
        assert_eq!((&described["ItemCount"], &described["TableSizeBytes"]), (&json!(0), &json!(0)));
        let warm = json!({ "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" });
        assert_eq!(described["WarmThroughput"], warm);
        let lsi = &described["LocalSecondaryIndexes"][0];
        assert_eq!(lsi["Projection"], json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"] }));
        assert_eq!(lsi["IndexArn"], format!("{arn}/index/lsi"));
        let gsi = &described["GlobalSecondaryIndexes"][0];
        assert_eq!((&gsi["IndexStatus"], &gsi["KeySchema"]), (&json!("ACTIVE"), &keys("other:HASH")));
        assert_eq!(created["GlobalSecondaryIndexes"][0]["IndexStatus"], "CREATING");
        assert!(gsi.get("Backfilling").is_none());
    }
}

#[tokio::test]
async fn survives_a_restart_as_it_was() {
    for world in World::of_every_kind() {
        survives(world).await;
    }
}

async fn survives(world: World) {
    world.ok(CreateTable, whole("tab")).await;
    world.ok(UpdateTable, json!({ "TableName": "tab", "DeletionProtectionEnabled": true })).await;
    world.advance(3_600_000).await;
    let before = world.describe("tab").await;
    let now_ms = world.environment.clock.now_ms();
    let world = world.reopened();
    assert_eq!(world.describe("tab").await, before);
    assert!(world.environment.clock.now_ms() >= now_ms, "service time went back");
    world.ok(UpdateTable, json!({ "TableName": "tab", "DeletionProtectionEnabled": false })).await;
    world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
    let world = world.reopened();
    let gone = world.call(DescribeTable, json!({ "TableName": "tab" })).await;
    assert_eq!(gone.unwrap_err().0, "ResourceNotFoundException");
    let listed = world.ok(wire::Operation::ListStreams, json!({ "TableName": "tab" })).await;
    assert_eq!(listed["Streams"].as_array().unwrap().len(), 1, "its stream lives on");
}

#[tokio::test]
async fn a_table_made_again_is_another_one() {
    for world in World::of_every_kind() {
        let mut seen: Vec<(String, String)> = Vec::new();
        // The simulated clock stands still: labels must differ all the same.
        for _ in 0..3 {
            let created = world.ok(CreateTable, whole("tab")).await["TableDescription"].clone();
            let text = |member: &str| created[member].as_str().unwrap().to_owned();
            seen.push((text("LatestStreamLabel"), text("TableId")));
            let deleted =
                world.ok(DeleteTable, json!({ "TableName": "tab" })).await["TableDescription"].clone();
            assert_eq!(deleted["TableStatus"], "DELETING");
            assert_eq!(deleted["TableId"], created["TableId"]);
            let gone = world.call(DescribeTable, json!({ "TableName": "tab" })).await;
            let text = "Requested resource not found: Table: tab not found";
            assert_eq!(gone, Err(("ResourceNotFoundException".into(), text.into())));
        }
        assert!(seen.is_sorted_by(|one, next| one.0 < next.0 && one.1 != next.1), "{seen:?}");
        let listed = world.ok(wire::Operation::ListStreams, json!({ "TableName": "tab" })).await;
        assert_eq!(listed["Streams"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_protected_table_is_not_deleted() {
    let world = World::in_memory();
    world.ok(CreateTable, with(table("tab"), json!({ "DeletionProtectionEnabled": true }))).await;
    let text = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection \
                first.";
    let refused = world.call(DeleteTable, json!({ "TableName": "tab" })).await;
    assert_eq!(refused, Err(("ValidationException".into(), text.into())));
    assert_eq!(world.describe("tab").await["DeletionProtectionEnabled"], true);
    world.ok(UpdateTable, json!({ "TableName": "tab", "DeletionProtectionEnabled": false })).await;
    world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
    let again = world.call(DeleteTable, json!({ "TableName": "tab" })).await;
    let text = "Requested resource not found: Table: tab not found";
    assert_eq!(again, Err(("ResourceNotFoundException".into(), text.into())));
}

#[tokio::test]
async fn accounts_and_regions_are_apart_unless_shared() {
    let others = [Caller::new("111111111111", "us-east-1"), Caller::new("000000000000", "eu-west-1")];
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    for other in &others {
        let answer = world.call_as(other, DescribeTable, json!({ "TableName": "tab" })).await;
        assert_eq!(answer.unwrap_err().0, "ResourceNotFoundException");
        world.call_as(other, CreateTable, table("tab")).await.unwrap();
    }
    let by_arn = json!({ "TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/tab" });
    assert_eq!(world.ok(DescribeTable, by_arn.clone()).await["Table"]["TableName"], "tab");
    let foreign = world.call_as(&others[0], DescribeTable, by_arn).await;
    assert_eq!(foreign.unwrap_err().0, "ResourceNotFoundException");

    let shared = World::with(database::Options { shared_tables: true, ..database::Options::in_memory() });
    shared.ok(CreateTable, table("tab")).await;
    for other in &others {
        let answer = shared.call_as(other, DescribeTable, json!({ "TableName": "tab" })).await.unwrap();
        assert_eq!(answer["Table"]["TableArn"], "arn:aws:dynamodb:us-east-1:000000000000:table/tab");
        assert_eq!(
            shared.call_as(other, CreateTable, table("tab")).await.unwrap_err().0,
            "ResourceInUseException"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_make_one() {
    let world = std::sync::Arc::new(World::in_memory());
    let callers = (0..16).map(|_| {
        let world = std::sync::Arc::clone(&world);
        environment::spawn(async move { world.call(CreateTable, table("tab")).await.is_ok() })
    });
    let callers: Vec<_> = callers.collect();
    let mut made = 0;
    for caller in callers {
        made += usize::from(caller.await.unwrap());
    }
    assert_eq!(made, 1);
}

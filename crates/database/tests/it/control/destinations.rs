//! Kinesis destinations of tables: their states, their errors, and that every change is delivered.

mod delivery;

use crate::world::{Failure, World, table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Position, Snapshot, Store};
use streams::data_stream::{DataStream, NewDataStream, record};
use streams::record::ChangeWriter;
use wire::Operation::{
    self, CreateBackup, CreateTable, DeleteTable, DescribeKinesisStreamingDestination,
    DisableKinesisStreamingDestination, EnableKinesisStreamingDestination, RestoreTableFromBackup,
    UpdateKinesisStreamingDestination,
};

pub(super) const ARN: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";

/// Makes the data stream `changes`.
pub(super) async fn make_stream(world: &World, shards: u32) {
    let new = NewDataStream {
        name: "changes".into(),
        account: world.caller.account.to_string(),
        region: world.caller.region.to_string(),
        on_demand: false,
        retention_hours: 24,
        record_size_max_kib: 1024,
        tags: BTreeMap::new(),
        shards,
    };
    world.database.create_data_stream(new).await.unwrap();
}

pub(super) fn stream(world: &World) -> Arc<DataStream> {
    let caller = streams::Caller { account: &world.caller.account, region: &world.caller.region };
    world.database.data_streams().by_arn(caller, ARN).unwrap()
}

/// What was delivered, shard by shard: first of those without parents, each in order.
pub(super) fn delivered(world: &World) -> Vec<Value> {
    let stream = stream(world);
    let mut changes = ChangeWriter::new(&stream.arn, &stream.region);
    let snapshot = world.database.store().snapshot();
    let mut all = Vec::new();
    for shard in &stream.shards {
        let page = snapshot.log_read(shard.log, Position::default(), 10_000, 100 << 20).unwrap();
        assert!(!page.more);
        for log_record in &page.records {
            let read = record::read(log_record, &mut changes).unwrap();
            let hash_key = record::hash_key(read.partition_key.as_bytes());
            assert!((shard.first..=shard.last).contains(&hash_key), "a record in the wrong shard");
            all.push(serde_json::from_slice(&read.data).unwrap());
        }
    }
    all
}

pub(super) fn of_table(stream_arn: &str) -> Value {
    json!({ "TableName": "tab", "StreamArn": stream_arn })
}

pub(super) async fn enable(world: &World) {
    world.ok(EnableKinesisStreamingDestination, of_table(ARN)).await;
}

async fn listed(world: &World) -> Value {
    let described = world.ok(DescribeKinesisStreamingDestination, json!({ "TableName": "tab" })).await;
    assert_eq!(described["TableName"], "tab");
    described["KinesisDataStreamDestinations"].clone()
}

#[tokio::test]
async fn a_destination_is_enabled_updated_disabled_and_survives_restarts() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        make_stream(&world, 1).await;
        assert_eq!(listed(&world).await, json!([]));
        let answer = world.ok(EnableKinesisStreamingDestination, of_table(ARN)).await;
        let enabling = json!({
            "TableName": "tab", "StreamArn": ARN, "DestinationStatus": "ENABLING",
            "EnableKinesisStreamingConfiguration": {},
        });
        assert_eq!(answer, enabling);
        assert_eq!(listed(&world).await, json!([{ "StreamArn": ARN, "DestinationStatus": "ACTIVE" }]));
        let precise = json!({ "ApproximateCreationDateTimePrecision": "MICROSECOND" });
        let mut update = of_table(ARN);
        update["UpdateKinesisStreamingConfiguration"] = precise.clone();
        let answer = world.ok(UpdateKinesisStreamingDestination, update).await;
        let updating = json!({
            "TableName": "tab", "StreamArn": ARN, "DestinationStatus": "UPDATING",
            "UpdateKinesisStreamingConfiguration": precise,
        });
        assert_eq!(answer, updating);
        let world = world.reopened();
        let active = json!([{
            "StreamArn": ARN, "DestinationStatus": "ACTIVE",
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        }]);
        assert_eq!(listed(&world).await, active);
        let answer = world.ok(DisableKinesisStreamingDestination, of_table(ARN)).await;
        let disabling = json!({ "TableName": "tab", "StreamArn": ARN, "DestinationStatus": "DISABLING" });
        assert_eq!(answer, disabling);
        assert_eq!(listed(&world).await[0]["DestinationStatus"], "DISABLED");
        let mut again = of_table(ARN);
        again["EnableKinesisStreamingConfiguration"] = precise.clone();
        let answer = world.ok(EnableKinesisStreamingDestination, again).await;
        assert_eq!(answer["EnableKinesisStreamingConfiguration"], precise);
        assert_eq!(listed(&world).await, active);
    }
}

#[tokio::test]
async fn a_restored_table_delivers_nothing() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    make_stream(&world, 1).await;
    delivery::put(&world, "one", 1).await;
    enable(&world).await;
    let backup = json!({ "TableName": "tab", "BackupName": "backup" });
    let arn = world.ok(CreateBackup, backup).await["BackupDetails"]["BackupArn"].clone();
    world.ok(RestoreTableFromBackup, json!({ "BackupArn": arn, "TargetTableName": "restored" })).await;
    let described = world.ok(DescribeKinesisStreamingDestination, json!({ "TableName": "restored" })).await;
    assert_eq!(described["KinesisDataStreamDestinations"], json!([]));
    assert_eq!(delivered(&world), Vec::<Value>::new());
}

async fn refusal(world: &World, operation: Operation, request: &Value) -> Failure {
    match world.call(operation, request.clone()).await {
        Err(failure) => failure,
        Ok(answer) => panic!("{operation:?} of {request} answered {answer}"),
    }
}

#[tokio::test]
async fn refusals() {
    const ENABLE: Operation = EnableKinesisStreamingDestination;
    const DISABLE: Operation = DisableKinesisStreamingDestination;
    const UPDATE: Operation = UpdateKinesisStreamingDestination;
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    world.ok(CreateTable, table("idle")).await;
    make_stream(&world, 1).await;
    enable(&world).await;
    let id = world.describe("tab").await["TableId"].as_str().unwrap().to_owned();
    let request = |table: &str, arn: &str| json!({ "TableName": table, "StreamArn": arn });
    let update = |table: &str, configuration: Value| json!({ "TableName": table, "StreamArn": ARN, "UpdateKinesisStreamingConfiguration": configuration });
    let precision = |text: &str| json!({ "ApproximateCreationDateTimePrecision": text });
    let other = "arn:aws:kinesis:us-east-1:000000000000:stream/other";
    let foreign = "arn:aws:kinesis:eu-west-1:000000000000:stream/changes";
    let missing = "Requested resource not found: Table: nope not found".to_owned();
    let not_disabled = "Table is not in a valid state to enable Kinesis Streaming Destination: \
                        EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.";
    let not_active = "Table is not in a valid state to disable Kinesis Streaming Destination: \
                      KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.";
    let none = "Table is not in a valid state to enable Kinesis Streaming Destination: No streaming destination with \
                streamArn: {arn} found for table with tableName: {table}";
    let none = |arn: &str, table: &str| none.replace("{arn}", arn).replace("{table}", table);
    let no_configuration = "Streaming destination cannot be updated with given parameters: \
                            UpdateKinesisStreamingConfiguration cannot be null or contain only null values";
    let same = format!(
        "Invalid Request: Precision is already set to the desired value of MILLISECOND for tableId: {id}, kdsArn: {ARN}"
    );
    let enumeration = "1 validation error detected: Value 'SECOND' at \
                       'updateKinesisStreamingConfiguration.approximateCreationDateTimePrecision' failed to satisfy \
                       constraint: Member must satisfy enum value set: [MILLISECOND, MICROSECOND]";
    let short = "1 validation error detected: Value 'arn' at 'streamArn' failed to satisfy constraint: Member must have \
                 length greater than or equal to 37";
    let (invalid, absent) = ("ValidationException", "ResourceNotFoundException");
    let rows = [
        (ENABLE, request("nope", ARN), absent, missing.clone()),
        (DISABLE, request("nope", ARN), absent, missing.clone()),
        (UPDATE, request("nope", ARN), absent, missing.clone()),
        (DescribeKinesisStreamingDestination, json!({ "TableName": "nope" }), absent, missing),
        (
            ENABLE,
            request("idle", other),
            absent,
            format!("Requested resource not found: Stream: {other} not found"),
        ),
        (
            ENABLE,
            request("idle", foreign),
            absent,
            format!("Requested resource not found: Stream: {foreign} not found"),
        ),
        (ENABLE, request("tab", ARN), invalid, not_disabled.into()),
        (DISABLE, request("idle", ARN), invalid, not_active.into()),
        (DISABLE, request("tab", other), invalid, not_active.into()),
        (UPDATE, update("idle", precision("MICROSECOND")), invalid, none(ARN, "idle")),
        (UPDATE, request("tab", other), invalid, none(other, "tab")),
        (UPDATE, request("tab", ARN), invalid, no_configuration.into()),
        (UPDATE, update("tab", json!({})), invalid, no_configuration.into()),
        (UPDATE, update("tab", precision("MILLISECOND")), invalid, same),
        (UPDATE, update("tab", precision("SECOND")), invalid, enumeration.into()),
        (ENABLE, request("tab", "arn"), invalid, short.into()),
    ];
    for (operation, request, code, text) in rows {
        let failure = refusal(&world, operation, &request).await;
        assert_eq!(failure, (code.to_owned(), text), "{operation:?} {request}");
    }
}

#[tokio::test]
async fn a_deleted_stream_disables_its_destinations_and_a_deleted_table_leaves_its_stream() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        make_stream(&world, 2).await;
        enable(&world).await;
        delivery::put(&world, "one", 1).await;
        world.database.delete_data_stream(&world.caller, "changes").await.unwrap();
        let described = listed(&world).await;
        assert_eq!(described[0]["DestinationStatus"], "DISABLED");
        assert_eq!(described[0]["DestinationStatusDescription"], "The Kinesis data stream was deleted.");
        delivery::put(&world, "two", 1).await;
        let world = world.reopened();
        delivery::put(&world, "three", 1).await;
        // Another stream of the same name is not delivered to until somebody says so.
        make_stream(&world, 1).await;
        delivery::put(&world, "four", 1).await;
        assert_eq!(delivered(&world), Vec::<Value>::new());
        enable(&world).await;
        delivery::put(&world, "five", 1).await;
        assert_eq!(delivered(&world).len(), 1);
        world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
        let world = world.reopened();
        assert_eq!(delivered(&world).len(), 1);
        world.ok(CreateTable, table("tab")).await;
        assert_eq!(listed(&world).await, json!([]));
        delivery::put(&world, "six", 1).await;
        assert_eq!(delivered(&world).len(), 1);
    }
}

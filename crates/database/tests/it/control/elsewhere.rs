//! What is in other regions, of which there is nothing here; and that no operation is unknown.

use crate::world::{World, table};
use serde_json::json;
use wire::Operation::{self, *};
use wire::operation::Support;

#[tokio::test]
async fn global_tables() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let version = "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables \
                   version 2019.11.21, instead of version 2017.11.29 (Legacy).";
    let missing = "Global table with name: 'tab' does not exist.";
    let headed = "Global table not found: Global table with name: 'tab' does not exist.";
    let name = json!({ "GlobalTableName": "tab" });
    let update = |updates| json!({ "GlobalTableName": "tab", "ReplicaUpdates": updates });
    let region = json!({ "RegionName": "eu-west-1" });
    let refused = [
        (
            CreateGlobalTable,
            json!({ "GlobalTableName": "tab", "ReplicationGroup": [region] }),
            ("ValidationException", version.to_owned()),
        ),
        (DescribeGlobalTable, name.clone(), ("GlobalTableNotFoundException", headed.into())),
        (DescribeGlobalTableSettings, name.clone(), ("GlobalTableNotFoundException", missing.into())),
        (UpdateGlobalTableSettings, name.clone(), ("GlobalTableNotFoundException", missing.into())),
        (
            UpdateGlobalTable,
            update(json!([{ "Create": region }])),
            ("ValidationException", version.into()),
        ),
        (
            UpdateGlobalTable,
            update(json!([{ "Delete": region }])),
            ("GlobalTableNotFoundException", headed.into()),
        ),
        (
            UpdateGlobalTable,
            update(json!([])),
            ("ValidationException", "One or more parameter values were invalid".into()),
        ),
        (
            DescribeTableReplicaAutoScaling,
            json!({ "TableName": "tab" }),
            ("ResourceNotFoundException", "Global table with name: tab does not exist.".into()),
        ),
        (
            UpdateTableReplicaAutoScaling,
            json!({ "TableName": "tab" }),
            ("ResourceNotFoundException", "Global table with name: tab does not exist.".into()),
        ),
        (
            UpdateTableReplicaAutoScaling,
            json!({ "TableName": "nope" }),
            ("ResourceNotFoundException", "Requested resource not found: Table: nope not found".into()),
        ),
        (
            DescribeGlobalTable,
            json!({}),
            (
                "ValidationException",
                "1 validation error detected: Value null at 'globalTableName' failed to satisfy constraint: Member must not \
                 be null"
                    .into(),
            ),
        ),
    ];
    for (operation, request, (code, text)) in refused {
        let answer = world.call(operation, request.clone()).await;
        assert_eq!(answer, Err((code.into(), text)), "{operation:?} {request}");
    }
    assert_eq!(world.ok(ListGlobalTables, json!({})).await, json!({ "GlobalTables": [] }));
}

#[tokio::test]
async fn exports_and_imports() {
    let world = World::in_memory();
    let export = "arn:aws:dynamodb:us-east-1:000000000000:table/tab/export/01";
    let import = "arn:aws:dynamodb:us-east-1:000000000000:table/tab/import/01";
    let refused = [
        (
            DescribeExport,
            json!({ "ExportArn": export }),
            ("ExportNotFoundException", format!("Export not found: {export}")),
        ),
        (
            DescribeImport,
            json!({ "ImportArn": import }),
            ("ImportNotFoundException", format!("Import not found: {import}")),
        ),
    ];
    for (operation, request, (code, text)) in refused {
        let answer = world.call(operation, request.clone()).await;
        assert_eq!(answer, Err((code.into(), text)), "{operation:?} {request}");
    }
    for (operation, expected) in
        [(ListExports, json!({ "ExportSummaries": [] })), (ListImports, json!({ "ImportSummaryList": [] }))]
    {
        assert_eq!(world.ok(operation, json!({})).await, expected);
    }
}

#[tokio::test]
async fn what_is_refused_says_so_and_is_just_what_the_table_of_operations_says() {
    let world = World::in_memory();
    for operation in Operation::ALL {
        let text = format!("{} is not supported by this server", operation.name());
        let unsupported = Err(("ValidationException".to_owned(), text));
        let answer = world.call(*operation, json!({})).await;
        let is_refused = operation.support() == Support::Refused;
        assert_eq!(answer == unsupported, is_refused, "{operation:?} answers {answer:?}");
    }
}

//! What is in other regions, of which there is nothing here; and that no operation is unknown.

use crate::world::{World, table, with};
use serde_json::{Value, json};
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

/// StartBulkPutItems with these members.
fn bulk_put(members: Value) -> Value {
    let request = json!({
        "TableName": "tab",
        "InputS3Configuration": { "S3Bucket": "bucket", "InputFormat": "ION" },
        "OutputS3Configuration": { "OutputType": ["ERROR"] },
    });
    with(request, members)
}

#[tokio::test]
async fn bulk_operations_are_checked_and_there_are_none() {
    let world = World::in_memory();
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/tab/bulk/01";
    for operation in [Operation::DescribeBulkOperation, Operation::CancelBulkOperation] {
        let missing = world.call(operation, json!({ "BulkOperationArn": arn })).await;
        let text = format!("Bulk operation not found: {arn}");
        assert_eq!(missing, Err(("ResourceNotFoundException".into(), text)));
        let short = world.call(operation, json!({ "BulkOperationArn": "arn" })).await.unwrap_err();
        assert!(short.1.contains("greater than or equal to 37"), "{short:?}");
    }
    let list = Operation::ListBulkOperations;
    assert_eq!(world.ok(list, json!({ "MaxResults": 25 })).await, json!({ "BulkOperationsSummaryList": [] }));
    let absent = world.call(StartBulkPutItems, bulk_put(json!({}))).await.unwrap_err();
    assert_eq!(absent.0, "ResourceNotFoundException");
    let output = json!({ "OutputS3Configuration": { "OutputType": ["ALL"] } });
    let rows = [
        (list, json!({ "MaxResults": 26 }), "'maxResults'"),
        (list, json!({ "NextToken": "0123" }), "([0-9a-f]{16})+"),
        (
            StartBulkPutItems,
            bulk_put(json!({ "MaxWriteRequestUnits": 1023 })),
            "greater than or equal to 1024",
        ),
        (StartBulkPutItems, bulk_put(json!({ "PerformanceTier": "SLOW" })), "[ACCELERATED, STANDARD]"),
        (StartBulkPutItems, bulk_put(json!({ "InputS3Configuration": null })), "'inputS3Configuration'"),
        (StartBulkPutItems, bulk_put(output), "[CONDITION_CHECK_FAILURE, ERROR]"),
    ];
    for (operation, request, part) in rows {
        let (code, text) = world.call(operation, request.clone()).await.unwrap_err();
        assert_eq!(code, "ValidationException", "{request}");
        assert!(
            text.starts_with("1 validation error detected: ") && text.contains(part),
            "{request}: {text}"
        );
    }
}

#[tokio::test]
async fn what_is_refused_says_so_and_is_just_what_the_table_of_operations_says() {
    let world = World::in_memory();
    world.ok(Operation::CreateTable, table("tab")).await;
    for operation in Operation::ALL {
        // What is not done is checked first.
        let request = if *operation == StartBulkPutItems { bulk_put(json!({})) } else { json!({}) };
        let text = format!("{} is not supported by this server", operation.name());
        let unsupported = Err(("ValidationException".to_owned(), text));
        let answer = world.call(*operation, request).await;
        let is_refused = operation.support() == Support::Refused;
        assert_eq!(answer == unsupported, is_refused, "{operation:?} answers {answer:?}");
    }
}

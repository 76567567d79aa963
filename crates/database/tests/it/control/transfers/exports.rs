//! Full exports.

use super::{Buckets, arn, count, import, lines};
use crate::world::{START_MS, World, table, with};
use serde_json::{Value, json};
use transfer::{Format, Md5};
use wire::Operation::*;

#[tokio::test]
async fn an_export_is_what_aws_writes_and_comes_back_by_import() {
    for world in World::of_every_kind() {
        let buckets = Buckets::with(world);
        buckets.recoverable("dogs").await;
        for number in 0..250 {
            let item = json!({
                "pk": { "S": format!("dog-{number}") },
                "n": { "N": number.to_string() },
                "m": { "M": { "l": { "L": [{ "BOOL": true }, { "NULL": true }] }, "b": { "B": "AQI=" } } },
                "s": { "SS": ["a", "\n\"b\""] },
            });
            buckets.put_item("dogs", item).await;
        }
        let before = buckets.items("dogs").await;
        for (format, suffix) in [("DYNAMODB_JSON", "json"), ("ION", "ion")] {
            let members = json!({ "ExportFormat": format, "S3Prefix": format!("out/{suffix}/") });
            let export = buckets.export("dogs", members).await;
            let data = check_files(&buckets, &export, suffix);
            let name = format!("back-{suffix}");
            let request = with(import(&name, format, &data), json!({ "InputCompressionType": "GZIP" }));
            let imported = buckets.import(request).await;
            assert_eq!(imported["ImportStatus"], "COMPLETED", "{imported}");
            assert_eq!(imported["ImportedItemCount"], 250);
            assert_eq!(imported["ErrorCount"], 0);
            assert_eq!(buckets.items(&name).await, before);
            assert_eq!(buckets.world.describe(&name).await["ItemCount"], 250);
        }
    }
}

/// Checks the files of an export of 250 items; answers what the keys of its data begin with.
fn check_files(buckets: &Buckets, export: &Value, suffix: &str) -> String {
    assert_eq!(export["ExportStatus"], "COMPLETED", "{export}");
    assert_eq!(export["ItemCount"], 250);
    assert_eq!(export["ExportType"], "FULL_EXPORT");
    let id = export["ExportArn"].as_str().unwrap().rsplit_once('/').unwrap().1;
    let own = format!("out/{suffix}/AWSDynamoDB/{id}/");
    assert_eq!(export["ExportManifest"], format!("{own}manifest-summary.json"));
    assert_eq!(buckets.text(&format!("{own}_started")), "");
    for manifest in ["manifest-summary", "manifest-files"] {
        let text = buckets.text(&format!("{own}{manifest}.json"));
        assert_eq!(buckets.text(&format!("{own}{manifest}.md5")), Md5::of(text.as_bytes()).base64());
    }
    let summary: Value = serde_json::from_str(&buckets.text(&format!("{own}manifest-summary.json"))).unwrap();
    assert_eq!(summary["itemCount"], 250);
    assert_eq!(summary["exportArn"], export["ExportArn"]);
    assert_eq!(summary["tableId"], export["TableId"]);
    assert_eq!(summary["exportTime"], "2026-01-01T00:00:00.000Z");
    assert_eq!(summary["manifestFilesS3Key"], format!("{own}manifest-files.json"));
    assert_eq!(summary["billedSizeBytes"], export["BilledSizeBytes"]);
    assert!(summary["billedSizeBytes"].as_u64().unwrap() > 250);
    let files = buckets.text(&format!("{own}manifest-files.json"));
    let file: Value = serde_json::from_str(files.trim_end()).unwrap();
    let key = file["dataFileS3Key"].as_str().unwrap();
    assert!(key.starts_with(&format!("{own}data/")) && key.ends_with(&format!(".{suffix}.gz")), "{key}");
    let bytes = std::fs::read(buckets.path(key)).unwrap();
    assert_eq!(file["md5Checksum"], Md5::of(&bytes).base64());
    assert_eq!(file["etag"], Md5::of(&bytes).hex());
    let (format, _) = Format::of_name(key);
    assert_eq!(count(&buckets.path(key), format.unwrap()), 250);
    format!("{own}data/")
}

#[tokio::test]
async fn an_export_of_an_empty_table_has_one_empty_file() {
    let buckets = Buckets::in_memory();
    buckets.recoverable("dogs").await;
    let export = buckets.export("dogs", json!({})).await;
    assert_eq!(export["ItemCount"], 0);
    let keys = buckets.keys();
    assert_eq!(keys.len(), 6, "{keys:?}");
    let file = keys.iter().find(|key| key.ends_with(".gz")).unwrap();
    assert_eq!(lines(&buckets.path(file)), Vec::<String>::new());
}

#[tokio::test]
async fn an_export_is_of_the_moment_of_the_call() {
    for world in World::of_every_kind() {
        let buckets = Buckets::with(world);
        buckets.recoverable("dogs").await;
        buckets.put_item("dogs", json!({ "pk": { "S": "before" } })).await;
        let request = json!({ "TableArn": arn("dogs"), "S3Bucket": "bucket" });
        let answer = buckets.world.ok(ExportTableToPointInTime, request).await["ExportDescription"].clone();
        // Whatever happens now, to the table too.
        buckets.put_item("dogs", json!({ "pk": { "S": "after" } })).await;
        buckets
            .world
            .ok(DeleteItem, json!({ "TableName": "dogs", "Key": { "pk": { "S": "before" } } }))
            .await;
        let export = buckets.exported(answer["ExportArn"].as_str().unwrap()).await;
        assert_eq!(export["ItemCount"], 1);
        let file = buckets.keys().into_iter().find(|key| key.ends_with(".gz")).unwrap();
        assert_eq!(lines(&buckets.path(&file)), [r#"{"Item":{"pk":{"S":"before"}}}"#]);
    }
}

#[tokio::test]
async fn what_is_exported_can_be_chosen() {
    let buckets = Buckets::in_memory();
    buckets.recoverable("dogs").await;
    for name in ["a", "b", "c"] {
        let item = json!({ "pk": { "S": name }, "n": { "N": "1" }, "size": { "S": if name == "b" { "big" } else { "small" } } });
        buckets.put_item("dogs", item).await;
    }
    let names = json!({ "#s": "size" });
    for (filter, expected) in [
        (
            json!({
                "FilterExpression": "#s = :small", "ProjectionExpression": "pk",
                "ExpressionAttributeNames": names, "ExpressionAttributeValues": { ":small": { "S": "small" } },
            }),
            vec![r#"{"Item":{"pk":{"S":"a"}}}"#, r#"{"Item":{"pk":{"S":"c"}}}"#],
        ),
        (
            json!({
                "KeyConditionExpression": "pk = :b", "ExpressionAttributeValues": { ":b": { "S": "b" } },
                "ProjectionExpression": "#s", "ExpressionAttributeNames": names,
            }),
            vec![r#"{"Item":{"size":{"S":"big"}}}"#],
        ),
    ] {
        let prefix = expected.len().to_string();
        let members = json!({ "FilterSpecification": filter, "S3Prefix": prefix });
        let export = buckets.export("dogs", members).await;
        assert_eq!(export["ItemCount"], expected.len());
        assert_eq!(export["FilterSpecification"], filter);
        let is_data = |key: &String| key.starts_with(&prefix) && key.ends_with(".gz");
        let file = buckets.keys().into_iter().find(is_data).unwrap();
        let mut found = lines(&buckets.path(&file));
        found.sort();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let buckets = Buckets::in_memory();
    let world = &buckets.world;
    buckets.recoverable("dogs").await;
    world.ok(CreateTable, table("cats")).await;
    let base = json!({ "TableArn": arn("dogs"), "S3Bucket": "bucket" });
    let (past, future) = (START_MS / 1000 - 60, START_MS / 1000 + 60);
    let filter =
        json!({ "KeyConditionExpression": "x = :x", "ExpressionAttributeValues": { ":x": { "S": "x" } } });
    for (members, code, text) in [
        (json!({ "TableArn": null }), "ValidationException", "Value null at 'tableArn'"),
        (json!({ "TableArn": "dogs" }), "ValidationException", "Invalid TableArn: dogs"),
        (json!({ "S3Bucket": null }), "ValidationException", "Value null at 's3Bucket'"),
        (json!({ "S3Bucket": "../x" }), "ValidationException", "Value '../x' at 's3Bucket'"),
        (json!({ "S3BucketOwner": "me" }), "ValidationException", "Value 'me' at 's3BucketOwner'"),
        (json!({ "ClientToken": "a$b" }), "ValidationException", "Value 'a$b' at 'clientToken'"),
        (json!({ "ExportFormat": "CSV" }), "ValidationException", "enum value set: [DYNAMODB_JSON, ION]"),
        (json!({ "S3SseAlgorithm": "X" }), "ValidationException", "enum value set: [AES256, KMS]"),
        (json!({ "ExportType": "X" }), "ValidationException", "[FULL_EXPORT, INCREMENTAL_EXPORT]"),
        (
            json!({ "IncrementalExportSpecification": {} }),
            "ValidationException",
            "IncrementalExportSpecification",
        ),
        (json!({ "TableArn": arn("nope") }), "TableNotFoundException", "Table not found: nope"),
        (json!({ "TableArn": arn("cats") }), "PointInTimeRecoveryUnavailableException", "'cats'"),
        (json!({ "ExportTime": past }), "InvalidExportTimeException", "keeps no history"),
        (json!({ "ExportTime": future }), "InvalidExportTimeException", "future"),
        (
            json!({ "FilterSpecification": filter }),
            "ValidationException",
            "Query condition missed key schema element: pk",
        ),
        (
            json!({ "FilterSpecification": { "FilterExpression": "a = " } }),
            "ValidationException",
            "Invalid FilterExpression: Syntax error",
        ),
    ] {
        let request = with(base.clone(), members);
        let (found, message) = world.call(ExportTableToPointInTime, request.clone()).await.unwrap_err();
        assert_eq!(found, code, "{request}: {message}");
        assert!(message.contains(text), "{request}: {message}");
    }
    assert_eq!(world.ok(ListExports, json!({})).await, json!({ "ExportSummaries": [] }));
    // The present second is the present.
    world.ok(ExportTableToPointInTime, with(base, json!({ "ExportTime": START_MS / 1000 }))).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_fails_the_export() {
    let buckets = Buckets::in_memory();
    buckets.recoverable("dogs").await;
    let export = buckets.export("dogs", json!({ "S3Bucket": "elsewhere" })).await;
    assert_eq!(export["ExportStatus"], "FAILED");
    assert_eq!(export["FailureCode"], "S3NoSuchBucket");
    assert_eq!(export["FailureMessage"], "The specified bucket does not exist");
    assert_eq!(export["ItemCount"], Value::Null);
    let export = buckets.export("dogs", json!({ "S3Prefix": "a/../../b" })).await;
    assert_eq!(export["FailureCode"], "S3InternalError");
    assert_eq!(buckets.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_client_token_makes_repetitions_one() {
    let buckets = Buckets::in_memory();
    let world = &buckets.world;
    buckets.recoverable("dogs").await;
    let request = json!({ "TableArn": arn("dogs"), "S3Bucket": "bucket", "ClientToken": "once" });
    let ask = async |request: &Value| {
        let answer = world.call(ExportTableToPointInTime, request.clone()).await;
        answer.map(|answer| answer["ExportDescription"]["ExportArn"].clone())
    };
    let first = ask(&request).await.unwrap();
    assert_eq!(ask(&request).await.unwrap(), first);
    buckets.exported(first.as_str().unwrap()).await;
    assert_eq!(ask(&request).await.unwrap(), first);
    let other = with(request.clone(), json!({ "S3Prefix": "x" }));
    assert_eq!(ask(&other).await.unwrap_err().0, "ExportConflictException");
    world.advance(8 * 60 * 60 * 1000).await;
    assert_ne!(ask(&request).await.unwrap(), first);
}

#[tokio::test]
async fn exports_are_listed_in_pages_and_forgotten_after_90_days() {
    let buckets = Buckets::in_memory();
    let world = &buckets.world;
    buckets.recoverable("dogs").await;
    buckets.recoverable("cats").await;
    let mut arns = Vec::new();
    for name in ["dogs", "cats", "dogs", "dogs"] {
        arns.push(buckets.export(name, json!({})).await["ExportArn"].clone());
        world.advance(1).await;
    }
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let request = with(json!({ "MaxResults": 1 }), json!({ "NextToken": token }));
        let page = world.ok(ListExports, request).await;
        for summary in page["ExportSummaries"].as_array().unwrap() {
            assert_eq!(summary["ExportStatus"], "COMPLETED");
            found.push(summary["ExportArn"].clone());
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(found, arns);
    let of_dogs = world.ok(ListExports, json!({ "TableArn": arn("dogs") })).await;
    assert_eq!(of_dogs["ExportSummaries"].as_array().unwrap().len(), 3);
    assert!(world.call(ListExports, json!({ "NextToken": "x" })).await.is_err());
    let elsewhere = database::Caller::new("111111111111", "us-east-1");
    let answer = world.call_as(&elsewhere, ListExports, json!({})).await.unwrap();
    assert_eq!(answer, json!({ "ExportSummaries": [] }));
    let answer = world.call_as(&elsewhere, DescribeExport, json!({ "ExportArn": arns[0] })).await;
    assert_eq!(answer.unwrap_err().0, "ExportNotFoundException");
    world.advance(90 * 24 * 60 * 60 * 1000).await;
    assert_eq!(world.ok(ListExports, json!({})).await, json!({ "ExportSummaries": [] }));
    assert_eq!(
        world.call(DescribeExport, json!({ "ExportArn": arns[0] })).await.unwrap_err().0,
        "ExportNotFoundException"
    );
}

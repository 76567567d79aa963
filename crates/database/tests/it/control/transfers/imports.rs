//! Imports.

use super::{Buckets, import};
use crate::world::{World, definitions, index, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::*;

fn figures(import: &Value) -> [u64; 3] {
    ["ProcessedItemCount", "ImportedItemCount", "ErrorCount"].map(|member| import[member].as_u64().unwrap())
}

#[tokio::test]
async fn bad_records_are_counted_and_the_others_go_in() {
    for world in World::of_every_kind() {
        let buckets = Buckets::with(world);
        buckets.put("in/1.csv", "pk|n|k\na|1|x\nb|x|y\nc||\n\"d|\"|2|\"\"\nd\n|3|z\n");
        buckets.put("in/2.csv", "n|pk|k\n5|a|last\n");
        buckets.put("in/3.csv", "pk|pk\n");
        buckets.put("elsewhere.csv", "pk|n|k\nz|1|x\n");
        let mut request = import("dogs", "CSV", "in/");
        request["InputFormatOptions"] = json!({ "Csv": { "Delimiter": "|" } });
        let creation = with(
            table("dogs"),
            json!({
                "AttributeDefinitions": definitions("pk:S n:N k:S"),
                "GlobalSecondaryIndexes": [index("by-k", "k:HASH n:RANGE")],
            }),
        );
        request["TableCreationParameters"] = creation.clone();
        let imported = buckets.import(request).await;
        assert_eq!(imported["ImportStatus"], "COMPLETED", "{imported}");
        assert_eq!(imported["FailureCode"], "ItemValidationError");
        // Bad: the number x, the empty key of the index, too few fields, no key, and the header of the third file.
        assert_eq!(figures(&imported), [7, 3, 5], "{imported}");
        assert_eq!(imported["ProcessedSizeBytes"], 62);
        assert_eq!(imported["TableCreationParameters"], creation);
        assert_eq!(imported["InputFormatOptions"], json!({ "Csv": { "Delimiter": "|" } }));
        let items = buckets.items("dogs").await;
        let expected = [
            json!({ "pk": { "S": "a" }, "n": { "N": "5" }, "k": { "S": "last" } }),
            json!({ "pk": { "S": "c" } }),
        ];
        assert_eq!(items.into_values().collect::<Vec<_>>(), expected);
        let query = json!({
            "TableName": "dogs", "IndexName": "by-k", "KeyConditionExpression": "k = :k",
            "ExpressionAttributeValues": { ":k": { "S": "last" } },
        });
        assert_eq!(buckets.world.ok(Query, query).await["Count"], 1);
        let described = buckets.world.describe("dogs").await;
        assert_eq!((&described["ItemCount"], &described["TableStatus"]), (&json!(2), &json!("ACTIVE")));
    }
}

#[tokio::test]
async fn many_items_of_every_compression() {
    let buckets = Buckets::in_memory();
    let lines: String = (0..2_500).map(|n| format!("{{\"Item\":{{\"pk\":{{\"S\":\"{n}\"}}}}}}\n")).collect();
    let gzip = {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(lines.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    // One frame of one block that is stored as it is, of at most 128 KiB.
    let zstd = {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
        frame.extend_from_slice(&u32::try_from(lines.len()).unwrap().to_le_bytes());
        frame.extend_from_slice(&u32::try_from(lines.len() << 3 | 1).unwrap().to_le_bytes()[..3]);
        frame.extend_from_slice(lines.as_bytes());
        frame
    };
    buckets.put("none/x.json", &lines);
    buckets.put("gzip/x.json.gz", gzip);
    buckets.put("zstd/x.json.zst", zstd);
    for compression in ["NONE", "GZIP", "ZSTD"] {
        let name = compression.to_lowercase();
        let request = import(&format!("tab-{name}"), "DYNAMODB_JSON", &format!("{name}/"));
        let imported = buckets.import(with(request, json!({ "InputCompressionType": compression }))).await;
        assert_eq!(figures(&imported), [2_500, 2_500, 0], "{imported}");
        assert_eq!(imported["InputCompressionType"], compression);
        assert_eq!(buckets.items(&format!("tab-{name}")).await.len(), 2_500);
    }
    // Damaged: what was read before goes in.
    let imported = buckets
        .import(with(import("damaged", "DYNAMODB_JSON", "none/"), json!({ "InputCompressionType": "GZIP" })))
        .await;
    assert_eq!((figures(&imported), &imported["ImportStatus"]), ([0, 0, 1], &json!("COMPLETED")));
}

#[tokio::test]
async fn an_import_makes_no_records_and_its_table_is_like_any_other() {
    let buckets = Buckets::in_memory();
    let world = &buckets.world;
    buckets.put("x.json", "{\"Item\":{\"pk\":{\"S\":\"a\"}}}\n");
    buckets.import(import("dogs", "DYNAMODB_JSON", "x")).await;
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    world.ok(UpdateTable, json!({ "TableName": "dogs", "StreamSpecification": stream })).await;
    buckets.put_item("dogs", json!({ "pk": { "S": "b" } })).await;
    assert_eq!(buckets.items("dogs").await.len(), 2);
    let list = world.ok(ListImports, json!({})).await;
    assert_eq!(list["ImportSummaryList"][0]["ImportStatus"], "COMPLETED");
    assert_eq!(
        list["ImportSummaryList"][0]["S3BucketSource"],
        json!({ "S3Bucket": "bucket", "S3KeyPrefix": "x" })
    );
    let reopened = buckets.world.reopened();
    assert_eq!(reopened.ok(ListImports, json!({})).await, list);
    assert_eq!(reopened.ok(Scan, json!({ "TableName": "dogs" })).await["Count"], 2);
}

#[tokio::test]
async fn an_import_that_fails_leaves_no_table() {
    let buckets = Buckets::in_memory();
    for (members, code) in [
        (json!({ "S3BucketSource": { "S3Bucket": "elsewhere" } }), "S3NoSuchBucket"),
        (json!({ "S3BucketSource": { "S3Bucket": "bucket", "S3KeyPrefix": "nothing" } }), "S3NoSuchKey"),
    ] {
        let imported = buckets.import(with(import("dogs", "ION", ""), members)).await;
        assert_eq!(imported["ImportStatus"], "FAILED");
        assert_eq!(imported["FailureCode"], code);
        assert_eq!(buckets.world.ok(ListTables, json!({})).await["TableNames"], json!([]));
    }
    // No bucket is known where nobody said where they are.
    let world = World::in_memory();
    let answer = world.ok(ImportTable, import("dogs", "ION", "")).await;
    let arn = answer["ImportTableDescription"]["ImportArn"].clone();
    let ask = async |world: &World| {
        world.ok(DescribeImport, json!({ "ImportArn": arn })).await["ImportTableDescription"].clone()
    };
    world.until("it has failed", async |world| ask(world).await["ImportStatus"] == "FAILED").await;
    assert_eq!(ask(&world).await["FailureCode"], "S3NoSuchBucket");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let buckets = Buckets::in_memory();
    let world = &buckets.world;
    world.ok(CreateTable, table("cats")).await;
    let parameters = |members| json!({ "TableCreationParameters": with(table("dogs"), members) });
    let csv = |options: Value| json!({ "InputFormat": "CSV", "InputFormatOptions": { "Csv": options } });
    for (members, code, text) in [
        (json!({ "S3BucketSource": null }), "ValidationException", "Value null at 's3BucketSource'"),
        (json!({ "S3BucketSource": {} }), "ValidationException", "Value null at 's3BucketSource.s3Bucket'"),
        (json!({ "InputFormat": null }), "ValidationException", "Value null at 'inputFormat'"),
        (json!({ "InputFormat": "XML" }), "ValidationException", "[DYNAMODB_JSON, ION, CSV]"),
        (json!({ "InputCompressionType": "LZ4" }), "ValidationException", "[GZIP, ZSTD, NONE]"),
        (
            json!({ "TableCreationParameters": null }),
            "ValidationException",
            "Value null at 'tableCreationParameters'",
        ),
        (
            parameters(json!({ "TableName": null })),
            "ValidationException",
            "'tableCreationParameters.tableName'",
        ),
        (
            parameters(json!({ "KeySchema": null })),
            "ValidationException",
            "'tableCreationParameters.keySchema'",
        ),
        (parameters(json!({ "KeySchema": keys("x:HASH") })), "ValidationException", "x"),
        (
            parameters(json!({ "BillingMode": "FREE" })),
            "ValidationException",
            "'tableCreationParameters.billingMode'",
        ),
        (parameters(json!({ "VectorIndexes": [{}] })), "ValidationException", ""),
        (csv(json!({ "Delimiter": "x" })), "ValidationException", "[,;:|\\t ]"),
        (csv(json!({ "Delimiter": ",," })), "ValidationException", "less than or equal to 1"),
        (csv(json!({ "HeaderList": [] })), "ValidationException", "'inputFormatOptions.csv.headerList'"),
        (csv(json!({ "HeaderList": ["a,b"] })), "ValidationException", "headerList.1.member"),
        (json!({ "InputFormatOptions": { "Csv": {} } }), "ValidationException", "InputFormat is CSV"),
        (
            json!({ "TableCreationParameters": table("cats") }),
            "ResourceInUseException",
            "Table already exists: cats",
        ),
    ] {
        let request = with(import("dogs", "ION", ""), members);
        let (found, message) = world.call(ImportTable, request.clone()).await.unwrap_err();
        assert_eq!(found, code, "{request}: {message}");
        assert!(message.contains(text), "{request}: {message}");
    }
    assert_eq!(world.ok(ListImports, json!({})).await, json!({ "ImportSummaryList": [] }));
}

#[tokio::test]
async fn a_client_token_makes_repetitions_one() {
    let buckets = Buckets::in_memory();
    buckets.put("x.json", "{\"Item\":{\"pk\":{\"S\":\"a\"}}}\n");
    let request = with(import("dogs", "DYNAMODB_JSON", "x"), json!({ "ClientToken": "once" }));
    let first = buckets.import(request.clone()).await;
    let again = buckets.world.ok(ImportTable, request.clone()).await["ImportTableDescription"].clone();
    assert_eq!(again, first);
    let other = with(request, json!({ "InputCompressionType": "NONE" }));
    assert_eq!(buckets.world.call(ImportTable, other).await.unwrap_err().0, "ImportConflictException");
}

#[tokio::test]
async fn imports_are_listed_in_pages() {
    let buckets = Buckets::in_memory();
    buckets.put("x.json", "{\"Item\":{\"pk\":{\"S\":\"a\"}}}\n");
    for name in ["one", "two", "three"] {
        buckets.import(import(name, "DYNAMODB_JSON", "x")).await;
    }
    let first = buckets.world.ok(ListImports, json!({ "PageSize": 2 })).await;
    assert_eq!(first["ImportSummaryList"].as_array().unwrap().len(), 2);
    let token = first["NextToken"].as_str().unwrap();
    assert!(token.len() >= 112 && token.len().is_multiple_of(16), "{token}");
    let second = buckets.world.ok(ListImports, json!({ "PageSize": 2, "NextToken": token })).await;
    assert_eq!(second["ImportSummaryList"].as_array().unwrap().len(), 1);
    assert_eq!(second["NextToken"], Value::Null);
}

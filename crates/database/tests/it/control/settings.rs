//! Settings that are stored and shown: throughput, classes, tags, and what is constant.

use crate::world::{START_MS, World, index, table, with};
use serde_json::{Value, json};
use wire::Operation::{
    CreateTable, DescribeContinuousBackups, DescribeEndpoints, DescribeLimits, ListTagsOfResource,
    TagResource, UntagResource, UpdateTable,
};

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/tab";

#[tokio::test]
async fn throughput_and_billing_change() {
    let world = World::in_memory();
    let units = |read: u32| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": 5 });
    let mut gsi = index("gsi", "pk:HASH");
    gsi["ProvisionedThroughput"] = units(1);
    let members = json!({
        "BillingMode": null,
        "ProvisionedThroughput": units(5),
        "GlobalSecondaryIndexes": [gsi],
    });
    let created = world.ok(CreateTable, with(table("tab"), members)).await;
    assert!(created["TableDescription"].get("BillingModeSummary").is_none(), "never on demand");
    let change = json!({ "TableName": "tab", "ProvisionedThroughput": units(10) });
    assert_eq!(world.ok(UpdateTable, change).await["TableDescription"]["TableStatus"], "UPDATING");
    world.ok(UpdateTable, json!({ "TableName": "tab", "ProvisionedThroughput": units(2) })).await;
    let seconds = START_MS as f64 / 1000.0;
    let described = world.describe("tab").await;
    let expected = json!({
        "ReadCapacityUnits": 2,
        "WriteCapacityUnits": 5,
        "NumberOfDecreasesToday": 1,
        "LastIncreaseDateTime": seconds,
        "LastDecreaseDateTime": seconds,
    });
    assert_eq!(described["ProvisionedThroughput"], expected);
    let update = json!({ "Update": { "IndexName": "gsi", "ProvisionedThroughput": units(3) } });
    world.ok(UpdateTable, json!({ "TableName": "tab", "GlobalSecondaryIndexUpdates": [update] })).await;
    let described = world.describe("tab").await;
    assert_eq!(described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 3);
    world.ok(UpdateTable, json!({ "TableName": "tab", "BillingMode": "PAY_PER_REQUEST" })).await;
    let described = world.describe("tab").await;
    let summary = json!({ "BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": seconds });
    assert_eq!(described["BillingModeSummary"], summary);
    assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    let back = json!({
        "TableName": "tab",
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units(7),
        "GlobalSecondaryIndexUpdates": [{ "Update": { "IndexName": "gsi", "ProvisionedThroughput": units(8) } }],
    });
    world.ok(UpdateTable, back).await;
    let described = world.describe("tab").await;
    assert_eq!(described["BillingModeSummary"]["BillingMode"], "PROVISIONED");
    assert_eq!(described["ProvisionedThroughput"]["ReadCapacityUnits"], 7);
    assert_eq!(described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 8);
}

#[tokio::test]
async fn what_is_stored_is_shown() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let before = world.describe("tab").await;
    let changes = [
        json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" }),
        json!({ "SSESpecification": { "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "abc" } }),
        json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 100 } }),
        json!({ "WarmThroughput": { "ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 5_000 } }),
        json!({ "DeletionProtectionEnabled": true }),
    ];
    for change in changes {
        world.ok(UpdateTable, with(json!({ "TableName": "tab" }), change)).await;
    }
    let described = world.describe("tab").await;
    let expected = with(
        before,
        json!({
            "TableClassSummary": {
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "LastUpdateDateTime": START_MS as f64 / 1000.0,
            },
            "SSEDescription": {
                "Status": "ENABLED",
                "SSEType": "KMS",
                "KMSMasterKeyArn": "arn:aws:kms:us-east-1:000000000000:key/abc",
            },
            "OnDemandThroughput": { "MaxReadRequestUnits": 100, "MaxWriteRequestUnits": -1 },
            "WarmThroughput": { "ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 5_000, "Status": "ACTIVE" },
            "DeletionProtectionEnabled": true,
        }),
    );
    assert_eq!(described, expected);
}

#[tokio::test]
async fn tags() {
    let world = World::in_memory();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    world.ok(CreateTable, with(table("tab"), json!({ "Tags": [tag("a", "1")] }))).await;
    let more = json!({ "ResourceArn": ARN, "Tags": [tag("b", "2"), tag("a", "3")] });
    assert_eq!(world.ok(TagResource, more).await, Value::Null, "an empty body");
    let list = json!({ "ResourceArn": ARN });
    let expected = json!({ "Tags": [tag("a", "3"), tag("b", "2")] });
    assert_eq!(world.ok(ListTagsOfResource, list.clone()).await, expected);
    let untag = json!({ "ResourceArn": ARN, "TagKeys": ["a", "nope"] });
    assert_eq!(world.ok(UntagResource, untag).await, Value::Null);
    assert_eq!(world.ok(ListTagsOfResource, list).await, json!({ "Tags": [tag("b", "2")] }));
    let missing = ARN.replace("/tab", "/nope");
    let text = format!("Requested resource not found: ResourcArn: {missing} not found");
    let answer = world.call(ListTagsOfResource, json!({ "ResourceArn": missing })).await;
    assert_eq!(answer, Err(("ResourceNotFoundException".into(), text)));
    let foreign = ARN.replace("000000000000", "111111111111");
    let tags = json!({ "ResourceArn": foreign, "Tags": [], "TagKeys": [] });
    for operation in [TagResource, UntagResource, ListTagsOfResource] {
        let text = format!(
            "User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:{} on resource: {foreign}",
            operation.name()
        );
        let answer = world.call(operation, tags.clone()).await;
        assert_eq!(answer, Err(("AccessDeniedException".into(), text)));
    }
    let answer = world.call(ListTagsOfResource, json!({ "ResourceArn": "tab" })).await;
    let text = "Invalid TableArn: Invalid ResourceArn provided as input tab";
    assert_eq!(answer, Err(("ValidationException".into(), text.into())));
}

#[tokio::test]
async fn constants() {
    let world = World::in_memory();
    let limits = world.ok(DescribeLimits, json!({})).await;
    assert_eq!(limits["AccountMaxReadCapacityUnits"], 80_000);
    assert_eq!(limits["TableMaxWriteCapacityUnits"], 40_000);
    let endpoints = world.ok(DescribeEndpoints, json!({})).await;
    assert_eq!(
        endpoints["Endpoints"][0],
        json!({ "Address": "localhost:4566", "CachePeriodInMinutes": 1440 })
    );
    world.ok(CreateTable, table("tab")).await;
    let backups = world.ok(DescribeContinuousBackups, json!({ "TableName": "tab" })).await;
    let recovery = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(recovery["PointInTimeRecoveryStatus"], "DISABLED");
    let missing = world.call(DescribeContinuousBackups, json!({ "TableName": "nope" })).await;
    assert_eq!(missing, Err(("TableNotFoundException".into(), "Table not found: nope".into())));
}

//! What UpdateTable refuses, and how it says so.

use crate::world::{World, definitions, index, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, UpdateTable};

const INVALID: &str = "One or more parameter values were invalid: ";
const VALIDATION: &str = "ValidationException";

async fn refuses(world: &World, cases: Vec<(Value, &str, String)>) {
    let before = world.describe("tab").await;
    for (members, code, text) in cases {
        let request = with(json!({ "TableName": "tab" }), members);
        let expected = Err((code.to_owned(), text));
        assert_eq!(world.call(UpdateTable, request.clone()).await, expected, "{request}");
    }
    assert_eq!(world.describe("tab").await, before, "a refused request changed the table");
}

fn invalid(members: Value, detail: &str) -> (Value, &'static str, String) {
    (members, VALIDATION, format!("{INVALID}{detail}"))
}

async fn with_index() -> World {
    let world = World::in_memory();
    let members = json!({
        "AttributeDefinitions": definitions("pk:S a:S"),
        "GlobalSecondaryIndexes": [index("gsi", "a:HASH")],
    });
    world.ok(CreateTable, with(table("tab"), members)).await;
    world
}

#[tokio::test]
async fn nothing_and_too_much() {
    let world = with_index().await;
    let nothing = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                   GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, \
                   ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, \
                   WarmThroughput or TableClass is required";
    let alone = |members: Value, name: &str| {
        let members = with(members, json!({ "BillingMode": "PAY_PER_REQUEST" }));
        invalid(members, &format!("{name} modification must be the only operation in the request"))
    };
    refuses(
        &world,
        vec![
            (json!({}), VALIDATION, nothing.to_owned()),
            (json!({ "GlobalSecondaryIndexUpdates": [] }), VALIDATION, nothing.to_owned()),
            alone(json!({ "SSESpecification": { "Enabled": true } }), "SSE"),
            alone(json!({ "TableClass": "STANDARD" }), "TableClass"),
            alone(json!({ "DeletionProtectionEnabled": true }), "DeletionProtection"),
            alone(json!({ "WarmThroughput": { "ReadUnitsPerSecond": 15_000 } }), "WarmThroughput"),
        ],
    )
    .await;
    let missing =
        world.call(UpdateTable, json!({ "TableName": "nope", "DeletionProtectionEnabled": true })).await;
    let text = "Requested resource not found: Table: nope not found";
    assert_eq!(missing, Err(("ResourceNotFoundException".into(), text.into())));
    let replicas =
        json!({ "TableName": "tab", "ReplicaUpdates": [{ "Create": { "RegionName": "eu-west-1" } }] });
    let (code, text) = world.call(UpdateTable, replicas).await.unwrap_err();
    assert_eq!(code, VALIDATION);
    assert!(text.contains("ReplicaUpdates"), "{text}");
}

#[tokio::test]
async fn streams() {
    let world = with_index().await;
    let view = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    refuses(
        &world,
        vec![
            invalid(
                json!({ "StreamSpecification": { "StreamEnabled": true } }),
                "If stream is being enabled then UpdateViewType is required",
            ),
            invalid(
                json!({ "StreamSpecification": { "StreamEnabled": false, "StreamViewType": "NEW_IMAGE" } }),
                "If stream is being disabled, then UpdateViewType must not be specified",
            ),
            invalid(
                json!({
                    "StreamSpecification": view,
                    "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "gsi" } }],
                }),
                "You cannot create or delete index while changing stream status",
            ),
            invalid(
                json!({
                    "StreamSpecification": view,
                    "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
                }),
                "You cannot modify stream status while updating table IOPS",
            ),
            (
                json!({ "StreamSpecification": { "StreamEnabled": false } }),
                VALIDATION,
                "Table has no stream to disable: TableName: tab".to_owned(),
            ),
        ],
    )
    .await;
    world.ok(UpdateTable, json!({ "TableName": "tab", "StreamSpecification": view })).await;
    let enabled = "Table already has an enabled stream: TableName: tab".to_owned();
    let other = json!({ "StreamEnabled": true, "StreamViewType": "OLD_IMAGE" });
    refuses(
        &world,
        vec![
            (json!({ "StreamSpecification": view }), VALIDATION, enabled.clone()),
            (json!({ "StreamSpecification": other }), VALIDATION, enabled),
        ],
    )
    .await;
}

#[tokio::test]
async fn indexes() {
    let world = with_index().await;
    let create = |name: &str, schema: &str| json!({ "Create": index(name, schema) });
    let updates = |updates: Value| json!({ "GlobalSecondaryIndexUpdates": updates });
    let delete = json!({ "Delete": { "IndexName": "gsi" } });
    let limit =
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
    let both = json!({ "Create": index("gsi2", "a:HASH"), "Delete": { "IndexName": "gsi" } });
    refuses(
        &world,
        vec![
            invalid(
                updates(json!([{}])),
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            ),
            invalid(
                updates(json!([both])),
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
            ),
            invalid(
                updates(json!([delete, delete])),
                "Only one global secondary index update per index is allowed simultaneously. Index: gsi",
            ),
            (
                updates(json!([create("gsi2", "a:HASH"), delete])),
                "LimitExceededException",
                limit.to_owned(),
            ),
            (
                updates(json!([create("gsi", "a:HASH")])),
                VALIDATION,
                "Attempting to create an index which already exists".to_owned(),
            ),
            (
                updates(json!([{ "Delete": { "IndexName": "nope" } }])),
                "ResourceNotFoundException",
                "Requested resource not found".to_owned(),
            ),
            invalid(
                with(updates(json!([create("gsi2", "b:HASH")])), json!({ "AttributeDefinitions": definitions("c:S") })),
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [b], AttributeDefinitions: \
                 [a, PK, c]"
                    .replace("PK", "pk")
                    .as_str(),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn throughput() {
    let world = World::in_memory();
    let units = |read: u32, write: u32| json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write });
    let members = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 6) });
    world.ok(CreateTable, with(table("tab"), members)).await;
    let same = "The provisioned throughput for the table will not change. The requested value equals the current \
                value. Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current \
                WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon \
                DynamoDB Developer Guide for current limits and how to request higher limits.";
    let neither = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is \
                   PAY_PER_REQUEST";
    refuses(
        &world,
        vec![
            (json!({ "ProvisionedThroughput": units(5, 6) }), VALIDATION, same.to_owned()),
            invalid(
                json!({ "ProvisionedThroughput": units(5, 7), "BillingMode": "PAY_PER_REQUEST" }),
                neither,
            ),
        ],
    )
    .await;
    world.ok(UpdateTable, json!({ "TableName": "tab", "BillingMode": "PAY_PER_REQUEST" })).await;
    let missing =
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED";
    refuses(
        &world,
        vec![
            invalid(json!({ "ProvisionedThroughput": units(5, 7) }), neither),
            invalid(json!({ "BillingMode": "PROVISIONED" }), missing),
        ],
    )
    .await;
}

#[tokio::test]
async fn definitions_merge_and_go_with_their_index() {
    let world = with_index().await;
    let request = json!({
        "TableName": "tab",
        "AttributeDefinitions": definitions("b:N a:N unused:S"),
        "GlobalSecondaryIndexUpdates": [{ "Create": index("gsi2", "b:HASH a:RANGE") }],
    });
    let answer = world.ok(UpdateTable, request).await;
    assert_eq!(answer["TableDescription"]["TableStatus"], "UPDATING");
    let described = world.describe("tab").await;
    assert_eq!(
        described["AttributeDefinitions"],
        definitions("pk:S a:S b:N"),
        "a keeps its type, unused is dropped"
    );
    assert_eq!(described["GlobalSecondaryIndexes"][1]["KeySchema"], keys("b:HASH a:RANGE"));
    let delete =
        json!({ "TableName": "tab", "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": "gsi2" } }] });
    let answer = world.ok(UpdateTable, delete).await;
    assert_eq!(answer["TableDescription"]["GlobalSecondaryIndexes"][1]["IndexStatus"], "DELETING");
    let described = world.describe("tab").await;
    assert_eq!(described["AttributeDefinitions"], definitions("pk:S a:S"));
    assert_eq!(described["GlobalSecondaryIndexes"].as_array().unwrap().len(), 1);
}

//! Backups, and tables restored from them.

use crate::data::{indexed_table, n, s};
use crate::world::{START_MS, World, index, table, with};
use database::{Caller, Options};
use serde_json::{Value, json};
use store::Store;
use wire::Operation::{
    self, CreateBackup, CreateTable, DeleteBackup, DeleteItem, DeleteTable, DescribeBackup,
    DescribeContinuousBackups, DescribeTable, DescribeTimeToLive, ListBackups, ListTables,
    ListTagsOfResource, PutItem, Query, RestoreTableFromBackup, Scan, TagResource, UpdateTable,
    UpdateTimeToLive,
};

async fn put(world: &World, table: &str, item: Value) {
    world.ok(PutItem, json!({ "TableName": table, "Item": item })).await;
}

/// All items of a table or an index, in the order of a scan.
async fn items(world: &World, table: &str, index: Option<&str>) -> Vec<Value> {
    let (mut all, mut request) = (Vec::new(), json!({ "TableName": table }));
    if let Some(index) = index {
        request["IndexName"] = json!(index);
    }
    loop {
        let answer = world.ok(Scan, request.clone()).await;
        all.extend(answer["Items"].as_array().unwrap().iter().cloned());
        match answer.get("LastEvaluatedKey") {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return all,
        }
    }
}

async fn back_up(world: &World, table: &str, name: &str) -> String {
    let request = json!({ "TableName": table, "BackupName": name });
    let details = world.ok(CreateBackup, request).await["BackupDetails"].clone();
    details["BackupArn"].as_str().unwrap().to_owned()
}

fn restore(arn: &str, target: &str) -> Value {
    json!({ "BackupArn": arn, "TargetTableName": target })
}

async fn refused(world: &World, operation: Operation, request: Value) -> (String, String) {
    world.call(operation, request.clone()).await.expect_err(&request.to_string())
}

/// The number of items; `pk` tells them apart.
async fn fill(world: &World, count: usize) {
    for place in 0..count {
        let (partition, sort) = (s(&format!("p{}", place % 7)), s(&place.to_string()));
        let item = json!({ "pk": partition, "sk": sort, "l": s("l"), "g": s("group"), "n": n(place as i64), "a": s("a") });
        put(world, "tab", item).await;
    }
}

#[tokio::test]
async fn a_restored_table_holds_what_was_backed_up_and_nothing_of_later() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, indexed_table()).await;
        fill(&world, 230).await;
        let before = items(&world, "tab", None).await;
        let arn = back_up(&world, "tab", "one").await;
        fill(&world, 3).await;
        put(&world, "tab", json!({ "pk": s("later"), "sk": s("x") })).await;
        world.ok(DeleteItem, json!({ "TableName": "tab", "Key": { "pk": s("p0"), "sk": s("7") } })).await;
        world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
        // It outlives its table, and a restart.
        let world = world.reopened();
        let answer = world.ok(RestoreTableFromBackup, restore(&arn, "new")).await;
        let description = &answer["TableDescription"];
        assert_eq!(description["TableStatus"], "CREATING");
        assert_eq!(description["RestoreSummary"]["SourceBackupArn"], arn.as_str());
        assert_eq!(description["RestoreSummary"]["RestoreInProgress"], true);
        assert_eq!(items(&world, "new", None).await, before);
        for index in ["lsi", "gsi", "inc"] {
            assert_eq!(items(&world, "new", Some(index)).await.len(), 230, "{index}");
        }
        let by_group = json!({
            "TableName": "new", "IndexName": "gsi", "KeyConditionExpression": "g = :g AND n >= :n",
            "ExpressionAttributeValues": { ":g": s("group"), ":n": n(220) },
        });
        assert_eq!(world.ok(Query, by_group).await["Count"], 10);
        let described = world.describe("new").await;
        assert_eq!(described["TableStatus"], "ACTIVE");
        assert_eq!(described["ItemCount"], 230);
        assert!(described.get("RestoreSummary").is_none());
        assert!(described.get("LatestStreamArn").is_none());
        assert_eq!(described["GlobalSecondaryIndexes"][0]["ItemCount"], 230);
        // The table takes writes, and is still there after another restart.
        put(&world, "new", json!({ "pk": s("more"), "sk": s("x") })).await;
        let world = world.reopened();
        assert_eq!(items(&world, "new", None).await.len(), 231);
        assert_eq!(world.describe("new").await["ItemCount"], 231);
    }
}

#[tokio::test]
async fn what_is_carried_over_and_what_is_not() {
    let world = World::in_memory();
    let members = json!({
        "Tags": [{ "Key": "k", "Value": "v" }],
        "DeletionProtectionEnabled": true,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": { "Enabled": true },
        "OnDemandThroughput": { "MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50 },
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" },
    });
    world.ok(CreateTable, with(table("tab"), members)).await;
    let expiry = json!({ "Enabled": true, "AttributeName": "expires" });
    world.ok(UpdateTimeToLive, json!({ "TableName": "tab", "TimeToLiveSpecification": expiry })).await;
    let on = json!({ "PointInTimeRecoveryEnabled": true });
    let request = json!({ "TableName": "tab", "PointInTimeRecoverySpecification": on });
    world.ok(Operation::UpdateContinuousBackups, request).await;
    let source = world.describe("tab").await;
    put(&world, "tab", json!({ "pk": s("a"), "x": n(1) })).await;
    world.advance(1_000).await;
    let arn = back_up(&world, "tab", "all").await;
    let backup = world.ok(DescribeBackup, json!({ "BackupArn": arn })).await["BackupDescription"].clone();
    let created = (START_MS + 1_000) as f64 / 1000.0;
    let expected = json!({
        "BackupDetails": {
            "BackupArn": arn, "BackupName": "all", "BackupSizeBytes": 6, "BackupStatus": "AVAILABLE",
            "BackupType": "USER", "BackupCreationDateTime": created,
        },
        "SourceTableDetails": {
            "TableName": "tab", "TableId": source["TableId"], "TableArn": source["TableArn"],
            "TableSizeBytes": 6, "ItemCount": 1, "KeySchema": source["KeySchema"],
            "TableCreationDateTime": source["CreationDateTime"], "BillingMode": "PAY_PER_REQUEST",
            "ProvisionedThroughput": { "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
            "OnDemandThroughput": { "MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50 },
        },
        "SourceTableFeatureDetails": {
            "StreamDescription": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" },
            "TimeToLiveDescription": { "TimeToLiveStatus": "ENABLED", "AttributeName": "expires" },
            "SSEDescription": source["SSEDescription"],
        },
    });
    assert_eq!(backup, expected);
    world.ok(RestoreTableFromBackup, restore(&arn, "new")).await;
    let restored = world.describe("new").await;
    assert_ne!(restored["TableId"], source["TableId"]);
    assert_eq!(restored["SSEDescription"], source["SSEDescription"]);
    assert_eq!(restored["OnDemandThroughput"], source["OnDemandThroughput"]);
    assert_eq!(restored["DeletionProtectionEnabled"], false);
    for gone in ["StreamSpecification", "LatestStreamArn", "TableClassSummary"] {
        assert!(restored.get(gone).is_none(), "{gone}");
    }
    let expiry = world.ok(DescribeTimeToLive, json!({ "TableName": "new" })).await;
    assert_eq!(expiry["TimeToLiveDescription"], json!({ "TimeToLiveStatus": "DISABLED" }));
    let tags = world.ok(ListTagsOfResource, json!({ "ResourceArn": restored["TableArn"] })).await;
    assert_eq!(tags, json!({ "Tags": [] }));
    let recovery = world.ok(DescribeContinuousBackups, json!({ "TableName": "new" })).await;
    let status = &recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(*status, json!({ "PointInTimeRecoveryStatus": "DISABLED" }));
}

#[tokio::test]
async fn items_that_an_index_was_never_able_to_hold_are_restored() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    put(&world, "tab", json!({ "pk": s("a"), "g": n(1) })).await;
    put(&world, "tab", json!({ "pk": s("b"), "g": s("x") })).await;
    let create = json!({
        "TableName": "tab",
        "AttributeDefinitions": [{ "AttributeName": "g", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": index("gsi", "g:HASH") }],
    });
    world.ok(UpdateTable, create).await;
    let arn = back_up(&world, "tab", "one").await;
    world.ok(RestoreTableFromBackup, restore(&arn, "new")).await;
    assert_eq!(items(&world, "new", None).await.len(), 2);
    assert_eq!(items(&world, "new", Some("gsi")).await, [json!({ "pk": s("b"), "g": s("x") })]);
}

#[tokio::test]
async fn overrides() {
    let world = World::in_memory();
    world.ok(CreateTable, indexed_table()).await;
    fill(&world, 5).await;
    let arn = back_up(&world, "tab", "one").await;
    let units = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 });
    let provisioned = with(
        restore(&arn, "provisioned"),
        json!({ "BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": units }),
    );
    world.ok(RestoreTableFromBackup, provisioned).await;
    let described = world.describe("provisioned").await;
    assert_eq!(described["ProvisionedThroughput"]["WriteCapacityUnits"], 6);
    assert_eq!(described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 5);
    assert!(described.get("BillingModeSummary").is_none());
    let bare = json!({ "GlobalSecondaryIndexOverride": [], "LocalSecondaryIndexOverride": [] });
    world.ok(RestoreTableFromBackup, with(restore(&arn, "bare"), bare)).await;
    let described = world.describe("bare").await;
    assert!(described.get("GlobalSecondaryIndexes").is_none());
    assert!(described.get("LocalSecondaryIndexes").is_none());
    assert_eq!(described["AttributeDefinitions"].as_array().unwrap().len(), 2);
    let renamed = json!({ "GlobalSecondaryIndexOverride": [index("other", "g:HASH n:RANGE")] });
    world.ok(RestoreTableFromBackup, with(restore(&arn, "renamed"), renamed)).await;
    let described = world.describe("renamed").await;
    let names: Vec<&Value> = described["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| &index["IndexName"])
        .collect();
    assert_eq!(names, ["other"]);
    assert_eq!(items(&world, "renamed", Some("other")).await.len(), 5);
    assert_eq!(items(&world, "renamed", Some("lsi")).await.len(), 5);
    let off = json!({ "SSESpecificationOverride": { "Enabled": true } });
    world.ok(RestoreTableFromBackup, with(restore(&arn, "encrypted"), off)).await;
    assert_eq!(world.describe("encrypted").await["SSEDescription"]["Status"], "ENABLED");
    let wrong = [
        (
            json!({ "ProvisionedThroughputOverride": units }),
            "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        ),
        (
            json!({ "BillingModeOverride": "PROVISIONED" }),
            "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        ),
        (
            json!({ "OnDemandThroughputOverride": { "MaxReadRequestUnits": 0 } }),
            "Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range",
        ),
        (
            json!({ "GlobalSecondaryIndexOverride": [index("gsi", "a:HASH")] }),
            "Index gsi does not match a secondary index that existed in the source table and cannot be created during \
             the restore operation",
        ),
        (
            json!({ "BillingModeOverride": "BOGUS" }),
            "1 validation error detected: Value 'BOGUS' at 'billingModeOverride' failed to satisfy constraint: Member must \
             satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
        ),
    ];
    for (members, text) in wrong {
        let answer = refused(&world, RestoreTableFromBackup, with(restore(&arn, "wrong"), members)).await;
        assert_eq!(answer, ("ValidationException".into(), text.into()));
    }
    let missing = world.call(DescribeTable, json!({ "TableName": "wrong" })).await.unwrap_err();
    assert_eq!(missing.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn errors() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let arn = back_up(&world, "tab", "one").await;
    let gone = arn.replace("/backup/0", "/backup/1");
    let foreign = arn.replace(":000000000000:", ":111111111111:");
    let elsewhere = arn.replace("us-east-1", "eu-west-1");
    let table_arn = arn.split("/backup/").next().unwrap();
    let not_found = |arn: &str| ("BackupNotFoundException", format!("Backup not found: {arn}"));
    for operation in [DescribeBackup, DeleteBackup, RestoreTableFromBackup] {
        let request = |arn: &str| match operation {
            RestoreTableFromBackup => restore(arn, "new"),
            _ => json!({ "BackupArn": arn }),
        };
        for (arn, (code, text)) in [
            (gone.as_str(), not_found(&gone)),
            (&elsewhere, not_found(&elsewhere)),
            (&foreign, ("AccessDeniedException", "Access is denied".into())),
            (table_arn, ("ValidationException", format!("Invalid Backup ARN: {table_arn}"))),
        ] {
            assert_eq!(refused(&world, operation, request(arn)).await, (code.into(), text), "{operation:?}");
        }
    }
    let rows = [
        (
            CreateBackup,
            json!({ "TableName": "nope", "BackupName": "one" }),
            "TableNotFoundException",
            "Table not found: nope",
        ),
        (
            CreateBackup,
            json!({ "TableName": "tab", "BackupName": "a!" }),
            "ValidationException",
            "1 validation error detected: Value 'a!' at 'backupName' failed to satisfy constraint: Member must have length \
             greater than or equal to 3",
        ),
        (
            CreateBackup,
            json!({}),
            "ValidationException",
            "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; \
             Value null at 'backupName' failed to satisfy constraint: Member must not be null",
        ),
        (
            ListBackups,
            json!({ "Limit": 101 }),
            "ValidationException",
            "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less \
             than or equal to 100",
        ),
        (
            ListBackups,
            json!({ "TimeRangeLowerBound": 2, "TimeRangeUpperBound": 1 }),
            "ValidationException",
            "Time range lower bound must be less than or equal to upper bound",
        ),
        (
            RestoreTableFromBackup,
            restore(&arn, "tab"),
            "TableAlreadyExistsException",
            "Table already exists: tab",
        ),
    ];
    for (operation, request, code, text) in rows {
        assert_eq!(refused(&world, operation, request).await, (code.into(), text.into()));
    }
}

#[tokio::test]
async fn listing() {
    let world = World::in_memory();
    for name in ["tab", "other"] {
        world.ok(CreateTable, table(name)).await;
    }
    let mut arns = Vec::new();
    for name in ["tab", "other", "tab", "tab"] {
        world.advance(1_000).await;
        arns.push(back_up(&world, name, "same").await);
    }
    let list = async |request: Value| {
        let answer = world.ok(ListBackups, request).await;
        let summaries = answer["BackupSummaries"].as_array().unwrap().iter();
        let listed: Vec<String> =
            summaries.map(|summary| summary["BackupArn"].as_str().unwrap().to_owned()).collect();
        (listed, answer.get("LastEvaluatedBackupArn").cloned())
    };
    let all = |places: &[usize]| places.iter().map(|place| arns[*place].clone()).collect::<Vec<_>>();
    let at = |place: u64| ((START_MS + place * 1_000) as f64) / 1000.0;
    assert_eq!(list(json!({})).await, (arns.clone(), None));
    assert_eq!(list(json!({ "BackupType": "ALL" })).await, (arns.clone(), None));
    assert_eq!(list(json!({ "BackupType": "SYSTEM" })).await, (Vec::new(), None));
    assert_eq!(list(json!({ "TableName": "tab" })).await.0, all(&[0, 2, 3]));
    assert_eq!(list(json!({ "TableName": "never" })).await.0, all(&[]));
    assert_eq!(
        list(json!({ "TimeRangeLowerBound": at(2), "TimeRangeUpperBound": at(4) })).await.0,
        all(&[1, 2])
    );
    assert_eq!(list(json!({ "Limit": 3 })).await, (all(&[0, 1, 2]), Some(json!(arns[2]))));
    assert_eq!(list(json!({ "Limit": 4 })).await, (arns.clone(), None));
    let next = json!({ "Limit": 1, "ExclusiveStartBackupArn": arns[1] });
    assert_eq!(list(next.clone()).await, (all(&[2]), Some(json!(arns[2]))));
    // The cursor's backup may be gone.
    let deleted = world.ok(DeleteBackup, json!({ "BackupArn": arns[1] })).await;
    assert_eq!(deleted["BackupDescription"]["BackupDetails"]["BackupStatus"], "DELETED");
    assert_eq!(list(next).await.0, all(&[2]));
    assert_eq!(list(json!({})).await.0, all(&[0, 2, 3]));
    let again = refused(&world, DeleteBackup, json!({ "BackupArn": arns[1] })).await;
    assert_eq!(again, ("BackupNotFoundException".into(), format!("Backup not found: {}", arns[1])));
    // Others have their own.
    for (account, region) in [("111111111111", "us-east-1"), ("000000000000", "eu-west-1")] {
        let other = world.call_as(&Caller::new(account, region), ListBackups, json!({})).await.unwrap();
        assert_eq!(other, json!({ "BackupSummaries": [] }));
    }
    let world = world.reopened();
    let kept = world.ok(ListBackups, json!({})).await;
    assert_eq!(kept["BackupSummaries"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn shared_tables_share_their_backups() {
    let world = World::with(Options { shared_tables: true, ..Options::in_memory() });
    world.ok(CreateTable, table("tab")).await;
    let arn = back_up(&world, "tab", "one").await;
    let other = Caller::new("111111111111", "eu-west-1");
    let backup = world.call_as(&other, DescribeBackup, json!({ "BackupArn": arn })).await.unwrap();
    assert_eq!(backup["BackupDescription"]["BackupDetails"]["BackupArn"], arn.as_str());
}

#[tokio::test]
async fn a_deleted_backup_and_a_restored_copy_give_their_spaces_back() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    put(&world, "tab", json!({ "pk": s("a") })).await;
    let before = world.database.store().spaces().len();
    let arn = back_up(&world, "tab", "one").await;
    assert_eq!(world.database.store().spaces().len(), before + 1);
    world.ok(DeleteBackup, json!({ "BackupArn": arn })).await;
    assert_eq!(world.database.store().spaces().len(), before);
}

/// A table of more items than are copied before an answer.
async fn large_table(world: &World) {
    world.ok(CreateTable, table("tab")).await;
    for batch in 0..84 {
        let puts: Vec<Value> = (0..25)
            .map(|place| json!({ "PutRequest": { "Item": { "pk": s(&format!("{batch}-{place}")) } } }))
            .collect();
        world.ok(Operation::BatchWriteItem, json!({ "RequestItems": { "tab": puts } })).await;
    }
}

async fn available(world: &World, arn: &str) {
    let is_available = async |world: &World| {
        let backup = world.ok(DescribeBackup, json!({ "BackupArn": arn })).await;
        backup["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    };
    world.until("the backup is made", is_available).await;
}

/// What runs in the background goes with its runtime, in the middle of what it does.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_backup_that_is_interrupted_is_gone_with_its_space() {
    for make in [World::in_memory as fn() -> World, World::on_disk] {
        let first = runtime();
        let (world, arn, spaces) = first.block_on(async {
            let world = make();
            large_table(&world).await;
            let spaces = world.database.store().spaces().len();
            let arn = back_up(&world, "tab", "large").await;
            let request = json!({ "BackupArn": arn });
            let text = format!("Backup is being created: {arn}");
            let in_use = ("BackupInUseException".to_owned(), text);
            assert_eq!(refused(&world, DeleteBackup, request).await, in_use);
            assert_eq!(refused(&world, RestoreTableFromBackup, restore(&arn, "new")).await, in_use);
            (world, arn, spaces)
        });
        drop(first);
        assert_eq!(world.database.store().spaces().len(), spaces + 1);
        let second = runtime();
        let _inside = second.enter();
        let world = world.reopened();
        assert_eq!(world.database.store().spaces().len(), spaces);
        second.block_on(async {
            let missing = refused(&world, DescribeBackup, json!({ "BackupArn": arn })).await;
            assert_eq!(missing.0, "BackupNotFoundException");
            assert_eq!(items(&world, "tab", None).await.len(), 2_100);
        });
    }
}

#[test]
fn a_restore_goes_on_after_a_restart() {
    for make in [World::in_memory as fn() -> World, World::on_disk] {
        let first = runtime();
        let (world, arn) = first.block_on(async {
            let world = make();
            large_table(&world).await;
            let arn = back_up(&world, "tab", "large").await;
            put(&world, "tab", json!({ "pk": s("later") })).await;
            available(&world, &arn).await;
            world.ok(RestoreTableFromBackup, restore(&arn, "new")).await;
            it_takes_part_in_nothing(&world, &arn).await;
            let begun = async |world: &World| world.describe("new").await["ItemCount"] != 0;
            world.until("some items are restored", begun).await;
            assert_eq!(world.describe("new").await["TableStatus"], "CREATING");
            (world, arn)
        });
        drop(first);
        let second = runtime();
        let _inside = second.enter();
        let world = world.reopened();
        second.block_on(async {
            let active = async |world: &World| world.describe("new").await["TableStatus"] == "ACTIVE";
            world.until("the restore is done", active).await;
            assert_eq!(items(&world, "new", None).await.len(), 2_100);
            assert_eq!(world.describe("new").await["ItemCount"], 2_100);
            world.ok(DeleteBackup, json!({ "BackupArn": arn })).await;
            world.ok(DeleteTable, json!({ "TableName": "new" })).await;
        });
    }
}

/// A table that is being restored shows, and takes part in nothing.
async fn it_takes_part_in_nothing(world: &World, arn: &str) {
    assert_eq!(world.describe("new").await["TableStatus"], "CREATING");
    assert_eq!(world.ok(ListTables, json!({})).await["TableNames"], json!(["new", "tab"]));
    let tag = json!({ "ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/new", "Tags": [] });
    for (operation, request, code) in [
        (Scan, json!({ "TableName": "new" }), "ResourceNotFoundException"),
        (PutItem, json!({ "TableName": "new", "Item": { "pk": s("x") } }), "ResourceNotFoundException"),
        (
            UpdateTable,
            json!({ "TableName": "new", "DeletionProtectionEnabled": true }),
            "ResourceNotFoundException",
        ),
        (TagResource, tag, "ResourceNotFoundException"),
        (CreateBackup, json!({ "TableName": "new", "BackupName": "one" }), "TableNotFoundException"),
        (CreateTable, table("new"), "ResourceInUseException"),
        (DeleteTable, json!({ "TableName": "new" }), "ResourceInUseException"),
        (RestoreTableFromBackup, restore(arn, "new"), "TableInUseException"),
        (RestoreTableFromBackup, restore(arn, "third"), "BackupInUseException"),
        (DeleteBackup, json!({ "BackupArn": arn }), "BackupInUseException"),
    ] {
        assert_eq!(refused(world, operation, request).await.0, code, "{operation:?}");
    }
}

//! Tables.

use super::{Rig, assert_holds, attributes, rig, texts, with};
use crate::services::{dynamodb, kinesis};
use serde_json::{Value, json};
use wire::Operation;

const TABLE: &str = "AWS::DynamoDB::Table";
const GLOBAL: &str = "AWS::DynamoDB::GlobalTable";
const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";

fn definitions(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect()
}

fn hash(name: &str) -> Value {
    json!([{ "AttributeName": name, "KeyType": "HASH" }])
}

fn simple() -> Value {
    json!({
        "AttributeDefinitions": definitions(&["pk"]),
        "KeySchema": hash("pk"),
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn index(name: &str, key: &str) -> Value {
    json!({ "IndexName": name, "KeySchema": hash(key), "Projection": { "ProjectionType": "ALL" } })
}

/// The tags of an answer, by their keys.
fn sorted(answer: &Value) -> Value {
    let mut tags = answer["Tags"].as_array().unwrap().clone();
    tags.sort_by_key(|tag| tag["Key"].to_string());
    Value::Array(tags)
}

async fn shown(rig: &Rig) -> Value {
    let answer = dynamodb(&rig.services, Operation::DescribeTable, json!({ "TableName": "orders" })).await;
    answer["Table"].clone()
}

async fn ask(rig: &Rig, operation: Operation) -> Value {
    dynamodb(&rig.services, operation, json!({ "TableName": "orders" })).await
}

#[tokio::test]
async fn everything_that_a_table_can_be_made_with() {
    let rig = rig();
    kinesis(&rig.services, "CreateStream", json!({ "StreamName": "changes", "ShardCount": 1 })).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": ARN,
    }] });
    let properties = json!({
        "AttributeDefinitions": definitions(&["pk", "sk", "g"]),
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 },
        "GlobalSecondaryIndexes": [with(&index("by-g", "g"), json!({
            "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 2 },
            "ContributorInsightsSpecification": { "Enabled": true },
        }))],
        "LocalSecondaryIndexes": [{
            "IndexName": "local",
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "g", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "StreamSpecification": { "StreamViewType": "KEYS_ONLY" },
        "TimeToLiveSpecification": { "AttributeName": "ends", "Enabled": true },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7 },
        "ContributorInsightsSpecification": { "Enabled": true },
        "KinesisStreamSpecification": {
            "StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/changes",
            "ApproximateCreationDateTimePrecision": "MICROSECOND",
        },
        "DeletionProtectionEnabled": true,
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS" },
        "ResourcePolicy": { "PolicyDocument": policy },
        "Tags": [{ "Key": "stage", "Value": "test" }],
    });
    let made = rig.create(TABLE, "orders", &texts(&properties)).await.unwrap();
    let table = shown(&rig).await;
    assert_eq!(made.physical_id, "orders");
    assert_eq!(attributes(&made), json!({ "Arn": ARN, "StreamArn": table["LatestStreamArn"] }));
    assert_holds(
        &table,
        &json!({
            "TableStatus": "ACTIVE",
            "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 },
            "GlobalSecondaryIndexes": [{ "IndexName": "by-g", "ProvisionedThroughput": { "WriteCapacityUnits": 2 } }],
            "LocalSecondaryIndexes": [{ "IndexName": "local" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" },
            "DeletionProtectionEnabled": true,
            "TableClassSummary": { "TableClass": "STANDARD_INFREQUENT_ACCESS" },
            "SSEDescription": { "Status": "ENABLED" },
        }),
    );
    beside(&rig, &table).await;
    let told = rig.delete(TABLE, "orders", &properties).await.unwrap_err().to_string();
    assert!(
        told.contains("HandlerErrorCode: InvalidRequest") && told.contains("protected against deletion"),
        "{told}"
    );
    let unprotected = with(&properties, json!({ "DeletionProtectionEnabled": null }));
    rig.updated(TABLE, "orders", &properties, &unprotected).await;
    rig.deleted(TABLE, "orders", &unprotected).await;
}

/// What is beside the table in that test.
async fn beside(rig: &Rig, table: &Value) {
    let expiry = ask(rig, Operation::DescribeTimeToLive).await;
    assert_holds(
        &expiry["TimeToLiveDescription"],
        &json!({ "AttributeName": "ends", "TimeToLiveStatus": "ENABLED" }),
    );
    let recovery = ask(rig, Operation::DescribeContinuousBackups).await;
    assert_holds(
        &recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"],
        &json!({ "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 7 }),
    );
    let destinations = ask(rig, Operation::DescribeKinesisStreamingDestination).await;
    assert_holds(
        &destinations["KinesisDataStreamDestinations"],
        &json!([{ "DestinationStatus": "ACTIVE", "ApproximateCreationDateTimePrecision": "MICROSECOND" }]),
    );
    let insights = ask(rig, Operation::DescribeContributorInsights).await;
    assert_eq!(insights["ContributorInsightsStatus"], "ENABLED");
    let tags = json!({ "ResourceArn": table["TableArn"] });
    let tags = dynamodb(&rig.services, Operation::ListTagsOfResource, tags).await;
    let tags = sorted(&tags);
    let expected = json!([{ "Key": "stage", "Value": "test" }, { "Key": "team", "Value": "blue" }]);
    assert_eq!(tags, expected);
    let policy = json!({ "ResourceArn": table["TableArn"] });
    let policy = dynamodb(&rig.services, Operation::GetResourcePolicy, policy).await;
    assert!(policy["Policy"].as_str().unwrap().contains("dynamodb:GetItem"));
}

/// A change of properties, where it shows, and how.
type Step = (Value, (Operation, String), Value);

fn of_the_table() -> Vec<Step> {
    let shown_now = |path: &str| (Operation::DescribeTable, format!("/Table/{path}"));
    let class = "TableClassSummary/TableClass";
    let view = "StreamSpecification/StreamViewType";
    let protection = "DeletionProtectionEnabled";
    let bound = json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 9 } });
    let encrypted = json!({ "SSESpecification": { "SSEEnabled": true } });
    let infrequent = "STANDARD_INFREQUENT_ACCESS";
    let stream = |view: &str| json!({ "StreamSpecification": { "StreamViewType": view } });
    vec![
        (json!({ protection: "true" }), shown_now(protection), json!(true)),
        (json!({ protection: null }), shown_now(protection), json!(false)),
        (json!({ "TableClass": infrequent }), shown_now(class), json!(infrequent)),
        (json!({ "TableClass": null }), shown_now(class), json!("STANDARD")),
        (encrypted, shown_now("SSEDescription/Status"), json!("ENABLED")),
        (json!({ "SSESpecification": null }), shown_now("SSEDescription"), json!(null)),
        (bound, shown_now("OnDemandThroughput/MaxReadRequestUnits"), json!(9)),
        (stream("NEW_IMAGE"), shown_now(view), json!("NEW_IMAGE")),
        (stream("OLD_IMAGE"), shown_now(view), json!("OLD_IMAGE")),
        (json!({ "StreamSpecification": null }), shown_now("StreamSpecification"), json!(null)),
    ]
}

fn of_indexes() -> Vec<Step> {
    let shown_now = |path: &str| (Operation::DescribeTable, format!("/Table/{path}"));
    let first = index("by-a", "a");
    let throughput = json!({ "ReadCapacityUnits": "2", "WriteCapacityUnits": 3 });
    let first_provisioned = with(&first, json!({ "ProvisionedThroughput": throughput }));
    let made = json!({
        "AttributeDefinitions": definitions(&["pk", "a"]), "GlobalSecondaryIndexes": [first],
    });
    let provisioned = json!({
        "BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput, "OnDemandThroughput": null,
        "GlobalSecondaryIndexes": [first_provisioned],
    });
    let on_demand = json!({
        "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": null, "GlobalSecondaryIndexes": [first],
    });
    let gone = json!({ "AttributeDefinitions": definitions(&["pk"]), "GlobalSecondaryIndexes": null });
    let capacity = "GlobalSecondaryIndexes/0/ProvisionedThroughput/WriteCapacityUnits";
    vec![
        (made, shown_now("GlobalSecondaryIndexes/0/IndexStatus"), json!("ACTIVE")),
        (provisioned, shown_now(capacity), json!(3)),
        (on_demand, shown_now("BillingModeSummary/BillingMode"), json!("PAY_PER_REQUEST")),
        (gone, shown_now("GlobalSecondaryIndexes"), json!(null)),
    ]
}

fn data_stream(name: &str) -> Value {
    json!({ "StreamArn": format!("arn:aws:kinesis:us-east-1:000000000000:stream/{name}") })
}

fn beside_the_table() -> Vec<Step> {
    let expiry = |member: &str| (Operation::DescribeTimeToLive, format!("/TimeToLiveDescription/{member}"));
    let recovery = || {
        let place = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
        (Operation::DescribeContinuousBackups, place.to_owned())
    };
    let destination = |member: &str| {
        let place = format!("/KinesisDataStreamDestinations/0/{member}");
        (Operation::DescribeKinesisStreamingDestination, place)
    };
    let insights = || (Operation::DescribeContributorInsights, "/ContributorInsightsStatus".to_owned());
    let (enabled, disabled) = (json!("ENABLED"), json!("DISABLED"));
    let precision = "ApproximateCreationDateTimePrecision";
    let precise = with(&data_stream("a"), json!({ precision: "MICROSECOND" }));
    let expires = json!({ "AttributeName": "ends", "Enabled": "true" });
    let recovers = json!({ "PointInTimeRecoveryEnabled": true });
    let told = |on: bool| json!({ "ContributorInsightsSpecification": { "Enabled": on } });
    vec![
        (json!({ "TimeToLiveSpecification": expires }), expiry("AttributeName"), json!("ends")),
        (json!({ "TimeToLiveSpecification": null }), expiry("TimeToLiveStatus"), disabled.clone()),
        (json!({ "PointInTimeRecoverySpecification": recovers }), recovery(), enabled.clone()),
        (json!({ "PointInTimeRecoverySpecification": null }), recovery(), disabled.clone()),
        (
            json!({ "KinesisStreamSpecification": data_stream("a") }),
            destination("DestinationStatus"),
            json!("ACTIVE"),
        ),
        (json!({ "KinesisStreamSpecification": precise }), destination(precision), json!("MICROSECOND")),
        (told(true), insights(), enabled),
        (told(false), insights(), disabled),
    ]
}

#[tokio::test]
async fn each_property_is_changed_in_place() {
    let rig = rig();
    for name in ["a", "b"] {
        kinesis(&rig.services, "CreateStream", json!({ "StreamName": name, "ShardCount": 1 })).await;
    }
    let mut present = simple();
    rig.made(TABLE, "orders", &present).await;
    let steps = of_the_table().into_iter().chain(of_indexes()).chain(beside_the_table());
    for (change, (operation, pointer), expected) in steps {
        let after = with(&present, change.clone());
        rig.updated(TABLE, "orders", &present, &after).await;
        let answer = ask(&rig, operation).await;
        let found = answer.pointer(&pointer).unwrap_or(&Value::Null);
        assert_eq!(*found, expected, "{change}: {answer}");
        present = after;
    }
    let after = with(&present, json!({ "KinesisStreamSpecification": data_stream("b") }));
    rig.updated(TABLE, "orders", &present, &after).await;
    let answer = ask(&rig, Operation::DescribeKinesisStreamingDestination).await;
    let active = answer["KinesisDataStreamDestinations"].as_array().unwrap().iter();
    let active: Vec<&Value> = active.filter(|one| one["DestinationStatus"] == "ACTIVE").collect();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0]["StreamArn"], data_stream("b")["StreamArn"]);
    rig.deleted(TABLE, "orders", &after).await;
}

#[tokio::test]
async fn tags_and_policies_come_and_go() {
    let rig = rig();
    let tagged = |key: &str| with(&simple(), json!({ "Tags": [{ "Key": key, "Value": 1 }] }));
    rig.made(TABLE, "orders", &tagged("a")).await;
    rig.updated(TABLE, "orders", &tagged("a"), &tagged("b")).await;
    let tags = dynamodb(&rig.services, Operation::ListTagsOfResource, json!({ "ResourceArn": ARN })).await;
    assert_eq!(sorted(&tags), json!([{ "Key": "b", "Value": "1" }, { "Key": "team", "Value": "blue" }]));
    let statement = json!([{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": ARN }]);
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    let guarded = with(&tagged("b"), json!({ "ResourcePolicy": { "PolicyDocument": document.to_string() } }));
    rig.updated(TABLE, "orders", &tagged("b"), &guarded).await;
    let policy =
        async || dynamodb(&rig.services, Operation::GetResourcePolicy, json!({ "ResourceArn": ARN })).await;
    assert!(policy().await["Policy"].as_str().unwrap().contains("Deny"));
    rig.updated(TABLE, "orders", &guarded, &tagged("b")).await;
    assert_eq!(policy().await["status"], 400);
}

#[tokio::test]
async fn what_a_table_cannot_be_changed_to() {
    let rig = rig();
    let present = with(
        &simple(),
        json!({ "AttributeDefinitions": definitions(&["pk", "a"]), "GlobalSecondaryIndexes": [index("one", "a")] }),
    );
    rig.made(TABLE, "orders", &present).await;
    let two = with(
        &present,
        json!({ "GlobalSecondaryIndexes": [index("two", "a"), index("three", "a"), index("one", "a")] }),
    );
    let other = with(&index("one", "a"), json!({ "Projection": { "ProjectionType": "KEYS_ONLY" } }));
    let projected = with(&present, json!({ "GlobalSecondaryIndexes": [other] }));
    let cases = [
        (two, "Cannot perform more than one GSI creation or deletion in a single update"),
        (projected, "Cannot update GSI's properties other than Provisioned Throughput"),
    ];
    for (after, expected) in cases {
        let told = rig.update(TABLE, "orders", &present, &after).await.unwrap_err().to_string();
        assert!(told.contains(expected) && told.contains("HandlerErrorCode: InvalidRequest"), "{told}");
    }
    let indexes = shown(&rig).await["GlobalSecondaryIndexes"].as_array().unwrap().len();
    assert_eq!(indexes, 1, "nothing of it is done");
}

/// What a change may do to a table, as it is seen.
async fn seen(rig: &Rig) -> Value {
    let mut table = shown(rig).await;
    let mut indexes = table["GlobalSecondaryIndexes"].take();
    for index in indexes.as_array_mut().unwrap() {
        *index = json!([index["IndexName"], index["ProvisionedThroughput"]["ReadCapacityUnits"]]);
    }
    let destinations = ask(rig, Operation::DescribeKinesisStreamingDestination).await;
    let active = destinations["KinesisDataStreamDestinations"].as_array().unwrap().iter();
    let active = active.filter(|one| one["DestinationStatus"] == "ACTIVE").map(|one| &one["StreamArn"]);
    json!({
        "Mode": table["BillingModeSummary"]["BillingMode"],
        "Reads": table["ProvisionedThroughput"]["ReadCapacityUnits"],
        "Indexes": indexes,
        "View": table["StreamSpecification"]["StreamViewType"],
        "Expiry": ask(rig, Operation::DescribeTimeToLive).await["TimeToLiveDescription"]["AttributeName"],
        "Destinations": active.collect::<Vec<_>>(),
    })
}

/// A table that is provisioned, with an index, a stream, expiry and a destination.
fn provisioned() -> Value {
    let units = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 });
    let first = with(&index("one", "a"), json!({ "ProvisionedThroughput": units }));
    json!({
        "AttributeDefinitions": definitions(&["pk", "a"]),
        "KeySchema": hash("pk"),
        "ProvisionedThroughput": units,
        "GlobalSecondaryIndexes": [first],
        "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
        "TimeToLiveSpecification": { "AttributeName": "ends", "Enabled": true },
        "KinesisStreamSpecification": data_stream("a"),
    })
}

/// Changes of that table which fail, the later ones only after much has been done.
fn failing_changes() -> Vec<Value> {
    let units = |reads: u64| json!({ "ReadCapacityUnits": reads, "WriteCapacityUnits": 5 });
    let one = |reads: u64| with(&index("one", "a"), json!({ "ProvisionedThroughput": units(reads) }));
    let other = |name: &str| with(&index(name, "b"), json!({ "ProvisionedThroughput": units(1) }));
    let projected = with(&one(5), json!({ "Projection": { "ProjectionType": "KEYS_ONLY" } }));
    let elsewhere = json!({
        "StreamSpecification": { "StreamViewType": "OLD_IMAGE" },
        "TimeToLiveSpecification": { "AttributeName": "until", "Enabled": true },
        "KinesisStreamSpecification": data_stream("none"),
    });
    let on_demand = json!({
        "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": null,
        "GlobalSecondaryIndexes": [index("one", "a")],
    });
    vec![
        json!({ "GlobalSecondaryIndexes": [one(5), other("two"), other("three")] }),
        json!({ "GlobalSecondaryIndexes": [projected] }),
        json!({ "ProvisionedThroughput": units(0) }),
        // The index needs a definition that is not there.
        json!({ "ProvisionedThroughput": units(7), "GlobalSecondaryIndexes": [one(8), other("two")] }),
        json!({ "GlobalSecondaryIndexes": [one(5), other("two")], "StreamSpecification": null }),
        elsewhere.clone(),
        with(&on_demand, elsewhere),
        json!({ "GlobalSecondaryIndexes": [], "TimeToLiveSpecification": null, "KinesisStreamSpecification": data_stream("none") }),
    ]
}

#[tokio::test]
async fn whatever_of_a_change_was_done_is_taken_back() {
    let rig = rig();
    kinesis(&rig.services, "CreateStream", json!({ "StreamName": "a", "ShardCount": 1 })).await;
    rig.made(TABLE, "orders", &provisioned()).await;
    let before = seen(&rig).await;
    for change in failing_changes() {
        let after = with(&provisioned(), change.clone());
        assert!(rig.update(TABLE, "orders", &provisioned(), &after).await.is_err(), "{change}");
        rig.updated(TABLE, "orders", &after, &provisioned()).await;
        let mut now = seen(&rig).await;
        // A table that was provisioned always is so by choice, once it was not.
        if now["Mode"] == "PROVISIONED" {
            now["Mode"] = before["Mode"].clone();
        }
        assert_eq!(now, before, "{change}");
    }
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing() {
    let rig = rig();
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/none";
    let properties = with(
        &simple(),
        json!({ "KinesisStreamSpecification": { "StreamArn": arn }, "DeletionProtectionEnabled": true }),
    );
    let told = rig.refused(TABLE, "orders", &properties).await;
    assert!(told.contains("not found") && told.contains("(Service: DynamoDb, Status Code: 400)"), "{told}");
    assert_eq!(shown(&rig).await, Value::Null);
    rig.made(TABLE, "orders", &simple()).await;
    let told = rig.refused(TABLE, "orders", &simple()).await;
    assert!(told.contains("HandlerErrorCode: AlreadyExists"), "{told}");
    let import = with(&simple(), json!({ "ImportSourceSpecification": {} }));
    let told = rig.refused(TABLE, "other", &import).await;
    assert!(
        told.contains("The property ImportSourceSpecification is not supported by this server"),
        "{told}"
    );
}

#[tokio::test]
async fn a_global_table_is_a_table_of_this_region() {
    let rig = rig();
    let replica = json!({
        "Region": "us-east-1",
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": "true" },
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "Tags": [{ "Key": "a", "Value": "b" }],
        "ReadProvisionedThroughputSettings": { "ReadCapacityUnits": 4 },
    });
    let scaling = json!({
        "MinCapacity": 2, "MaxCapacity": 9,
        "TargetTrackingScalingPolicyConfiguration": { "TargetValue": "70.5" },
    });
    let properties = json!({
        "AttributeDefinitions": definitions(&["pk"]),
        "KeySchema": hash("pk"),
        "BillingMode": "PROVISIONED",
        "WriteProvisionedThroughputSettings": { "WriteCapacityAutoScalingSettings": scaling },
        "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" },
        "Replicas": [replica],
    });
    let made = rig.create(GLOBAL, "orders", &properties).await.unwrap();
    let table = shown(&rig).await;
    assert_eq!(
        attributes(&made),
        json!({ "Arn": ARN, "StreamArn": table["LatestStreamArn"], "TableId": table["TableId"] })
    );
    assert_holds(
        &table,
        &json!({
            "ProvisionedThroughput": { "ReadCapacityUnits": 4, "WriteCapacityUnits": 2 },
            "TableClassSummary": { "TableClass": "STANDARD_INFREQUENT_ACCESS" },
        }),
    );
    let on_demand = with(
        &properties,
        json!({
            "BillingMode": null, "WriteProvisionedThroughputSettings": null,
            "Replicas": [{ "Region": "us-east-1", "DeletionProtectionEnabled": false }],
        }),
    );
    rig.updated(GLOBAL, "orders", &properties, &on_demand).await;
    let table = shown(&rig).await;
    assert_eq!(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    let elsewhere = with(&on_demand, json!({ "Replicas": [{ "Region": "eu-west-1" }] }));
    let told = rig.update(GLOBAL, "orders", &on_demand, &elsewhere).await.unwrap_err().to_string();
    assert!(told.contains("Replicas must be one replica, in us-east-1"), "{told}");
    rig.deleted(GLOBAL, "orders", &on_demand).await;
}

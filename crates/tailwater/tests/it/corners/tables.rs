//! Corners of tables: their definitions, their descriptions, their tags, and their ARNs.

use super::{ACCOUNT, Corner, table};
use serde_json::{Value, json};

fn with(mut request: Value, members: &Value) -> Value {
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

#[test]
fn definitions_are_of_names_up_to_255_and_of_each_attribute_once() {
    let corner = Corner::new();
    let keyed = |name: &str| {
        let definition = json!([{ "AttributeName": name, "AttributeType": "S" }]);
        let key = json!([{ "AttributeName": name, "KeyType": "HASH" }]);
        with(table("new"), &json!({ "AttributeDefinitions": definition, "KeySchema": key }))
    };
    let long = "x".repeat(256);
    let failure = |name: &str, path: &str, bound: &str| {
        format!("Value '{name}' at '{path}' failed to satisfy constraint: Member must have length {bound}")
    };
    let both = |name: &str, bound: &str| {
        format!(
            "2 validation errors detected: {}; {}",
            failure(name, "attributeDefinitions.1.member.attributeName", bound),
            failure(name, "keySchema.1.member.attributeName", bound)
        )
    };
    corner.refused("CreateTable", &keyed(&long), &both(&long, "less than or equal to 255"));
    corner.refused("CreateTable", &keyed(""), &both("", "greater than or equal to 1"));
    let twice = json!([
        { "AttributeName": "pk", "AttributeType": "S" },
        { "AttributeName": "pk", "AttributeType": "S" },
    ]);
    corner.refused(
        "CreateTable",
        &with(table("new"), &json!({ "AttributeDefinitions": twice })),
        "Cannot have two attributes with the same name",
    );
    let index = json!([{
        "IndexName": "gsi",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": [long] },
    }]);
    corner.refused(
        "CreateTable",
        &with(table("new"), &json!({ "GlobalSecondaryIndexes": index })),
        &format!(
            "1 validation error detected: Value '[{long}]' at \
             'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater \
             than or equal to 1]"
        ),
    );
    // Up to the limit all is well, whatever the name is made of.
    corner.ok("CreateTable", keyed(&"x".repeat(255)));
    corner.ok("CreateTable", with(keyed("a b#:!é"), &json!({ "TableName": "other" })));
}

#[test]
fn delete_table_answers_what_is_left_of_the_table() {
    let corner = Corner::new();
    let index = json!([{
        "IndexName": "gsi",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }]);
    corner.ok("CreateTable", with(table("gone"), &json!({ "GlobalSecondaryIndexes": index })));
    let before = corner.ok("DescribeTable", json!({ "TableName": "gone" }))["Table"].clone();
    let deleted = corner.ok("DeleteTable", json!({ "TableName": "gone" }))["TableDescription"].clone();
    assert_eq!(deleted["TableStatus"], "DELETING");
    for member in ["TableName", "TableArn", "TableId", "ItemCount", "TableSizeBytes", "ProvisionedThroughput"]
    {
        assert_eq!(deleted[member], before[member], "{member}");
    }
    for member in ["KeySchema", "AttributeDefinitions", "CreationDateTime"] {
        assert!(deleted.get(member).is_none(), "{member}: {deleted}");
    }
}

#[test]
fn tags_are_put_over_one_another_and_both_operations_answer_an_empty_body() {
    let corner = Corner::new();
    let arn = format!("{ACCOUNT}tab");
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    for (operation, request) in [
        ("TagResource", json!({ "ResourceArn": arn, "Tags": [tag("b", "1"), tag("a", "")] })),
        ("TagResource", json!({ "ResourceArn": arn, "Tags": [tag("b", "2")] })),
        ("UntagResource", json!({ "ResourceArn": arn, "TagKeys": ["a", "never"] })),
    ] {
        let answer = corner.running.call(operation, &request);
        assert_eq!((answer.status, answer.text()), (200, ""), "{request}");
        assert_eq!(answer.header("content-length"), Some("0"));
    }
    let tags = corner.ok("ListTagsOfResource", json!({ "ResourceArn": arn }));
    assert_eq!(tags, json!({ "Tags": [tag("b", "2")] }));
    let at = |path: &str, bound: &str, value: &str| {
        format!(
            "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: Member must have length {bound}"
        )
    };
    let long = ["k".repeat(129), "v".repeat(257)];
    for (refused, text) in [
        (tag(&long[0], ""), at("tags.1.member.key", "less than or equal to 128", &long[0])),
        (tag("", ""), at("tags.1.member.key", "greater than or equal to 1", "")),
        (tag("k", &long[1]), at("tags.1.member.value", "less than or equal to 256", &long[1])),
    ] {
        corner.refused("TagResource", &json!({ "ResourceArn": arn, "Tags": [refused] }), &text);
    }
    let text = format!(
        "1 validation error detected: Value '[a, {}]' at 'tagKeys' failed to satisfy constraint: Member must satisfy \
         constraint: [Member must have length less than or equal to 128, Member must have length greater than or \
         equal to 1]",
        long[0]
    );
    corner.refused("UntagResource", &json!({ "ResourceArn": arn, "TagKeys": ["a", long[0]] }), &text);
}

#[test]
fn the_resource_of_another_account_is_denied() {
    let corner = Corner::new();
    let foreign = "arn:aws:dynamodb:us-east-1:999999999999:table/tab";
    for (operation, request) in [
        ("TagResource", json!({ "ResourceArn": foreign, "Tags": [{ "Key": "k", "Value": "v" }] })),
        ("UntagResource", json!({ "ResourceArn": foreign, "TagKeys": ["k"] })),
        ("ListTagsOfResource", json!({ "ResourceArn": foreign })),
    ] {
        let (kind, text) = corner.error(operation, &request);
        assert_eq!(kind, "AccessDeniedException");
        assert!(text.ends_with(&format!(
            "is not authorized to perform: dynamodb:{operation} on resource: {foreign}"
        )));
    }
    let unknown = format!("{ACCOUNT}unknown");
    let answer = corner.error("ListTagsOfResource", &json!({ "ResourceArn": unknown }));
    let text = format!("Requested resource not found: ResourcArn: {unknown} not found");
    assert_eq!(answer, ("ResourceNotFoundException".to_owned(), text));
}

#[test]
fn describe_continuous_backups_says_that_recovery_is_off_until_it_is_on() {
    let corner = Corner::new();
    let describe = || corner.ok("DescribeContinuousBackups", json!({ "TableName": "tab" }));
    let off = json!({ "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
    } });
    assert_eq!(describe(), off);
    let switch = |on: bool| {
        let specification = json!({ "PointInTimeRecoveryEnabled": on });
        let request = json!({ "TableName": "tab", "PointInTimeRecoverySpecification": specification });
        corner.ok("UpdateContinuousBackups", request)
    };
    let on = switch(true);
    let recovery = &on["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(
        (&recovery["PointInTimeRecoveryStatus"], &recovery["RecoveryPeriodInDays"]),
        (&json!("ENABLED"), &json!(35))
    );
    assert!(
        recovery["EarliestRestorableDateTime"].is_number()
            && recovery["LatestRestorableDateTime"].is_number()
    );
    assert_eq!(switch(false), off);
    assert_eq!(describe(), off);
    let answer = corner.error("DescribeContinuousBackups", &json!({ "TableName": "unknown" }));
    assert_eq!(answer, ("TableNotFoundException".to_owned(), "Table not found: unknown".to_owned()));
}

#[test]
fn warm_and_on_demand_throughput_are_described_of_tables_and_of_indexes() {
    let corner = Corner::new();
    let index = |more: &Value| {
        let index = json!({
            "IndexName": "gsi",
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        });
        json!([with(index, more)])
    };
    let described = |name: &str, more: &Value| {
        corner.ok("CreateTable", with(table(name), more));
        corner.ok("DescribeTable", json!({ "TableName": name }))["Table"].clone()
    };
    let plain = described("plain", &json!({ "GlobalSecondaryIndexes": index(&json!({})) }));
    let warm = json!({ "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" });
    for shown in [&plain, &plain["GlobalSecondaryIndexes"][0]] {
        assert_eq!(shown["WarmThroughput"], warm);
        assert!(shown.get("OnDemandThroughput").is_none());
    }
    let asked = json!({
        "WarmThroughput": { "ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 6_000 },
        "OnDemandThroughput": { "MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 8 },
    });
    let set = described("set", &with(asked.clone(), &json!({ "GlobalSecondaryIndexes": index(&asked) })));
    for shown in [&set, &set["GlobalSecondaryIndexes"][0]] {
        let warm = json!({ "ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 6_000, "Status": "ACTIVE" });
        assert_eq!(shown["WarmThroughput"], warm);
        assert_eq!(shown["OnDemandThroughput"], asked["OnDemandThroughput"]);
    }
    let provisioned = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 });
    let provisioned = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": provisioned });
    let provisioned = described("provisioned", &provisioned);
    let warm = json!({ "ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE" });
    assert_eq!(provisioned["WarmThroughput"], warm);
}

/// Every operation with a table's name, each with what else it needs to be done.
fn operations_of_a_table() -> Vec<(&'static str, Value)> {
    let key = json!({ "pk": { "S": "k" } });
    let keyed = json!({ "Key": key });
    let query = json!({
        "KeyConditionExpression": "pk = :k", "ExpressionAttributeValues": { ":k": { "S": "k" } },
    });
    let time_to_live = json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "t" } });
    let recovery = json!({ "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } });
    let precision = json!({ "ApproximateCreationDateTimePrecision": "MICROSECOND" });
    let stream = "arn:aws:kinesis:us-east-1:000000000000:stream/unknown";
    vec![
        ("PutItem", json!({ "Item": key })),
        ("GetItem", keyed.clone()),
        ("UpdateItem", keyed.clone()),
        ("Query", query),
        ("Scan", json!({})),
        ("DeleteItem", keyed),
        ("SearchVectors", json!({ "IndexName": "none", "SearchVector": [{ "N": "1" }], "TopK": 1 })),
        ("DescribeTable", json!({})),
        ("UpdateTable", json!({ "DeletionProtectionEnabled": false })),
        ("UpdateTimeToLive", time_to_live),
        ("DescribeTimeToLive", json!({})),
        ("UpdateContinuousBackups", recovery),
        ("DescribeContinuousBackups", json!({})),
        ("CreateBackup", json!({ "BackupName": "any" })),
        ("ListBackups", json!({})),
        ("UpdateContributorInsights", json!({ "ContributorInsightsAction": "ENABLE" })),
        ("DescribeContributorInsights", json!({})),
        ("ListContributorInsights", json!({})),
        ("EnableKinesisStreamingDestination", json!({ "StreamArn": stream })),
        ("DescribeKinesisStreamingDestination", json!({})),
        (
            "UpdateKinesisStreamingDestination",
            json!({ "StreamArn": stream, "UpdateKinesisStreamingConfiguration": precision }),
        ),
        ("DisableKinesisStreamingDestination", json!({ "StreamArn": stream })),
        ("DescribeTableReplicaAutoScaling", json!({})),
        ("UpdateTableReplicaAutoScaling", json!({})),
        ("StartBulkPutItems", json!({})),
        ("DeleteTable", json!({})),
    ]
}

#[test]
fn an_arn_stands_for_the_name_of_a_table_in_every_operation() {
    let by_name = Corner::new();
    let by_arn = Corner::new();
    let arn = format!("{ACCOUNT}tab");
    let operations = operations_of_a_table();
    let mut answered = Vec::new();
    for (operation, request) in &operations {
        let named = |name: &str| with(request.clone(), &json!({ "TableName": name }));
        let expected = by_name.running.call(operation, &named("tab"));
        let answer = by_arn.running.call(operation, &named(&arn));
        assert_eq!(answer.status, expected.status, "{operation}: {}", answer.text());
        if answer.status == 200 {
            answered.push(*operation);
            // Whatever of the answer is a name is the name, not the ARN.
            for name in ["TableName", "ConsumedCapacity"] {
                assert_eq!(answer.json().get(name), expected.json().get(name), "{operation}");
            }
        } else {
            assert_eq!(answer.error(), expected.error(), "{operation}");
        }
    }
    assert!(answered.len() >= 19, "{answered:?}");
    // CreateTable takes an ARN too, of a table that is to be.
    let created = by_arn.ok("CreateTable", table(&format!("{ACCOUNT}made")));
    assert_eq!(created["TableDescription"]["TableName"], "made");
    // No operation was left out. ListStreams takes a name only.
    let has_name = |operation: &&wire::Operation| {
        let parameters = operation.parameters();
        parameters
            .done()
            .chain(parameters.stored())
            .chain(parameters.refused())
            .any(|name| name == "TableName")
    };
    let mut left = wire::Operation::ALL.iter().filter(has_name).map(|operation| operation.name());
    let other = ["CreateTable", "ListStreams"];
    let left: Vec<_> = left
        .by_ref()
        .filter(|name| !other.contains(name) && !operations.iter().any(|(known, _)| known == name))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn an_arn_stands_for_the_name_of_a_table_in_batches_transactions_and_restores() {
    let corner = Corner::new();
    let arn = format!("{ACCOUNT}tab");
    let key = json!({ "pk": { "S": "k" } });
    let rows = [
        ("BatchWriteItem", json!({ "RequestItems": { &arn: [{ "PutRequest": { "Item": key } }] } })),
        ("BatchGetItem", json!({ "RequestItems": { &arn: { "Keys": [key] } } })),
        (
            "TransactWriteItems",
            json!({ "TransactItems": [{ "Update": { "TableName": arn, "Key": key, "UpdateExpression": "REMOVE a" } }] }),
        ),
        ("TransactGetItems", json!({ "TransactItems": [{ "Get": { "TableName": arn, "Key": key } }] })),
        (
            "UpdateContinuousBackups",
            json!({ "TableName": arn, "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } }),
        ),
        (
            "RestoreTableToPointInTime",
            json!({ "SourceTableArn": arn, "TargetTableName": "restored", "UseLatestRestorableTime": true }),
        ),
    ];
    for (operation, request) in rows {
        corner.ok(operation, request);
    }
    assert_eq!(corner.get("k"), key);
    assert_eq!(corner.ok("Scan", json!({ "TableName": "restored" }))["Items"], json!([key]));
    // The same item by its table's name and by its ARN is one item.
    let twice = [json!({ "TableName": arn, "Key": key }), json!({ "TableName": "tab", "Key": key })];
    corner.refused(
        "TransactWriteItems",
        &json!({ "TransactItems": [{ "Delete": twice[0] }, { "Delete": twice[1] }] }),
        "Transaction request cannot include multiple operations on one item",
    );
}

//! A server that ends while it makes a resource goes on with it at its next start, wherever it was.

use super::{Rig, rig, scope, template, with};
use crate::services::{dynamodb, functions, kinesis, topics};
use serde_json::{Value, json};
use stacks::resources::{Made, Scope};
use wire::Operation;

/// Makes one that the server began to make before it ended.
async fn resumed(rig: &Rig, kind: &str, name: &str, properties: &Value) -> Made {
    let scope = Scope { resumed: true, ..scope() };
    let provider = rig.providers.of(kind).unwrap();
    match provider.create(&scope, Some(name), &template(properties)).await {
        Ok(made) => made,
        Err(error) => panic!("{kind} {properties}: {error}"),
    }
}

/// Whatever there is when the server goes on: nothing, a resource of which the rest is to be done, and one that is done.
async fn whenever(kind: &str, first: &Value, whole: &Value) -> (Rig, Made) {
    let done = rig();
    let expected = resumed(&done, kind, "thing", whole).await;
    let same = |made: &Made| {
        let names = |made: &Made| made.attributes.keys().cloned().collect::<Vec<_>>();
        assert_eq!((&made.physical_id, names(made)), (&expected.physical_id, names(&expected)), "{kind}");
    };
    same(&resumed(&done, kind, "thing", whole).await);
    let half = rig();
    half.made(kind, "thing", first).await;
    let made = resumed(&half, kind, "thing", whole).await;
    same(&made);
    let told = half.refused(kind, "thing", whole).await;
    assert!(told.contains("HandlerErrorCode: AlreadyExists"), "{told}");
    (half, made)
}

#[tokio::test]
async fn a_table() {
    let table = json!({
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
    });
    let expiring = json!({ "TimeToLiveSpecification": { "AttributeName": "ends", "Enabled": true } });
    let whole = with(&with(&table, expiring.clone()), json!({ "DeletionProtectionEnabled": true }));
    for first in [table.clone(), with(&table, expiring)] {
        let (rig, _) = whenever("AWS::DynamoDB::Table", &first, &whole).await;
        let request = json!({ "TableName": "thing" });
        let expiry = dynamodb(&rig.services, Operation::DescribeTimeToLive, request.clone()).await;
        assert_eq!(expiry["TimeToLiveDescription"]["AttributeName"], "ends");
        let shown = dynamodb(&rig.services, Operation::DescribeTable, request).await;
        assert_eq!(shown["Table"]["DeletionProtectionEnabled"], true);
    }
}

#[tokio::test]
async fn a_data_stream() {
    let first = json!({ "ShardCount": 1 });
    let whole = with(
        &first,
        json!({
            "RetentionPeriodHours": 48, "StreamEncryption": { "EncryptionType": "KMS", "KeyId": "alias/k" },
            "DesiredShardLevelMetrics": ["IncomingBytes"],
        }),
    );
    let (rig, _) = whenever("AWS::Kinesis::Stream", &first, &whole).await;
    let shown = kinesis(&rig.services, "DescribeStreamSummary", json!({ "StreamName": "thing" })).await;
    let shown = &shown["StreamDescriptionSummary"];
    assert_eq!((&shown["RetentionPeriodHours"], &shown["EncryptionType"]), (&json!(48), &json!("KMS")));
}

#[tokio::test]
async fn a_function() {
    let first = json!({
        "Code": { "ZipFile": "x" }, "Handler": "index.handler", "Role": "arn:aws:iam::000000000000:role/r",
        "Runtime": "nodejs22.x",
    });
    let whole = with(&first, json!({ "ReservedConcurrentExecutions": 4 }));
    let (rig, _) = whenever("AWS::Lambda::Function", &first, &whole).await;
    let path = "/2019-09-30/functions/thing/concurrency";
    let reserved = functions(&rig.services, "GET", path, Value::Null).await;
    assert_eq!(reserved["ReservedConcurrentExecutions"], 4);
}

#[tokio::test]
async fn those_that_are_not_known_by_their_names() {
    let (_, queue) = whenever("AWS::SQS::Queue", &json!({}), &json!({})).await;
    assert_eq!(queue.physical_id, "http://localhost:4566/000000000000/thing");
    let subscriber = "arn:aws:sqs:us-east-1:000000000000:q";
    let to = json!([{ "Protocol": "sqs", "Endpoint": subscriber }]);
    let (rig, topic) = whenever("AWS::SNS::Topic", &json!({}), &json!({ "Subscription": to })).await;
    let arn = "arn:aws:sns:us-east-1:000000000000:thing";
    assert_eq!(topic.physical_id, arn);
    let listed = topics(&rig.services, &format!("Action=ListSubscriptionsByTopic&TopicArn={arn}")).await;
    assert!(listed.contains(subscriber), "{listed}");
    let statement = json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }]);
    let policy =
        json!({ "Path": "/app/", "PolicyDocument": { "Version": "2012-10-17", "Statement": statement } });
    let (_, policy) = whenever("AWS::IAM::ManagedPolicy", &policy, &policy).await;
    assert_eq!(policy.physical_id, "arn:aws:iam::000000000000:policy/app/thing");
}

//! The tags of a stack are those of its resources, and follow it.

use super::{Rig, rig, scope, template};
use crate::services::{ACCOUNT, dynamodb, functions, kinesis, logs, parameters, queues, roles, topics};
use serde_json::{Value, json};
use services::objects::BucketName;
use stacks::resources::Scope;
use std::collections::BTreeMap;
use wire::Operation;

fn tags(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Makes a resource in a stack with tags, and updates it in the stack with others; tells what it is known by.
async fn retagged(rig: &Rig, kind: &str, properties: &Value) -> String {
    let properties = template(properties);
    let provider = rig.providers.of(kind).unwrap();
    let first = Scope { tags: tags(&[("team", "blue"), ("stage", "test")]), ..scope() };
    let made = provider.create(&first, Some("thing"), &properties).await.unwrap();
    let second =
        Scope { tags: tags(&[("team", "red"), ("cost", "low")]), tags_before: first.tags, ..scope() };
    provider.update(&second, &made.physical_id, &properties, &properties).await.unwrap();
    made.physical_id
}

/// That the tags of an answer are those of the stack after the update, and the resource's own.
#[track_caller]
fn assert_follow(told: &str) {
    for there in ["team", "red", "cost", "low", "own", "mine"] {
        assert!(told.contains(there), "{there}: {told}");
    }
    for gone in ["blue", "stage", "test"] {
        assert!(!told.contains(gone), "{gone}: {told}");
    }
}

fn own() -> Value {
    json!([{ "Key": "own", "Value": "mine" }])
}

#[tokio::test]
async fn of_tables_and_data_streams() {
    let rig = rig();
    let table = json!({
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }], "BillingMode": "PAY_PER_REQUEST", "Tags": own(),
    });
    retagged(&rig, "AWS::DynamoDB::Table", &table).await;
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/thing";
    let told = dynamodb(&rig.services, Operation::ListTagsOfResource, json!({ "ResourceArn": arn })).await;
    assert_follow(&told.to_string());
    retagged(&rig, "AWS::Kinesis::Stream", &json!({ "Tags": own() })).await;
    let told = kinesis(&rig.services, "ListTagsForStream", json!({ "StreamName": "thing" })).await;
    assert_follow(&told.to_string());
}

#[tokio::test]
async fn of_functions_and_mappings() {
    let rig = rig();
    let function = json!({
        "Code": { "ZipFile": "x" }, "Handler": "index.handler", "Role": "arn:aws:iam::000000000000:role/r",
        "Runtime": "nodejs22.x", "Tags": own(),
    });
    retagged(&rig, "AWS::Lambda::Function", &function).await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:thing";
    let told = functions(&rig.services, "GET", &format!("/2017-03-31/tags/{arn}"), Value::Null).await;
    assert_follow(&told.to_string());
    queues(&rig.services, "CreateQueue", json!({ "QueueName": "q" })).await;
    let source = "arn:aws:sqs:us-east-1:000000000000:q";
    let mapping = json!({ "EventSourceArn": source, "FunctionName": "thing", "Tags": own() });
    let id = retagged(&rig, "AWS::Lambda::EventSourceMapping", &mapping).await;
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{id}");
    let told = functions(&rig.services, "GET", &format!("/2017-03-31/tags/{arn}"), Value::Null).await;
    assert_follow(&told.to_string());
}

#[tokio::test]
async fn of_queues_topics_and_log_groups() {
    let rig = rig();
    let url = retagged(&rig, "AWS::SQS::Queue", &json!({ "Tags": own() })).await;
    assert_follow(&queues(&rig.services, "ListQueueTags", json!({ "QueueUrl": url })).await.to_string());
    let arn = retagged(&rig, "AWS::SNS::Topic", &json!({ "Tags": own() })).await;
    assert_follow(&topics(&rig.services, &format!("Action=ListTagsForResource&ResourceArn={arn}")).await);
    retagged(&rig, "AWS::Logs::LogGroup", &json!({ "Tags": own() })).await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:thing";
    let told = logs(&rig.services, "ListTagsForResource", json!({ "resourceArn": arn })).await;
    assert_follow(&told.to_string());
}

#[tokio::test]
async fn of_buckets_parameters_and_roles() {
    let rig = rig();
    retagged(&rig, "AWS::S3::Bucket", &json!({ "Tags": own() })).await;
    let bucket = rig.services.objects.bucket(&BucketName::new("thing").unwrap(), ACCOUNT).unwrap();
    assert_follow(&bucket.settings["tagging"]);
    let parameter = json!({ "Type": "String", "Value": "v", "Tags": { "own": "mine" } });
    retagged(&rig, "AWS::SSM::Parameter", &parameter).await;
    let request = json!({ "ResourceType": "Parameter", "ResourceId": "thing" });
    let told = parameters(&rig.services, "ListTagsForResource", request).await;
    assert_follow(&told.to_string());
    let principal = json!({ "Service": "lambda.amazonaws.com" });
    let statement = json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]);
    let trust = json!({ "Version": "2012-10-17", "Statement": statement });
    let role = json!({ "AssumeRolePolicyDocument": trust, "Tags": own() });
    retagged(&rig, "AWS::IAM::Role", &role).await;
    assert_follow(&roles(&rig.services, "Action=ListRoleTags&RoleName=thing").await);
}

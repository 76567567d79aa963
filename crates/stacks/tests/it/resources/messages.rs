//! Queues, topics, subscriptions and their policies.

use super::{Rig, attributes, rig, texts, with};
use crate::services::{queues, topics};
use serde_json::{Value, json};

const QUEUE: &str = "AWS::SQS::Queue";
const QUEUE_POLICY: &str = "AWS::SQS::QueuePolicy";
const QUEUE_INLINE_POLICY: &str = "AWS::SQS::QueueInlinePolicy";
const TOPIC: &str = "AWS::SNS::Topic";
const SUBSCRIPTION: &str = "AWS::SNS::Subscription";
const TOPIC_POLICY: &str = "AWS::SNS::TopicPolicy";
const TOPIC_INLINE_POLICY: &str = "AWS::SNS::TopicInlinePolicy";
const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:000000000000:news";

fn url(name: &str) -> String {
    format!("http://localhost:4566/000000000000/{name}")
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

async fn queue(rig: &Rig, name: &str) -> Value {
    let request = json!({ "QueueUrl": url(name), "AttributeNames": ["All"] });
    let answer = queues(&rig.services, "GetQueueAttributes", request).await;
    if answer.get("status").is_some() { answer } else { answer["Attributes"].clone() }
}

#[tokio::test]
async fn a_queue_and_each_of_its_attributes() {
    let rig = rig();
    rig.made(QUEUE, "dead", &json!({})).await;
    let properties = json!({
        "DelaySeconds": 1, "MaximumMessageSize": 2048, "MessageRetentionPeriod": 60, "VisibilityTimeout": 5,
        "ReceiveMessageWaitTimeSeconds": 2, "RedriveAllowPolicy": { "redrivePermission": "denyAll" },
        "RedrivePolicy": { "deadLetterTargetArn": queue_arn("dead"), "maxReceiveCount": 3 },
        "KmsMasterKeyId": "alias/k", "KmsDataKeyReusePeriodSeconds": 60, "Tags": [{ "Key": "a", "Value": "b" }],
    });
    let made = rig.create(QUEUE, "work", &texts(&properties)).await.unwrap();
    assert_eq!(made.physical_id, url("work"));
    assert_eq!(
        attributes(&made),
        json!({ "Arn": queue_arn("work"), "QueueName": "work", "QueueUrl": url("work") })
    );
    let shown = queue(&rig, "work").await;
    let expected = [
        ("DelaySeconds", "1", "0"),
        ("MaximumMessageSize", "2048", "1048576"),
        ("MessageRetentionPeriod", "60", "345600"),
        ("VisibilityTimeout", "5", "30"),
        ("ReceiveMessageWaitTimeSeconds", "2", "0"),
        ("KmsMasterKeyId", "alias/k", ""),
    ];
    for (name, set, _) in expected {
        assert_eq!(shown[name], set, "{name}");
    }
    let redrive: Value = serde_json::from_str(shown["RedrivePolicy"].as_str().unwrap()).unwrap();
    assert_eq!(redrive["deadLetterTargetArn"], queue_arn("dead"));
    assert!(shown["RedriveAllowPolicy"].as_str().unwrap().contains("denyAll"));
    let tags = json!({ "QueueUrl": url("work") });
    let tags = queues(&rig.services, "ListQueueTags", tags).await;
    assert_eq!(tags["Tags"], json!({ "a": "b", "team": "blue" }));
    assert!(rig.refused(QUEUE, "work", &properties).await.contains("HandlerErrorCode: AlreadyExists"));
    let bare = json!({ "SqsManagedSseEnabled": "false" });
    rig.updated(QUEUE, &url("work"), &properties, &bare).await;
    let shown = queue(&rig, "work").await;
    for (name, _, usual) in expected {
        assert_eq!(shown[name].as_str().unwrap_or_default(), usual, "{name}");
    }
    assert_eq!((shown.get("RedrivePolicy"), shown.get("RedriveAllowPolicy")), (None, None));
    assert_eq!(shown["SqsManagedSseEnabled"], "false");
    rig.deleted(QUEUE, &url("work"), &bare).await;
    assert_eq!(queue(&rig, "work").await["status"], 400);
}

#[tokio::test]
async fn a_queue_that_keeps_the_order() {
    let rig = rig();
    let properties = json!({
        "FifoQueue": "true", "ContentBasedDeduplication": true, "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    });
    let id = rig.made(QUEUE, "work.fifo", &properties).await;
    assert_eq!(queue(&rig, "work.fifo").await["DeduplicationScope"], "messageGroup");
    let after = json!({ "FifoQueue": true });
    rig.updated(QUEUE, &id, &properties, &after).await;
    let shown = queue(&rig, "work.fifo").await;
    assert_eq!(
        (&shown["DeduplicationScope"], &shown["ContentBasedDeduplication"]),
        (&json!("queue"), &json!("false"))
    );
    rig.made(QUEUE, "plain", &json!({ "FifoQueue": "false" })).await;
    let told = rig.refused(QUEUE, "x.fifo", &json!({})).await;
    assert!(told.contains("(Service: Sqs, Status Code: 400)"), "{told}");
}

fn policy(effect: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*" }] })
}

#[tokio::test]
async fn policies_of_queues() {
    let rig = rig();
    for name in ["a", "b"] {
        rig.made(QUEUE, name, &json!({})).await;
    }
    let both = json!({ "Queues": [url("a"), url("b")], "PolicyDocument": policy("Allow") });
    let id = rig.made(QUEUE_POLICY, "", &both).await;
    assert!(queue(&rig, "b").await["Policy"].as_str().unwrap().contains("Allow"));
    let one = json!({ "Queues": [url("a")], "PolicyDocument": policy("Deny") });
    rig.updated(QUEUE_POLICY, &id, &both, &one).await;
    assert!(queue(&rig, "a").await["Policy"].as_str().unwrap().contains("Deny"));
    assert_eq!(queue(&rig, "b").await.get("Policy"), None);
    rig.deleted(QUEUE_POLICY, &id, &one).await;
    assert_eq!(queue(&rig, "a").await.get("Policy"), None);
    let inline = |effect: &str| json!({ "Queue": url("a"), "PolicyDocument": policy(effect) });
    let id = rig.made(QUEUE_INLINE_POLICY, "", &inline("Allow")).await;
    rig.updated(QUEUE_INLINE_POLICY, &id, &inline("Allow"), &inline("Deny")).await;
    assert!(queue(&rig, "a").await["Policy"].as_str().unwrap().contains("Deny"));
    rig.deleted(QUEUE, &url("a"), &json!({})).await;
    rig.deleted(QUEUE_INLINE_POLICY, &id, &inline("Deny")).await;
}

async fn topic(rig: &Rig) -> String {
    topics(&rig.services, &format!("Action=GetTopicAttributes&TopicArn={TOPIC_ARN}")).await
}

async fn subscriptions(rig: &Rig) -> String {
    topics(&rig.services, &format!("Action=ListSubscriptionsByTopic&TopicArn={TOPIC_ARN}")).await
}

/// An attribute as it stands in an answer.
fn entry(name: &str, value: &str) -> String {
    let value = value.replace('"', "&quot;");
    format!("<key>{name}</key><value>{value}</value>")
}

/// The answer without what XML may write one way or another.
fn plain(xml: &str) -> String {
    xml.replace("&#34;", "\"").replace("&quot;", "\"")
}

#[tokio::test]
async fn a_topic_and_its_own_subscriptions() {
    let rig = rig();
    for name in ["a", "b"] {
        rig.made(QUEUE, name, &json!({})).await;
    }
    let to = |name: &str| json!({ "Protocol": "sqs", "Endpoint": queue_arn(name) });
    let properties = json!({
        "DisplayName": "News", "KmsMasterKeyId": "alias/k", "SignatureVersion": 2, "TracingConfig": "Active",
        "Subscription": [to("a")], "Tags": [{ "Key": "k", "Value": "v" }],
        "DeliveryStatusLogging": [{ "Protocol": "sqs", "SuccessFeedbackRoleArn": "arn:aws:iam::000000000000:role/r" }],
    });
    let made = rig.create(TOPIC, "news", &properties).await.unwrap();
    assert_eq!(made.physical_id, TOPIC_ARN);
    assert_eq!(attributes(&made), json!({ "TopicArn": TOPIC_ARN, "TopicName": "news" }));
    let shown = topic(&rig).await;
    let attribute = |name: &str, value: &str| {
        assert!(shown.contains(&entry(name, value)), "{name}: {shown}");
    };
    attribute("DisplayName", "News");
    attribute("KmsMasterKeyId", "alias/k");
    attribute("SignatureVersion", "2");
    attribute("SQSSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/r");
    assert!(subscriptions(&rig).await.contains(&queue_arn("a")));
    let told = rig.refused(TOPIC, "news", &properties).await;
    assert!(told.contains("HandlerErrorCode: AlreadyExists"), "{told}");
    let after = json!({ "Subscription": [to("b")], "Tags": [{ "Key": "l", "Value": "w" }] });
    rig.updated(TOPIC, TOPIC_ARN, &properties, &after).await;
    let shown = topic(&rig).await;
    assert!(
        !shown.contains("News") && !shown.contains("alias/k") && !shown.contains("FeedbackRole"),
        "{shown}"
    );
    let listed = subscriptions(&rig).await;
    assert!(listed.contains(&queue_arn("b")) && !listed.contains(&queue_arn("a")), "{listed}");
    let tags = topics(&rig.services, &format!("Action=ListTagsForResource&ResourceArn={TOPIC_ARN}")).await;
    assert!(
        tags.contains("<Key>l</Key>") && tags.contains("<Key>team</Key>") && !tags.contains("<Key>k</Key>")
    );
    rig.deleted(TOPIC, TOPIC_ARN, &after).await;
    let fifo = json!({ "FifoTopic": "true", "ContentBasedDeduplication": "true" });
    rig.made(TOPIC, "order.fifo", &fifo).await;
    let archive = with(&fifo, json!({ "ArchivePolicy": { "MessageRetentionPeriod": "30" } }));
    let told = rig.refused(TOPIC, "other.fifo", &archive).await;
    assert!(told.contains("ArchivePolicy: archives of messages are not supported"), "{told}");
}

#[tokio::test]
async fn a_subscription_and_each_of_its_attributes() {
    let rig = rig();
    rig.made(TOPIC, "news", &json!({})).await;
    rig.made(QUEUE, "a", &json!({})).await;
    let properties = json!({
        "TopicArn": TOPIC_ARN, "Protocol": "sqs", "Endpoint": queue_arn("a"), "RawMessageDelivery": "true",
        "FilterPolicy": { "kind": ["new"] },
    });
    let made = rig.create(SUBSCRIPTION, "", &properties).await.unwrap();
    let id = made.physical_id.clone();
    assert!(id.starts_with(&format!("{TOPIC_ARN}:")), "{id}");
    assert_eq!(attributes(&made), json!({ "Arn": id }));
    let shown = async || {
        let form = format!("Action=GetSubscriptionAttributes&SubscriptionArn={id}");
        plain(&topics(&rig.services, &form).await)
    };
    let has = |shown: &str, name: &str, value: &str| {
        let expected = format!("<key>{name}</key><value>{value}</value>");
        assert!(shown.contains(&expected), "{expected}: {shown}");
    };
    let first = shown().await;
    has(&first, "RawMessageDelivery", "true");
    has(&first, "FilterPolicy", r#"{"kind":["new"]}"#);
    // Of the body, this is another policy than of attributes.
    let body = with(
        &properties,
        json!({ "FilterPolicyScope": "MessageBody", "FilterPolicy": { "a": { "b": ["c"] } }, "RawMessageDelivery": null }),
    );
    rig.updated(SUBSCRIPTION, &id, &properties, &body).await;
    let second = shown().await;
    has(&second, "RawMessageDelivery", "false");
    has(&second, "FilterPolicyScope", "MessageBody");
    has(&second, "FilterPolicy", r#"{"a":{"b":["c"]}}"#);
    rig.updated(SUBSCRIPTION, &id, &body, &properties).await;
    has(&shown().await, "FilterPolicy", r#"{"kind":["new"]}"#);
    let bare = with(&properties, json!({ "FilterPolicy": null }));
    let dead = with(&bare, json!({ "RedrivePolicy": { "deadLetterTargetArn": queue_arn("a") } }));
    rig.updated(SUBSCRIPTION, &id, &properties, &dead).await;
    let third = shown().await;
    assert!(!third.contains("<key>FilterPolicy<") && third.contains("deadLetterTargetArn"), "{third}");
    rig.updated(SUBSCRIPTION, &id, &dead, &bare).await;
    assert!(!shown().await.contains("deadLetterTargetArn"));
    rig.deleted(SUBSCRIPTION, &id, &bare).await;
    assert!(!subscriptions(&rig).await.contains(&id));
    let elsewhere = with(&properties, json!({ "Region": "eu-west-1" }));
    assert!(rig.refused(SUBSCRIPTION, "", &elsewhere).await.contains("(Service: Sns"));
    let role = with(&properties, json!({ "SubscriptionRoleArn": "r" }));
    assert!(
        rig.refused(SUBSCRIPTION, "", &role)
            .await
            .contains("The property SubscriptionRoleArn is not supported")
    );
}

#[tokio::test]
async fn policies_of_topics() {
    let rig = rig();
    rig.made(TOPIC, "news", &json!({})).await;
    let at_first = topic(&rig).await;
    let of = |effect: &str| json!({ "Topics": [TOPIC_ARN], "PolicyDocument": policy(effect) });
    let id = rig.made(TOPIC_POLICY, "", &of("Allow")).await;
    rig.updated(TOPIC_POLICY, &id, &of("Allow"), &of("Deny")).await;
    assert!(topic(&rig).await.contains("Deny"));
    rig.deleted(TOPIC_POLICY, &id, &of("Deny")).await;
    assert_eq!(topic(&rig).await, at_first);
    let inline = |effect: &str| json!({ "TopicArn": TOPIC_ARN, "PolicyDocument": policy(effect) });
    let id = rig.made(TOPIC_INLINE_POLICY, "", &inline("Allow")).await;
    rig.updated(TOPIC_INLINE_POLICY, &id, &inline("Allow"), &inline("Deny")).await;
    assert!(topic(&rig).await.contains("Deny"));
    rig.deleted(TOPIC, TOPIC_ARN, &json!({})).await;
    rig.deleted(TOPIC_INLINE_POLICY, &id, &inline("Deny")).await;
}

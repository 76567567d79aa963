//! What queues and functions get, and what becomes of what they do not take.

use super::*;
use serde_json::Value;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

fn redrive() -> String {
    format!("{{\"deadLetterTargetArn\":\"{}\"}}", queue("dead"))
}

#[tokio::test]
async fn a_message_is_with_its_subscribers_when_its_publisher_is_answered() {
    let world = World::new();
    let topic = world.topic("news").await;
    let to = world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    world.subscribe(&topic, "sqs", &queue("raw"), &[("RawMessageDelivery", "true")]).await;
    world.subscribe(&topic, "lambda", FUNCTION, &[]).await;
    let form = format!(
        "Action=Publish&TopicArn={topic}&Message=hello&Subject=s&MessageGroupId=g&MessageAttributes.entry.1.Name=n\
         &MessageAttributes.entry.1.Value.DataType=Number&MessageAttributes.entry.1.Value.StringValue=7"
    );
    let id = within(&world.ok(&form).await, "MessageId").unwrap();
    let body: Value = serde_json::from_str(&world.targets.bodies(&queue("q"))[0]).unwrap();
    for (name, value) in [
        ("Type", "Notification"),
        ("MessageId", &id),
        ("TopicArn", &topic),
        ("Subject", "s"),
        ("Message", "hello"),
        ("Timestamp", "2026-01-01T00:00:00.000Z"),
        ("UnsubscribeURL", &format!("http://localhost:4566/?Action=Unsubscribe&SubscriptionArn={to}")),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(body["MessageAttributes"]["n"], serde_json::json!({ "Type": "Number", "Value": "7" }));
    let taken = world.targets.taken.lock().unwrap().clone();
    let (_, raw) = taken.iter().find(|(to, _)| *to == queue("raw")).unwrap();
    assert_eq!((raw.body.as_str(), raw.group.as_deref()), ("hello", Some("g")));
    assert_eq!(raw.attributes["n"], Attribute { kind: "Number".into(), value: "7".into() });
    let event: Value = serde_json::from_str(&world.targets.bodies(FUNCTION)[0]).unwrap();
    assert_eq!(event["Records"][0]["Sns"]["MessageId"], id);
    assert_eq!(world.kept(), 0);
}

#[tokio::test]
async fn filters_choose_who_gets_a_message() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("red"), &[("FilterPolicy", r#"{"colour":["red"]}"#)]).await;
    let body = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", r#"{"n":[{"numeric":[">",5]}]}"#)];
    world.subscribe(&topic, "sqs", &queue("body"), &body).await;
    let publish = |text: &str, colour: &str| {
        format!(
            "Action=Publish&TopicArn={topic}&Message={}&MessageAttributes.entry.1.Name=colour\
             &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue={colour}",
            encoded(text)
        )
    };
    world.ok(&publish(r#"{"n":6}"#, "blue")).await;
    world.ok(&publish("plain", "red")).await;
    world.publish(&topic, "plain").await;
    assert_eq!(world.targets.bodies(&queue("red")).len(), 1);
    assert_eq!(world.targets.bodies(&queue("body")).len(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_again_with_pauses_in_service_time() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "lambda", FUNCTION, &[]).await;
    world.targets.fail(FUNCTION, failed(5));
    world.publish(&topic, "x").await;
    // One attempt at once and three without a pause; the next two come a second after one another.
    let failing =
        |left: usize| move |world: &World| world.targets.failures.lock().unwrap()[FUNCTION].len() == left;
    world.until("three retries", || failing(1)(&world)).await;
    assert_eq!(world.targets.bodies(FUNCTION).len(), 0);
    world.environment.clock.advance(1_000);
    world.until("the fourth", || failing(0)(&world)).await;
    world.environment.clock.advance(1_000);
    world.until("the delivery", || world.targets.bodies(FUNCTION).len() == 1).await;
    world.until("nothing is kept", || world.kept() == 0).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_delivered_after_a_panic() {
    let world = World::new();
    let topic = world.topic("news").await;
    for name in ["q", "other"] {
        world.subscribe(&topic, "sqs", &queue(name), &[]).await;
    }
    // Of whoever publishes, and of the courier.
    world.targets.panics.lock().unwrap().extend([queue("q"), queue("q")]);
    world.publish(&topic, "x").await;
    assert_eq!(world.targets.bodies(&queue("other")).len(), 1);
    world.until("the delivery", || world.targets.bodies(&queue("q")).len() == 1).await;
    world.until("nothing is kept", || world.kept() == 0).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_delivered_after_a_crash() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    world.targets.fail(&queue("q"), failed(4));
    for number in 0..3 {
        world.publish(&topic, &format!("m{number}")).await;
    }
    world
        .until("all retries without a pause", || {
            world.targets.failures.lock().unwrap()[&queue("q")].is_empty()
        })
        .await;
    let world = world.reopened();
    world.environment.clock.advance(60_000);
    world.until("the deliveries", || world.targets.bodies(&queue("q")).len() >= 3).await;
    world.until("nothing is kept", || world.kept() == 0).await;
    let mut texts: Vec<String> = world
        .targets
        .bodies(&queue("q"))
        .iter()
        .map(|body| serde_json::from_str::<Value>(body).unwrap()["Message"].as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts, ["m0", "m1", "m2"]);
}

#[tokio::test]
async fn what_is_refused_goes_to_the_dead_letter_queue_at_once() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("gone"), &[("RedrivePolicy", &redrive())]).await;
    world.subscribe(&topic, "sqs", &queue("lost"), &[]).await;
    for name in ["gone", "lost"] {
        world.targets.fail(&queue(name), [TargetError::Refused("there is no such queue".into())]);
    }
    world.publish(&topic, "x").await;
    let dead = world.targets.bodies(&queue("dead"));
    assert_eq!(serde_json::from_str::<Value>(&dead[0]).unwrap()["Message"], "x");
    assert_eq!((dead.len(), world.kept()), (1, 0));
}

#[tokio::test]
async fn a_dead_letter_queue_that_fails_is_tried_again() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("gone"), &[("RedrivePolicy", &redrive())]).await;
    let gone = || TargetError::Refused("there is no such queue".into());
    world.targets.fail(&queue("gone"), [gone(), gone()]);
    world.targets.fail(&queue("dead"), failed(1));
    world.publish(&topic, "x").await;
    assert_eq!(world.kept(), 1);
    world.environment.clock.advance(20_000);
    world.until("the dead letter", || world.targets.bodies(&queue("dead")).len() == 1).await;
    world.until("nothing is kept", || world.kept() == 0).await;
}

#[tokio::test]
async fn what_is_kept_for_a_subscription_that_ends_is_dropped() {
    let world = World::new();
    let topic = world.topic("news").await;
    let to = world.subscribe(&topic, "lambda", FUNCTION, &[]).await;
    world.targets.fail(FUNCTION, failed(100));
    world.publish(&topic, "x").await;
    world
        .until("all retries without a pause", || world.targets.failures.lock().unwrap()[FUNCTION].len() == 96)
        .await;
    world.ok(&format!("Action=Unsubscribe&SubscriptionArn={to}")).await;
    world.until("nothing is kept", || world.kept() == 0).await;
    world.until("nobody waits", || !world.topics.is_expecting(to.rsplit(':').next().unwrap())).await;
}

#[tokio::test]
async fn a_raw_message_with_more_attributes_than_a_queue_takes_is_refused() {
    let world = World::new();
    let topic = world.topic("news").await;
    let raw = [("RawMessageDelivery", "true"), ("RedrivePolicy", &redrive())];
    world.subscribe(&topic, "sqs", &queue("raw"), &raw).await;
    world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    let mut form = format!("Action=Publish&TopicArn={topic}&Message=x");
    for number in 1..12 {
        let entry = format!("MessageAttributes.entry.{number}");
        write!(form, "&{entry}.Name=a{number}&{entry}.Value.DataType=String&{entry}.Value.StringValue=v")
            .unwrap();
    }
    world.ok(&form).await;
    assert_eq!(world.targets.bodies(&queue("raw")).len(), 0);
    assert_eq!(world.targets.bodies(&queue("q")).len(), 1);
}

#[tokio::test]
async fn a_batch_takes_each_message_or_does_not() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    let entry = |nth: usize, id: &str, text: &str| {
        format!(
            "&PublishBatchRequestEntries.member.{nth}.Id={id}&PublishBatchRequestEntries.member.{nth}.Message={text}"
        )
    };
    let batch = |entries: &[String]| format!("Action=PublishBatch&TopicArn={topic}{}", entries.concat());
    let answer = world.ok(&batch(&[entry(1, "a", "x"), entry(2, "b", ""), entry(3, "c", "z")])).await;
    let (successful, failed) = answer.split_once("<Failed>").unwrap();
    assert_eq!(all_within(successful, "Id"), ["a", "c"]);
    assert_eq!(
        (within(failed, "Id"), within(failed, "Code"), within(failed, "SenderFault")),
        (Some("b".into()), Some("InvalidParameter".into()), Some("true".into()))
    );
    assert_eq!(world.targets.bodies(&queue("q")).len(), 2);
    let many: Vec<String> = (1..12).map(|nth| entry(nth, &nth.to_string(), "x")).collect();
    let long = "x".repeat(140_000);
    for (entries, code) in [
        (vec![], "EmptyBatchRequest"),
        (many, "TooManyEntriesInBatchRequest"),
        (vec![entry(1, "a", "x"), entry(2, "a", "y")], "BatchEntryIdsNotDistinct"),
        (vec![entry(1, "a.b", "x")], "InvalidBatchEntryId"),
        (vec![entry(1, "a", &long), entry(2, "b", &long)], "BatchRequestTooLong"),
    ] {
        assert_eq!(world.call(&batch(&entries)).await.unwrap_err().0, code);
    }
}

#[tokio::test]
async fn sizes_are_held_to() {
    let world = World::new();
    let topic = world.topic("news").await;
    let publish = |bytes: usize| format!("Action=Publish&TopicArn={topic}&Message={}", "x".repeat(bytes));
    world.ok(&publish(262_144)).await;
    let refused = world.call(&publish(262_145)).await.unwrap_err();
    assert_eq!(refused, ("InvalidParameter".into(), "Invalid parameter: Message too long".into()));
    let form = format!(
        "Action=SetTopicAttributes&TopicArn={topic}&AttributeName=MaximumMessageSize&AttributeValue=1048576"
    );
    world.ok(&form).await;
    world.ok(&publish(1_048_576)).await;
    assert_eq!(world.call(&publish(0)).await.unwrap_err().1, "Invalid parameter: Empty message");
}

#[tokio::test]
async fn others_in_the_server_publish_by_arn() {
    let world = World::new();
    let topic = world.topic("news").await;
    world.subscribe(&topic, "sqs", &queue("q"), &[]).await;
    let message = Message { text: "x".into(), ..Message::default() };
    let published = world.topics.publish(&topic, message.clone()).await.unwrap();
    let body: Value = serde_json::from_str(&world.targets.bodies(&queue("q"))[0]).unwrap();
    assert_eq!(body["MessageId"], published.message_id);
    let gone = world.topics.publish(&format!("{topic}2"), message).await.unwrap_err();
    assert_eq!((gone.code(), gone.status()), ("NotFound", 404));
}

#[tokio::test]
async fn more_than_is_committed_at_a_time_is_kept_for_all() {
    let world = World::new();
    let topic = world.topic("news").await;
    let large = "x".repeat(200_000);
    let names: Vec<String> = (0..100).map(|number| format!("q{number}")).collect();
    for name in &names {
        world.subscribe(&topic, "sqs", &queue(name), &[]).await;
        world.targets.fail(&queue(name), failed(1));
    }
    world.publish(&topic, &large).await;
    for name in &names {
        world.until("each has it", || world.targets.bodies(&queue(name)).len() == 1).await;
    }
    world.until("nothing is kept", || world.kept() == 0).await;
}

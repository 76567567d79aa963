//! Where things are sent: each kind of destination gets them whole.

use crate::world::{Done, FUNCTION, World, until};
use lambda::destinations::{Delivery, Destinations};
use serde_json::{Value, json};
use services::query::Call;
use services::queues::Receive;
use services::topics::{Options, Topics};
use std::sync::Arc;
use std::time::Duration;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:lost";

/// A topic, to which a queue is subscribed.
async fn topic(world: &World) -> (Topics, String) {
    let queue = world.queue("subscriber", json!({})).await;
    let space = world.database.service_space("topics").unwrap();
    let runner = world.database.runner().clone();
    let environment = world.database.environment().clone();
    let options = Options { shared: false, host: "localhost".into() };
    let topics = Topics::open(runner, space, options, Arc::new(world.queues.clone()), environment).unwrap();
    let subscribe = format!("Action=Subscribe&TopicArn={TOPIC}&Protocol=sqs&Endpoint={queue}");
    for body in ["Action=CreateTopic&Name=lost", subscribe.as_str()] {
        let caller = world.caller();
        let call = Call { caller: &caller, query: b"", body: body.as_bytes(), request_id: "r" };
        let answer = topics.call(&call, true).await;
        assert_eq!(answer.status, 200, "{}", answer.body.escape_ascii());
    }
    (topics, queue)
}

/// The body of the one message in a queue.
async fn received(world: &World, queue: &str) -> String {
    let how = Receive { max: 10, visibility_ms: None, wait: Duration::ZERO };
    let mut messages = world.queues.receive(queue, how).await.unwrap();
    assert_eq!(messages.len(), 1);
    messages.pop().unwrap().body
}

#[tokio::test]
async fn a_topic_gets_what_is_given_up_to_the_letter() {
    let (topics, world) = {
        let world = World::in_memory();
        (topic(&world).await, world)
    };
    let (topics, queue) = topics;
    let world = world.with_destinations(|destinations| destinations.with_topics(topics)).await;
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    let members = json!({
        "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": TOPIC}},
    });
    world.map(&stream, members).await;
    world.put("bad").await;
    let figures = || world.mappings.all()[0].figures;
    until(|| figures().on_failure_destination_delivered_event_count == 1, "the delivery").await;
    let envelope: Value = serde_json::from_str(&received(&world, &queue).await).unwrap();
    assert_eq!((&envelope["Type"], &envelope["TopicArn"]), (&json!("Notification"), &json!(TOPIC)));
    assert_eq!(envelope.get("Subject"), None);
    let record = &world.functions.events()[0]["Records"][0];
    let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap();
    let kept = world.discarded.list(None);
    let shard = &kept[0].batch.shard;
    let time = "2026-01-01T00:00:00";
    let expected = format!(
        concat!(
            r#"{{"requestContext":{{"requestId":"request-1","functionArn":"{}","condition":"RetryAttemptsExhausted","#,
            r#""approximateInvokeCount":1}},"responseContext":{{"statusCode":200,"executedVersion":"$LATEST","#,
            r#""functionError":"Unhandled"}},"version":"1.0","timestamp":"{}.000Z","DDBStreamBatchInfo":{{"shardId":"{}","#,
            r#""startSequenceNumber":"{}","endSequenceNumber":"{}","approximateArrivalOfFirstRecord":"{}Z","#,
            r#""approximateArrivalOfLastRecord":"{}Z","batchSize":1,"streamArn":"{}"}}}}"#
        ),
        FUNCTION, time, shard, number, number, time, time, stream
    );
    assert_eq!(envelope["Message"].as_str().unwrap(), expected);
}

#[tokio::test]
async fn each_kind_of_destination_gets_the_message() {
    let world = World::in_memory();
    let (topics, subscriber) = topic(&world).await;
    let (queue, bucket) = (world.queue("outcomes", json!({})).await, world.bucket().await);
    let destinations = Destinations::new()
        .with_objects(world.objects.clone())
        .with_queues(world.queues.clone())
        .with_topics(topics);
    let message = json!({"version": "1.0", "requestPayload": {"n": 1}});
    let send = async |arn: &str| {
        let delivery = Delivery {
            message: message.to_string().into(),
            object_key: "aws/lambda/async/f/key".into(),
            object: None,
        };
        destinations.deliver(&*world.functions, "000000000000", arn, delivery).await
    };
    for arn in [queue.as_str(), TOPIC, bucket.as_str(), FUNCTION] {
        send(arn).await.unwrap();
    }
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(json(&received(&world, &queue).await), message);
    let envelope = json(&received(&world, &subscriber).await);
    assert_eq!(json(envelope["Message"].as_str().unwrap()), message);
    assert_eq!(world.lost().await, [("aws/lambda/async/f/key".to_owned(), message.clone())]);
    let queued = world.functions.queued();
    assert_eq!(queued.len(), 1);
    assert_eq!(
        (queued[0].function_arn.as_str(), json(std::str::from_utf8(&queued[0].payload).unwrap())),
        (FUNCTION, message.clone())
    );
    for (arn, why) in [
        ("arn:aws:sqs:us-east-1:000000000000:nobody", "does not exist"),
        ("arn:aws:sns:us-east-1:000000000000:nobody", "does not exist"),
        ("arn:aws:s3:::nobody", "bucket"),
        ("arn:aws:events:us-east-1:000000000000:event-bus/default", "this server can send to"),
    ] {
        let error = send(arn).await.unwrap_err().to_string();
        assert!(error.contains(why), "{arn}: {error}");
    }
}

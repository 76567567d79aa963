//! FIFO topics: order, and what is not sent twice.

use super::*;
use serde_json::Value;

fn publish(topic: &str, text: &str, group: &str, id: &str) -> String {
    format!(
        "Action=Publish&TopicArn={topic}&Message={text}&MessageGroupId={group}&MessageDeduplicationId={id}"
    )
}

fn texts(world: &World, name: &str) -> Vec<String> {
    let text =
        |body: &String| serde_json::from_str::<Value>(body).unwrap()["Message"].as_str().unwrap().to_owned();
    world.targets.bodies(&queue(name)).iter().map(text).collect()
}

#[tokio::test]
async fn a_message_is_sent_once_in_five_minutes_also_over_a_restart() {
    let world = World::new();
    let topic = world.topic("news.fifo").await;
    world.subscribe(&topic, "sqs", &queue("q.fifo"), &[]).await;
    let first = world.ok(&publish(&topic, "a", "g", "1")).await;
    let number = within(&first, "SequenceNumber").unwrap();
    assert_eq!(world.ok(&publish(&topic, "b", "h", "1")).await, first);
    let world = world.reopened();
    assert_eq!(world.ok(&publish(&topic, "c", "g", "1")).await, first);
    let other = world.ok(&publish(&topic, "d", "g", "2")).await;
    assert!(within(&other, "SequenceNumber").unwrap() > number);
    world.environment.clock.advance(300_000);
    let again = world.ok(&publish(&topic, "e", "g", "1")).await;
    assert_ne!(again, first);
    assert_eq!(texts(&world, "q.fifo"), ["a", "d", "e"]);
    let taken = world.targets.taken.lock().unwrap();
    assert_eq!((taken[0].1.group.as_deref(), taken[0].1.deduplication.as_deref()), (Some("g"), Some("1")));
}

#[tokio::test]
async fn groups_may_have_ids_of_their_own() {
    let world = World::new();
    let topic = world.topic("news.fifo").await;
    world.subscribe(&topic, "sqs", &queue("q.fifo"), &[]).await;
    let form = format!(
        "Action=SetTopicAttributes&TopicArn={topic}&AttributeName=FifoThroughputScope&AttributeValue=MessageGroup"
    );
    world.ok(&form).await;
    for (text, group) in [("a", "g"), ("b", "h"), ("c", "g")] {
        world.ok(&publish(&topic, text, group, "1")).await;
    }
    assert_eq!(texts(&world, "q.fifo"), ["a", "b"]);
}

#[tokio::test]
async fn content_makes_the_id_where_the_topic_says_so() {
    let world = World::new();
    let topic = world.topic("news.fifo").await;
    world.subscribe(&topic, "sqs", &queue("q.fifo"), &[]).await;
    let plain = |text: &str| format!("Action=Publish&TopicArn={topic}&Message={text}&MessageGroupId=g");
    assert_eq!(world.call(&plain("a")).await.unwrap_err().0, "InvalidParameter");
    let form = format!(
        "Action=SetTopicAttributes&TopicArn={topic}&AttributeName=ContentBasedDeduplication&AttributeValue=true"
    );
    world.ok(&form).await;
    for text in ["a", "a", "b"] {
        world.ok(&plain(text)).await;
    }
    assert_eq!(texts(&world, "q.fifo"), ["a", "b"]);
}

#[tokio::test]
async fn a_subscriber_that_fails_for_a_while_gets_all_in_order() {
    let world = World::new();
    let topic = world.topic("news.fifo").await;
    world.subscribe(&topic, "sqs", &queue("q.fifo"), &[]).await;
    world.subscribe(&topic, "sqs", &queue("other"), &[]).await;
    world.targets.fail(&queue("q.fifo"), failed(6));
    let expected: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    for text in &expected[..10] {
        world.ok(&publish(&topic, text, "g", text)).await;
    }
    assert_eq!(texts(&world, "other"), expected[..10]);
    let world = world.reopened();
    for text in &expected[10..] {
        world.ok(&publish(&topic, text, "g", text)).await;
        world.environment.clock.advance(500);
    }
    world.environment.clock.advance(60_000);
    world.until("all of them", || texts(&world, "q.fifo").len() == 20).await;
    assert_eq!(texts(&world, "q.fifo"), expected);
    world.until("nothing is kept", || world.kept() == 0).await;
}

#[tokio::test]
async fn nothing_is_remembered_for_a_topic_that_was_deleted_meanwhile() {
    let world = World::new();
    let topic = world.topic("news.fifo").await;
    world.subscribe(&topic, "sqs", &queue("q.fifo"), &[]).await;
    let arn = TopicArn::parse(&topic, "TopicArn").unwrap();
    let live = world.topics.live(&arn).unwrap();
    let before = live.fifo.lock().await;
    let topics = world.topics.clone();
    let message = Message {
        text: "x".into(),
        group: Some("g".into()),
        deduplication: Some("1".into()),
        ..Message::default()
    };
    let waiting = environment::spawn({
        let topic = topic.clone();
        async move { topics.publish(&topic, message).await }
    });
    // It waits for those before it, and the topic goes.
    environment::yield_now().await;
    let place = world.topics.state().place(&arn);
    world.topics.state_mut().remove(&place);
    drop(before);
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), "NotFound");
    assert_eq!(texts(&world, "q.fifo"), Vec::<String>::new());
}

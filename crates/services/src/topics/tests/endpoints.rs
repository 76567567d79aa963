//! HTTP endpoints: asked to confirm, then sent messages.

use super::*;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What an endpoint was sent: the head in lower case, and the body.
type Got = Arc<Mutex<Vec<(String, String)>>>;

/// An endpoint that answers with these, and then with 200.
async fn endpoint(answers: &[u16]) -> (String, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let got = Got::default();
    let answers: Vec<u16> = answers.to_vec();
    let (seen, mut answers) = (Arc::clone(&got), answers.into_iter());
    drop(environment::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = String::new();
            let body = loop {
                let mut buffer = [0; 4_096];
                let read = stream.read(&mut buffer).await.unwrap();
                text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase().split("content-length: ").nth(1).unwrap().to_owned();
                let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
                if body.len() >= length {
                    break (head.to_lowercase(), body.to_owned());
                }
            };
            seen.lock().unwrap().push(body);
            let status = answers.next().unwrap_or(200);
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }));
    (format!("http://user:p%40ss@{address}/hook?a=b"), got)
}

fn count(got: &Got) -> usize {
    got.lock().unwrap().len()
}

/// Follows the link in the last request for confirmation, as who gets it does: without a signature.
async fn confirm(world: &World, got: &Got) -> String {
    let (_, body) = got.lock().unwrap().last().unwrap().clone();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["Type"], "SubscriptionConfirmation");
    let (_, link) = body["SubscribeURL"].as_str().unwrap().split_once('?').unwrap();
    let stranger = Caller::new("", "eu-central-1");
    let answer = world.call_as(&stranger, false, link).await.unwrap();
    within(&answer, "SubscriptionArn").unwrap()
}

#[tokio::test]
async fn an_endpoint_confirms_and_is_sent_messages() {
    let world = World::new();
    let topic = world.topic("news").await;
    let (url, got) = endpoint(&[]).await;
    let form = format!("Action=Subscribe&TopicArn={topic}&Protocol=http&Endpoint={}", encoded(&url));
    assert_eq!(within(&world.ok(&form).await, "SubscriptionArn").unwrap(), "pending confirmation");
    world.publish(&topic, "too early").await;
    world.until("the question", || count(&got) == 1).await;
    let listed = world.ok("Action=ListSubscriptions").await;
    assert_eq!(within(&listed, "SubscriptionArn").unwrap(), "PendingConfirmation");
    let to = confirm(&world, &got).await;
    let id = world.publish(&topic, "hello").await;
    world.until("the message", || count(&got) == 2).await;
    let (head, body) = got.lock().unwrap()[1].clone();
    assert!(head.starts_with("post /hook?a=b http/1.1"), "{head}");
    for header in [
        "x-amz-sns-message-type: notification",
        &format!("x-amz-sns-message-id: {id}"),
        &format!("x-amz-sns-topic-arn: {topic}"),
        &format!("x-amz-sns-subscription-arn: {to}"),
        "content-type: text/plain; charset=utf-8",
        "user-agent: amazon simple notification service agent",
        "authorization: basic dxnlcjpwqhnz",
    ] {
        assert!(head.lines().any(|line| line == header), "{header}: {head}");
    }
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["Message"], &body["MessageId"]), (&"hello".into(), &id.into()));
    world.until("nothing is kept", || world.kept() == 0).await;
    // The link in it ends the subscription.
    let (_, link) = body["UnsubscribeURL"].as_str().unwrap().split_once('?').unwrap();
    world.call_as(&Caller::new("", "us-east-1"), false, link).await.unwrap();
    assert_eq!(within(&world.ok("Action=ListSubscriptions").await, "SubscriptionArn"), None);
}

#[tokio::test]
async fn an_endpoint_that_fails_is_tried_as_its_policy_says() {
    let world = World::new();
    let topic = world.topic("news").await;
    let (url, got) = endpoint(&[200, 500, 429, 503, 404]).await;
    let policy = r#"{"healthyRetryPolicy":{"numRetries":2,"minDelayTarget":5,"maxDelayTarget":5},
        "requestPolicy":{"headerContentType":"application/json"}}"#;
    let dead = format!("{{\"deadLetterTargetArn\":\"{}\"}}", queue("dead"));
    let attributes = [("DeliveryPolicy", policy), ("RedrivePolicy", &dead), ("RawMessageDelivery", "true")];
    world.subscribe(&topic, "http", &encoded(&url), &attributes).await;
    world.until("the question", || count(&got) == 1).await;
    confirm(&world, &got).await;
    world.publish(&topic, "raw").await;
    for attempt in 2..=4 {
        world.until("an attempt", || count(&got) == attempt).await;
        world.until("it waits", || world.kept() == 1 || attempt == 4).await;
        // What an attempt came to is recorded a moment after it.
        let clock = world.environment.clock.clone();
        let deliveries = || world.targets.bodies(&queue("dead")).len();
        world
            .until("the next attempt", || {
                clock.advance(5_000);
                count(&got) > attempt || deliveries() == 1
            })
            .await;
    }
    assert_eq!((count(&got), world.targets.bodies(&queue("dead"))), (4, vec!["raw".to_owned()]));
    let (head, body) = got.lock().unwrap()[1].clone();
    assert!(head.contains("x-amz-sns-rawdelivery: true") && head.contains("content-type: application/json"));
    assert_eq!(body, "raw");
    // What an endpoint refuses is not sent to it again.
    world.publish(&topic, "no").await;
    world.until("the dead letter", || world.targets.bodies(&queue("dead")).len() == 2).await;
    assert_eq!(count(&got), 5);
}

#[tokio::test]
async fn tokens_are_not_guessed_and_may_be_used_again() {
    let world = World::new();
    let topic = world.topic("news").await;
    let (url, got) = endpoint(&[]).await;
    let to = world.subscribe(&topic, "http", &encoded(&url), &[]).await;
    for token in ["", "x"] {
        let form = format!("Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
        assert_eq!(
            world.call(&form).await,
            Err(("InvalidParameter".into(), "Invalid parameter: Token".into()))
        );
    }
    world.until("the question", || count(&got) == 1).await;
    assert_eq!(confirm(&world, &got).await, to);
    assert_eq!(confirm(&world, &got).await, to);
}

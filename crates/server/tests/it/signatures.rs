//! A server that knows keys: only what is signed with one of them, and fresh, is let in.

use crate::client::Client;
use crate::running::Running;
use environment::Environment;
use server::Settings;
use std::collections::HashMap;
use std::time::Duration;

/// 2015-08-30 12:36:00.
const SIGNED_MS: u64 = 1_440_938_160_000;

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/test/aws4_request, \
    SignedHeaders=host;x-amz-date;x-amz-target, Signature=";

/// Of this request with the body `{}`, computed apart from this code.
const SIGNATURE: &str = "f12ba628c50d940a05df6ef6b94f8abcdf2faf02f3f953dd575e8087a981fc1b";

async fn running_at(now_ms: u64) -> Running {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned();
    let keys = HashMap::from([("AKIDEXAMPLE".into(), secret)]);
    Running::start_in(Settings { keys, ..Settings::default() }, Environment::simulated(1, now_ms)).await
}

async fn ask(client: &mut Client, authorization: &str, body: &str) -> String {
    let length = body.len();
    client
        .send(format!(
            "POST / HTTP/1.1\r\nhost: localhost:4566\r\nx-amz-date: 20150830T123600Z\r\nx-amz-target: Test.Who\r\n\
             content-length: {length}\r\nauthorization: {authorization}\r\n\r\n{body}"
        ))
        .await;
    client.answer().await.text().to_owned()
}

#[tokio::test]
async fn a_right_signature_is_believed_and_a_wrong_one_is_not() {
    let running = running_at(SIGNED_MS).await;
    let mut client = running.client().await;
    let right = format!("{AUTHORIZATION}{SIGNATURE}");
    assert_eq!(ask(&mut client, &right, "{}").await, "AKIDEXAMPLE 000000000000 us-east-1");
    let mismatch = "InvalidSignatureException: The request signature we calculated does not match";
    assert!(ask(&mut client, &right, "[]").await.starts_with(mismatch));
    assert!(ask(&mut client, &format!("{AUTHORIZATION}00"), "{}").await.starts_with(mismatch));
    let unknown = "UnrecognizedClientException: The security token included in the request is invalid.";
    assert_eq!(ask(&mut client, &right.replace("AKIDEXAMPLE", "OTHER"), "{}").await, unknown);
    let unsigned =
        "InvalidSignatureException: 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.";
    assert_eq!(ask(&mut client, &right.replace(";x-amz-target", ""), "{}").await, unsigned);
    let other_day = ask(&mut client, &right.replace("/20150830/", "/20150831/"), "{}").await;
    assert!(other_day.starts_with("InvalidSignatureException: Date in Credential scope"), "{other_day}");
}

#[tokio::test]
async fn a_signature_must_be_fresh_by_the_machines_clock_alone() {
    let right = format!("{AUTHORIZATION}{SIGNATURE}");
    let running = running_at(SIGNED_MS).await;
    let mut client = running.client().await;
    running.environment.clock.advance(86_400_000);
    running.environment.clock.pass(Duration::from_secs(900));
    assert!(ask(&mut client, &right, "{}").await.starts_with("AKIDEXAMPLE"));
    running.environment.clock.pass(Duration::from_secs(1));
    assert_eq!(
        ask(&mut client, &right, "{}").await,
        "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \
         (20150830T125101Z - 15 min.)"
    );
    let early = running_at(SIGNED_MS - 901_000).await;
    let answer = ask(&mut early.client().await, &right, "{}").await;
    assert!(answer.starts_with("InvalidSignatureException: Signature not yet current"), "{answer}");
}

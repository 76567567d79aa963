//! What every answer carries, and what the server answers by itself.

use crate::running::Running;
use flate2::read::{GzDecoder, ZlibDecoder};
use server::Settings;
use std::io::Read;

#[tokio::test]
async fn every_answer_carries_id_checksum_and_server() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let mut ids = Vec::new();
    for operation in ["Echo", "Unknown", "Panic", "Small"] {
        let answer = client.exchange(operation, "", "some longer body").await;
        let crc = crc32fast::hash(&answer.body).to_string();
        assert_eq!(answer.header("x-amz-crc32"), Some(crc.as_str()), "{operation}");
        assert!(answer.header("date").is_some());
        let id = answer.header("x-amzn-requestid").unwrap();
        assert!(id.len() == 52 && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
        assert!(!ids.contains(&id.to_owned()));
        ids.push(id.to_owned());
    }
    assert_eq!(client.exchange("Echo", "", "").await.header("x-amz-crc32"), Some("0"));
    let answer = client.exchange("Id", "", "").await;
    assert_eq!(answer.header("x-amzn-requestid"), Some(answer.text()));
}

#[tokio::test]
async fn long_answers_are_compressed_for_whoever_wants_that() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let body = "0123456789".repeat(10);
    let plain = client.exchange("Repeat", "", &body).await;
    assert_eq!((plain.header("content-encoding"), plain.body.len()), (None, 10_000));
    for (wanted, coding) in [("gzip, deflate", "gzip"), ("deflate", "deflate")] {
        let answer = client.exchange("Repeat", &format!("accept-encoding: {wanted}\r\n"), &body).await;
        assert_eq!(answer.header("content-encoding"), Some(coding));
        assert!(answer.body.len() < 1_000);
        let crc = crc32fast::hash(&answer.body).to_string();
        assert_eq!(answer.header("x-amz-crc32"), Some(crc.as_str()));
        let mut unpacked = Vec::new();
        match coding {
            "gzip" => GzDecoder::new(&answer.body[..]).read_to_end(&mut unpacked).unwrap(),
            _ => ZlibDecoder::new(&answer.body[..]).read_to_end(&mut unpacked).unwrap(),
        };
        assert_eq!(unpacked, plain.body);
    }
    let short = client.exchange("Echo", "accept-encoding: gzip\r\n", &body).await;
    assert_eq!((short.header("content-encoding"), short.text()), (None, body.as_str()));
}

#[tokio::test]
async fn what_nobody_answers_is_answered_as_by_aws() {
    let greeting = "healthy: dynamodb.us-east-1.amazonaws.com ".to_owned();
    let running = Running::start(Settings { greeting: greeting.clone(), ..Settings::default() }).await;
    let mut client = running.client().await;
    client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.text()), (200, greeting.as_str()));
    let unknown = [
        "GET /else HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}",
        "OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ];
    for request in unknown {
        client.send(request).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (404, "<UnknownOperationException/>\n"), "{request}");
        assert_eq!(answer.header("x-amz-crc32"), Some("3552371480"));
    }
}

#[tokio::test]
async fn our_own_endpoints_live_below_their_prefix() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let mut get = async |path: &str| {
        client.send(format!("GET /_tailwater/{path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
        client.answer().await
    };
    let health = get("health").await;
    assert_eq!((health.status, health.header("content-type")), (200, Some("application/json")));
    assert!(health.text().starts_with("{\"status\":\"ready\""));
    assert_eq!(get("streams").await.text(), "/_tailwater/streams");
    assert_eq!(get("streams/split/a").await.text(), "/_tailwater/streams/split/a");
    assert_eq!(get("else").await.status, 404);
    assert_eq!(get("").await.status, 404);
}

//! Connections: kept, pipelined, HTTP/2, half-sent, stopped.

use crate::client::{Client, head};
use crate::running::Running;
use bytes::Bytes;
use environment::Environment;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::{Drained, Limits, Settings};
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_connection_is_kept_and_requests_may_be_pipelined() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    for body in ["", "one", "two"] {
        assert_eq!(client.exchange("Echo", "", body).await.text(), body);
    }
    let three =
        ["a", "bb", "ccc"].map(|body| head("Echo", &format!("content-length: {}\r\n", body.len())) + body);
    client.send(three.concat()).await;
    for body in ["a", "bb", "ccc"] {
        assert_eq!(client.answer().await.text(), body);
    }
}

#[tokio::test]
async fn both_families_of_loopback_are_served_at_one_port() {
    let running = Running::start(Settings::default()).await;
    for address in &running.addresses {
        assert_eq!(address.port(), running.address.port());
        assert!(address.ip().is_loopback());
        let mut client = Client::connect(*address).await;
        assert_eq!(client.exchange("Echo", "", "x").await.text(), "x");
    }
}

#[tokio::test]
async fn http_2_is_spoken_without_being_asked_first() {
    let running = Running::start(Settings::default()).await;
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (mut sender, connection) =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = environment::spawn(connection);
    let body = "0123456789".repeat(10_000);
    for _ in 0..3 {
        let request = hyper::Request::post(format!("http://{}/", running.address))
            .header("x-amz-target", "Test.Echo")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/test/aws4_request, SignedHeaders=host, Signature=0",
            )
            .body(Full::new(Bytes::from(body.clone())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-amz-crc32"], crc32fast::hash(body.as_bytes()).to_string());
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), body);
    }
    drop(sender);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_chunked_body_is_read_whole() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(head("Echo", "transfer-encoding: chunked\r\n")).await;
    client.send("3\r\nabc\r\n").await;
    client.send("4\r\ndefg\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "abcdefg");
    assert_eq!(client.exchange("Echo", "", "next").await.text(), "next");
}

#[tokio::test]
async fn a_body_sent_in_two_halves_is_one() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(head("Echo", "content-length: 8\r\n") + "half").await;
    tokio::task::yield_now().await;
    client.send("half").await;
    assert_eq!(client.answer().await.text(), "halfhalf");
}

#[tokio::test]
async fn a_client_that_waits_to_be_told_to_send_is_told() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(head("Echo", "content-length: 4\r\nexpect: 100-continue\r\n")).await;
    assert_eq!(client.answer().await.status, 100);
    client.send("body").await;
    assert_eq!(client.answer().await.text(), "body");
    client.send(head("Small", "content-length: 11\r\nexpect: 100-continue\r\n")).await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn a_half_sent_body_times_out() {
    let environment = Environment::simulated(1, 0);
    let running = Running::start_in(Settings::default(), environment).await;
    let mut client = running.client().await;
    client.send(head("Echo", "content-length: 8\r\n") + "half").await;
    let answer = environment::spawn(async move { client.answer().await });
    while !answer.is_finished() {
        // Nothing but the passing of time can end this wait.
        running.environment.clock.pass(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.text()), (408, "TimedOut"));
}

#[tokio::test]
async fn a_half_sent_head_times_out() {
    let limits = Limits { head_timeout: Duration::from_millis(50), ..Limits::default() };
    let running = Running::start(Settings { limits, ..Settings::default() }).await;
    let mut client = running.client().await;
    client.send("POST / HTTP/1.1\r\nhost: local").await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_stop_lets_requests_under_way_be_answered() {
    let running = Running::start(Settings::default()).await;
    let (mut idle, mut busy) = (running.client().await, running.client().await);
    assert_eq!(idle.exchange("Echo", "", "x").await.status, 200);
    busy.request("Wait", "", "").await;
    running.signals.began.notified().await;
    let (signals, address) = (std::sync::Arc::clone(&running.signals), running.address);
    let stopped = running.stop();
    assert!(idle.is_closed().await);
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!stopped.is_finished());
    signals.go_on.notify_one();
    assert_eq!(busy.answer().await.text(), "waited");
    assert!(busy.is_closed().await);
    assert_eq!(stopped.await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_half_a_head() {
    let limits = Limits { drain_timeout: Duration::from_secs(3_600), ..Limits::default() };
    let running = Running::start(Settings { limits, ..Settings::default() }).await;
    let mut slow = running.client().await;
    slow.send("POST / HTTP/1.1\r\nhost: loc").await;
    // By when the next is answered, that has been read.
    assert_eq!(running.client().await.exchange("Echo", "", "x").await.text(), "x");
    assert_eq!(running.stop().await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let limits = Limits { drain_timeout: Duration::from_millis(20), ..Limits::default() };
    let running = Running::start(Settings { limits, ..Settings::default() }).await;
    let mut busy = running.client().await;
    busy.request("Wait", "", "").await;
    running.signals.began.notified().await;
    assert_eq!(running.stop().await.unwrap(), Drained::Cut);
}

//! Clients that are broken, slow, silent or many.

use crate::client::{Client, head};
use crate::running::Running;
use environment::Environment;
use server::{Limits, Settings};
use std::time::Duration;
use tokio::time::timeout;

async fn running_with(limits: Limits) -> Running {
    Running::start(Settings { limits, ..Settings::default() }).await
}

/// A server that soon has enough of idle connections.
async fn impatient() -> Running {
    running_with(Limits { head_timeout: Duration::from_millis(50), ..Limits::default() }).await
}

#[tokio::test]
async fn what_is_no_request_is_answered_as_such_and_ends_the_connection() {
    let running = Running::start(Settings::default()).await;
    let long = format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    let many = format!("POST / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(200));
    let cases = [
        ("\u{16}\u{3}\u{1} garbage\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("POST  / HTTP/1.1\r\nhost localhost\r\n\r\n".to_owned(), 400),
        (head("Echo", "content-length: -1\r\n"), 400),
        (head("Echo", "content-length: 1x\r\n"), 400),
        (head("Echo", "content-length: 1\r\ncontent-length: 2\r\n"), 400),
        (head("Echo", "transfer-encoding: chunked, identity\r\n"), 400),
        (long, 431),
        (many, 431),
    ];
    for (request, status) in cases {
        let shown: String = request.chars().take(60).collect();
        let mut client = running.client().await;
        client.send_what_is_taken(request).await;
        assert_eq!(client.answer().await.status, status, "{shown}");
        assert!(client.is_closed().await, "{shown}");
    }
}

#[tokio::test]
async fn garbage_behind_a_request_does_not_take_its_answer_away() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(head("Echo", "content-length: 2\r\n") + "{}and more than was announced\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "{}");
    assert_eq!(client.answer().await.status, 400);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_is_not_in_its_coding_is_malformed() {
    let running = Running::start(Settings::default()).await;
    let cases = [
        head("Echo", "content-length: 20\r\n") + "short",
        head("Echo", "transfer-encoding: chunked\r\n") + "5\r\nsho",
        head("Echo", "transfer-encoding: chunked\r\n") + "zz\r\nno length\r\n",
    ];
    for request in cases {
        let mut client = running.client().await;
        client.send(request).await;
        client.end().await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (400, "Malformed"));
    }
}

#[tokio::test]
async fn whoever_says_nothing_or_stops_half_way_is_ended() {
    let running = impatient().await;
    // An HTTP/2 client that says that it is one, and what it would like, and nothing more.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let beginnings: [&[u8]; 5] = [b"", b"PRI * HTTP", preface, b"POST", b"POST / HTTP/1.1\r\nhost: local"];
    for beginning in beginnings {
        let mut client = running.client().await;
        client.send(beginning).await;
        client.read_to_end().await;
    }
}

#[tokio::test]
async fn whoever_does_not_read_its_answer_is_ended() {
    let running = impatient().await;
    let mut client = running.client().await;
    client.request("Repeat", "", vec![b'x'; 400_000]).await;
    // The answer is larger than what fits on the way, so only the end of the connection ends this.
    let whole = 40_000_000;
    running.until_the_idle_are_gone().await;
    assert!(client.read_to_end().await < whole);
}

#[tokio::test]
async fn a_request_under_way_is_not_idle() {
    let running = impatient().await;
    let mut client = running.client().await;
    client.request("Wait", "", "").await;
    running.signals.began.notified().await;
    // Another's end shows that the server went round twice.
    for _ in 0..2 {
        running.until_the_idle_are_gone().await;
    }
    running.signals.go_on.notify_one();
    assert_eq!(client.answer().await.text(), "waited");
}

#[tokio::test]
async fn connections_are_bounded_and_those_beyond_wait_their_turn() {
    let running = running_with(Limits { connections: 2, ..Limits::default() }).await;
    let (mut first, mut second) = (running.client().await, running.client().await);
    assert_eq!(first.exchange("Echo", "", "1").await.text(), "1");
    assert_eq!(second.exchange("Echo", "", "2").await.text(), "2");
    let mut third = running.client().await;
    third.request("Echo", "", "3").await;
    // Time passes for nobody else here: the others are still served, the third is not.
    for _ in 0..20 {
        assert_eq!(first.exchange("Echo", "", "1").await.text(), "1");
    }
    assert!(timeout(Duration::from_millis(20), third.answer()).await.is_err());
    drop(second);
    assert_eq!(third.answer().await.text(), "3");
}

#[tokio::test]
async fn whoever_takes_all_places_and_does_nothing_keeps_nobody_out() {
    let environment = Environment::simulated(1, 0);
    let limits = Limits { connections: 20, ..Limits::default() };
    let running = Running::start_in(Settings { limits, ..Settings::default() }, environment).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut client = running.client().await;
        client.send("POST / HTTP/1.1\r\nhost: loc").await;
        silent.push(client);
    }
    let mut client = running.client().await;
    client.request("Echo", "", "served").await;
    let answer = environment::spawn(async move { client.answer().await });
    let begin = running.environment.clock.machine();
    while !answer.is_finished() {
        running.environment.clock.pass(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    assert_eq!(answer.await.unwrap().text(), "served");
    let waited = running.environment.clock.machine() - begin;
    assert!(waited < Limits::default().head_timeout, "{waited:?}");
}

#[tokio::test]
async fn hundreds_of_half_sent_requests_keep_nobody_else_from_being_served() {
    let environment = Environment::simulated(1, 0);
    let running = Running::start_in(Settings::default(), environment).await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut client = running.client().await;
        // Half a head, or a head with half a body.
        let whole = head("Echo", "content-length: 1000\r\n") + "half";
        client.send(&whole[..if number % 2 == 0 { 40 } else { whole.len() }]).await;
        slow.push(client);
    }
    let mut client = running.client().await;
    assert_eq!(client.exchange("Echo", "", "served").await.text(), "served");
    running.environment.clock.pass(Duration::from_secs(21));
    for client in slow.iter_mut().skip(1).step_by(2) {
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (408, "TimedOut"));
    }
    drop(slow);
    assert_eq!(client.exchange("Echo", "", "still").await.text(), "still");
}

#[tokio::test]
async fn a_target_that_nobody_takes_is_an_unknown_operation() {
    let running = Running::start(Settings::default()).await;
    let mut client: Client = running.client().await;
    for line in [
        "x-amz-target: Other.Thing",
        "content-type: application/x-amz-json-1.0",
        "content-type: application/json; charset=utf-8",
    ] {
        client
            .send(format!("POST / HTTP/1.1\r\nhost: localhost\r\n{line}\r\ncontent-length: 2\r\n\r\n{{}}"))
            .await;
        let answer = client.answer().await;
        let body = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
        assert_eq!((answer.status, answer.text()), (400, body), "{line}");
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.0"));
    }
}

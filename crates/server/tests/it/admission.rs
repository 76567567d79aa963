//! What is let in, and on what terms.

use crate::client::head;
use crate::running::Running;
use flate2::Compression;
use flate2::write::GzEncoder;
use server::{Limits, Settings};
use std::io::Write;

async fn running_with(limits: Limits) -> Running {
    Running::start(Settings { limits, ..Settings::default() }).await
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_over_its_operations_limit_is_refused_however_it_comes() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    assert_eq!(client.exchange("Small", "", "0123456789").await.status, 200);
    let declared = client.exchange("Small", "", "0123456789a").await;
    assert_eq!((declared.status, declared.text()), (413, "TooLarge { limit: 10 }"));
    client.send(head("Small", "transfer-encoding: chunked\r\n") + "b\r\n0123456789a\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413);
    let unpacked = client.exchange("Small", "content-encoding: gzip\r\n", packed(&[0; 11])).await;
    assert_eq!(unpacked.status, 413);
}

#[tokio::test]
async fn a_large_refused_body_does_not_hide_its_answer() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let answer = client.exchange("Echo", "", vec![b'x'; 20 << 20]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(client.exchange("Echo", "", "kept").await.text(), "kept");
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_any_of_it_comes() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(head("Echo", "content-length: 999999999999\r\n")).await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn too_many_requests_are_answered_as_overload_and_pass() {
    let running = running_with(Limits { requests: 1, ..Limits::default() }).await;
    let (mut first, mut second) = (running.client().await, running.client().await);
    first.request("Wait", "", "").await;
    running.signals.began.notified().await;
    let refused = second.exchange("Echo", "", "x").await;
    assert_eq!((refused.status, refused.text()), (400, "Overloaded"));
    running.signals.go_on.notify_one();
    assert_eq!(first.answer().await.text(), "waited");
    // The place is given back before the answer is on its way.
    assert_eq!(second.exchange("Echo", "", "x").await.text(), "x");
}

#[tokio::test]
async fn memory_for_bodies_is_bounded_however_they_come() {
    let running = running_with(Limits { body_bytes: 1_000, ..Limits::default() }).await;
    let mut client = running.client().await;
    assert_eq!(client.exchange("Echo", "", [b'x'; 1_000]).await.status, 200);
    assert_eq!(client.exchange("Echo", "", [b'x'; 1_001]).await.text(), "Overloaded");
    let chunk = "1".repeat(0x400);
    client.send(head("Echo", "transfer-encoding: chunked\r\n") + "400\r\n" + &chunk + "\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "Overloaded");
    let unpacked = client.exchange("Echo", "content-encoding: gzip\r\n", packed(&[0; 2_000])).await;
    assert_eq!(unpacked.text(), "Overloaded");
    assert_eq!(client.exchange("Echo", "", [b'x'; 1_000]).await.status, 200);
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let answer = client.exchange("Echo", "content-encoding: gzip\r\n", packed(b"unpacked")).await;
    assert_eq!(answer.text(), "unpacked");
    let broken = client.exchange("Echo", "content-encoding: gzip\r\n", "not gzip").await;
    assert_eq!((broken.status, broken.text()), (400, "Malformed"));
}

#[tokio::test]
async fn region_and_account_come_from_the_credential_scope() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    assert_eq!(client.exchange("Who", "", "").await.text(), "AKIDEXAMPLE 000000000000 ddblocal");
    let head = head("Who", "content-length: 0\r\n").replace("AKIDEXAMPLE", "123456789012");
    client.send(head).await;
    assert_eq!(client.answer().await.text(), "123456789012 123456789012 ddblocal");
}

#[tokio::test]
async fn a_request_must_say_who_it_is_from() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let request = |authorization: &str| {
        format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: Test.Who\r\ncontent-length: 0\r\n{authorization}\r\n"
        )
    };
    let missing = "MissingAuthenticationTokenException: Request is missing Authentication Token";
    for authorization in ["", "authorization: Bearer abc\r\n", "authorization: \r\n"] {
        client.send(request(authorization)).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (400, missing), "{authorization}");
    }
    client.send(request("authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e\r\n")).await;
    let answer = client.answer().await;
    assert_eq!(
        answer.text(),
        "IncompleteSignatureException: Authorization header requires 'Signature' parameter. Authorization header \
         requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a/b/c/d/e"
    );
    client
        .send(request("authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=h, Signature=0\r\n"))
        .await;
    assert!(
        client
            .answer()
            .await
            .text()
            .starts_with("IncompleteSignatureException: Credential must have exactly 5")
    );
}

#[tokio::test]
async fn what_need_not_be_signed_is_served_unsigned() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client
        .send("PUT / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: Test.Who\r\ncontent-length: 0\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.text(), " 000000000000 us-east-1");
}

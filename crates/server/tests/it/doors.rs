//! Hosts and origins.

use crate::running::Running;
use server::Settings;

const PREFLIGHT: &str = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\n\
    access-control-request-method: POST\r\naccess-control-request-headers: authorization,x-amz-target\r\n\
    access-control-request-private-network: true\r\n\r\n";

#[tokio::test]
async fn a_preflight_of_a_local_page_is_granted_what_it_asks() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    client.send(PREFLIGHT).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.text()), (200, ""));
    let expected = [
        ("access-control-allow-origin", "http://localhost:3000"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization,x-amz-target"),
        ("access-control-max-age", "172800"),
        ("access-control-allow-private-network", "true"),
        ("vary", "Origin"),
    ];
    for (name, value) in expected {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    client.send(PREFLIGHT.replace("localhost:3000", "evil.example")).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-methods"), None);
}

#[tokio::test]
async fn answers_to_pages_carry_their_origin_errors_too() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    for operation in ["Echo", "Unknown", "Panic", "Small"] {
        let answer =
            client.exchange(operation, "origin: https://127.0.0.1:8443\r\n", "some longer body").await;
        let origin = answer.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://127.0.0.1:8443"), "{operation}");
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(
            exposed,
            Some("x-amzn-requestid,x-amz-crc32,x-amzn-errortype,x-tailwater-sequence-number")
        );
    }
    let plain = client.exchange("Echo", "", "x").await;
    assert_eq!(plain.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn foreign_pages_are_refused_and_configured_ones_are_not() {
    let settings = Settings { allow_origins: vec!["https://app.example".to_owned()], ..Settings::default() };
    let running = Running::start(settings).await;
    let mut client = running.client().await;
    for origin in ["https://evil.example", "null", "http://app.example"] {
        let answer = client.exchange("Echo", &format!("origin: {origin}\r\n"), "x").await;
        assert_eq!((answer.status, answer.text()), (403, "ForeignOrigin"), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let answer = client.exchange("Echo", "origin: https://app.example\r\n", "x").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
}

#[tokio::test]
async fn foreign_hosts_are_refused_and_configured_ones_are_not() {
    let settings = Settings { allow_hosts: vec!["tailwater".to_owned()], ..Settings::default() };
    let running = Running::start(settings).await;
    let mut client = running.client().await;
    for (host, status) in [("tailwater:4566", 200), ("localhost", 200), ("evil.example", 403)] {
        let head = crate::client::head("Echo", "content-length: 1\r\n");
        client.send(head.replace("host: localhost", &format!("host: {host}")) + "x").await;
        assert_eq!(client.answer().await.status, status, "{host}");
    }
    client.send("GET /_tailwater/health HTTP/1.1\r\nhost: evil.example\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 403);
    client.send("GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 403);
}

//! Web pages: which may use the server, and what they are told.

use crate::client::LOCAL;
use crate::running::Running;
use serde_json::json;

const PAGE: &str = "http://localhost:3000";

#[test]
fn a_local_page_gets_its_preflight_its_answers_and_its_errors() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    client.send(format!(
        "OPTIONS / HTTP/1.1\r\nhost: localhost\r\norigin: {PAGE}\r\naccess-control-request-method: POST\r\n\
         access-control-request-headers: authorization,content-type,x-amz-date,x-amz-target\r\n\r\n"
    ));
    let preflight = client.answer();
    assert_eq!((preflight.status, preflight.text()), (200, ""));
    let allowed = preflight.header("access-control-allow-headers");
    assert_eq!(allowed, Some("authorization,content-type,x-amz-date,x-amz-target"));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(preflight.header("access-control-max-age"), Some("172800"));
    let lines = format!("{LOCAL}origin: {PAGE}\r\n");
    let good = client.exchange("ListTables", &lines, "{}");
    let bad = client.exchange("ListTables", &lines, "{");
    let unknown = client.exchange("Nonsense", &lines, "{}");
    let nameless = client.exchange("ListTables", &format!("origin: {PAGE}\r\n"), "{}");
    let large = client.exchange("ListTables", &lines, vec![b' '; (16 << 20) + 1]);
    let statuses =
        [(&good, 200), (&bad, 400), (&unknown, 400), (&nameless, 400), (&large, 413), (&preflight, 200)];
    for (answer, status) in statuses {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        let exposed: Vec<&str> = exposed.split(',').collect();
        for name in ["x-amzn-requestid", "x-amz-crc32", "x-amzn-errortype", "x-tailwater-sequence-number"] {
            assert!(exposed.contains(&name), "{name}");
        }
    }
}

#[test]
fn a_foreign_page_or_host_gets_nothing_and_changes_nothing() {
    let running = Running::start(&[
        "--in-memory",
        "--allow-origin",
        "https://app.example",
        "--allow-host",
        "db.example",
    ]);
    let mut client = running.client();
    let table = json!({
        "TableName": "dogs",
        "AttributeDefinitions": [{ "AttributeName": "name", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "name", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
    .to_string();
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
        let answer = client.exchange("CreateTable", &format!("{LOCAL}origin: {origin}\r\n"), &table);
        assert_eq!(answer.status, 403, "{origin}");
        assert_eq!(answer.error().0, "com.amazon.coral.service#AccessDeniedException");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for (host, status) in [("evil.example", 403), ("db.example", 200), ("[::1]:4566", 200), ("10.0.0.1", 200)]
    {
        let head = crate::client::head("ListTables", &format!("{LOCAL}content-length: 2\r\n"));
        client.send(head.replace("host: localhost", &format!("host: {host}")) + "{}");
        let answer = client.answer();
        assert_eq!(answer.status, status, "{host}");
        assert!(!answer.text().contains("dogs"));
    }
    // The server's own endpoints are behind the same doors.
    client.send("POST /_tailwater/clock HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 2\r\n\r\n{}");
    assert_eq!(client.answer().status, 403);
    let allowed = client.exchange("ListTables", &format!("{LOCAL}origin: https://app.example\r\n"), "{}");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
}

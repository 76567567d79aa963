//! Who may make and call functions, which is to run code on this machine: no web page of elsewhere, and no other machine unless
//! that is allowed.

use crate::client::{Answer, Client};
use crate::running::Running;
use lambda::api::operations;
use serde_json::json;
use std::net::{IpAddr, UdpSocket};

const CLAIM: &str = "authorization: AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/lambda/aws4_request, \
                     SignedHeaders=host, Signature=00\r\n";

/// Paths of requests that make, change or call functions, or show them, beside those of the Lambda API.
const OTHERS: [(&str, &str); 8] = [
    ("POST", "/_tailwater/functions/add"),
    ("POST", "/_tailwater/functions/invoke"),
    ("POST", "/_tailwater/functions/map"),
    ("POST", "/_tailwater/functions/remove"),
    ("GET", "/_tailwater/functions/list"),
    ("GET", "/_tailwater/code/x.zip"),
    ("GET", "/lambda-url/0123456789abcdef0123456789abcdef/"),
    ("POST", "/lambda-url/0123456789abcdef0123456789abcdef/x"),
];

fn paths() -> impl Iterator<Item = (&'static str, String)> {
    operations().chain(OTHERS).map(|(method, path)| (method, path.replace("{}", "f")))
}

fn ask(client: &mut Client, method: &str, path: &str, lines: &str) -> Answer {
    let body = "{}";
    client.send(format!(
        "{method} {path} HTTP/1.1\r\n{lines}{CLAIM}content-type: text/plain\r\ncontent-length: 2\r\n\r\n{body}"
    ));
    client.answer()
}

#[test]
fn no_page_and_no_host_of_elsewhere_reaches_any_path() {
    let running = Running::start(&["--in-memory"]);
    let mut client = running.client();
    let mut asked = 0;
    for (method, path) in paths() {
        for lines in [
            "host: localhost\r\norigin: https://evil.example\r\n",
            "host: localhost\r\norigin: null\r\n",
            "host: evil.example\r\n",
            "host: 0123456789abcdef0123456789abcdef.lambda-url.us-east-1.evil.example\r\n",
        ] {
            let answer = ask(&mut client, method, &path, lines);
            assert_eq!(answer.status, 403, "{method} {path} {lines}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
            asked += 1;
        }
    }
    assert!(asked > 350, "{asked}");
    let answer = ask(&mut client, "GET", "/2015-03-31/functions", "host: localhost\r\n");
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// An address of this machine that is not the loopback one, where it has any. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

#[test]
fn other_machines_make_and_call_functions_only_where_that_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    std::fs::write(&keys, "[default]\naws_access_key_id = local\naws_secret_access_key = secret\n").unwrap();
    let everywhere = ["--in-memory", "--host", "0.0.0.0", "--auth", keys.to_str().unwrap(), "--plain-http"];
    let running = Running::start(&everywhere);
    let mut client = running.client();
    for (method, path) in paths().filter(|(_, path)| !path.starts_with("/_tailwater/")) {
        let answer = ask(&mut client, method, &path, "host: localhost\r\n");
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(answer.text().contains("--allow-remote-functions"), "{method} {path}: {}", answer.text());
    }
    // What is asked on this machine is done.
    let answer = client.post("/_tailwater/functions/list", &json!({}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    match own_address() {
        None => eprintln!("this machine has no address but the loopback one, so nobody asks from elsewhere"),
        Some(address) => {
            let mut client = Client::connect(&format!("{address}:{}", running.port()));
            for (method, path) in OTHERS {
                let answer = ask(&mut client, method, path, "host: localhost\r\n");
                assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
            }
        }
    }
    // Where it is allowed, it is a question of the signature, which is none here.
    let running = Running::start(&[&everywhere[..], &["--allow-remote-functions"]].concat());
    let answer = ask(&mut running.client(), "GET", "/2015-03-31/functions", "host: localhost\r\n");
    assert_eq!(answer.status, 403);
    assert!(!answer.text().contains("--allow-remote-functions"), "{}", answer.text());
}

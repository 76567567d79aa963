//! Objects against `kill -9`: an upload that is cut off half-way leaves the object as it was, and none of its bytes.

use crate::running::Running;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

const SIGNED: &str = "authorization: AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, \
                      Signature=00\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n";

/// One request on a connection of its own: status and body of the answer.
fn ask(running: &Running, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = begin(running, method, path, body.len());
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[end..].to_vec())
}

/// Sends a head that promises a body.
fn begin(running: &Running, method: &str, path: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(&running.addresses[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{SIGNED}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The lengths of the files of objects, in order.
fn files(directory: &Path) -> Vec<u64> {
    let Ok(below) = std::fs::read_dir(directory.join(".tailwater/objects")) else { return Vec::new() };
    let mut lengths = Vec::new();
    for directory in below {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            lengths.push(file.unwrap().metadata().unwrap().len());
        }
    }
    lengths.sort_unstable();
    lengths
}

#[test]
fn an_upload_that_is_cut_off_by_a_crash_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut running = Running::start_in(directory.path(), &["--log", "error"]);
    assert_eq!(ask(&running, "PUT", "/my-bucket", b"").0, 200);
    assert_eq!(ask(&running, "PUT", "/my-bucket/key", b"old").0, 200);
    let mut upload = begin(&running, "PUT", "/my-bucket/key", 8 << 20);
    upload.write_all(&vec![b'x'; 4 << 20]).unwrap();
    // Killed once some of it is on the disk.
    let clock = environment::Clock::system();
    let deadline = clock.machine() + Duration::from_secs(20);
    while files(directory.path()).last().is_none_or(|longest| *longest < 1 << 20) {
        assert!(clock.machine() < deadline, "nothing of the upload is written");
        std::thread::yield_now();
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    assert_eq!(files(directory.path()).len(), 2);
    let running = Running::start_in(directory.path(), &["--log", "error"]);
    assert_eq!(files(directory.path()), [3]);
    assert_eq!(ask(&running, "GET", "/my-bucket/key", b""), (200, b"old".to_vec()));
    assert_eq!(ask(&running, "PUT", "/my-bucket/key", b"newer").0, 200);
    assert_eq!(ask(&running, "GET", "/my-bucket/key", b""), (200, b"newer".to_vec()));
    assert_eq!(files(directory.path()), [5]);
    running.stop("-TERM");
}

#[test]
fn keys_are_never_paths() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start_in(directory.path(), &["--log", "error"]);
    assert_eq!(ask(&running, "PUT", "/my-bucket", b"").0, 200);
    let keys = [
        "../../../escaped",
        "..%2f..%2fescaped",
        "%2fetc%2fescaped",
        "a%00b",
        ".",
        "a/../../b",
        "%2e%2e%2fescaped",
    ];
    for key in keys {
        assert_eq!(ask(&running, "PUT", &format!("/my-bucket/{key}"), key.as_bytes()).0, 200, "{key}");
        assert_eq!(
            ask(&running, "GET", &format!("/my-bucket/{key}"), b""),
            (200, key.as_bytes().to_vec()),
            "{key}"
        );
    }
    assert_eq!(files(directory.path()).len(), keys.len());
    assert_eq!(ask(&running, "PUT", "/..%2f..%2fescaped", b"").0, 400);
    assert_eq!(ask(&running, "PUT", &format!("/my-bucket/{}", "k".repeat(1_025)), b"").0, 400);
    running.stop("-TERM");
}

#[test]
fn a_request_is_told_apart_by_its_scope() {
    let running = Running::start(&["--in-memory"]);
    let (status, body) = ask(&running, "GET", "/", b"");
    assert!(status == 200 && body.windows(22).any(|part| part == b"ListAllMyBucketsResult"), "{body:?}");
    let mut stream = TcpStream::connect(&running.addresses[0]).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("healthy"), "{answer}");
    running.stop("-TERM");
}

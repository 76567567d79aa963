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
    answered(stream)
}

fn answered(mut stream: TcpStream) -> (u16, Vec<u8>) {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[end..].to_vec())
}

/// Sends a head that promises a body.
fn begin(running: &Running, method: &str, path: &str, length: usize) -> TcpStream {
    begin_with(running, method, path, &format!("content-length: {length}\r\n"))
}

/// Sends a head with these headers.
fn begin_with(running: &Running, method: &str, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&running.addresses[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}{SIGNED}\r\n");
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
        "a%01b",
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
    for refused in ["/..%2f..%2fescaped", "/my-bucket/a%00b"] {
        assert_eq!(ask(&running, "PUT", refused, b"").0, 400, "{refused}");
    }
    assert_eq!(ask(&running, "PUT", &format!("/my-bucket/{}", "k".repeat(1_025)), b"").0, 400);
    running.stop("-TERM");
}

#[test]
fn what_is_refused_of_a_bucket_leaves_it_as_it_was() {
    let running = Running::start(&["--in-memory"]);
    let text = |(status, body): (u16, Vec<u8>)| (status, String::from_utf8(body).unwrap());
    let constraint = b"<CreateBucketConfiguration><LocationConstraint>a&amp;b</LocationConstraint></CreateBucketConfiguration>";
    let (status, body) = text(ask(&running, "PUT", "/my-bucket", constraint));
    assert!(status == 400 && body.contains("InvalidLocationConstraint"), "{body}");
    let owned = "content-length: 0\r\nx-amz-object-ownership: Nobody\r\n";
    let (status, body) = text(answered(begin_with(&running, "PUT", "/my-bucket", owned)));
    assert!(status == 400 && body.contains("InvalidArgument"), "{body}");
    assert_eq!(ask(&running, "GET", "/my-bucket?location", b"").0, 404);
    assert_eq!(ask(&running, "PUT", "/my-bucket", b"").0, 200);
    let (status, body) = text(answered(begin(&running, "PUT", "/my-bucket?cors", (1 << 20) + 1)));
    assert!(status == 400 && body.contains("EntityTooLarge"), "{body}");
    assert_eq!(ask(&running, "GET", "/my-bucket?cors", b"").0, 404);
    running.stop("-TERM");
}

#[test]
fn parts_are_listed_behind_a_number() {
    let running = Running::start(&["--in-memory"]);
    assert_eq!(ask(&running, "PUT", "/my-bucket", b"").0, 200);
    let begun = String::from_utf8(ask(&running, "POST", "/my-bucket/key?uploads", b"").1).unwrap();
    let id = begun.split(['<', '>']).skip_while(|part| *part != "UploadId").nth(1).unwrap().to_owned();
    for number in [1, 10_000] {
        let part = format!("/my-bucket/key?partNumber={number}&uploadId={id}");
        assert_eq!(ask(&running, "PUT", &part, b"part").0, 200);
    }
    for (marker, count) in [(0, 2), (1, 1), (10_000, 0), (20_000, 0), (u32::MAX, 0)] {
        let list = format!("/my-bucket/key?uploadId={id}&part-number-marker={marker}");
        let listed = String::from_utf8(ask(&running, "GET", &list, b"").1).unwrap();
        assert_eq!(listed.matches("<Part>").count(), count, "{marker}: {listed}");
    }
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

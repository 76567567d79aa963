//! Answers that are streamed: they arrive as they are made, and where they break off, that is told.

use crate::harness::{DEADLINE, World, eventually, failure, invocation, invoke, python};
use runtime::{Finished, Piece, Pool, PoolError};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, channel};

/// Calls a function whose answer is to come in pieces.
fn call(
    pool: &Arc<Pool>,
    payload: &str,
) -> (Receiver<Piece>, impl Future<Output = Result<Finished, PoolError>> + use<>) {
    let (pieces, received) = channel(4);
    let mut invocation = invocation(payload);
    invocation.pieces = Some(pieces);
    let pool = Arc::clone(pool);
    let running = environment::spawn(async move { pool.invoke(invocation).await });
    (received, async { tokio::time::timeout(DEADLINE, running).await.unwrap().unwrap() })
}

async fn next(received: &mut Receiver<Piece>) -> Option<Piece> {
    tokio::time::timeout(DEADLINE, received.recv()).await.expect("a piece in time")
}

/// What comes until there is nothing more: the content type, and all bytes.
async fn all(received: &mut Receiver<Piece>) -> (Option<String>, Vec<u8>) {
    let (mut kind, mut bytes) = (None, Vec::new());
    while let Some(piece) = next(received).await {
        match piece {
            Piece::Began { content_type } => kind = content_type,
            Piece::Bytes(piece) => bytes.extend_from_slice(&piece),
        }
    }
    (kind, bytes)
}

fn described(finished: &Finished) -> Value {
    serde_json::from_slice(&finished.payload).unwrap()
}

#[tokio::test]
async fn pieces_arrive_while_the_function_runs() {
    let world = World::new();
    let code = "
        const fs = require('fs');
        exports.handler = awslambda.streamifyResponse(async (e, out) => {
            out.setContentType('text/plain');
            out.write('one ');
            while (!fs.existsSync(e.file)) await new Promise((done) => setTimeout(done, 5));
            out.write('two');
            out.end();
        })";
    let pool = world.node(code);
    let file = world.folder(&[]).join("go");
    let (mut received, running) = call(&pool, &json!({ "file": &file }).to_string());
    let began = Piece::Began { content_type: Some("text/plain".to_owned()) };
    assert_eq!(next(&mut received).await, Some(began));
    assert_eq!(next(&mut received).await, Some(Piece::Bytes("one ".into())));
    std::fs::write(&file, "").unwrap();
    assert_eq!(all(&mut received).await, (None, b"two".to_vec()));
    let finished = running.await.unwrap();
    assert_eq!((finished.failed, finished.payload.len()), (false, 0));
    // The same, gathered.
    let finished = invoke(&pool, &json!({ "file": file }).to_string()).await.unwrap();
    assert_eq!((finished.failed, &finished.payload[..]), (false, &b"one two"[..]));
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_whole() {
    let world = World::new();
    for (code, expected) in [
        ("exports.handler = async (e) => e", json!({ "a": 1 })),
        (
            "exports.handler = awslambda.streamifyResponse(async () => { throw new Error('early') })",
            json!("early"),
        ),
    ] {
        let (mut received, running) = call(&world.node(code), r#"{"a":1}"#);
        assert_eq!(next(&mut received).await, None);
        let finished = running.await.unwrap();
        let said = described(&finished);
        assert_eq!(if finished.failed { said["errorMessage"].clone() } else { said }, expected);
    }
}

#[tokio::test]
async fn one_that_breaks_off_says_why() {
    let world = World::new();
    for (end, error_type, reason) in [
        ("throw new TypeError('late')", "TypeError", "late"),
        ("setTimeout(() => { throw new Error('loose') }, 1); await new Promise(() => {})", "Error", "loose"),
        ("out.destroy(new RangeError('destroyed')); await new Promise(() => {})", "RangeError", "destroyed"),
    ] {
        let code = format!(
            "exports.handler = awslambda.streamifyResponse(async (e, out) => {{ await new Promise((done) => out.write('some', done)); {end} }})"
        );
        let pool = world.node(&code);
        let (mut received, running) = call(&pool, "{}");
        assert_eq!(all(&mut received).await, (Some("application/octet-stream".to_owned()), b"some".to_vec()));
        let finished = running.await.unwrap();
        let said = described(&finished);
        assert!(finished.failed);
        assert_eq!((&said["errorType"], &said["errorMessage"]), (&json!(error_type), &json!(reason)));
        // Whoever gathers is told the same, and not the beginning of an answer.
        let said = failure(&pool, "{}").await;
        assert_eq!((&said["errorType"], &said["errorMessage"]), (&json!(error_type), &json!(reason)));
    }
}

#[tokio::test]
async fn one_whose_process_ends_or_that_takes_too_long() {
    let world = World::new();
    for (end, error) in
        [("process.exit(3)", "Runtime.ExitError"), ("await new Promise(() => {})", "Sandbox.Timedout")]
    {
        let code = format!(
            "exports.handler = awslambda.streamifyResponse(async (e, out) => {{ await new Promise((done) => out.write('some', done)); setInterval(() => {{}}, 1000); {end} }})"
        );
        let mut revision = world.revision("nodejs20.x", "index.handler", &[("index.js", &code)]);
        revision.timeout_ms = 1_500;
        let (mut received, running) = call(&world.runtime.pool(revision), "{}");
        assert_eq!(all(&mut received).await.1, b"some");
        let finished = running.await.unwrap();
        assert_eq!((finished.failed, described(&finished)["errorType"].as_str()), (true, Some(error)));
    }
}

#[tokio::test]
async fn a_function_that_nobody_listens_to_goes_on_and_one_that_is_read_slowly_waits() {
    let world = World::new();
    let code = "exports.handler = awslambda.streamifyResponse(async (e, out) => {
        for (let n = 0; n < 40; n++) if (!out.write(Buffer.alloc(1 << 20, 120))) await new Promise((done) => out.once('drain', done));
        console.log('wrote it all'); out.end() })";
    let mut revision = world.revision("nodejs20.x", "index.handler", &[("index.js", code)]);
    revision.timeout_ms = 3_000;
    let pool = world.runtime.pool(revision);
    let (received, running) = call(&pool, "{}");
    drop(received);
    assert!(!running.await.unwrap().failed && world.logged.has("wrote it all"));
    let (received, running) = call(&pool, "{}");
    let finished = running.await.unwrap();
    assert_eq!(described(&finished)["errorType"], "Sandbox.Timedout", "40 MiB are not kept for anybody");
    drop(received);
}

#[tokio::test]
async fn the_prelude_of_an_answer_to_a_page() {
    let world = World::new();
    let code = "exports.handler = awslambda.streamifyResponse(async (e, out) => {
        out = awslambda.HttpResponseStream.from(out, { statusCode: 201 }); out.write('body'); out.end() })";
    let (mut received, running) = call(&world.node(code), "{}");
    let (kind, bytes) = all(&mut received).await;
    assert_eq!(kind.as_deref(), Some("application/vnd.awslambda.http-integration-response"));
    assert_eq!(bytes, [&b"{\"statusCode\":201}"[..], &[0; 8], b"body"].concat());
    running.await.unwrap();
}

#[tokio::test]
async fn what_any_client_of_the_runtime_api_may_stream() {
    let world = World::new();
    let script = r#"#!PYTHON
import os, socket, json, base64
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
def ask(request):
    s = socket.create_connection((host, int(port))); s.sendall(request)
    text = b''
    while b'\r\n\r\n' not in text: text += s.recv(65536)
    head, body = text.split(b'\r\n\r\n', 1)
    length = int([l for l in head.lower().split(b'\r\n') if l.startswith(b'content-length')][0].split(b':')[1])
    while len(body) < length: body += s.recv(65536)
    return head.decode(), body
while True:
    head, body = ask(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n')
    id = [l.split(':')[1].strip() for l in head.split('\r\n') if l.lower().startswith('lambda-runtime-aws-request-id')][0]
    start = f'POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: 127.0.0.1:1\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTrailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n'.encode()
    event = json.loads(body)
    if 'mib' in event:
        piece = b'100000\r\n' + bytes(1 << 20) + b'\r\n'
        s = socket.create_connection((host, int(port))); s.sendall(start)
        try:
            for _ in range(event['mib']): s.sendall(piece)
            s.sendall(b'0\r\n\r\n'); print(s.recv(65536).split(b'\r\n')[0].decode(), flush=True)
        except ConnectionError: print('cut off', flush=True)
    else:
        print(ask(start + b'3\r\nabc\r\n0\r\n' + event['trailers'].encode() + b'\r\n')[0].split('\r\n')[0], flush=True)
"#;
    let mut revision = world.bootstrap(&script.replace("PYTHON", &python().to_string_lossy()));
    revision.timeout_ms = 20_000;
    let pool = world.runtime.pool(revision);
    let described = |trailers: &str| json!({ "trailers": trailers }).to_string();
    let body = "eyJlcnJvclR5cGUiOiJYIiwiZXJyb3JNZXNzYWdlIjoibSJ9";
    for (trailers, expected) in [
        (String::new(), None),
        (
            format!(
                "Lambda-Runtime-Function-Error-Type: X\r\nLambda-Runtime-Function-Error-Body: {body}\r\n"
            ),
            Some(json!({ "errorType": "X", "errorMessage": "m" })),
        ),
        (
            "Lambda-Runtime-Function-Error-Type: A\"b\r\nLambda-Runtime-Function-Error-Body: ?\r\n"
                .to_owned(),
            Some(json!({ "errorType": "A\"b", "errorMessage": "The function broke off its answer" })),
        ),
    ] {
        let (mut received, running) = call(&pool, &described(&trailers));
        assert_eq!(all(&mut received).await.1, b"abc");
        let finished = running.await.unwrap();
        assert_eq!(finished.failed, expected.is_some());
        if let Some(expected) = expected {
            assert_eq!(serde_json::from_slice::<Value>(&finished.payload).unwrap(), expected);
        }
    }
    let (mut received, running) = call(&pool, r#"{"mib":201}"#);
    assert_eq!(all(&mut received).await.1.len(), 200 << 20);
    let finished = running.await.unwrap();
    assert!(finished.failed && String::from_utf8_lossy(&finished.payload).contains("(209715200 bytes)"));
    // What is not read any more may cut the connection before its answer is.
    let told = || world.logged.has("HTTP/1.1 413 Payload Too Large") || world.logged.has("cut off");
    eventually("the end of what is too large", told).await;
}

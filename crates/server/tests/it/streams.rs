//! Bodies that pass in pieces, there and back.

use crate::client::Client;
use crate::running::Running;
use bytes::Bytes;
use environment::Environment;
use server::stream::{Outflow, Pieces};
use server::{
    Drained, Head, Limits, Refusal, RequestId, Response, Settings, StreamAdmission, StreamAnswer,
    StreamRequest, StreamService,
};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Says what came of a body, or sends one.
pub(crate) struct StreamTest;

impl StreamService for StreamTest {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.target().is_none() && head.path().ends_with(".txt")
    }

    fn admit(&self, head: &Head<'_>, _: RequestId) -> Result<StreamAdmission, Response> {
        match head.path() {
            "/none.txt" => Err(Response::text(404, "none")),
            _ => Ok(StreamAdmission { body_limit: 1 << 20, authentication: head.path() != "/open.txt" }),
        }
    }

    fn call(&self, request: StreamRequest) -> Pin<Box<dyn Future<Output = StreamAnswer> + Send>> {
        Box::pin(answer(request))
    }

    fn refuse(&self, _: &Head<'_>, _: RequestId, refusal: &Refusal) -> Response {
        let text = match refusal {
            Refusal::Unauthenticated(failure) => format!("{}: {}", failure.code, failure.message),
            other => format!("{other:?}"),
        };
        Response::text(refusal.status(), text)
    }
}

async fn answer(mut request: StreamRequest) -> StreamAnswer {
    let sizes = request.head().query().strip_prefix("send=").and_then(|sizes| sizes.split_once('-'));
    if let Some((length, sent)) = sizes {
        let (length, sent) = (length.parse().unwrap(), sent.parse().unwrap());
        return StreamAnswer {
            response: Response::text(206, ""),
            outflow: Some(Outflow::new(length, Zeros(sent))),
        };
    }
    if request.head().query() == "panic-midway" {
        let outflow = Some(Outflow::of_any_length(Panicking(0)));
        return StreamAnswer { response: Response::text(200, ""), outflow };
    }
    assert!(request.head().query() != "panic", "asked for");
    let mut bytes = 0;
    loop {
        match request.body.next().await {
            Ok(Some(piece)) => bytes += piece.len(),
            Ok(None) => break,
            Err(error) => return Response::text(400, format!("{error:?}")).into(),
        }
    }
    let who = &request.identity.access_key;
    Response::text(200, format!("{who} {} {bytes} {:?}", request.proven, request.body.trailers())).into()
}

/// So many zeros, a hundred thousand at a time.
struct Zeros(usize);

impl Pieces for Zeros {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let piece = self.0.min(100_000);
        self.0 -= piece;
        Poll::Ready((piece > 0).then(|| Ok(Bytes::from(vec![0; piece]))))
    }
}

/// One piece, a pause, in which it is sent, and then a panic.
struct Panicking(u8);

impl Pieces for Panicking {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.0 += 1;
        assert!(self.0 < 3, "asked for");
        if self.0 == 1 {
            return Poll::Ready(Some(Ok(Bytes::from_static(b"piece"))));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

const CLAIM: &str = "authorization: AWS4-HMAC-SHA256 Credential=KEY/20261121/us-east-1/s3/aws4_request, \
                     SignedHeaders=host, Signature=00\r\n";

async fn put(client: &mut Client, path: &str, more: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let head =
        format!("PUT {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{CLAIM}{more}\r\n");
    client.send(format!("{head}{body}")).await;
    let answer = client.answer().await;
    (answer.status, answer.text().to_owned())
}

#[tokio::test]
async fn a_body_is_held_against_what_its_head_says() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let chunked =
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: 5\r\n";
    let hashed = format!("x-amz-content-sha256: {hello}\r\n");
    let cases = [
        (hashed.as_str(), "hello", 200, "KEY false 5 []"),
        (&hashed, "hallo", 400, "WrongHash"),
        (chunked, "5\r\nhello\r\n0\r\na:b\r\n\r\n", 200, "KEY false 5 [(\"a\", \"b\")]"),
        (chunked, "5\r\nhello\r\n0\r\n", 400, "EndedEarly"),
        (chunked, "4\r\nhell\r\n0\r\n\r\n", 400, "EndedEarly"),
        (chunked, "6\r\nhello!\r\n0\r\n\r\n", 400, "Malformed"),
        (chunked, "hello", 400, "EndedEarly"),
        ("x-amz-content-sha256: what\r\n", "hello", 400, "InvalidArgument"),
        ("", "hello", 400, "InvalidRequest"),
    ];
    for (more, body, status, text) in cases {
        let answer = put(&mut client, "/a.txt", more, body).await;
        assert!(answer.0 == status && answer.1.starts_with(text), "{more:?} {body:?}: {answer:?}");
    }
    // A body without a length is held to the limit as it comes.
    let head = format!(
        "PUT /a.txt HTTP/1.1\r\nhost: localhost\r\n{CLAIM}x-amz-content-sha256: UNSIGNED-PAYLOAD\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    client.send(head).await;
    client.send_what_is_taken(format!("200000\r\n{}\r\n0\r\n\r\n", "a".repeat(2 << 20))).await;
    assert_eq!(client.answer().await.text(), "TooLarge");
}

#[tokio::test]
async fn a_request_is_refused_before_its_body_is_asked_for() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let more = "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nexpect: 100-continue\r\n";
    for (path, length, status) in [("/none.txt", 10, 404), ("/a.txt", (1 << 20) + 1, 413)] {
        let mut client = running.client().await;
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{CLAIM}{more}\r\n"
        );
        client.send(head).await;
        assert_eq!(client.answer().await.status, status);
    }
    let head = format!("PUT /a.txt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n{CLAIM}{more}\r\n");
    client.send(head).await;
    assert_eq!(client.answer().await.status, 100);
    client.send("hello").await;
    assert_eq!(client.answer().await.text(), "KEY false 5 []");
    client.send("PUT /a.txt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n").await;
    assert!(client.answer().await.text().starts_with("MissingAuthenticationTokenException"));
    client.send("PUT /open.txt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), " false 0 []");
    client
        .send(format!("PUT /a.txt HTTP/1.1\r\nhost: example.com\r\ncontent-length: 0\r\n{CLAIM}\r\n"))
        .await;
    assert_eq!(client.answer().await.text(), "ForeignHost");
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let limits = Limits { body_pause: Duration::from_millis(50), ..Limits::default() };
    let running = Running::start(Settings { limits, ..Settings::default() }).await;
    let mut client = running.client().await;
    let head = format!(
        "PUT /a.txt HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\n{CLAIM}x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n\r\nhello"
    );
    client.send(head).await;
    assert_eq!(client.answer().await.text(), "TimedOut");
}

#[tokio::test]
async fn a_panic_costs_its_request_only() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    let more = "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n";
    assert_eq!(put(&mut client, "/a.txt?panic", more, "").await, (500, "Internal".into()));
    assert_eq!(put(&mut client, "/a.txt", more, "").await.0, 200);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_an_answer_cuts_it_and_nothing_else() {
    let running = Running::start(Settings::default()).await;
    let mut other = running.client().await;
    assert_eq!(other.exchange("Echo", "", "alive").await.text(), "alive");
    let mut client = running.client().await;
    let more = "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n";
    let head = format!("GET /a.txt?panic-midway HTTP/1.1\r\nhost: localhost\r\n{CLAIM}{more}\r\n");
    client.send(head).await;
    assert_eq!(client.answer().await.status, 200);
    // The first piece, and not the empty one that would end the answer.
    assert_eq!(client.read_to_end().await, b"5\r\npiece\r\n".len());
    assert_eq!(other.exchange("Echo", "", "alive").await.text(), "alive");
    // Its place is free again: the server does not wait for it.
    drop((client, other));
    assert_eq!(running.stop().await.unwrap(), Drained::Whole);
}

#[tokio::test]
async fn an_answer_in_pieces_is_whole_or_cut() {
    let running = Running::start(Settings::default()).await;
    let get = |query: &str| {
        let more = "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\naccept-encoding: gzip\r\n";
        format!("GET /a.txt?send={query} HTTP/1.1\r\nhost: localhost\r\n{CLAIM}{more}\r\n")
    };
    let mut client = running.client().await;
    client.send(get("5000000-5000000")).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.len()), (206, 5_000_000));
    assert_eq!((answer.header("content-encoding"), answer.header("x-amz-crc32")), (None, None));
    assert!(answer.header("x-amzn-requestid").is_some());
    // More than was promised is not sent.
    client.send(get("150000-5000000")).await;
    assert_eq!(client.answer().await.body.len(), 150_000);
    client.send(get("5000000-250000")).await;
    let received = client.read_to_end().await;
    assert!(received < 251_000, "{received}");
}

#[tokio::test]
async fn an_answer_of_any_length_arrives_as_it_is_made_and_is_not_idle() {
    let limits = Limits { head_timeout: Duration::from_millis(100), ..Limits::default() };
    let running = Running::start(Settings { limits, ..Settings::default() }).await;
    let mut client = running.client().await;
    client.request("Pieces", "", "").await;
    let answer = client.answer().await;
    let headers = ["transfer-encoding", "content-length", "x-amz-crc32"].map(|name| answer.header(name));
    assert_eq!((answer.status, headers), (200, [Some("chunked"), None, None]));
    assert_eq!(client.bytes(10).await, b"5\r\npiece\r\n");
    // However long the rest takes to come.
    running.until_the_idle_are_gone().await;
    running.until_the_idle_are_gone().await;
    running.signals.go_on.notify_one();
    assert_eq!(client.bytes(15).await, b"5\r\npiece\r\n0\r\n\r\n");
    assert_eq!(client.exchange("Echo", "", "alive").await.text(), "alive");
}

/// The worked examples of AWS's documentation.
async fn documented() -> Running {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned();
    let keys = HashMap::from([("AKIAIOSFODNN7EXAMPLE".into(), secret)]);
    let allow_hosts = vec![".s3.amazonaws.com".to_owned(), "s3.amazonaws.com".to_owned()];
    let environment = Environment::simulated(1, 1_369_353_600_000);
    Running::start_in(Settings { keys, allow_hosts, ..Settings::default() }, environment).await
}

#[tokio::test]
async fn the_documented_upload_in_signed_chunks_is_let_in_and_a_changed_one_is_not() {
    let running = documented().await;
    let head = "PUT /examplebucket/chunkObject.txt HTTP/1.1\r\nhost: s3.amazonaws.com\r\n\
        x-amz-date: 20130524T000000Z\r\nx-amz-storage-class: REDUCED_REDUNDANCY\r\n\
        authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
        SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
        x-amz-decoded-content-length;x-amz-storage-class,\
        Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\r\n\
        x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\ncontent-encoding: aws-chunked\r\n\
        x-amz-decoded-content-length: 66560\r\ncontent-length: 66824\r\n\r\n";
    let body = |letter: &str| {
        format!(
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n{}\r\n\
             400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n{}\r\n\
             0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
            "a".repeat(65_536),
            letter.repeat(1_024)
        )
    };
    let mut client = running.client().await;
    client.send(format!("{head}{}", body("a"))).await;
    assert_eq!(client.answer().await.text(), "AKIAIOSFODNN7EXAMPLE true 66560 []");
    client.send(format!("{head}{}", body("b"))).await;
    assert_eq!(client.answer().await.text(), "WrongSignature");
    let mut client = running.client().await;
    client.send(head.replace("REDUCED", "ENLARGED")).await;
    client.send_what_is_taken(body("a")).await;
    assert!(client.answer().await.text().starts_with("InvalidSignatureException"));
    let mut client = running.client().await;
    client.send(head.replace("x-amz-date: ", "x-amz-more: 1\r\nx-amz-date: ")).await;
    client.send_what_is_taken(body("a")).await;
    assert!(client.answer().await.text().starts_with("AccessDenied: There were headers"));
}

#[tokio::test]
async fn the_documented_link_is_let_in_until_it_expires() {
    let running = documented().await;
    let get = "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F\
        us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\n\
        host: examplebucket.s3.amazonaws.com\r\n\r\n";
    let mut client = running.client().await;
    client.send(get).await;
    assert_eq!(client.answer().await.text(), "AKIAIOSFODNN7EXAMPLE true 0 []");
    client.send(get.replace("Expires=86400", "Expires=86401")).await;
    assert!(client.answer().await.text().starts_with("InvalidSignatureException"));
    client.send(get.replace("examplebucket", "otherbucket")).await;
    assert!(client.answer().await.text().starts_with("InvalidSignatureException"));
    running.environment.clock.pass(Duration::from_secs(86_401));
    client.send(get).await;
    assert_eq!(client.answer().await.text(), "AccessDenied: Request has expired");
}

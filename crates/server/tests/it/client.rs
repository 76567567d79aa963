//! A client that sends exactly what it is told and reads one answer at a time.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a signed request for an operation of the test service, with more header lines.
    pub(crate) async fn request(&mut self, operation: &str, more: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        let length = body.len();
        let head = head(operation, &format!("content-length: {length}\r\n{more}"));
        self.send([head.as_bytes(), body].concat()).await;
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill().await, "closed before an answer: {:?}", self.received);
        };
        let rest = self.received.split_off(end + 4);
        let head = String::from_utf8(std::mem::replace(&mut self.received, rest)).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        });
        let mut answer = Answer { status, headers: headers.collect(), body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            assert!(self.fill().await, "closed within an answer");
        }
        let rest = self.received.split_off(length);
        answer.body = std::mem::replace(&mut self.received, rest);
        answer
    }

    pub(crate) async fn exchange(&mut self, operation: &str, more: &str, body: impl AsRef<[u8]>) -> Answer {
        self.request(operation, more, body).await;
        self.answer().await
    }

    /// Sends as much of this as the server takes before it closes the connection.
    pub(crate) async fn send_what_is_taken(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// The next so many bytes, of an answer whose length nobody knows.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.received.len() < count {
            assert!(self.fill().await, "closed within an answer");
        }
        let rest = self.received.split_off(count);
        std::mem::replace(&mut self.received, rest)
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Reads until the server closes the connection; answers how many bytes came.
    pub(crate) async fn read_to_end(&mut self) -> usize {
        while self.fill().await {}
        self.received.len()
    }

    /// Whether the server closes the connection without sending anything more.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.received.is_empty() && !self.fill().await
    }

    /// Reads what there is; false at the end.
    async fn fill(&mut self) -> bool {
        let mut part = [0; 16 << 10];
        let read = timeout(DEADLINE, self.stream.read(&mut part)).await.expect("nothing came in time");
        let length = read.unwrap_or(0);
        self.received.extend_from_slice(&part[..length]);
        length > 0
    }
}

/// The head of a signed request for an operation of the test service.
pub(crate) fn head(operation: &str, more: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: Test.{operation}\r\nauthorization: \
         AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/ddblocal/test/aws4_request, SignedHeaders=host, \
         Signature=00\r\n{more}\r\n"
    )
}

//! A client that sends exactly what it is told.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

/// The `Authorization` header of an access key in a region.
macro_rules! authorization {
    ($key:expr, $region:expr) => {
        concat!(
            "authorization: AWS4-HMAC-SHA256 Credential=",
            $key,
            "/20261121/",
            $region,
            "/dynamodb/aws4_request, SignedHeaders=host, Signature=00\r\n"
        )
    };
}
pub(crate) use authorization;

/// Who signs, unless a test says otherwise.
pub(crate) const LOCAL: &str = authorization!("local", "us-east-1");

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

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The error's whole `__type`, and its message, by whichever name it has.
    pub(crate) fn error(&self) -> (String, String) {
        let error = self.json();
        let message = error["message"].as_str().or_else(|| error["Message"].as_str());
        (error["__type"].as_str().unwrap().to_owned(), message.unwrap_or_default().to_owned())
    }
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self { stream, received: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Says that nothing more will be sent.
    pub(crate) fn end(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        self.answer()
    }

    /// A question to one of the server's own endpoints.
    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
        self.send(head + &body);
        self.answer()
    }

    pub(crate) fn call(&mut self, operation: &str, body: impl AsRef<[u8]>) -> Answer {
        self.exchange(operation, LOCAL, body)
    }

    /// One operation, with these header lines.
    pub(crate) fn exchange(&mut self, operation: &str, lines: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let length = body.len();
        let head = head(operation, &format!("{lines}content-length: {length}\r\n"));
        self.send([head.as_bytes(), body].concat());
        self.answer()
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill() > 0, "closed before an answer: {:?}", self.received);
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
            assert!(self.fill() > 0, "closed within an answer");
        }
        let rest = self.received.split_off(length);
        answer.body = std::mem::replace(&mut self.received, rest);
        answer
    }

    /// Whether the server closes the connection without sending anything more.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.received.is_empty() && self.fill() == 0
    }

    /// Reads what there is; nothing at the end.
    fn fill(&mut self) -> usize {
        let mut part = vec![0; 64 << 10];
        let length = match self.stream.read(&mut part) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing came in time: {error}"),
        };
        self.received.extend_from_slice(&part[..length]);
        length
    }
}

/// The head of a request for an operation; a name without a prefix is one of DynamoDB's or of its streams'.
pub(crate) fn head(operation: &str, lines: &str) -> String {
    let streams = ["ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"];
    let target = match operation {
        whole if whole.contains('.') => whole.to_owned(),
        name if streams.contains(&name) => format!("DynamoDBStreams_20120810.{name}"),
        name => format!("DynamoDB_20120810.{name}"),
    };
    format!("POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {target}\r\n{lines}\r\n")
}

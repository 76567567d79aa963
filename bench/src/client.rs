//! A raw HTTP/1.1 client on one keep-alive connection: as little work as a load generator can do.

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection with at most one request under way.
pub(crate) struct Connection {
    port: u16,
    /// Whether the server has said that it closes the connection; some do so after each answer.
    closes: bool,
    stream: TcpStream,
    buffer: Vec<u8>,
    head: Vec<u8>,
}

/// The answer to a request: its status, and its body in the connection's buffer.
pub(crate) struct Answer<'a> {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
}

const CREDENTIAL: &str = "AWS4-HMAC-SHA256 Credential=benchmark/20260101/us-east-1/dynamodb/aws4_request, \
     SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
     Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

impl Connection {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = connect(port).await?;
        Ok(Self {
            port,
            closes: false,
            stream,
            buffer: Vec::with_capacity(64 << 10),
            head: Vec::with_capacity(1024),
        })
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// When the connection ends, or what comes is no answer.
    pub(crate) async fn call(&mut self, target: &str, body: &[u8]) -> Result<Answer<'_>> {
        self.head.clear();
        write_head(&mut self.head, target, body.len());
        self.head.extend_from_slice(body);
        self.send().await
    }

    /// Posts JSON to a path of a service of another kind.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub(crate) async fn post(&mut self, path: &str, service: &str, body: &[u8]) -> Result<Answer<'_>> {
        let credential = CREDENTIAL.replace("/dynamodb/", &format!("/{service}/"));
        let length = body.len();
        self.head.clear();
        self.head.extend_from_slice(
            format!(
                "POST {path} HTTP/1.1\r\nHost: localhost:4566\r\nContent-Type: application/json\r\nX-Amz-Date: \
                 20260101T000000Z\r\nAuthorization: {credential}\r\nContent-Length: {length}\r\n\r\n"
            )
            .as_bytes(),
        );
        self.head.extend_from_slice(body);
        self.send().await
    }

    async fn send(&mut self) -> Result<Answer<'_>> {
        if self.closes {
            self.stream = connect(self.port).await?;
        }
        self.stream.write_all(&self.head).await?;
        self.read().await
    }

    async fn read(&mut self) -> Result<Answer<'_>> {
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        };
        let status = std::str::from_utf8(self.buffer.get(9..12).context("a status line")?)?.parse()?;
        let length: usize = header(&self.buffer[..head_end], "content-length")
            .context("an answer without Content-Length")?
            .parse()?;
        self.closes = header(&self.buffer[..head_end], "connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.buffer.reserve((head_end + length).saturating_sub(self.buffer.len()));
        while self.buffer.len() < head_end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection within an answer");
            }
        }
        Ok(Answer { status, body: &self.buffer[head_end..head_end + length] })
    }

    /// As [`Connection::call`], and the answer must be a success.
    ///
    /// # Errors
    /// As [`Connection::call`], and when the answer is an error.
    pub(crate) async fn expect(&mut self, target: &str, body: &[u8]) -> Result<Answer<'_>> {
        let answer = self.call(target, body).await?;
        if answer.status != 200 {
            bail!("{target} answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(answer)
    }
}

/// The head of a request with a body of so many bytes.
#[must_use]
pub(crate) fn head(target: &str, body_bytes: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(1024);
    write_head(&mut head, target, body_bytes);
    head
}

/// A whole request.
#[must_use]
pub(crate) fn request(target: &str, body: &[u8]) -> Vec<u8> {
    let mut request = head(target, body.len());
    request.extend_from_slice(body);
    request
}

fn write_head(head: &mut Vec<u8>, target: &str, body_bytes: usize) {
    head.extend_from_slice(b"POST / HTTP/1.1\r\nHost: localhost:4566\r\nX-Amz-Target: ");
    head.extend_from_slice(target.as_bytes());
    head.extend_from_slice(
        b"\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: ",
    );
    head.extend_from_slice(CREDENTIAL.as_bytes());
    head.extend_from_slice(b"\r\nContent-Length: ");
    head.extend_from_slice(body_bytes.to_string().as_bytes());
    head.extend_from_slice(b"\r\n\r\n");
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let head = std::str::from_utf8(head).ok()?;
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.context("connecting")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

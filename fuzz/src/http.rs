//! Requests of HTTP/1.1 as the targets have them, a text that anybody can read, and a client that is as simple as can be:
//! it writes them over a stream of bytes, and reads each answer by the length that it names.
//!
//! The first line of the text is the method and the target, the next ones are headers (or trailers, where they begin with a
//! tilde), and behind an empty line stands the body. What cannot be sent, or frames the message, is left out.

use memchr::memmem;
use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Headers that frame a message or ask for another form of its answer, which this client does not read.
const FRAMING: [&str; 8] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) trailers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

/// What HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

impl<'a> Asked<'a> {
    /// The request in a text. None whose body holds what HTTP/2 begins with: behind a head that is malformed, hyper takes it for
    /// that, also after the end of a line, and hangs up without an answer.
    pub(crate) fn of(text: &'a [u8]) -> Option<Self> {
        let end = memmem::find(text, b"\n\n").unwrap_or(text.len());
        let mut lines = std::str::from_utf8(&text[..end]).ok()?.split('\n');
        let (method, target) = lines.next()?.split_once(' ')?;
        let is_sent = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_sent || !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (mut headers, mut trailers) = (Vec::new(), Vec::new());
        for line in lines {
            match line.strip_prefix('~') {
                Some(line) => trailers.extend(field(line)),
                None => headers.extend(field(line)),
            }
        }
        let body = text.get(end + 2..).unwrap_or_default();
        memmem::find(body, PREFACE).is_none().then_some(Self { method, target, headers, trailers, body })
    }

    /// The first header of a name.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        value(&self.headers, name)
    }

    /// With a header, where there is none of its name.
    pub(crate) fn or(mut self, name: &'a str, value: &'a str) -> Self {
        if self.header(name).is_none() {
            self.headers.push((name, value));
        }
        self
    }

    /// As it is sent: in one chunk where it has trailers, else by its length.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let fields = |bytes: &mut Vec<u8>, fields: &[(&str, &str)]| {
            for (name, value) in fields {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        };
        fields(&mut bytes, &self.headers);
        let length = self.body.len();
        if self.trailers.is_empty() {
            bytes.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(self.body);
            return bytes;
        }
        bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
        if length > 0 {
            bytes.extend_from_slice(format!("{length:x}\r\n").as_bytes());
            bytes.extend_from_slice(self.body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n");
        fields(&mut bytes, &self.trailers);
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// A header in a line, where it can be sent and frames nothing.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim_matches([' ', '\t']);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_sent = !name.is_empty()
        && name.bytes().all(is_name)
        && !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
    let frames = FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing));
    (is_sent && !frames).then_some((name, value))
}

/// The first value of a name among fields.
pub(crate) fn value<'a>(fields: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// With names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn of_head(head: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        };
        Some(Self { status, headers: lines.filter_map(header).collect(), body: Vec::new() })
    }
}

/// Makes a request on a connection and reads its answer.
pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    asked: &Asked<'_>,
) -> io::Result<Answer> {
    stream.write_all(&asked.bytes()).await?;
    let mut read = Vec::new();
    let end = loop {
        if let Some(at) = memmem::find(&read, b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    };
    let mut answer = Answer::of_head(&read[..end]).ok_or(ErrorKind::InvalidData)?;
    answer.body = read.split_off(end + 4);
    let has_body = asked.method != "HEAD" && !matches!(answer.status, 204 | 304);
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    let length = length.filter(|_| has_body).unwrap_or(0);
    while answer.body.len() < length {
        if stream.read_buf(&mut answer.body).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    assert_eq!(answer.body.len(), length, "more came than the answer to {asked:?}");
    Ok(answer)
}

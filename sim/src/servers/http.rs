//! HTTP/1.1 as clients write and read it.

use crate::plan::below;
use environment::Random;

/// What a request is for.
pub(super) struct Head<'a> {
    pub(super) path: &'a str,
    pub(super) target: Option<&'a str>,
    pub(super) service: &'a str,
}

/// A request's bytes.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    /// Where its head ends, its body, and what says that the body has ended: the places to break off at.
    pub(super) marks: [usize; 3],
}

/// Puts a request together, its body at times in chunks.
pub(super) fn request(head: &Head<'_>, body: &str, random: &Random) -> Request {
    let target = head.target.map(|target| format!("x-amz-target: {target}\r\n")).unwrap_or_default();
    let (path, service, count) = (head.path, head.service, body.len());
    let is_chunked = below(random, 3) == 0;
    let length = match is_chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {count}"),
    };
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost:4566\r\n{target}content-type: application/x-amz-json-1.0\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n{length}\r\n\r\n"
    )
    .into_bytes();
    let head_end = bytes.len();
    if is_chunked {
        let (first, second) = body.as_bytes().split_at(below(random, count as u64) as usize);
        for chunk in [first, second].into_iter().filter(|chunk| !chunk.is_empty()) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
    } else {
        bytes.extend(body.as_bytes());
    }
    let body_end = bytes.len();
    if is_chunked {
        bytes.extend(b"0\r\n\r\n");
    }
    let end = bytes.len();
    Request { bytes, marks: [head_end, body_end, end] }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The answer in these bytes, once all of it is there.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
        let mut lines = text.get(..end)?.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        };
        let mut answer = Self { status, headers: lines.filter_map(header).collect(), body: Vec::new() };
        let length: usize = answer.header("content-length")?.parse().ok()?;
        answer.body = bytes.get(end + 4..end + 4 + length)?.to_vec();
        Some(answer)
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// Whether the checksum that it carries is that of its body.
    pub(super) fn is_whole(&self) -> bool {
        let checksum = self.header("x-amz-crc32").and_then(|text| text.parse().ok());
        checksum == Some(crc32fast::hash(&self.body))
    }
}

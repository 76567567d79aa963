//! An answer, as a service gives it.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};

/// What an answer's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// There is none to speak of.
    Absent,
    /// AWS's JSON protocol 1.0.
    AmzJson10,
    /// AWS's JSON protocol 1.1.
    AmzJson11,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Text.
    Text,
    /// Whatever else.
    Other(&'static str),
}

impl ContentType {
    /// The header's value.
    #[must_use]
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Absent => None,
            Self::AmzJson10 => Some("application/x-amz-json-1.0"),
            Self::AmzJson11 => Some("application/x-amz-json-1.1"),
            Self::Json => Some("application/json"),
            Self::Xml => Some("text/xml"),
            Self::Text => Some("text/plain; charset=utf-8"),
            Self::Other(text) => Some(text),
        }
    }
}

/// An answer. What every answer carries (request id, checksum, CORS, length, date) the server adds.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// What the body is.
    pub content_type: ContentType,
    /// More headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, uncompressed.
    pub body: Bytes,
}

impl Response {
    /// An answer without headers of its own.
    pub fn new(status: u16, content_type: ContentType, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    /// JSON, outside AWS's protocols.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, ContentType::Json, body)
    }

    /// Text.
    pub fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, ContentType::Text, body)
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

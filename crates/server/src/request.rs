//! A request, as a service sees it.

use crate::RequestId;
use bytes::Bytes;
use compact_str::CompactString;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Uri};
use std::net::SocketAddr;

/// The name of the header that names the operation.
static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}

/// The head of a request: all that is known before its body is read.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    target: Option<&'a str>,
}

impl<'a> Head<'a> {
    pub(crate) fn new(parts: &'a Parts) -> Self {
        Self::with_target(parts, parts.headers.get(&TARGET))
    }

    /// The head of these parts, whose target is known already.
    pub(crate) fn with_target(parts: &'a Parts, target: Option<&'a HeaderValue>) -> Self {
        let target = target.and_then(text);
        Self { method: &parts.method, uri: &parts.uri, headers: &parts.headers, target }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The path, as sent: still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.uri.path()
    }

    /// What follows the question mark, as sent; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.uri.query().unwrap_or_default()
    }

    /// The value of `X-Amz-Target`: prefix, dot, operation.
    #[must_use]
    pub fn target(&self) -> Option<&'a str> {
        self.target
    }

    /// The host that it names, as sent: with its port where that is named too.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let in_line = self.uri.authority().map(hyper::http::uri::Authority::as_str);
        in_line.or_else(|| self.header("host"))
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// A header's value, where it is there once or more and is text. The name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The service in whose credential scope the request is signed; `None` where it is not signed. One that is signed in
    /// another way than by SigV4 is for S3 to refuse.
    #[must_use]
    pub fn signed_for(&self) -> Option<&'a str> {
        if let Some(header) = self.header("authorization") {
            let credential = header.split("Credential=").nth(1)?;
            return credential.split([',', ' ']).next()?.rsplit('/').nth(1);
        }
        let parameter = |name| self.query().split('&').find_map(|part| part.strip_prefix(name));
        // Links of version 2 name no service; no other one takes them.
        if parameter("AWSAccessKeyId=").is_some() {
            return Some("s3");
        }
        let credential = parameter("X-Amz-Credential=")?;
        if credential.contains('/') {
            return credential.rsplit('/').nth(1);
        }
        let mut parts = credential.rsplit("%2F").flat_map(|part| part.rsplit("%2f"));
        parts.nth(1)
    }
}

/// Who a request says it is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The access key.
    pub access_key: CompactString,
    /// The account, 12 digits: the access key where that is 12 digits, else zeros.
    pub account: CompactString,
    /// The region of the credential scope.
    pub region: CompactString,
}

/// The region of a request that need not say who it is from, and does not.
pub(crate) const REGION: &str = "us-east-1";

impl Identity {
    /// The identity that goes with a credential scope.
    #[must_use]
    pub fn new(access_key: &str, region: &str) -> Self {
        let digits = access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if digits { access_key } else { "000000000000" };
        Self { access_key: access_key.into(), account: account.into(), region: region.into() }
    }

    /// The identity of a request that need not say who it is from, and does not.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new("", REGION)
    }
}

/// A request that was let in, with its body read and unpacked.
#[derive(Debug)]
pub struct Request {
    pub(crate) parts: Parts,
    /// Its id, which its answer carries.
    pub id: RequestId,
    /// Who it says it is from.
    pub identity: Identity,
    /// Whether it proved to be from whom it says, with a key that this server knows.
    pub proven: bool,
    /// Where it came from.
    pub peer: SocketAddr,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Request {
    /// The head.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head::new(&self.parts)
    }

    /// The path, as sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The value of `X-Amz-Target`: prefix, dot, operation.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.parts.headers.get(&TARGET).and_then(text)
    }

    /// The host that it names, with its port.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parts.headers.get(HOST).and_then(|host| host.to_str().ok())
    }

    /// A header's value, where it is text. The name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_an_access_key_of_twelve_digits_or_zeros() {
        assert_eq!(Identity::new("123456789012", "eu-west-1").account, "123456789012");
        for access_key in ["", "test", "12345678901", "1234567890123", "12345678901a"] {
            let identity = Identity::new(access_key, "ddblocal");
            assert_eq!(identity.account, "000000000000", "{access_key}");
            assert_eq!((identity.access_key.as_str(), identity.region.as_str()), (access_key, "ddblocal"));
        }
    }
}

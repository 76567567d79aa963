//! The headers that every exchange looks at, found in one pass.
//!
//! A request has a dozen headers, and the front door wants to know of seven. One walk over all of them is cheaper than
//! a look into the map for each.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// What a walk over the headers of a request found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Headers<'a> {
    /// `Host`.
    pub(crate) host: Sent<'a>,
    /// `Origin`.
    pub(crate) origin: Sent<'a>,
    /// `Accept-Encoding`.
    pub(crate) accept_encoding: Sent<'a>,
    /// `Authorization`.
    pub(crate) authorization: Sent<'a>,
    /// `Content-Encoding`.
    pub(crate) content_encoding: Sent<'a>,
    /// `Expect`.
    pub(crate) expect: Sent<'a>,
    /// `X-Amz-Target`.
    pub(crate) target: Sent<'a>,
}

/// A header as it was sent: not at all, once, or more often.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent<'a> {
    /// The first value.
    pub(crate) first: Option<&'a HeaderValue>,
    /// Whether there are more.
    pub(crate) again: bool,
}

impl<'a> Sent<'a> {
    fn see(&mut self, value: &'a HeaderValue) {
        if self.first.is_none() {
            self.first = Some(value);
        } else {
            self.again = true;
        }
    }

    /// All values; the name is the header's.
    pub(crate) fn all(
        self,
        name: HeaderName,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a HeaderValue> {
        let more = self.again.then(|| headers.get_all(name).iter().skip(1));
        self.first.into_iter().chain(more.into_iter().flatten())
    }
}

impl<'a> Headers<'a> {
    /// Walks over the headers.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                "host" => found.host.see(value),
                "origin" => found.origin.see(value),
                "accept-encoding" => found.accept_encoding.see(value),
                "authorization" => found.authorization.see(value),
                "content-encoding" => found.content_encoding.see(value),
                "expect" => found.expect.see(value),
                "x-amz-target" => found.target.see(value),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{ACCEPT_ENCODING, HOST, ORIGIN};

    #[test]
    fn a_walk_finds_first_values_and_whether_there_are_more() {
        let mut headers = HeaderMap::new();
        headers.append("x-other", HeaderValue::from_static("1"));
        headers.append(HOST, HeaderValue::from_static("a"));
        headers.append("X-Amz-Target", HeaderValue::from_static("t"));
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.append(HOST, HeaderValue::from_static("b"));
        headers.append(HOST, HeaderValue::from_static("c"));
        let found = Headers::of(&headers);
        assert_eq!(found.target.first.unwrap(), "t");
        assert!(found.host.again && !found.target.again && !found.accept_encoding.again);
        let all = |sent: Sent<'_>, name| {
            sent.all(name, &headers).map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(all(found.host, HOST), [b"a", b"b", b"c"]);
        assert_eq!(all(found.accept_encoding, ACCEPT_ENCODING), [b"gzip"]);
        assert!(all(found.origin, ORIGIN).is_empty() && found.origin.first.is_none());
    }
}

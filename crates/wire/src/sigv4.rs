//! AWS Signature Version 4: reading who signed a request, and checking that they did.
//!
//! Reading is cheap and is all that happens unless keys are configured: region and account come from the
//! credential scope. Checking rebuilds the canonical request, with signing keys kept by day, region and
//! service, and compares in constant time. The caller gives the time.

mod authorization;
mod canonical;
mod date;
mod refusal;
mod verifier;

pub use authorization::{Authorization, Credential, Form};
pub use refusal::Refusal;
pub use verifier::{Verifier, sign};

/// A request as it was received, before anything is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The method.
    pub method: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent, without `?`; empty if there is none.
    pub query: &'a str,
    /// The headers, names in lower case, in the order received. Over HTTP/2 the caller adds `host` from the
    /// authority.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Signed<'a> {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    fn header_text(&self, name: &str) -> Option<&'a str> {
        self.header(name).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim)
    }
}

#[cfg(test)]
mod tests;

//! Who a request is from.
//!
//! Without keys every well-formed signature is believed: the credential scope names access key and region.
//! With keys, each request's signature is verified over its raw bytes.

use crate::{AuthenticationFailure, Identity};
use compact_str::CompactString;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use std::collections::HashMap;

/// The keys by which requests are verified, where there are any.
#[derive(Debug)]
pub(crate) struct Authentication {
    keys: HashMap<CompactString, String>,
}

/// Who a request is from.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// Whether a signature was verified.
    pub(crate) proven: bool,
}

impl Caller {
    pub(crate) fn anonymous() -> Self {
        Self { identity: Identity::anonymous(), proven: false }
    }
}

impl Authentication {
    pub(crate) fn new(keys: HashMap<CompactString, String>) -> Self {
        Self { keys }
    }

    /// Finds out who a request is from.
    pub(crate) fn identify(&self, parts: &Parts, _body: &[u8]) -> Result<Caller, AuthenticationFailure> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(header) = header.map(str::trim).filter(|header| header.starts_with("AWS4-")) else {
            let message = "Request is missing Authentication Token".into();
            return Err(AuthenticationFailure { code: "MissingAuthenticationTokenException", message });
        };
        let identity = claim(header)?;
        if self.keys.is_empty() {
            return Ok(Caller { identity, proven: false });
        }
        // Fails closed: what cannot be verified is not believed.
        let message = "The security token included in the request is invalid.".into();
        Err(AuthenticationFailure { code: "UnrecognizedClientException", message })
    }
}

fn claim(header: &str) -> Result<Identity, AuthenticationFailure> {
    let parameters = header.split_once(' ').map_or("", |(_, parameters)| parameters);
    let find = |name: &str| {
        let mut pairs = parameters.split(',').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let mut missing = String::new();
    for name in ["Credential", "Signature", "SignedHeaders"] {
        if find(name).is_none_or(str::is_empty) {
            missing.push_str(&format!("Authorization header requires '{name}' parameter. "));
        }
    }
    let incomplete = |message: String| AuthenticationFailure {
        code: "IncompleteSignatureException",
        message: message.into(),
    };
    if !missing.is_empty() {
        return Err(incomplete(format!("{missing}Authorization={header}")));
    }
    let credential = find("Credential").unwrap_or_default();
    let mut scope = credential.rsplitn(5, '/');
    match (scope.next(), scope.next(), scope.next(), scope.next(), scope.next()) {
        (Some(_), Some(_), Some(region), Some(_), Some(access_key)) => Ok(Identity::new(access_key, region)),
        _ => Err(incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
             got '{credential}'"
        ))),
    }
}

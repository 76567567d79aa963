//! The `Authorization` header of SigV4, taken apart.

use super::incomplete;
use crate::AuthenticationFailure;

/// What a request says of who it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim<'a> {
    /// The access key.
    pub(crate) access_key: &'a str,
    /// The day of the credential scope, as `YYYYMMDD`.
    pub(crate) day: &'a str,
    /// Its region.
    pub(crate) region: &'a str,
    /// Its service.
    pub(crate) service: &'a str,
    /// The scope: what follows the access key.
    pub(crate) scope: &'a str,
    /// The names of the headers that are signed, separated by semicolons.
    pub(crate) signed_headers: &'a str,
    /// The signature, in hex.
    pub(crate) signature: &'a str,
}

impl<'a> Claim<'a> {
    /// Takes a header apart.
    pub(crate) fn parse(header: &'a str) -> Result<Self, AuthenticationFailure> {
        let mut parameters = cut(header, b' ').map_or("", |(_, parameters)| parameters);
        let (mut credential, mut signature, mut signed_headers) = ("", "", "");
        while !parameters.is_empty() {
            let (pair, rest) = cut(parameters, b',').unwrap_or((parameters, ""));
            match cut(pair.trim_ascii(), b'=') {
                Some(("Credential", value)) => credential = value,
                Some(("Signature", value)) => signature = value,
                Some(("SignedHeaders", value)) => signed_headers = value,
                _ => {}
            }
            parameters = rest;
        }
        let parts = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)];
        if parts.iter().any(|(_, value)| value.is_empty()) {
            return Err(incomplete(missing(&parts, header)));
        }
        let claim = Self::scoped(credential, signed_headers, signature);
        claim.ok_or_else(|| {
            incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{credential}'"
            ))
        })
    }

    /// What a credential with its scope says, of five parts.
    pub(super) fn scoped(credential: &'a str, signed_headers: &'a str, signature: &'a str) -> Option<Self> {
        // An access key may itself hold a slash, so the scope is counted from the end.
        let (rest, _term) = cut_last(credential)?;
        let (rest, service) = cut_last(rest)?;
        let (rest, region) = cut_last(rest)?;
        let (access_key, day) = cut_last(rest)?;
        let scope = &credential[access_key.len() + 1..];
        Some(Self { access_key, day, region, service, scope, signed_headers, signature })
    }
}

/// What stands before and after the first `mark`, an ASCII character.
fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(mark, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

/// What stands before and after the last slash.
fn cut_last(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memrchr(b'/', text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

fn missing(parts: &[(&str, &str)], header: &str) -> String {
    let mut message = String::new();
    for (name, _) in parts.iter().filter(|(_, value)| value.is_empty()) {
        message.push_str("Authorization header requires '");
        message.push_str(name);
        message.push_str("' parameter. ");
    }
    message.push_str("Authorization=");
    message.push_str(header);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_taken_apart_however_it_is_spaced() {
        for comma in [",", ", ", " ,  "] {
            let header = [
                "AWS4-HMAC-SHA256 Credential=a/b/20261121/eu-west-1/dynamodb/aws4_request",
                "SignedHeaders=host;x",
                "Signature=00",
            ];
            let header = header.join(comma);
            let claim = Claim::parse(&header).unwrap();
            assert_eq!((claim.access_key, claim.day, claim.region), ("a/b", "20261121", "eu-west-1"));
            assert_eq!((claim.service, claim.signed_headers, claim.signature), ("dynamodb", "host;x", "00"));
            assert_eq!(claim.scope, "20261121/eu-west-1/dynamodb/aws4_request");
        }
    }
}

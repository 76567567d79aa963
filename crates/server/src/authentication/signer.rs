//! Signing requests as clients do: for the command line, which asks servers that verify, too.

use super::claim::Claim;
use super::signature::{self, hex};
use super::time;
use hyper::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};

/// A signature that nobody verifies.
const NOBODY: &str = "00";

/// Who signs requests, and for whom.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key.
    pub access_key: &'a str,
    /// Its secret. Without one, requests get a signature that is well formed and not right.
    pub secret: Option<&'a str>,
    /// The region.
    pub region: &'a str,
    /// The service, as credential scopes name it.
    pub service: &'a str,
}

impl Signer<'_> {
    /// Signs a request with all headers that it has by now, `host` among them; adds `x-amz-date` and `authorization`.
    ///
    /// # Errors
    /// When the access key, the region or the service cannot stand in a header.
    pub fn sign(&self, parts: &mut Parts, body: &[u8], now_s: u64) -> Result<(), InvalidHeaderValue> {
        let time = time::format(i64::try_from(now_s).unwrap_or(i64::MAX));
        parts.headers.insert("x-amz-date", HeaderValue::from_str(&time)?);
        let mut names: Vec<&str> = parts.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        let signed_headers = names.join(";");
        let (day, _) = time.split_once('T').unwrap_or_default();
        let Self { access_key, region, service, .. } = *self;
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let (scope, signed_headers) = (&*scope, &*signed_headers);
        let claim = Claim { access_key, day, region, service, scope, signed_headers, signature: NOBODY };
        let signature = self.secret.map_or_else(
            || NOBODY.to_owned(),
            |secret| signature::of(&claim, secret, &time, parts, &hex(&Sha256::digest(body))),
        );
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
        );
        parts.headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::{Authentication, Memory};
    use environment::Clock;
    use hyper::Request;
    use std::collections::HashMap;

    const NOW_S: u64 = 1_600_000_000;

    fn signed(secret: Option<&str>) -> Parts {
        let request = Request::post("/a//b/../c%20d?b=2&a=%20x&a").header("host", "localhost:4566");
        let mut parts = request.header("x-note", "  two   words ").body(()).unwrap().into_parts().0;
        let signer = Signer { access_key: "key/1", secret, region: "eu-west-1", service: "dynamodb" };
        signer.sign(&mut parts, b"{}", NOW_S).unwrap();
        parts
    }

    /// Whether a server that knows the key takes it.
    fn is_taken(parts: &Parts, body: &[u8]) -> bool {
        let keys = HashMap::from([("key/1".into(), "hush".to_owned())]);
        let authentication = Authentication::new(keys, Clock::simulated(NOW_S * 1_000));
        let header = parts.headers.get(AUTHORIZATION);
        authentication.identify(header, parts, body, &Memory::default()).is_ok_and(|caller| caller.proven)
    }

    /// The signature is the one that AWS's SDK for Python makes of the same request.
    #[test]
    fn it_signs_as_others_do() {
        let parts = signed(Some("hush"));
        let header = parts.headers[AUTHORIZATION].to_str().unwrap();
        let right = "4b4c9b4dddb745515e85c6dfcf1f0f73928217565c60373e214af0fdd82a279c";
        assert_eq!(Claim::parse(header).unwrap().signature, right);
    }

    #[test]
    fn what_is_signed_is_taken_and_any_change_is_noticed() {
        let right = signed(Some("hush"));
        assert!(is_taken(&right, b"{}"));
        assert!(!is_taken(&right, b"{ }"));
        for (name, value) in [("x-note", "two word"), ("x-amz-date", "20200913T122641Z"), ("host", "other")] {
            let mut changed = right.clone();
            changed.headers.insert(name, HeaderValue::from_static(value));
            assert!(!is_taken(&changed, b"{}"), "{name}");
        }
        for target in ["/a/c%20e?b=2&a=%20x&a", "/a/c%20d?b=3&a=%20x&a"] {
            let mut changed = right.clone();
            changed.uri = target.parse().unwrap();
            assert!(!is_taken(&changed, b"{}"), "{target}");
        }
        let mut same = right;
        same.uri = "/a/c%20d?a&a=%20x&b=2".parse().unwrap();
        same.headers.insert("x-note", HeaderValue::from_static("two words"));
        assert!(is_taken(&same, b"{}"));
    }

    #[test]
    fn without_the_right_secret_it_is_well_formed_and_not_taken() {
        for secret in [None, Some("other")] {
            let parts = signed(secret);
            assert!(!is_taken(&parts, b"{}"));
            let header = parts.headers[AUTHORIZATION].to_str().unwrap();
            let claim = Claim::parse(header).unwrap();
            assert_eq!(
                (claim.access_key, claim.scope),
                ("key/1", "20200913/eu-west-1/dynamodb/aws4_request")
            );
            assert_eq!(claim.signed_headers, "host;x-amz-date;x-note");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_an_error() {
        let mut parts = signed(None);
        let signer = Signer { access_key: "a\nb", secret: None, region: "r", service: "s" };
        assert!(signer.sign(&mut parts, b"", NOW_S).is_err());
    }
}

//! What the fuzz targets need of signatures. Only with the feature `fuzzing`.

use super::claim::Claim;
use super::payload::UNSIGNED;
use super::presigned::Presigned;
use super::signature::{self, hex};
use super::version2::Version2;
use super::{Authentication, Memory, SKEW_S, time};
use crate::AuthenticationFailure;
use environment::Clock;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::http::Uri;
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// 2026-11-21T10:00:00Z.
const NOW_S: i64 = 1_795_255_200;

/// The first second that cannot be written.
const END_S: i64 = 253_402_300_800;

/// Whose key the corpus is signed with, and its secret.
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// How a failure begins that is of the signature itself.
const MISMATCH: &str = "The request signature we calculated does not match";

/// A week, as long as a link may be good for.
const WEEK_S: i64 = 7 * 86_400;

/// Takes an `Authorization` header apart: what it claims is in it, and the scope is what follows the access key.
pub(crate) fn claim(header: &str) {
    match Claim::parse(header) {
        Ok(claim) => {
            let credential = format!("{}/{}", claim.access_key, claim.scope);
            assert!(header.contains(&credential), "{credential} is not in {header}");
            let scope = format!("{}/{}/{}/", claim.day, claim.region, claim.service);
            assert!(claim.scope.starts_with(&scope), "{header}");
        }
        Err(failure) => assert!(!failure.message.is_empty()),
    }
}

/// Reads the signature in a query: no link is good for more than a week, or long before it was made.
pub(crate) fn link(query: &str) {
    if let Some(presigned) = Presigned::of(query)
        && let Ok(claim) = presigned.claim()
        && presigned.check_time(&claim, NOW_S).is_ok()
    {
        let made_s = time::parse(&presigned.time).unwrap_or(i64::MIN);
        assert!((NOW_S - WEEK_S..=NOW_S + SKEW_S).contains(&made_s), "{query}");
    }
    if let Some(link) = Version2::of(query) {
        let _ = link.check_time(NOW_S);
    }
    if let Some(seconds) = time::parse(query).filter(|seconds| *seconds < END_S) {
        assert_eq!(time::parse(&time::format(seconds)), Some(seconds), "{query}");
    }
}

/// Asks for a request to be let in by its signature, as it is and with the right one: only the right one is ever taken, and nothing
/// is refused for that.
pub(crate) fn request(parts: &Parts, body: &[u8]) {
    by_header(parts, body);
    by_link(parts);
}

/// A server that knows one key, at the time that the corpus is signed at.
fn server(secret: &str) -> Authentication {
    let keys = HashMap::from([(ACCESS_KEY.into(), secret.to_owned())]);
    Authentication::new(keys, Clock::simulated(NOW_S.unsigned_abs() * 1_000))
}

fn whole(secret: &str, parts: &Parts, body: &[u8]) -> Result<(), AuthenticationFailure> {
    let header = parts.headers.get(AUTHORIZATION);
    server(secret).identify(header, parts, body, &Memory::default()).map(|caller| assert!(caller.proven))
}

fn head(secret: &str, parts: &Parts) -> Result<(), AuthenticationFailure> {
    server(secret).identify_streamed(parts, true, None).map(|streamed| assert!(streamed.caller.proven))
}

/// With a signature in a header, which covers the body or what stands for that.
fn by_header(parts: &Parts, body: &[u8]) {
    let taken = (whole(SECRET, parts, body).is_ok(), head(SECRET, parts).is_ok());
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let Some((header, claim)) =
        text("authorization").and_then(|text| Some((text, Claim::parse(text.trim()).ok()?)))
    else {
        assert!(!taken.0);
        return;
    };
    let time = text("x-amz-date").unwrap_or_default();
    let right = |payload: &str| signature::of(&claim, SECRET, time, parts, payload);
    let declared = text("x-amz-content-sha256").unwrap_or_default();
    let is_open = claim.service == "s3" && declared == UNSIGNED;
    let right =
        (right(&if is_open { UNSIGNED.to_owned() } else { hex(&Sha256::digest(body)) }), right(declared));
    let is = |right: &str| claim.signature.eq_ignore_ascii_case(right);
    assert!((is(&right.0) || !taken.0) && (is(&right.1) || !taken.1), "{header}");
    if header.matches(claim.signature).count() != 1
        || claim.signed_headers.split(';').any(|name| name == "authorization")
    {
        return;
    }
    let with = |signature: &str| {
        let mut parts = parts.clone();
        // What was a header's value is one with other digits, too.
        if let Ok(header) = HeaderValue::from_str(&header.replace(claim.signature, signature)) {
            parts.headers.insert(AUTHORIZATION, header);
        }
        parts
    };
    let (signed, other_body) = (with(&right.0), [body, b"x"].concat());
    check_right(whole(SECRET, &signed, body), || whole("another", &signed, body));
    if !is_open {
        assert!(whole(SECRET, &signed, &other_body).is_err(), "{header}");
    }
    let signed = with(&right.1);
    check_right(head(SECRET, &signed), || head("another", &signed));
}

/// With a signature in the query.
fn by_link(parts: &Parts) {
    let query = parts.uri.query().unwrap_or_default();
    let Some(presigned) = Presigned::of(query).filter(|_| !parts.headers.contains_key(AUTHORIZATION)) else {
        return;
    };
    let taken = head(SECRET, parts).is_ok();
    let Ok(claim) = presigned.claim() else { return assert!(!taken) };
    let Ok(declared) = parts.headers.get("x-amz-content-sha256").map(HeaderValue::to_str).transpose() else {
        return assert!(!taken);
    };
    let payload = declared.or(presigned.payload.as_deref()).unwrap_or(UNSIGNED);
    let right = signature::of(&claim, SECRET, &presigned.time, parts, payload);
    assert!(claim.signature.eq_ignore_ascii_case(&right) || !taken, "{query}");
    let mut signed = parts.clone();
    let right = format!("X-Amz-Signature={right}");
    let is_signature = |part: &&str| part.starts_with("X-Amz-Signature=");
    let query: Vec<&str> =
        query.split('&').map(|part| if is_signature(&part) { right.as_str() } else { part }).collect();
    let query = query.join("&");
    // The host may stand in the target, as it does with HTTP/2.
    let mut target = parts.uri.clone().into_parts();
    target.path_and_query = format!("{}?{query}", parts.uri.path()).parse().ok();
    if let Ok(uri) = Uri::from_parts(target) {
        signed.uri = uri;
        check_right(head(SECRET, &signed), || head("another", &signed));
    }
}

/// The right signature is no reason to be refused, and it is of one secret only.
fn check_right(
    taken: Result<(), AuthenticationFailure>,
    by_another: impl FnOnce() -> Result<(), AuthenticationFailure>,
) {
    match taken {
        Ok(()) => assert!(by_another().is_err_and(|failure| failure.message.starts_with(MISMATCH))),
        Err(failure) => assert!(!failure.message.starts_with(MISMATCH) && !failure.message.is_empty()),
    }
}

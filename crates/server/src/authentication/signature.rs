//! SigV4: what a request's signature is, and whether the one that it came with is right.

use super::claim::Claim;
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::HOST;
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What S3 clients write in place of the hash of a body that they do not sign.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// How the parameter of a query begins that holds the signature.
const QUERY_SIGNATURE: &str = "X-Amz-Signature=";

/// Whether a request was signed with this secret at this time (`YYYYMMDDTHHMMSSZ`). Takes the same time
/// whatever the signature it compares with.
pub(crate) fn is_right(claim: &Claim<'_>, secret: &str, time: &str, parts: &Parts, body: &[u8]) -> bool {
    let declared = parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
    match declared {
        Some(UNSIGNED) if claim.service == "s3" => covers(claim, secret, time, parts, UNSIGNED),
        _ => covers(claim, secret, time, parts, &hex(&Sha256::digest(body))),
    }
}

/// As [`is_right`], of a body for which `payload` stands: its hash, or what the sender wrote in place of it.
pub(super) fn covers(claim: &Claim<'_>, secret: &str, time: &str, parts: &Parts, payload: &str) -> bool {
    is_signed(&signing_key(claim, secret), &text_to_sign(claim, time, parts, payload), claim.signature)
}

/// The signature, in hex, that a request with this claim should carry, signed with this secret at this time; `payload` is the hash
/// of its body, or what stands for that. The signature in the claim does not matter.
pub(super) fn of(claim: &Claim<'_>, secret: &str, time: &str, parts: &Parts, payload: &str) -> String {
    hex(&mac(&signing_key(claim, secret), text_to_sign(claim, time, parts, payload).as_bytes()))
}

fn text_to_sign(claim: &Claim<'_>, time: &str, parts: &Parts, payload: &str) -> String {
    let request = canonical_request(claim, parts, payload);
    format!("AWS4-HMAC-SHA256\n{time}\n{}\n{}", claim.scope, hex(&Sha256::digest(request.as_bytes())))
}

/// The key with which everything of one scope is signed.
pub(super) fn signing_key(claim: &Claim<'_>, secret: &str) -> Vec<u8> {
    let mut key = mac(format!("AWS4{secret}").as_bytes(), claim.day.as_bytes());
    for part in [claim.region, claim.service, "aws4_request"] {
        key = mac(&key, part.as_bytes());
    }
    key
}

/// Whether this is the text's signature, in hex, by this key. Takes the same time whatever the signature.
pub(super) fn is_signed(key: &[u8], text: &str, signature: &str) -> bool {
    let Some(given) = from_hex(signature) else { return false };
    keyed(key).is_some_and(|keyed| keyed.chain_update(text).verify_slice(&given).is_ok())
}

fn keyed(key: &[u8]) -> Option<Hmac<Sha256>> {
    // A key of any length will do for HMAC, so this never fails.
    Hmac::<Sha256>::new_from_slice(key).ok()
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    keyed(key).map_or_else(Vec::new, |keyed| keyed.chain_update(text).finalize().into_bytes().to_vec())
}

/// The request in the one form that both sides sign.
fn canonical_request(claim: &Claim<'_>, parts: &Parts, payload: &str) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(parts.method.as_str());
    text.push('\n');
    if claim.service == "s3" {
        text.push_str(parts.uri.path());
    } else {
        canonical_path(parts.uri.path(), &mut text);
    }
    text.push('\n');
    canonical_query(parts.uri.query().unwrap_or_default(), &mut text);
    text.push('\n');
    for name in claim.signed_headers.split(';') {
        text.push_str(name);
        text.push(':');
        canonical_values(name, parts, &mut text);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(claim.signed_headers);
    text.push('\n');
    text.push_str(payload);
    text
}

/// The path of a service that is not S3: without empty segments, `.` and `..`, and encoded once more than it was sent.
fn canonical_path(path: &str, out: &mut String) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        out.push('/');
        encode(segment.as_bytes(), out);
    }
    if segments.is_empty() || path.ends_with('/') {
        out.push('/');
    }
}

/// The values of a header: without spaces around, with single ones within, separated by commas.
fn canonical_values(name: &str, parts: &Parts, out: &mut String) {
    let mut values = parts.headers.get_all(name).iter().peekable();
    if values.peek().is_none() && name == HOST.as_str() {
        // HTTP/2 says it elsewhere.
        out.push_str(parts.uri.authority().map_or("", |authority| authority.as_str()));
    }
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(',');
        }
        let words = String::from_utf8_lossy(value.as_bytes());
        for (index, word) in words.split_ascii_whitespace().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
}

/// The parameters of a query, decoded, encoded in one way, and sorted.
fn canonical_query(query: &str, out: &mut String) {
    let recoded = |text: &str| {
        let mut recoded = String::with_capacity(text.len());
        encode(&decode(text), &mut recoded);
        recoded
    };
    // A signature in the query signs the rest of it.
    let parts = query.split('&').filter(|part| !part.is_empty() && !part.starts_with(QUERY_SIGNATURE));
    let mut pairs: Vec<(String, String)> = parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (recoded(name), recoded(value))
        })
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            // Writing to a string does not fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
}

/// Percent-encoding undone; what is not well formed stays as it is.
pub(super) fn decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    const TIME: &str = "20150830T123600Z";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    /// The signature of the worked example in AWS's documentation of SigV4.
    const SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    fn example(uri: &str) -> Parts {
        let request = Request::get(uri)
            .header("host", "iam.amazonaws.com")
            .header("content-type", "application/x-www-form-urlencoded;   charset=utf-8 ")
            .header("x-amz-date", TIME);
        request.body(()).unwrap().into_parts().0
    }

    fn claim(signature: &str) -> Claim<'_> {
        Claim {
            access_key: "AKIDEXAMPLE",
            day: "20150830",
            region: "us-east-1",
            service: "iam",
            scope: "20150830/us-east-1/iam/aws4_request",
            signed_headers: "content-type;host;x-amz-date",
            signature,
        }
    }

    #[test]
    fn the_documented_example_is_right_and_any_change_makes_it_wrong() {
        let parts = example("/?Action=ListUsers&Version=2010-05-08");
        assert!(is_right(&claim(SIGNATURE), SECRET, TIME, &parts, b""));
        let shuffled = example("/?Version=2010-05-08&Action=List%55sers");
        assert!(is_right(&claim(SIGNATURE), SECRET, TIME, &shuffled, b""));
        assert!(!is_right(&claim(SIGNATURE), "other", TIME, &parts, b""));
        assert!(!is_right(&claim(SIGNATURE), SECRET, "20150830T123601Z", &parts, b""));
        assert!(!is_right(&claim(SIGNATURE), SECRET, TIME, &parts, b"body"));
        assert!(!is_right(&claim(SIGNATURE), SECRET, TIME, &example("/?Action=ListUsers"), b""));
        assert!(!is_right(
            &claim(SIGNATURE),
            SECRET,
            TIME,
            &example("/x?Action=ListUsers&Version=2010-05-08"),
            b""
        ));
        for signature in ["", "5d", "5d672", "zz", &SIGNATURE[2..], &SIGNATURE.replace("5d6", "5d7")] {
            assert!(!is_right(&claim(signature), SECRET, TIME, &parts, b""), "{signature}");
        }
    }

    #[test]
    fn paths_are_encoded_twice_but_for_s3() {
        let parts = example("/2015-03-31/functions/a%3Ab");
        let second_line = |service| {
            let request = canonical_request(&Claim { service, ..claim(SIGNATURE) }, &parts, "");
            request.lines().nth(1).unwrap().to_owned()
        };
        assert_eq!(second_line("lambda"), "/2015-03-31/functions/a%253Ab");
        assert_eq!(second_line("s3"), "/2015-03-31/functions/a%3Ab");
    }

    #[test]
    fn paths_are_signed_without_what_leads_nowhere_but_for_s3() {
        let line = |path: &str, service| {
            let request = canonical_request(&Claim { service, ..claim(SIGNATURE) }, &example(path), "");
            request.lines().nth(1).unwrap().to_owned()
        };
        for (path, canonical) in [
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/a//b", "/a/b"),
            ("/a/./b/", "/a/b/"),
            ("/../a/b/../c", "/a/c"),
            ("/a/.", "/a"),
        ] {
            assert_eq!(line(path, "lambda"), canonical, "{path}");
            assert_eq!(line(path, "s3"), path);
        }
    }

    #[test]
    fn what_is_not_well_encoded_stays() {
        assert_eq!(decode("a%20b%2Gc%"), b"a b%2Gc%");
    }
}

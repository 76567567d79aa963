//! The canonical request.

use super::{Authorization, Form, Signed};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The SHA-256 of some bytes, in hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The canonical request, or `None` if a signed header is not there or the body is another than the one that
/// was signed.
pub(super) fn canonical_request(request: &Signed<'_>, authorization: &Authorization<'_>) -> Option<String> {
    let mut text = String::with_capacity(512);
    text.push_str(request.method);
    text.push('\n');
    push_path(&mut text, request.path, authorization.credential.service == "s3");
    text.push('\n');
    push_query(&mut text, request.query, authorization.form);
    text.push('\n');
    for name in authorization.signed_headers.split(';') {
        push_header(&mut text, request, name)?;
    }
    text.push('\n');
    text.push_str(&authorization.signed_headers);
    text.push('\n');
    text.push_str(&payload_hash(request, authorization)?);
    Some(text)
}

fn payload_hash<'a>(request: &Signed<'a>, authorization: &Authorization<'_>) -> Option<Cow<'a, str>> {
    let presigned =
        matches!(authorization.form, Form::Query { .. }) && authorization.credential.service == "s3";
    match request.header_text("x-amz-content-sha256") {
        None if presigned => Some(Cow::Borrowed("UNSIGNED-PAYLOAD")),
        None => Some(Cow::Owned(sha256_hex(request.body))),
        Some(declared) if declared == "UNSIGNED-PAYLOAD" || declared.starts_with("STREAMING-") => {
            Some(Cow::Borrowed(declared))
        }
        Some(declared) => (sha256_hex(request.body) == declared).then_some(Cow::Borrowed(declared)),
    }
}

fn push_header(text: &mut String, request: &Signed<'_>, name: &str) -> Option<()> {
    text.push_str(name);
    text.push(':');
    let mut values = request.headers.iter().filter(|(found, _)| *found == name).peekable();
    values.peek()?;
    let mut first = true;
    for (_, value) in values {
        if !first {
            text.push(',');
        }
        first = false;
        // Runs of white space count as one space.
        let mut words = std::str::from_utf8(value).ok()?.split_ascii_whitespace();
        if let Some(word) = words.next() {
            text.push_str(word);
        }
        for word in words {
            text.push(' ');
            text.push_str(word);
        }
    }
    text.push('\n');
    Some(())
}

/// Every service but S3 signs the normalised path, encoded once more than it was sent.
fn push_path(text: &mut String, path: &str, is_s3: bool) {
    if is_s3 {
        text.push_str(if path.is_empty() { "/" } else { path });
        return;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    for segment in &segments {
        text.push('/');
        push_encoded(text, segment.as_bytes());
    }
    let ends_open = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || ends_open {
        text.push('/');
    }
}

fn push_query(text: &mut String, query: &str, form: Form) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name == "X-Amz-Signature" && form != Form::Header {
            continue;
        }
        pairs.push((encoded(&percent_decode_bytes(name)), encoded(&percent_decode_bytes(value))));
    }
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_encoded(&mut text, bytes);
    text
}

fn push_encoded(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// Undoes percent encoding; what is no encoding stands for itself, and what is no text is replaced.
pub(super) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&percent_decode_bytes(text)).into_owned())
}

fn percent_decode_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

//! Signed requests: a query on the first line, headers on the next ones, and a body after an empty line.
//! What can be signed is taken with that signature, and with no other.

use std::borrow::Cow;
use wire::sigv4::{Authorization, Refusal, Signed, Verifier, sign};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// 2026-11-21T10:00:00Z, which the corpus is signed at.
const NOW_MS: u64 = 1_795_255_200_000;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let query = lines.next().unwrap_or_default();
    let headers: Vec<(String, &[u8])> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes()))
        .collect();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (&name[..], *value)).collect();
    let request = Signed { method: "POST", path: "/", query, headers: &headers, body: body.as_bytes() };
    let authorization = match Authorization::of(&request) {
        Ok(authorization) => authorization,
        Err(refusal) => return drop(format!("{refusal:?}")),
    };
    let verifier = Verifier::new();
    let verified = verifier.verify(&request, |_| Some(SECRET), NOW_MS);
    assert_eq!(verifier.verify(&request, |_| None, NOW_MS).err(), Some(Refusal::UnknownKey));
    let Some(signature) = sign(&request, &authorization, SECRET) else { return };
    match verified {
        Ok(()) => assert_eq!(authorization.signature, signature),
        Err(Refusal::Mismatch) => assert_ne!(authorization.signature, signature),
        Err(_) => {}
    }
    check_put_right(&request, &authorization, &signature);
}

/// The same request with the right signature in its header is not refused for it.
fn check_put_right(request: &Signed<'_>, authorization: &Authorization<'_>, signature: &str) {
    let is_signed = authorization.signed_headers.split(';').any(|name| name == "authorization");
    let Some(header) = request.header("authorization").filter(|_| !is_signed) else { return };
    let Ok(header) = std::str::from_utf8(header) else { return };
    if authorization.signature.is_empty() || header.matches(&*authorization.signature).count() != 1 {
        return;
    }
    let right = header.replace(&*authorization.signature, signature);
    let mut headers = request.headers.to_vec();
    for (name, value) in &mut headers {
        if *name == "authorization" {
            *value = right.as_bytes();
        }
    }
    let request = Signed { headers: &headers, ..*request };
    let expected = Authorization { signature: Cow::Borrowed(signature), ..authorization.clone() };
    assert_eq!(Authorization::of(&request), Ok(expected));
    let verified = Verifier::new().verify(&request, |_| Some(SECRET), NOW_MS);
    assert_ne!(verified, Err(Refusal::Mismatch), "{right}");
}

//! Signatures, by the examples that are documented.

use super::verifier::derive_key;
use super::*;
use crate::error::{ApiError, ErrorCode};
use std::borrow::Cow;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME: &str = "20150830T123600Z";
const NOW_MS: u64 = 1_440_938_160_000;

fn credential(date: &'static str, service: &'static str) -> Credential<'static> {
    Credential {
        access_key: Cow::Borrowed("AKIDEXAMPLE"),
        date: Cow::Borrowed(date),
        region: Cow::Borrowed("us-east-1"),
        service: Cow::Borrowed(service),
    }
}

fn secret(access_key: &str) -> Option<&'static str> {
    (access_key == "AKIDEXAMPLE").then_some(SECRET)
}

/// Signs a request in its header and hands the header's text over.
fn header(request: &Signed<'_>, service: &'static str, signed_headers: &str) -> String {
    let authorization = Authorization {
        credential: credential("20150830", service),
        signed_headers: Cow::Owned(signed_headers.to_owned()),
        signature: Cow::Borrowed(""),
        time: Cow::Borrowed(TIME),
        form: Form::Header,
    };
    let signature = sign(request, &authorization, SECRET).unwrap();
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
         SignedHeaders={signed_headers}, Signature={signature}"
    )
}

fn verify(request: &Signed<'_>) -> Result<(), Refusal> {
    Verifier::new().verify(request, secret, NOW_MS)
}

#[test]
fn the_documented_signing_keys_are_derived() {
    for (date, service, expected) in [
        ("20120215", "iam", "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"),
        ("20150830", "iam", "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"),
    ] {
        let key = derive_key(SECRET, &credential(date, service));
        assert_eq!(canonical::hex(&key), expected);
    }
}

#[test]
fn the_plain_get_of_the_test_suite_verifies() {
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                         SignedHeaders=host;x-amz-date, \
                         Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let headers: [(&str, &[u8]); 3] = [
        ("host", b"example.amazonaws.com"),
        ("x-amz-date", TIME.as_bytes()),
        ("authorization", authorization.as_bytes()),
    ];
    let request = Signed { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
    assert_eq!(verify(&request), Ok(()));
    assert_eq!(verify(&Signed { method: "POST", ..request }), Err(Refusal::Mismatch));
    assert_eq!(verify(&Signed { body: b"x", ..request }), Err(Refusal::Mismatch));
}

#[test]
fn the_documented_request_with_a_query_verifies() {
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
                         SignedHeaders=content-type;host;x-amz-date, \
                         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let headers: [(&str, &[u8]); 4] = [
        ("content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
        ("host", b"iam.amazonaws.com"),
        ("x-amz-date", TIME.as_bytes()),
        ("authorization", authorization.as_bytes()),
    ];
    let query = "Version=2010-05-08&Action=ListUsers";
    let request = Signed { method: "GET", path: "/", query, headers: &headers, body: b"" };
    assert_eq!(verify(&request), Ok(()));
}

#[test]
fn what_we_sign_we_verify_and_any_change_is_noticed() {
    let plain: [(&str, &[u8]); 4] = [
        ("host", b"localhost:4566"),
        ("x-amz-date", TIME.as_bytes()),
        ("x-amz-target", b"DynamoDB_20120810.PutItem"),
        ("x-note", b"  two   words "),
    ];
    let request =
        Signed { method: "POST", path: "/a//b/../c d/", query: "b=2&a=%20x&a", headers: &plain, body: b"{}" };
    let authorization = header(&request, "dynamodb", "host;x-amz-date;x-amz-target;x-note");
    let mut headers = plain.to_vec();
    headers.push(("authorization", authorization.as_bytes()));
    let request = Signed { headers: &headers, ..request };
    assert_eq!(verify(&request), Ok(()));
    assert_eq!(verify(&Signed { query: "a=&a=%20x&b=2", path: "/a/c d/", ..request }), Ok(()));
    assert_eq!(verify(&Signed { path: "/a/c", ..request }), Err(Refusal::Mismatch));
    assert_eq!(verify(&Signed { query: "b=3", ..request }), Err(Refusal::Mismatch));
    let mut other = headers.clone();
    other[2].1 = b"DynamoDB_20120810.DeleteItem";
    assert_eq!(verify(&Signed { headers: &other, ..request }), Err(Refusal::Mismatch));
    other.remove(2);
    assert_eq!(verify(&Signed { headers: &other, ..request }), Err(Refusal::Mismatch));
}

#[test]
fn a_declared_hash_must_be_the_body_s() {
    let hash = canonical::sha256_hex(b"{}");
    let plain: [(&str, &[u8]); 3] =
        [("host", b"h"), ("x-amz-content-sha256", hash.as_bytes()), ("x-amz-date", TIME.as_bytes())];
    let request = Signed { method: "POST", path: "/", query: "", headers: &plain, body: b"{}" };
    let authorization = header(&request, "dynamodb", "host;x-amz-content-sha256;x-amz-date");
    let mut headers = plain.to_vec();
    headers.push(("authorization", authorization.as_bytes()));
    let request = Signed { headers: &headers, ..request };
    assert_eq!(verify(&request), Ok(()));
    assert_eq!(verify(&Signed { body: b"{ }", ..request }), Err(Refusal::Mismatch));
}

#[test]
fn a_presigned_query_verifies_until_it_expires() {
    let headers: [(&str, &[u8]); 1] = [("host", b"localhost")];
    let base = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fdynamodb%2F\
                aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host";
    let unsigned = format!("{base}&X-Amz-Signature=0");
    let request = Signed { method: "GET", path: "/", query: &unsigned, headers: &headers, body: b"" };
    let authorization = Authorization::of(&request).unwrap();
    assert_eq!(authorization.form, Form::Query { expires_s: 60 });
    assert_eq!(authorization.credential, credential("20150830", "dynamodb"));
    let query = format!("{base}&X-Amz-Signature={}", sign(&request, &authorization, SECRET).unwrap());
    let request = Signed { query: &query, ..request };
    assert_eq!(verify(&request), Ok(()));
    let later = Verifier::new().verify(&request, secret, NOW_MS + 61_000);
    assert!(matches!(later, Err(Refusal::Time(_))), "{later:?}");
}

#[test]
fn times_too_far_away_are_refused_with_aws_s_texts() {
    let plain: [(&str, &[u8]); 2] = [("host", b"h"), ("x-amz-date", TIME.as_bytes())];
    let request = Signed { method: "POST", path: "/", query: "", headers: &plain, body: b"" };
    let authorization = header(&request, "dynamodb", "host;x-amz-date");
    let headers = [plain[0], plain[1], ("authorization", authorization.as_bytes())];
    let request = Signed { headers: &headers, ..request };
    let at = |now_ms| Verifier::new().verify(&request, secret, now_ms).map_err(|refusal| refusal.to_string());
    assert_eq!(at(NOW_MS + 300_000), Ok(()));
    assert_eq!(at(NOW_MS - 300_000), Ok(()));
    assert_eq!(
        at(NOW_MS + 600_000),
        Err("Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T124600Z - 5 min.)".into())
    );
    assert_eq!(
        at(NOW_MS - 600_000),
        Err("Signature not yet current: 20150830T123600Z is still later than 20150830T123100Z (20150830T122600Z + 5 min.)".into())
    );
}

#[test]
fn refusals_have_their_codes() {
    let refuse = |headers: &[(&str, &[u8])], query: &str| {
        let request = Signed { method: "POST", path: "/", query, headers, body: b"" };
        let error = ApiError::from(verify(&request).unwrap_err());
        (error.code(), error.message().unwrap().to_owned())
    };
    let missing =
        (ErrorCode::MissingAuthenticationToken, "Request is missing Authentication Token".to_owned());
    assert_eq!(refuse(&[], ""), missing);
    assert_eq!(refuse(&[("authorization", b"Basic x")], ""), missing);
    assert_eq!(
        refuse(&[("authorization", b"AWS4-HMAC-SHA256 Signature=b")], ""),
        (
            ErrorCode::IncompleteSignature,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' \
             parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             Authorization=AWS4-HMAC-SHA256"
                .to_owned()
        )
    );
    assert_eq!(refuse(&[("authorization", b"AWS4-x")], "X-Amz-Algorithm=a").0, ErrorCode::InvalidSignature);
    let (code, text) = refuse(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256");
    assert_eq!(code, ErrorCode::IncompleteSignature);
    assert!(text.starts_with("AWS query-string parameters must include 'X-Amz-Credential'. "), "{text}");
    let with = |credential: &str| {
        let text = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        refuse(&[("host", b"h"), ("x-amz-date", TIME.as_bytes()), ("authorization", text.as_bytes())], "")
    };
    assert_eq!(with("OTHER/20150830/us-east-1/dynamodb/aws4_request").0, ErrorCode::UnrecognizedClient);
    assert_eq!(with("AKIDEXAMPLE/20150830/us-east-1").0, ErrorCode::IncompleteSignature);
    let (code, text) = with("AKIDEXAMPLE/20150831/us-east-1/dynamodb/aws4_request");
    assert_eq!(code, ErrorCode::InvalidSignature);
    assert!(text.contains("'20150831' != '20150830', from '20150830T123600Z'."), "{text}");
}

#[test]
fn times_round_trip() {
    for epoch_s in [0, 951_782_400, 951_868_799, 1_440_938_160, 4_102_444_800, 13_569_465_599] {
        assert_eq!(date::parse(&date::format(epoch_s)), Some(epoch_s));
    }
    assert_eq!(date::parse(TIME), Some((NOW_MS / 1000) as i64));
    assert_eq!(date::format(951_782_400), "20000229T000000Z");
    for text in ["", "20150830T123600", "2015-08-30T12:36:00Z", "20151330T123600Z", "2015083\u{e9}T12360Z"] {
        assert_eq!(date::parse(text), None, "{text}");
    }
}

#[test]
fn a_verifier_keeps_no_more_keys_than_it_needs() {
    let verifier = Verifier::new();
    for day in 0..100 {
        let date = format!("{}", 20_150_000 + day);
        let credential = Credential { date: Cow::Owned(date), ..credential("", "dynamodb") };
        assert_eq!(verifier.signing_key_for_test(&credential), derive_key(SECRET, &credential));
        assert_eq!(verifier.signing_key_for_test(&credential), derive_key(SECRET, &credential));
    }
    assert!(verifier.cached_for_test() <= 32);
}

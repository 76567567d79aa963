//! A way in for the fuzz targets: how the front door reads heads is nobody else's business, but anybody may send any.
//! Only with the feature `fuzzing`.

use crate::authentication::fuzzing::{claim, link, request};
use crate::headers::Headers;
use crate::origin::{Doors, LastHost, Origin};
use crate::{Head, encoding};
use hyper::Request;
use hyper::header::{ACCEPT_ENCODING, HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use std::net::IpAddr;

/// Where the server is, which a page of its own names.
const OWN: &str = "10.0.0.1:4566";

/// Hosts and an origin that are allowed.
const HOSTS: [&str; 2] = ["tailwater", ".Internal"];
const PAGE: &str = "https://App.example.com";

/// Reads a text as a part of a head, which the first byte chooses, and panics where what was taken cannot be meant.
pub fn read(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice % 6 {
        0 => host(rest),
        1 => origin(rest),
        2 => accepted(rest),
        3 => whole(rest),
        4 => _ = std::str::from_utf8(rest).map(claim),
        _ => _ = std::str::from_utf8(rest).map(link),
    }
}

fn doors() -> Doors {
    Doors::new(&HOSTS.map(str::to_owned), &[PAGE.to_owned()], false)
}

fn parts(headers: &[(HeaderName, &[u8])]) -> Option<Parts> {
    let mut request = Request::post("/");
    for (name, value) in headers {
        request = request.header(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

/// The name in an authority, without its port.
fn name(authority: &str) -> String {
    let lower = authority.to_ascii_lowercase();
    let name = lower.trim_end_matches(|last: char| last.is_ascii_digit());
    let name = name.strip_suffix(':').unwrap_or(&lower);
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.strip_suffix('.').unwrap_or(name).to_owned()
}

fn is_local(name: &str) -> bool {
    ["localhost", "localhost.localstack.cloud"]
        .iter()
        .any(|ours| name == *ours || name.ends_with(&format!(".{ours}")))
}

fn host(value: &[u8]) {
    let Some(parts) = parts(&[(HOST, value)]) else { return };
    let (doors, last) = (doors(), LastHost::default());
    let ours = doors.answers_for(&parts, &Headers::of(&parts.headers), &last);
    assert!(ours == doors.answers_for(&parts, &Headers::of(&parts.headers), &last), "the second time");
    if ours {
        let name = name(&String::from_utf8_lossy(value));
        let known = is_local(&name) || name == "tailwater" || name.ends_with(".internal");
        assert!(known || name.parse::<IpAddr>().is_ok(), "{name} is none of ours");
    }
}

fn origin(value: &[u8]) {
    let Some(parts) = parts(&[(HOST, OWN.as_bytes()), (ORIGIN, value)]) else { return };
    if let Origin::Allowed(_) = doors().origin(&parts, &Headers::of(&parts.headers)) {
        let page = String::from_utf8_lossy(value);
        let authority = page.split_once("://").map_or("", |(_, authority)| authority);
        let name = name(authority);
        let loopback = name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
        let own = authority == OWN || page.eq_ignore_ascii_case(PAGE);
        assert!(own || loopback || is_local(&name), "{page} is a page of others");
    }
}

fn accepted(value: &[u8]) {
    let Some(parts) = parts(&[(ACCEPT_ENCODING, value)]) else { return };
    let headers = Headers::of(&parts.headers);
    if let Some(coding) = encoding::wanted(headers.accept_encoding.all(ACCEPT_ENCODING, &parts.headers)) {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        assert!(text.contains(coding.name()), "{text} does not speak of {coding:?}");
    }
}

/// A request, as [`parsed`] reads it: it is let in by the right signature only.
pub fn signed(data: &[u8]) {
    let end = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    if let Some(parts) = parsed(head) {
        request(&parts, body);
    }
}

/// A target of a request on the first line, headers below it.
fn parsed(head: &[u8]) -> Option<Parts> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut request = Request::post(lines.next().unwrap_or_default());
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], &line[colon + 1..]);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

fn whole(data: &[u8]) {
    let Some(parts) = parsed(data) else { return };
    let (head, headers) = (Head::new(&parts), Headers::of(&parts.headers));
    assert_eq!(headers.host.first, parts.headers.get(HOST));
    assert_eq!(headers.host.all(HOST, &parts.headers).count(), parts.headers.get_all(HOST).iter().count());
    let _ = (head.signed_for(), head.host(), head.target(), head.query());
    let _ = doors().answers_for(&parts, &headers, &LastHost::default());
}

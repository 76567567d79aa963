//! Which hosts this server answers for, and which web pages may use it.
//!
//! A web page can reach loopback. What stops a foreign one: its `Origin` is not one of ours, and where a
//! browser sends none, or the page had its own name resolved to loopback, the `Host` is not one of ours.
//! An allowed origin is echoed, never `*`.

use crate::headers::Headers;
use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::Uri;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Hosts that always mean this machine; so does every name below them.
const LOCAL_NAMES: [&str; 2] = ["localhost", "localhost.localstack.cloud"];

/// Which hosts and origins are ours.
#[derive(Debug)]
pub(crate) struct Doors {
    hosts: Vec<String>,
    origins: Vec<String>,
    null_origin: bool,
}

/// The host that the last request of a connection named, if that is ours: the next one mostly names it too.
#[derive(Debug, Default)]
pub(crate) struct LastHost(Mutex<Option<Box<[u8]>>>);

impl LastHost {
    fn is(&self, host: &HeaderValue) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(host.as_bytes())
    }

    fn keep(&self, host: &HeaderValue) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(host.as_bytes().into());
    }
}

/// What a request's `Origin` amounts to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// There is none: not a web page of another origin.
    Absent,
    /// A page that may use this server.
    Allowed(HeaderValue),
    /// A page that may not.
    Foreign,
}

impl Doors {
    pub(crate) fn new(hosts: &[String], origins: &[String], null_origin: bool) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { hosts: lower(hosts), origins: lower(origins), null_origin }
    }

    /// Whether this server answers for the hosts that a request names. A request that names none is not
    /// from a browser, and is served.
    pub(crate) fn answers_for(&self, parts: &Parts, headers: &Headers<'_>, last: &LastHost) -> bool {
        let in_line = parts.uri.authority().is_none_or(|authority| self.is_ours(authority.as_str()));
        let is_ours = |value: &HeaderValue| {
            let known = last.is(value);
            let ours = known || value.to_str().is_ok_and(|host| self.is_ours(host));
            if ours && !known {
                last.keep(value);
            }
            ours
        };
        in_line && headers.host.all(HOST, &parts.headers).all(is_ours)
    }

    /// What the request's `Origin` amounts to.
    pub(crate) fn origin(&self, parts: &Parts, headers: &Headers<'_>) -> Origin {
        match (headers.origin.first, headers.origin.again) {
            (None, _) => Origin::Absent,
            (Some(origin), false) if self.may_use(origin, headers.host.first, &parts.uri) => {
                Origin::Allowed(origin.clone())
            }
            _ => Origin::Foreign,
        }
    }

    fn is_ours(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else { return false };
        is_local(host) || host.parse::<IpAddr>().is_ok() || self.hosts.iter().any(|ours| covers(ours, host))
    }

    fn may_use(&self, origin: &HeaderValue, host: Option<&HeaderValue>, uri: &Uri) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        if origin == "null" {
            return self.null_origin;
        }
        if self.origins.iter().any(|ours| ours.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let web = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let Some(authority) = web else { return false };
        let loopback = |host: &str| {
            is_local(host) || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
        };
        // A page that this server itself served is at home wherever the server answers.
        let own = host.and_then(|host| host.to_str().ok()).or(uri.authority().map(|a| a.as_str()));
        host_of(authority).is_some_and(loopback) || own.is_some_and(|own| own.eq_ignore_ascii_case(authority))
    }
}

/// The host in `host:port`, without brackets; `None` where it is not well formed.
fn host_of(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match rest {
        "" => "",
        rest => rest.strip_prefix(':')?,
    };
    // One trailing dot only makes a name absolute.
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}

fn is_local(host: &str) -> bool {
    LOCAL_NAMES.iter().any(|name| host.eq_ignore_ascii_case(name) || is_below(name, host))
}

/// Whether a configured host, which may stand for all below it, covers this one.
fn covers(ours: &str, host: &str) -> bool {
    match ours.strip_prefix('.') {
        Some(parent) => is_below(parent, host),
        None => ours.eq_ignore_ascii_case(host),
    }
}

fn is_below(parent: &str, host: &str) -> bool {
    let (host, parent) = (host.as_bytes(), parent.as_bytes());
    host.len() > parent.len() + 1
        && host[host.len() - parent.len()..].eq_ignore_ascii_case(parent)
        && host[host.len() - parent.len() - 1] == b'.'
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;
    use hyper::header::ORIGIN;

    fn parts(host: &str, origin: Option<&str>) -> Parts {
        let mut request = Request::post("/").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn doors() -> Doors {
        Doors::new(
            &["tailwater".to_owned(), ".Internal".to_owned()],
            &["https://App.example.com".to_owned()],
            false,
        )
    }

    fn answers_for(parts: &Parts, last: &LastHost) -> bool {
        doors().answers_for(parts, &Headers::of(&parts.headers), last)
    }

    fn origin_of(doors: &Doors, parts: &Parts) -> Origin {
        doors.origin(parts, &Headers::of(&parts.headers))
    }

    #[test]
    fn hosts_are_addresses_localhost_and_those_configured() {
        let last = LastHost::default();
        let ours = [
            "localhost",
            "LOCALHOST:4566",
            "localhost.",
            "a.b.localhost:1",
            "localhost.localstack.cloud:4566",
            "dynamodb.us-east-1.localhost.localstack.cloud",
            "127.0.0.1:4566",
            "[::1]:4566",
            "[::1]",
            "10.1.2.3",
            "tailwater:4566",
            "Tailwater",
            "db.internal",
            "a.db.INTERNAL:1",
        ];
        for host in ours {
            assert!(answers_for(&parts(host, None), &last), "{host}");
        }
        let foreign = [
            "example.com",
            "localhost.example.com",
            "notlocalhost",
            ".localhost",
            "internal",
            "localhost:4566:1",
            "localhost@example.com",
            "a.tailwater",
            "[::1",
            "::1",
            "[::1]x",
            "",
            ":80",
            "localstack.cloud",
            "1.2.3.4.5",
        ];
        for host in foreign {
            assert!(!answers_for(&parts(host, None), &last), "{host}");
        }
    }

    #[test]
    fn every_host_that_a_request_names_must_be_ours() {
        let last = LastHost::default();
        assert!(answers_for(&parts("localhost", None), &last));
        let mut twice = parts("localhost", None);
        twice.headers.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(!answers_for(&twice, &last));
        let mut in_line = parts("localhost", None);
        in_line.uri = "http://evil.example/".parse().unwrap();
        assert!(!answers_for(&in_line, &last));
        let mut nameless = parts("localhost", None);
        nameless.headers.remove(HOST);
        assert!(answers_for(&nameless, &last));
    }

    #[test]
    fn pages_of_this_machine_and_those_configured_may_use_it() {
        let allowed = [
            "http://localhost:3000",
            "https://localhost",
            "http://127.0.0.1:80",
            "http://[::1]:9",
            "http://app.localhost",
            "https://app.example.com",
            "http://10.0.0.1:4566",
        ];
        for origin in allowed {
            let expected = Origin::Allowed(HeaderValue::from_str(origin).unwrap());
            assert_eq!(origin_of(&doors(), &parts("10.0.0.1:4566", Some(origin))), expected, "{origin}");
        }
        let foreign = [
            "http://example.com",
            "null",
            "*",
            "",
            "http://localhost.example.com",
            "file://",
            "localhost",
            "http://app.example.com",
            "https://app.example.com:444",
            "http://10.0.0.1:80",
            "ftp://localhost",
        ];
        for origin in foreign {
            assert_eq!(
                origin_of(&doors(), &parts("10.0.0.1:4566", Some(origin))),
                Origin::Foreign,
                "{origin}"
            );
        }
        assert_eq!(origin_of(&doors(), &parts("localhost", None)), Origin::Absent);
    }

    #[test]
    fn null_is_allowed_only_by_its_switch() {
        let doors = Doors::new(&[], &[], true);
        assert_ne!(origin_of(&doors, &parts("localhost", Some("null"))), Origin::Foreign);
    }
}

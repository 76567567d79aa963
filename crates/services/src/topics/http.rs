//! Posts to HTTP endpoints of subscribers: HTTP only, one connection a message, no redirects.

use super::failure::Failure;
use super::targets::TargetError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use environment::Clock;
use http_body_util::{BodyExt, Full};
use hyper::Uri;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

/// For so long an endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// So much of an endpoint's answer is read before the connection is ended.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// What is sent.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// Checks the URL of an endpoint.
pub(super) fn check_url(url: &str) -> Result<(), Failure> {
    let uri: Option<Uri> = url.parse().ok();
    match uri {
        Some(uri) if uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty()) => {
            Ok(())
        }
        _ => Err(Failure::parameter("Endpoint must match the specified protocol")),
    }
}

/// Posts, and waits for the answer.
pub(super) async fn post(clock: &Clock, url: &str, post: Post) -> Result<(), TargetError> {
    tokio::select! {
        answered = exchange(url, post) => answered,
        () = clock.sleep(TIMEOUT) => {
            Err(TargetError::Failed(format!("no answer within {} seconds", TIMEOUT.as_secs())))
        }
    }
}

async fn exchange(url: &str, post: Post) -> Result<(), TargetError> {
    let refused = |why: &dyn std::fmt::Display| TargetError::Refused(format!("{url}: {why}"));
    let failed = |why: &dyn std::fmt::Display| TargetError::Failed(format!("{url}: {why}"));
    let uri: Uri = url.parse().map_err(|error| refused(&error))?;
    let Some(authority) = uri.authority() else { return Err(refused(&"it names no host")) };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let (user, host) = match authority.as_str().rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority.as_str()),
    };
    let mut request = hyper::Request::post(path).header(HOST, host);
    for (name, value) in post.headers {
        request = request.header(name, value);
    }
    if let Some(user) = user {
        let user = unescaped(user);
        request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(user)));
    }
    let request = request.body(Full::new(Bytes::from(post.body))).map_err(|error| refused(&error))?;
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let connection = environment::spawn(async move { drop(connection.await) });
    let answered = sender.send_request(request).await.map_err(|error| failed(&error));
    let status = match answered {
        Ok(response) => {
            let status = response.status();
            drain(response.into_body()).await;
            Ok(status)
        }
        Err(error) => Err(error),
    };
    connection.abort();
    let status = status?;
    if status.is_success() {
        Ok(())
    } else if status.is_client_error() && status.as_u16() != 429 {
        Err(refused(&status))
    } else {
        Err(failed(&status))
    }
}

/// Reads some of an answer, so that a server that still writes is not cut off at once.
async fn drain(mut body: hyper::body::Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > ANSWER_BYTES_MAX {
            break;
        }
    }
}

/// A name and a password as a URL writes them.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        let escape = more.get(..2).filter(|_| *first == b'%');
        let escape = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_urls_of_http() {
        for url in ["http://localhost:8080/sns", "http://u:p@127.0.0.1/", "http://[::1]:9/x?y=1"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in ["https://localhost/", "localhost", "/x", "http://", "http:///x", "ftp://a/"] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn names_in_urls_are_unescaped() {
        assert_eq!(unescaped("a%40b:c%zz%"), b"a@b:c%zz%");
    }
}

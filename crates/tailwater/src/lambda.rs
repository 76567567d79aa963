//! Functions and mappings behind the front door: requests to the service, and its answers back.

use ::lambda::api::{self, Api, Caller, Events, Failure, Route, StreamedAnswer};
use ::lambda::functions::Functions;
use bytes::Bytes;
use server::header::{HeaderName, HeaderValue};
use server::stream::{Outflow, Pieces, StreamAnswer};
use server::{Admission, Answer, ContentType, Head, OwnEndpoint, Refusal, Request, Response, Service};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use wire::event_stream;

/// The service.
pub(crate) struct Lambda {
    api: Api,
}

impl Lambda {
    /// The service.
    pub(crate) fn new(api: Api) -> Self {
        Self { api }
    }
}

impl Service for Lambda {
    fn accepts(&self, head: &Head<'_>) -> bool {
        // A bucket may have a date for a name, but then its requests are signed for S3.
        head.target().is_none() && api::is_path(head.path()) && head.signed_for() != Some("s3")
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        let refused = |failure: Failure| response(failure.answer());
        self.api.check_served().map_err(refused)?;
        let path = segments(head.path()).map_err(refused)?;
        let query = pairs(head.query()).map_err(refused)?;
        let route = Route::find(head.method().as_str(), &path, &query);
        let operation = route.map_or("", |route| route.operation);
        Ok(Admission { body_limit: Api::body_limit_bytes(operation), authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        match api_request(request) {
            Ok(request) if is_streamed(&request) => {
                let api = self.api.clone();
                Answer::in_pieces(async move {
                    match api.call_streamed(request).await {
                        Ok(answer) => streamed(answer),
                        Err(answer) => response(answer).into(),
                    }
                })
            }
            Ok(request) => {
                let api = self.api.clone();
                Answer::later(async move { response(api.call(request).await) })
            }
            Err(failure) => response(failure.answer()).into(),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let (status, code) = match refusal {
            Refusal::Overloaded => (429, "TooManyRequestsException"),
            Refusal::Malformed => (400, "SerializationException"),
            Refusal::Internal => (500, "ServiceException"),
            Refusal::Unauthenticated(failure) => (403, failure.code),
            Refusal::ForeignHost | Refusal::ForeignOrigin => (403, "AccessDeniedException"),
            Refusal::TooLarge { .. } => (413, "RequestEntityTooLargeException"),
            Refusal::TimedOut => (408, "RequestTimeoutException"),
        };
        response(Failure::new(status, code, refusal.to_string()).answer())
    }
}

/// `/_tailwater/code/SHA256.zip`: the archive of a function's code, to which GetFunction leads.
pub(crate) fn code(functions: &Functions) -> OwnEndpoint {
    let functions = functions.clone();
    Arc::new(move |request: Request| {
        let name = request.path().rsplit('/').next().unwrap_or_default();
        let sha256 = name.strip_suffix(".zip").unwrap_or(name).to_owned();
        let functions = functions.clone();
        Answer::later(async move {
            match functions.archive(&sha256).await {
                Ok(bytes) => Response::new(200, ContentType::Other("application/zip"), bytes),
                Err(failure) => {
                    let body = serde_json::json!({ "error": failure.message() });
                    Response::json(failure.status(), format!("{body}\n"))
                }
            }
        })
    })
}

fn api_request(request: Request) -> Result<api::Request, Failure> {
    let head = request.head();
    let headers = head.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-amz-"));
    let headers = headers
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    Ok(api::Request {
        method: head.method().as_str().to_owned(),
        path: segments(head.path())?,
        query: pairs(head.query())?,
        headers,
        host: head.host().unwrap_or("localhost").to_owned(),
        caller: Caller {
            account: request.identity.account.to_string(),
            region: request.identity.region.to_string(),
        },
        request_id: request.id.as_str().to_owned(),
        body: request.body,
    })
}

/// Whether the answer to a request is a stream of events.
fn is_streamed(request: &api::Request) -> bool {
    let route = Route::find(&request.method, &request.path, &request.query);
    route.is_some_and(|route| route.operation == "InvokeWithResponseStream")
}

/// A stream of events that is sent.
struct Sent(Events);

impl Pieces for Sent {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_next(context).map(|event| event.map(Ok))
    }
}

fn streamed(answer: StreamedAnswer) -> StreamAnswer {
    let head = Response::new(200, ContentType::Other(event_stream::CONTENT_TYPE), Bytes::new());
    let response = with(head, answer.headers);
    StreamAnswer { response, outflow: Some(Outflow::of_any_length(Sent(answer.events))) }
}

fn undecodable() -> Failure {
    Failure::validation("The path or the query is not percent-encoded UTF-8.")
}

/// The segments of a path, decoded. A slash at its end makes none.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Failure> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').map(|segment| decoded(segment, false).ok_or_else(undecodable)).collect()
}

/// The parameters of a query, decoded.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, Failure> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decoded(name, true)?, decoded(value, true)?))
    };
    parts.map(|part| pair(part).ok_or_else(undecodable)).collect()
}

/// Text that is percent-encoded; `None` where it is not, or is not UTF-8.
pub(crate) fn decoded(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn response(answer: api::Answer) -> Response {
    let content_type = if answer.body.is_empty() { ContentType::Absent } else { ContentType::Json };
    with(Response::new(answer.status, content_type, answer.body), answer.headers)
}

fn with(mut response: Response, headers: Vec<(&'static str, String)>) -> Response {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response = response.with(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_before_they_are_decoded() {
        let path = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aa%2Fb/";
        assert_eq!(segments(path).unwrap(), ["2017-03-31", "tags", "arn:aws:lambda:a/b"]);
        assert_eq!(segments("/a//b").unwrap(), ["a", "", "b"]);
        assert!(segments("/%zz").is_err() && segments("/%ff").is_err() && segments("/%1").is_err());
    }

    #[test]
    fn queries_are_decoded() {
        let expected = [("a", "b c"), ("d", ""), ("e", "=&")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(pairs("a=b+c&d&&e=%3D%26").unwrap(), expected);
    }
}

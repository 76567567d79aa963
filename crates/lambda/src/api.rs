//! What clients say to the service: REST with JSON bodies.

use bytes::Bytes;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
}

/// A request, with its path decoded into segments.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `DELETE`
    pub method: String,
    /// The segments of the path, percent-decoded; a trailing slash makes none.
    pub path: Vec<String>,
    /// The parameters of the query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers whose names begin with `x-amz-`, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// Who asks.
    pub caller: Caller,
    /// The request's id, which an invocation takes as its own.
    pub request_id: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides content type and request id: `x-amzn-errortype`, `x-amz-function-error` and so on.
    pub headers: Vec<(&'static str, String)>,
    /// The body; JSON, where there is one.
    pub body: Bytes,
}

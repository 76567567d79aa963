//! Metrics: of CloudWatch, what libraries call without being asked.
//!
//! The Kinesis Client Library and others put metrics wherever they run. What they say is checked as AWS checks it and
//! answered, in each protocol that SDKs speak to CloudWatch: query, JSON and Smithy's RPC in CBOR. Nothing is kept, so
//! whatever would read metrics is refused by name.

mod datum;
mod failure;
mod form;

use crate::value::{Value, cbor};
use failure::Failure;
use wire::query::{self, Members};

/// What an `X-Amz-Target` header, and the name of the service in a path, begin with.
pub const TARGET: &str = "GraniteServiceVersion20100801";

/// The largest body: AWS takes a megabyte, which may have come compressed.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// The name space of CloudWatch's elements.
const NAMESPACE: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Forms, answered in XML.
    Query,
    /// JSON.
    Json,
    /// Smithy's RPC, version 2, in CBOR.
    Cbor,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// How it is said.
    pub protocol: Protocol,
    /// The operation; in the query protocol the form names it.
    pub operation: &'a str,
    /// What follows the question mark.
    pub query: &'a [u8],
    /// The body.
    pub body: &'a [u8],
    /// The request's id.
    pub request_id: &'a str,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// The value of `x-amzn-query-error`, by which clients of the newer protocols know the older one's codes.
    pub query_error: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Protocol {
    fn content_type(self) -> &'static str {
        match self {
            Self::Query => "text/xml",
            Self::Json => "application/x-amz-json-1.0",
            Self::Cbor => "application/cbor",
        }
    }
}

/// Answers a request.
#[must_use]
pub fn call(call: &Call<'_>) -> Answer {
    match run(call) {
        Ok(operation) => {
            let body = match call.protocol {
                Protocol::Query => {
                    query::Answer::without_result(&operation, NAMESPACE).finish(call.request_id)
                }
                Protocol::Json => b"{}".to_vec(),
                Protocol::Cbor => Vec::new(),
            };
            let content_type = call.protocol.content_type();
            Answer { status: 200, content_type, query_error: None, body }
        }
        Err(failure) => refuse(call.protocol, &failure, call.request_id),
    }
}

/// A refusal of a request that did not reach the service.
#[must_use]
pub fn unreached(protocol: Protocol, status: u16, code: &'static str, message: &str) -> Answer {
    let failure = Failure::new(code, message).with_status(status);
    refuse(protocol, &failure, "00000000-0000-0000-0000-000000000000")
}

/// Does what is asked; answers with the name of the operation.
fn run(call: &Call<'_>) -> Result<String, Failure> {
    let (operation, request) = match call.protocol {
        Protocol::Query => {
            let members = Members::of_request(call.query, call.body).map_err(Failure::malformed)?;
            let operation = members.text("Action").unwrap_or_default().to_owned();
            let request = if operation == PUT { form::request(&members)? } else { Value::Null };
            (operation, request)
        }
        Protocol::Json => {
            (call.operation.to_owned(), Value::from_json(call.body).map_err(Failure::malformed)?)
        }
        Protocol::Cbor => {
            let value = cbor::decode(call.body).map_err(Failure::malformed)?;
            (call.operation.to_owned(), value)
        }
    };
    if operation != PUT {
        return Err(Failure::new(
            "InvalidAction",
            format!("{operation} is not supported by this server, which keeps no metrics"),
        ));
    }
    let count = datum::check(request)?;
    tracing::debug!(count, "metrics were put, of which nothing is kept");
    Ok(operation)
}

/// The only operation that is done.
const PUT: &str = "PutMetricData";

fn refuse(protocol: Protocol, failure: &Failure, request_id: &str) -> Answer {
    let (code, message, is_senders) = (failure.code(), failure.message(), failure.status() < 500);
    let fault = if is_senders { "Sender" } else { "Receiver" };
    let told = || {
        Value::structure([
            ("__type", Value::from(format!("com.amazonaws.cloudwatch.v2010_08_01#{}", failure.shape()))),
            ("message", Value::from(message)),
        ])
    };
    let body = match protocol {
        Protocol::Query => query::failure(NAMESPACE, is_senders, (code, message), request_id),
        Protocol::Json => told().to_json(),
        Protocol::Cbor => cbor::encode(&told()),
    };
    let query_error = (protocol != Protocol::Query).then(|| format!("{code};{fault}"));
    Answer { status: failure.status(), content_type: protocol.content_type(), query_error, body }
}

#[cfg(test)]
mod tests;

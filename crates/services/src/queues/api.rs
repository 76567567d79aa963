//! What clients say to the service: JSON, or the query protocol. A request of either becomes a [`Request`], what an operation
//! answers is a [`Value`], and neither knows which protocol it was.

mod context;
mod operations;
mod query;

pub use query::NAMESPACE;

use super::{ErrorCode, Queues, QueuesError};
use crate::request::Request;
use crate::value::Value;
use context::Context;
use database::Caller;
use wire::query::{Malformed, Members, failure};

/// What an `X-Amz-Target` header begins with.
pub const TARGET: &str = "AmazonSQS.";

/// The largest body that is read: 1 MiB of messages, however they are escaped, and what stands around them.
pub const BODY_BYTES_MAX: usize = 8 << 20;

/// How many values a request in JSON has at most: ten messages with all of their attributes have a few hundred.
const VALUES_MAX: usize = 10_000;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// What the header `x-amzn-query-error` says: in JSON, the name that an error has in the query protocol.
    pub query_error: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The language of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON 1.0.
    Json,
    /// The query protocol.
    Query,
}

impl Queues {
    /// Answers a request in JSON.
    pub async fn call_json(&self, operation: &str, caller: &Caller, body: &[u8]) -> Answer {
        let context = Context::new(caller.clone());
        let answered = match Value::from_json_of(body, VALUES_MAX).and_then(Request::new) {
            Ok(request) => self.run(operation, &context, request).await,
            Err(error) => Err(error.into()),
        };
        match answered {
            // Many operations answer nothing at all.
            Ok(Value::Null) => json(200, Vec::new()),
            Ok(value) => json(200, value.to_json()),
            Err(error) => refusal(Protocol::Json, &error, ""),
        }
    }

    /// Answers a request in the query protocol: what follows the question mark of its URL, and its body. One that names no queue
    /// is for the queue whose path it was sent to.
    pub async fn call_query(
        &self,
        caller: &Caller,
        (path, query): (&str, &str),
        body: &[u8],
        request_id: &str,
    ) -> Answer {
        let answered = async {
            let members = read(query, body)?;
            let operation = members.text("Action").unwrap_or_default().to_owned();
            let request = Request::new(query::request(&operation, &members, path))?;
            let value = self.run(&operation, &Context::new(caller.clone()), request).await?;
            Ok(query::answer(&operation, value, request_id))
        };
        match answered.await {
            Ok(body) => Answer { status: 200, content_type: "text/xml", query_error: None, body },
            Err(error) => refusal(Protocol::Query, &error, request_id),
        }
    }
}

/// The members of a request in the query protocol.
fn read(query: &str, body: &[u8]) -> Result<Members, QueuesError> {
    let malformed = |error: Malformed| QueuesError::new(ErrorCode::MalformedInput, error.to_string());
    Members::of_request(query.as_bytes(), body).map_err(malformed)
}

fn json(status: u16, body: Vec<u8>) -> Answer {
    Answer { status, content_type: "application/x-amz-json-1.0", query_error: None, body }
}

/// The answer to a request that is not done.
#[must_use]
pub fn refusal(protocol: Protocol, error: &QueuesError, request_id: &str) -> Answer {
    let (code, fault) = (error.code, if error.code.is_senders() { "Sender" } else { "Receiver" });
    match protocol {
        Protocol::Json => {
            let kind = format!("com.amazonaws.sqs#{}", code.in_json());
            let value =
                Value::structure([("__type", Value::from(kind)), ("message", Value::from(&*error.message))]);
            let query_error = Some(format!("{};{fault}", code.in_query()));
            Answer { query_error, ..json(code.status(), value.to_json()) }
        }
        Protocol::Query => {
            let message = match code {
                ErrorCode::QueueDoesNotExist => "The specified queue does not exist for this wsdl version.",
                _ => &error.message,
            };
            let body = failure(NAMESPACE, code.is_senders(), (code.in_query(), message), request_id);
            Answer { status: code.status(), content_type: "text/xml", query_error: None, body }
        }
    }
}

/// The answer to a request that did not reach the service, with the server's own code and words.
#[must_use]
pub fn turned_away(protocol: Protocol, status: u16, (code, message): (&str, &str)) -> Answer {
    match protocol {
        Protocol::Json => {
            let value = Value::structure([("__type", Value::from(code)), ("message", Value::from(message))]);
            json(status, value.to_json())
        }
        Protocol::Query => {
            let body = failure(NAMESPACE, status < 500, (code, message), "");
            Answer { status, content_type: "text/xml", query_error: None, body }
        }
    }
}

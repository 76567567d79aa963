//! A service of AWS's kind at an endpoint, over a connection that is made anew when it breaks. What fails and may go better
//! the next time is tried again.

use super::connection::{self, NotSecure, NotThere, Sender};
use super::place::Place;
use super::signing::Question;
use anyhow::Context;
use bytes::Bytes;
use environment::Clock;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use serde_json::Value;
use std::time::Duration;

/// How often something is tried that may go better the next time, and the first wait in between, which doubles.
const ATTEMPTS_MAX: u32 = 9;
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The operations of streams, which are another service.
const OF_STREAMS: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// Why a call was not answered as hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The server refused it.
    #[error("{code}: {message}")]
    Refused {
        /// The name of the error.
        code: String,
        /// What it says.
        message: String,
    },
    /// There was no answer.
    #[error(transparent)]
    Unanswered(#[from] anyhow::Error),
}

impl CallError {
    /// Whether the server says that there is no such table.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "ResourceNotFoundException")
    }

    /// Whether the request can never succeed.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "ValidationException")
    }
}

/// A connection, made anew when it breaks.
pub(crate) struct Remote {
    place: Place,
    clock: Clock,
    sender: Option<Sender>,
}

/// An answer as it came.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Remote {
    pub(crate) fn new(place: Place, clock: Clock) -> Self {
        Self { place, clock, sender: None }
    }

    /// Runs an operation of DynamoDB or of its streams.
    pub(crate) async fn call(&mut self, operation: &str, body: Bytes) -> Result<Bytes, CallError> {
        let service = if OF_STREAMS.contains(&operation) { "DynamoDBStreams" } else { "DynamoDB" };
        let target = format!("{service}_20120810.{operation}");
        let headers = &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &target)];
        let (path, query) = ("/", "");
        self.ask(&Question { service: "dynamodb", method: "POST", path, query, headers, body }).await
    }

    /// Asks; tries again where the server is busy, or for the moment not there.
    pub(crate) async fn ask(&mut self, question: &Question<'_>) -> Result<Bytes, CallError> {
        let mut attempt = 0;
        loop {
            let error = match self.once(question).await {
                Ok(answer) if answer.status == 200 => return Ok(answer.body),
                Ok(answer) => {
                    let error = refusal(&answer);
                    let may_pass = answer.status >= 500 || is_passing(&error);
                    if !may_pass {
                        return Err(error);
                    }
                    error
                }
                Err(error) => {
                    self.sender = None;
                    // A server that was never there is not waited for, nor is one that is somebody else.
                    if attempt == 0 && error.is::<NotThere>() || error.is::<NotSecure>() {
                        return Err(error.into());
                    }
                    error.into()
                }
            };
            attempt += 1;
            if attempt >= ATTEMPTS_MAX {
                return Err(error);
            }
            self.wait(attempt).await;
        }
    }

    /// Waits before the next attempt, each time longer.
    pub(crate) async fn wait(&self, attempt: u32) {
        self.clock.sleep(FIRST_WAIT * 2u32.saturating_pow(attempt.saturating_sub(1).min(6))).await;
    }

    async fn once(&mut self, question: &Question<'_>) -> anyhow::Result<Answer> {
        let request = question.signed(&self.place, &self.clock)?;
        let sender = match self.sender.take() {
            Some(sender) if sender.is_ready() => self.sender.insert(sender),
            _ => self.sender.insert(connection::open(&self.place).await?),
        };
        let unanswered = || format!("no answer from {}", self.place.endpoint);
        let (head, body) = sender.send_request(request).await.with_context(unanswered)?.into_parts();
        let body = body.collect().await.with_context(unanswered)?.to_bytes();
        // It is ready for the next request only when its task says so.
        sender.ready().await.ok();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// What an answer says that is none. The name of the error is in the body, or, as by Lambda, in a header.
fn refusal(answer: &Answer) -> CallError {
    let error: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = error["__type"].as_str().or(header);
    let code = code.map(|kind| kind.rsplit('#').next().unwrap_or(kind));
    let code = code.map(|kind| kind.split(':').next().unwrap_or(kind));
    let message = error["message"].as_str().or_else(|| error["Message"].as_str());
    CallError::Refused {
        code: code.map_or_else(|| format!("status {}", answer.status), str::to_owned),
        message: message.unwrap_or("the server says no more").to_owned(),
    }
}

fn is_passing(error: &CallError) -> bool {
    let CallError::Refused { code, .. } = error else { return false };
    [
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ]
    .contains(&code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_error_is_in_the_body_or_in_a_header() {
        let told = |header: Option<&'static str>, body: &'static str| {
            let headers = header.map(|value| ("x-amzn-errortype".parse().unwrap(), value.parse().unwrap()));
            let headers = headers.into_iter().collect();
            refusal(&Answer { status: 400, headers, body: Bytes::from_static(body.as_bytes()) }).to_string()
        };
        for (header, body, expected) in [
            (None, r#"{"__type":"com.amazon#A","message":"b"}"#, "A: b"),
            (Some("TooManyRequestsException:http://x"), r#"{"Message":"b"}"#, "TooManyRequestsException: b"),
            (None, "<html>", "status 400: the server says no more"),
        ] {
            assert_eq!(told(header, body), expected);
        }
    }
}

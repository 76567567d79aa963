//! A DynamoDB endpoint, spoken to over plain HTTP with a signature that nobody verifies.

use super::place::Place;
use anyhow::{Context, anyhow};
use bytes::Bytes;
use environment::Clock;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;

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
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Remote {
    pub(crate) fn new(place: Place, clock: Clock) -> Self {
        Self { place, clock, sender: None }
    }

    /// Runs an operation; tries again where the server is busy, or for the moment not there.
    pub(crate) async fn call(&mut self, operation: &str, body: Bytes) -> Result<Bytes, CallError> {
        let mut attempt = 0;
        loop {
            let error = match self.once(operation, body.clone()).await {
                Ok((200, answer)) => return Ok(answer),
                Ok((status, answer)) => {
                    let error = refusal(status, &answer);
                    let may_pass = status >= 500 || is_passing(&error);
                    if !may_pass {
                        return Err(error);
                    }
                    error
                }
                Err(error) => {
                    self.sender = None;
                    // A server that was never there is not waited for.
                    if attempt == 0 && error.is::<NotThere>() {
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

    async fn once(&mut self, operation: &str, body: Bytes) -> anyhow::Result<(u16, Bytes)> {
        let authority = self.place.authority()?.clone();
        let (region, account) = (&self.place.region, &self.place.account);
        let scope = format!("Credential={account}/20260101/{region}/dynamodb/aws4_request");
        let request = Request::post("/")
            .header(HOST, authority.as_str())
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(
                "x-amz-target",
                format!(
                    "{}_20120810.{operation}",
                    if OF_STREAMS.contains(&operation) { "DynamoDBStreams" } else { "DynamoDB" }
                ),
            )
            .header(AUTHORIZATION, format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00"))
            .body(Full::new(body))?;
        let sender = match self.sender.take() {
            Some(sender) if sender.is_ready() => self.sender.insert(sender),
            _ => {
                let sender = self.connect(authority.host(), authority.port_u16().unwrap_or(80)).await?;
                self.sender.insert(sender)
            }
        };
        let unanswered = || format!("no answer from {}", self.place.endpoint);
        let (head, body) = sender.send_request(request).await.with_context(unanswered)?.into_parts();
        let body = body.collect().await.with_context(unanswered)?.to_bytes();
        // It is ready for the next request only when its task says so.
        sender.ready().await.ok();
        Ok((head.status.as_u16(), body))
    }

    async fn connect(&self, host: &str, port: u16) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let address = (host.trim_matches(['[', ']']), port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| anyhow!(NotThere(self.place.endpoint.to_string(), error)))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        environment::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}

/// Nobody listens there.
#[derive(Debug, thiserror::Error)]
#[error("no server answers at {0}; is it running? (--endpoint names another): {1}")]
struct NotThere(String, std::io::Error);

fn refusal(status: u16, answer: &[u8]) -> CallError {
    let error: Value = serde_json::from_slice(answer).unwrap_or_default();
    let code = error["__type"].as_str().map(|kind| kind.rsplit('#').next().unwrap_or(kind));
    let message = error["message"].as_str().or_else(|| error["Message"].as_str());
    CallError::Refused {
        code: code.map_or_else(|| format!("status {status}"), str::to_owned),
        message: message.unwrap_or("the server says no more").to_owned(),
    }
}

fn is_passing(error: &CallError) -> bool {
    let CallError::Refused { code, .. } = error else { return false };
    ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
        .contains(&code.as_str())
}

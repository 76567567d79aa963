//! A DynamoDB endpoint, signed to with the keys of the environment; without those, with a signature that nobody verifies.

use super::connection::{self, NotSecure, NotThere, Sender};
use super::place::Place;
use anyhow::Context;
use bytes::Bytes;
use environment::Clock;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;
use streams::label;
use wire::sigv4::{self, Authorization, Credential, Form, Signed};

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

    async fn once(&mut self, operation: &str, body: Bytes) -> anyhow::Result<(u16, Bytes)> {
        let authority = self.place.authority()?.clone();
        let request = self.request(operation, authority.as_str(), body)?;
        let sender = match self.sender.take() {
            Some(sender) if sender.is_ready() => self.sender.insert(sender),
            _ => self.sender.insert(connection::open(&self.place).await?),
        };
        let unanswered = || format!("no answer from {}", self.place.endpoint);
        let (head, body) = sender.send_request(request).await.with_context(unanswered)?.into_parts();
        let body = body.collect().await.with_context(unanswered)?.to_bytes();
        // It is ready for the next request only when its task says so.
        sender.ready().await.ok();
        Ok((head.status.as_u16(), body))
    }

    /// The signed request.
    fn request(&self, operation: &str, host: &str, body: Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
        let service = if OF_STREAMS.contains(&operation) { "DynamoDBStreams" } else { "DynamoDB" };
        let target = format!("{service}_20120810.{operation}");
        let (date, time) = moment(self.clock.wall_ms());
        let mut signing = vec![("host", host), ("x-amz-date", &time), ("x-amz-target", &target)];
        let token = self.place.keys.as_ref().and_then(|keys| keys.session_token.as_deref());
        signing.extend(token.map(|token| ("x-amz-security-token", token)));
        signing.sort_unstable();
        let names: Vec<&str> = signing.iter().map(|(name, _)| *name).collect();
        let access_key = self.place.keys.as_ref().map_or(&self.place.account, |keys| &keys.access_key);
        let mut authorization = Authorization {
            credential: Credential {
                access_key: Cow::Borrowed(access_key),
                date: Cow::Borrowed(&date),
                region: Cow::Borrowed(&self.place.region),
                service: Cow::Borrowed("dynamodb"),
            },
            signed_headers: Cow::Owned(names.join(";")),
            signature: Cow::Borrowed("00"),
            time: Cow::Borrowed(&time),
            form: Form::Header,
        };
        let headers: Vec<(&str, &[u8])> =
            signing.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let signed = Signed { method: "POST", path: "/", query: "", headers: &headers, body: &body };
        let secret = self.place.keys.as_ref().map(|keys| keys.secret.as_str());
        if let Some(signature) = secret.and_then(|secret| sigv4::sign(&signed, &authorization, secret)) {
            authorization.signature = Cow::Owned(signature);
        }
        let Authorization { credential, signed_headers, signature, .. } = &authorization;
        let scope = format!("{}/{}/dynamodb/aws4_request", credential.date, credential.region);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
            credential.access_key
        );
        let mut request = Request::post("/")
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-date", &time)
            .header("x-amz-target", &target)
            .header(AUTHORIZATION, authorization)
            .body(Full::new(body))?;
        if let Some(token) = token {
            request.headers_mut().insert("x-amz-security-token", HeaderValue::from_str(token)?);
        }
        Ok(request)
    }
}

/// A time as signatures write it: `YYYYMMDD` and `YYYYMMDDTHHMMSSZ`.
fn moment(ms: u64) -> (String, String) {
    let text = label::format(ms);
    let whole = text.split('.').next().unwrap_or_default();
    let compact: String = whole.chars().filter(|character| !matches!(character, '-' | ':')).collect();
    let date = compact.split('T').next().unwrap_or_default().to_owned();
    (date, compact + "Z")
}

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
    [
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
    ]
    .contains(&code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::keys::Keys;

    fn remote(keys: Option<Keys>) -> Remote {
        let (endpoint, account) = ("http://localhost:4566".parse().unwrap(), "123456789012".to_owned());
        let place = Place { endpoint, region: "eu-west-1".to_owned(), account, keys, authorities: None };
        Remote::new(place, Clock::simulated(1_600_000_000_000))
    }

    #[test]
    fn times_are_written_as_signatures_write_them() {
        assert_eq!(moment(1_600_000_000_123), ("20200913".to_owned(), "20200913T122640Z".to_owned()));
    }

    #[test]
    fn requests_are_signed_with_the_keys_that_there_are() {
        let body = Bytes::from_static(b"{}");
        let keys = Keys {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret: "hush".to_owned(),
            session_token: Some("for a while".to_owned()),
        };
        let request = remote(Some(keys)).request("GetRecords", "localhost:4566", body.clone()).unwrap();
        assert_eq!(request.headers()["x-amz-target"], "DynamoDBStreams_20120810.GetRecords");
        let headers: Vec<(&str, &[u8])> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let signed = Signed { method: "POST", path: "/", query: "", headers: &headers, body: &body };
        let authorization = Authorization::of(&signed).unwrap();
        assert_eq!(authorization.credential.access_key, "AKIDEXAMPLE");
        assert_eq!(sigv4::sign(&signed, &authorization, "hush").as_deref(), Some(&*authorization.signature));
        assert!(authorization.signed_headers.contains("x-amz-security-token"));
        let nobody = remote(None).request("PutItem", "localhost:4566", body).unwrap();
        let authorization = nobody.headers()[AUTHORIZATION].to_str().unwrap();
        assert!(authorization.contains("Credential=123456789012/20200913/eu-west-1/"), "{authorization}");
    }
}

//! Answers that are streamed: passed on as they come. Trailers say that one broke off, and why.

use super::{Answer, Link, Said, outcome, too_large, truncated};
use crate::failure::{STREAMED_BYTES_MAX, broken_off};
use crate::invocation::Piece;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use tokio::sync::mpsc::Sender;

/// Whether an answer says that it is streamed; `None` where it says what there is not.
pub(super) fn is_streamed(headers: &HeaderMap) -> Option<bool> {
    match headers.get("lambda-runtime-function-response-mode") {
        None => Some(false),
        Some(mode) => mode.as_bytes().eq_ignore_ascii_case(b"streaming").then_some(true),
    }
}

/// The error that trailers tell of: its description, where they bring one.
pub(super) fn error(trailers: &HeaderMap) -> Option<Bytes> {
    let error_type = trailers.get("lambda-runtime-function-error-type")?;
    let body = trailers.get("lambda-runtime-function-error-body");
    let described = body.and_then(|body| STANDARD.decode(body.as_bytes()).ok());
    let described = described.filter(|body| serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok());
    Some(described.map_or_else(|| broken_off(error_type.to_str().unwrap_or("Runtime.Unknown")), Bytes::from))
}

/// The call, and where its answer goes, if a request is an answer that is to be passed on as it comes.
pub(super) fn begin<'a>(link: &Link, head: &'a Parts) -> Option<(&'a str, Began)> {
    let id = head.uri.path().strip_prefix(super::VERSION)?.strip_prefix("invocation/")?;
    let id = id.strip_suffix("/response").filter(|_| head.method == hyper::Method::POST)?;
    is_streamed(&head.headers).filter(|streamed| *streamed)?;
    let pieces = link.begin_stream(id)?;
    let content_type =
        head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Some((id, Began { pieces, content_type }))
}

/// An answer that has begun.
pub(super) struct Began {
    pieces: Sender<Piece>,
    content_type: Option<String>,
}

/// Passes an answer on. A function that answers faster than it is read waits; one whose caller is gone goes on.
pub(super) async fn pass_on(link: &Link, id: &str, began: Began, mut incoming: Incoming) -> Answer {
    let Began { pieces, content_type } = began;
    let mut listens = pieces.send(Piece::Began { content_type }).await.is_ok();
    let (mut left, mut failed) = (Some(STREAMED_BYTES_MAX), None);
    while let Some(frame) = incoming.frame().await {
        // Whoever breaks off has most likely ended, which is told by others.
        let Ok(frame) = frame else { return truncated() };
        match frame.into_data() {
            Ok(data) => {
                left = left.and_then(|left| left.checked_sub(data.len()));
                // What is too long is read to its end: a client that is still writing does not read answers.
                if listens && left.is_some() && !data.is_empty() {
                    listens = pieces.send(Piece::Bytes(data)).await.is_ok();
                }
            }
            Err(frame) => failed = frame.into_trailers().ok().as_ref().and_then(error),
        }
    }
    drop(pieces);
    match (left, failed) {
        (None, _) => match link.end_stream(id, Said::TooLarge { bytes_max: STREAMED_BYTES_MAX }) {
            Ok(()) => too_large(STREAMED_BYTES_MAX),
            refused => outcome(refused),
        },
        (Some(_), Some(error)) => outcome(link.end_stream(id, Said::Error(error))),
        (Some(_), None) => outcome(link.end_stream(id, Said::Streamed)),
    }
}

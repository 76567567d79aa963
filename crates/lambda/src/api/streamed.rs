//! InvokeWithResponseStream's answer: a stream of events, which are the pieces of the function's answer and its end.

use crate::functions::{AnswerStream, Part};
use crate::invoke::{InvokeError, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use std::collections::VecDeque;
use std::task::{Context, Poll};
use wire::event_stream;

/// Bytes of an answer in one event at most: of one that comes whole, several are made.
const EVENT_BYTES_MAX: usize = 512 << 10;

/// An answer whose body is a stream of events.
#[derive(Debug)]
pub struct StreamedAnswer {
    /// Headers besides content type and request id.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub events: Events,
}

/// The events, encoded.
#[derive(Debug)]
pub struct Events {
    answer: AnswerStream,
    /// Whether the end of the log is wanted.
    tail: bool,
    /// What was made of the end of the answer, and was not sent.
    last: VecDeque<Bytes>,
}

impl Events {
    pub(super) fn new(answer: AnswerStream, tail: bool) -> Self {
        Self { answer, tail, last: VecDeque::new() }
    }

    /// The next event; `None` after the last.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(event) = self.last.pop_front() {
            return Poll::Ready(Some(event));
        }
        self.answer.poll_next(context).map(|part| match part? {
            Part::Bytes(bytes) => Some(chunk(&bytes)),
            Part::End(ended) => {
                self.end(ended);
                self.last.pop_front()
            }
        })
    }

    fn end(&mut self, ended: Result<Reply, InvokeError>) {
        let mut complete = json!({});
        match ended {
            Ok(reply) => {
                if reply.failed {
                    complete["ErrorCode"] = "Unhandled".into();
                    complete["ErrorDetails"] = String::from_utf8_lossy(&reply.payload).into();
                } else {
                    self.last.extend(reply.payload.chunks(EVENT_BYTES_MAX).map(chunk));
                }
                if let Some(log) = reply.log_tail.filter(|_| self.tail) {
                    complete["LogResult"] = STANDARD.encode(log).into();
                }
            }
            Err(error) => {
                complete["ErrorCode"] = "ServiceException".into();
                complete["ErrorDetails"] = error.to_string().into();
            }
        }
        let text = complete.to_string();
        self.last
            .push_back(event_stream::event("InvokeComplete", "application/json", text.as_bytes()).into());
    }
}

fn chunk(bytes: &[u8]) -> Bytes {
    event_stream::event("PayloadChunk", "application/octet-stream", bytes).into()
}

//! What the fuzz target needs of the Runtime API: what one process says, over any stream of bytes.

use super::{Deadline, Link, Said, Work, serve_connection};
use crate::invocation::Piece;
use bytes::Bytes;
use environment::Clock;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::Sender;

/// The API of a process that there is not.
pub struct Api {
    link: Arc<Link>,
}

/// What a process said of its call, or of its own start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An answer.
    Answer(Bytes),
    /// That it failed.
    Error(Bytes),
    /// That its answer was streamed to the end.
    Streamed,
    /// An answer that is too long.
    TooLarge,
}

impl Api {
    /// That of a process that has not said anything yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { link: Arc::new(Link::new(clock)) }
    }

    /// Serves a connection until it ends.
    pub async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        serve_connection(&self.link, stream).await;
    }

    /// A call, whose answer goes out in pieces where there is a way for them.
    pub fn give(&self, request_id: &str, payload: Bytes, pieces: Option<Sender<Piece>>) {
        self.link.give(Work {
            request_id: request_id.to_owned(),
            invoked_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
            payload,
            client_context: Some("{}".to_owned()),
            pieces,
            deadline: Deadline::After(1_000),
            trace_id: "Root=1-00000000-000000000000000000000000".to_owned(),
            tells: false,
        });
    }

    /// What was said since the last call was given, once.
    #[must_use]
    pub fn heard(&self) -> Option<Heard> {
        let said = self.link.lock().said()?;
        Some(match said {
            Said::Answer(body) => Heard::Answer(body),
            Said::Error(body) => Heard::Error(body),
            Said::Streamed => Heard::Streamed,
            Said::TooLarge { .. } => Heard::TooLarge,
        })
    }
}

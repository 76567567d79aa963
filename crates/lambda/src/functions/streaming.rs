//! Calls whose answers are given as they come.

use super::Functions;
use crate::invoke::{Call, InvokeError, Reply};
use bytes::Bytes;
use environment::JoinHandle;
use runtime::Piece;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::{self, Receiver};

/// How many pieces of an answer are kept for one who reads slowly; then the function waits.
const PIECES_MAX: usize = 8;

/// An answer that comes in parts. The call goes on where it is dropped.
#[derive(Debug)]
pub struct AnswerStream {
    pieces: Receiver<Piece>,
    running: JoinHandle<Result<Reply, InvokeError>>,
    /// How the call ended, once it has.
    ended: Option<Result<Reply, InvokeError>>,
    is_over: bool,
    executed_version: String,
    began: Option<Option<String>>,
}

/// A part of an answer.
#[derive(Debug)]
pub enum Part {
    /// The next bytes of an answer that the function streams.
    Bytes(Bytes),
    /// The end. Of an answer that the function does not stream this is all; else there is nothing more in it, unless the
    /// function failed.
    End(Result<Reply, InvokeError>),
}

impl Functions {
    /// Calls a function; returns once it has begun to stream its answer, or ended.
    ///
    /// # Errors
    /// When it is not called.
    pub async fn invoke_streamed(&self, call: Call) -> Result<AnswerStream, InvokeError> {
        let not_found = || InvokeError::NotFound(call.function_arn.clone());
        let (function, version) = self.resolve(&call.function_arn).ok_or_else(not_found)?;
        let executed_version = version.version.clone();
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        let this = self.clone();
        // A task of its own goes on when nobody waits for it.
        let running =
            environment::spawn(
                async move { this.run_version((function, version), call, Some(sender)).await },
            );
        let mut answer =
            AnswerStream { pieces, running, ended: None, is_over: false, executed_version, began: None };
        poll_fn(|context| answer.poll_begin(context)).await;
        match answer.ended {
            Some(Err(error)) => Err(error),
            _ => Ok(answer),
        }
    }
}

impl AnswerStream {
    /// The version that runs.
    #[must_use]
    pub fn executed_version(&self) -> &str {
        &self.executed_version
    }

    /// What the answer is, as far as the function says; `None` where it does not stream it.
    #[must_use]
    pub fn began(&self) -> Option<&Option<String>> {
        self.began.as_ref()
    }

    /// The next part.
    pub async fn next(&mut self) -> Option<Part> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The next part; `None` after the end.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Part>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        while let Some(piece) = ready!(self.poll_piece(context)) {
            match piece {
                Piece::Bytes(bytes) => return Poll::Ready(Some(Part::Bytes(bytes))),
                Piece::Began { content_type } => self.began = Some(content_type),
            }
        }
        self.is_over = true;
        let gone = || Err(InvokeError::Failed("the end of the call was told before".to_owned()));
        Poll::Ready(Some(Part::End(self.ended.take().unwrap_or_else(gone))))
    }

    /// Returns once the answer has begun, or the call has ended without one that is streamed.
    fn poll_begin(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(Piece::Began { content_type }) = ready!(self.poll_piece(context)) {
            self.began = Some(content_type);
        }
        Poll::Ready(())
    }

    /// The next piece; `None` once the call has ended, and there is none left.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        if self.ended.is_none() {
            if let Poll::Ready(Some(piece)) = self.pieces.poll_recv(context) {
                return Poll::Ready(Some(piece));
            }
            let ended = ready!(Pin::new(&mut self.running).poll(context));
            self.ended = Some(ended.unwrap_or_else(|error| Err(InvokeError::Failed(error.to_string()))));
        }
        // All pieces were sent before the call ended.
        Poll::Ready(self.pieces.try_recv().ok())
    }
}

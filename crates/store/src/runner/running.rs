//! The future of a transaction.

use crate::{Committed, RunError, StoreError};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// What comes of a transaction.
pub(super) type Ran<T> = Result<(T, Committed), RunError<T>>;

/// A transaction that runs, awaited or not.
#[derive(Debug)]
#[must_use = "its outcome is an answer that somebody waits for"]
pub struct Running<T>(State<T>);

#[derive(Debug)]
enum State<T> {
    Ready(Option<Ran<T>>),
    Waiting(oneshot::Receiver<Ran<T>>),
}

/// Nothing in it is pinned: the receiver may move, and a ready answer is only stored.
impl<T> Unpin for Running<T> {}

impl<T> Running<T> {
    pub(super) fn ready(ran: Ran<T>) -> Self {
        Self(State::Ready(Some(ran)))
    }

    pub(super) fn waiting(answer: oneshot::Receiver<Ran<T>>) -> Self {
        Self(State::Waiting(answer))
    }

    /// Waits on this thread.
    pub(super) fn wait(self) -> Ran<T> {
        match self.0 {
            State::Ready(ran) => ran.unwrap_or_else(taken),
            State::Waiting(answer) => answer.blocking_recv().unwrap_or_else(|_| gone()),
        }
    }
}

impl<T> Future for Running<T> {
    type Output = Ran<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(ran) => Poll::Ready(ran.take().unwrap_or_else(taken)),
            State::Waiting(answer) => {
                Pin::new(answer).poll(context).map(|answer| answer.unwrap_or_else(|_| gone()))
            }
        }
    }
}

/// A future polled after it was ready.
fn taken<T>() -> Ran<T> {
    Err(RunError::Store(StoreError::Engine("the answer was taken before".into())))
}

/// The committer dropped the transaction: its plan panicked, or the runner is shutting down.
fn gone<T>() -> Ran<T> {
    Err(RunError::Store(StoreError::Engine("the transaction was abandoned by the committer".into())))
}

//! Asking a mapping where it stands. It costs the mapping nothing while nobody asks.

use crate::status::Status;
use tokio::sync::{mpsc, oneshot};

/// How many may wait for an answer.
const WAITING_MAX: usize = 16;

/// What a driver is asked.
#[derive(Debug)]
pub struct Questions {
    receiver: mpsc::Receiver<Question>,
}

/// A question.
#[derive(Debug)]
pub struct Question {
    answer: oneshot::Sender<Status>,
}

impl Questions {
    /// Waits for the next one: for the driver's `select`. Cancelling it loses nothing. Where another driver has taken over
    /// it waits without end.
    pub async fn next(&mut self) -> Question {
        match self.receiver.recv().await {
            Some(question) => question,
            None => std::future::pending().await,
        }
    }
}

impl Question {
    /// Answers it.
    pub fn answer(self, status: Status) {
        // Whoever asked may have gone.
        let _ = self.answer.send(status);
    }
}

/// Where questions go.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    sender: mpsc::Sender<Question>,
}

impl Asker {
    pub(super) fn new() -> (Self, Questions) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self { sender }, Questions { receiver })
    }

    /// Asks; `None` where nobody answers.
    pub(super) async fn ask(&self) -> Option<Status> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Question { answer }).await.ok()?;
        answered.await.ok()
    }
}

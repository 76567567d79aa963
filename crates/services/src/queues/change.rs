//! A read-modify-write of records that may be refused.

use super::QueuesError;
use store::{Effect, Key, RunError, Runner, Transaction, Versioned};

/// What is to be done, or why it is not.
pub(super) type Decision<T> = Result<(Vec<Write>, T), QueuesError>;

/// A new value; `None` deletes.
pub(super) type Write = (Key, Option<bytes::Bytes>);

/// Reads keys, decides, and writes.
pub(super) struct Change<T, F> {
    keys: Vec<Key>,
    decide: F,
    answer: Option<Result<T, QueuesError>>,
}

impl<T, F> Change<T, F>
where
    T: Send + 'static,
    F: FnMut(&[Option<Versioned>], u64) -> Decision<T> + Send + 'static,
{
    /// Decided from what stands at these keys, and the time. It may be asked again, and must then decide afresh.
    pub(super) fn new(keys: Vec<Key>, decide: F) -> Self {
        Self { keys, decide, answer: None }
    }

    pub(super) async fn run(self, runner: &Runner) -> Result<T, QueuesError> {
        match runner.run(self).await {
            Ok((change, _)) => change.answer.unwrap_or_else(|| Err(undecided())),
            Err(RunError::Store(error)) => Err(error.into()),
            Err(RunError::Stale(..)) => Err(undecided()),
        }
    }
}

impl<T, F> Transaction for Change<T, F>
where
    T: Send + 'static,
    F: FnMut(&[Option<Versioned>], u64) -> Decision<T> + Send + 'static,
{
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, old: &[Option<Versioned>], now_ms: u64) -> Effect {
        let (writes, answer) = match (self.decide)(old, now_ms) {
            Ok((writes, answer)) => (writes, Ok(answer)),
            Err(error) => (Vec::new(), Err(error)),
        };
        self.answer = Some(answer);
        Effect { writes, ..Effect::default() }
    }
}

/// Nothing here plans under a fence, and a transaction that was run was planned.
fn undecided() -> QueuesError {
    QueuesError::internal("a change of records was not decided")
}

//! A read-modify-write of records that may be refused.

use bytes::Bytes;
use store::{Effect, Key, RunError, Runner, StoreError, Transaction, Versioned};

/// What is to be written, and the answer; or why nothing is.
pub(crate) type Decision<T, E> = Result<(Vec<Write>, T), E>;

/// A new value; `None` deletes.
pub(crate) type Write = (Key, Option<Bytes>);

/// Reads keys, decides, and writes.
pub(crate) struct Change<T, E, F> {
    keys: Vec<Key>,
    decide: F,
    answer: Option<Result<T, E>>,
}

impl<T, E, F> Change<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnMut(&[Option<Versioned>], u64) -> Decision<T, E> + Send + 'static,
{
    /// Decided from what stands at these keys, and the time. It may be asked again, and must then decide afresh.
    pub(crate) fn new(keys: Vec<Key>, decide: F) -> Self {
        Self { keys, decide, answer: None }
    }

    /// Answers what was decided, once it is committed.
    pub(crate) async fn run(self, runner: &Runner) -> Result<T, E> {
        match runner.run(self).await {
            Ok((change, _)) => change.answer.unwrap_or_else(|| Err(undecided().into())),
            Err(RunError::Store(error)) => Err(error.into()),
            Err(RunError::Stale(..)) => Err(undecided().into()),
        }
    }
}

impl<T, E, F> Transaction for Change<T, E, F>
where
    T: Send + 'static,
    E: Send + 'static,
    F: FnMut(&[Option<Versioned>], u64) -> Decision<T, E> + Send + 'static,
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
fn undecided() -> StoreError {
    StoreError::Engine("a change of records was not decided".to_owned())
}

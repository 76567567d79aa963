//! Writing records. Whoever changes topics or subscriptions holds the lock for that, and whoever changes a delivery is
//! the only one that does, so that nothing need be read again.

use super::failure::Failure;
use bytes::Bytes;
use store::{Effect, Key, RunError, Runner, Transaction, Versioned};

/// New records; `None` deletes.
#[derive(Debug, Default)]
pub(super) struct Change {
    keys: Vec<Key>,
    writes: Vec<(Key, Option<Bytes>)>,
}

impl Change {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// With one more record, of a key that is not yet in it.
    pub(super) fn put(mut self, key: Key, value: Bytes) -> Self {
        self.writes.push((key, Some(value)));
        self
    }

    /// Without the record of this key.
    pub(super) fn delete(mut self, key: Key) -> Self {
        self.writes.push((key, None));
        self
    }

    /// With all of another change, of other keys.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.writes.extend(other.writes);
        self
    }

    /// Whether nothing is to be done.
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Commits all of it, or nothing.
    pub(super) async fn commit(mut self, runner: &Runner) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        self.keys = self.writes.iter().map(|(key, _)| key.clone()).collect();
        match runner.run(self).await {
            Ok(_) => Ok(()),
            Err(RunError::Store(error)) => Err(error.into()),
            // Nothing here is planned under a fence.
            Err(RunError::Stale(log, _)) => {
                Err(Failure::internal(format!("a change was fenced by log {}", log.0)))
            }
        }
    }
}

impl Transaction for Change {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, _: &[Option<Versioned>], _: u64) -> Effect {
        Effect { writes: self.writes.clone(), ..Effect::default() }
    }
}

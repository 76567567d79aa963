//! Writing records. Whoever changes topics or subscriptions holds the lock for that, and whoever changes a delivery is
//! the only one that does, so that nothing need be read again.

use super::failure::Failure;
use bytes::Bytes;
use store::{Effect, Key, Runner};

/// New records; `None` deletes.
#[derive(Debug, Default)]
pub(super) struct Change {
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
    pub(super) async fn commit(self, runner: &Runner) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        runner.write(Effect { writes: self.writes, ..Effect::default() }).await?;
        Ok(())
    }
}

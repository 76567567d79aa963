//! Batches that mappings gave up, with their records, so that they can be looked at and delivered after all.
//!
//! Each is two kinds of records in the store: what it was, and the event that the function was given, in pieces. They are
//! kept for a day of service time and in so many bytes ([`Limits`]); the oldest go first. A batch is stored before the
//! checkpoint moves behind it, so a crash may leave it twice, never not at all.

mod keys;
mod records;
#[cfg(test)]
mod tests;

pub use records::{Batch, BatchId, Summary};

use bytes::Bytes;
use environment::Environment;
use keys::Keys;
use std::sync::Arc;
use store::{Runner, SpaceId, StoreError};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For how long, in service time.
    pub age_ms: u64,
    /// In how many bytes of events.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { age_ms: 24 * 60 * 60 * 1_000, bytes: 256 << 20 }
    }
}

/// Why a batch was not kept or not found.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DiscardedError {
    /// There is no such batch, or no longer.
    #[error("there is no discarded batch {0}")]
    NotFound(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not one of ours.
    #[error("the records of discarded batches are damaged: {0}")]
    Damaged(String),
}

/// The discarded batches of all mappings. Clones are the same.
#[derive(Clone, Debug)]
pub struct Discarded {
    inner: Arc<records::Kept>,
}

impl Discarded {
    /// Opens what is kept in this space. Blocks.
    ///
    /// # Errors
    /// When the store cannot be read, or holds something else.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        limits: Limits,
        environment: &Environment,
    ) -> Result<Self, DiscardedError> {
        let kept = records::Kept::open(runner, Keys::new(space), limits, environment.clock.clone())?;
        Ok(Self { inner: Arc::new(kept) })
    }

    /// Keeps a batch, durably, and answers its number. What is too old or too much for it goes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep(&self, batch: Batch, event: Bytes) -> Result<BatchId, DiscardedError> {
        self.inner.keep(batch, event).await
    }

    /// The batches that are kept, oldest first; of one mapping, or of all.
    #[must_use]
    pub fn list(&self, mapping: Option<&str>) -> Vec<Summary> {
        self.inner.list(mapping)
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is not there.
    pub fn get(&self, id: BatchId) -> Result<Summary, DiscardedError> {
        self.inner.get(id).ok_or_else(|| DiscardedError::NotFound(id.to_string()))
    }

    /// The event of one of them: what the function was given.
    ///
    /// # Errors
    /// When it is not there, or the store fails.
    pub fn event(&self, id: BatchId) -> Result<Bytes, DiscardedError> {
        self.inner.event(id)
    }

    /// Notes that it was delivered again, and failed with this.
    ///
    /// # Errors
    /// When it is not there, or the store fails.
    pub async fn failed_again(&self, id: BatchId, error: &str) -> Result<(), DiscardedError> {
        self.inner.failed_again(id, error).await
    }

    /// Deletes one: it was delivered, or is not wanted.
    ///
    /// # Errors
    /// When it is not there, or the store fails.
    pub async fn delete(&self, id: BatchId) -> Result<(), DiscardedError> {
        self.inner.delete(id).await
    }
}

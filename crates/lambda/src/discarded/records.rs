//! The records of discarded batches, and the index of them in memory.

use super::keys::Keys;
use super::{DiscardedError, Limits};
use bytes::Bytes;
use environment::Clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Effect, Key, Runner, Snapshot, Store};

/// How many bytes of an event are in one value.
const PIECE_BYTES: usize = 512 << 10;

/// The number of a discarded batch. None is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub u64);

impl fmt::Display for BatchId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A batch that a mapping gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The mapping's UUID.
    pub mapping: String,
    /// Its function, as the mapping calls it.
    pub function_arn: String,
    /// The ARN of the stream.
    pub source_arn: String,
    /// The shard.
    pub shard: String,
    /// Why it was given up, as OnFailure messages call it.
    pub condition: String,
    /// How often it was delivered.
    pub invokes: u32,
    /// The request id of the last invocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the function said last: its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The first sequence number, decimal; empty for a window that could not be closed.
    pub first: String,
    /// The last sequence number.
    pub last: String,
    /// How many records it has.
    pub size: u64,
    /// Whether the function's answer says which records failed.
    #[serde(default)]
    pub reports_item_failures: bool,
    /// When it was given up, in service time.
    pub time_ms: u64,
}

/// A batch that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its number.
    pub id: BatchId,
    /// The batch.
    #[serde(flatten)]
    pub batch: Batch,
    /// The bytes of its event.
    pub event_bytes: u64,
    /// How often it was delivered since it was given up, each time in vain.
    #[serde(default)]
    pub reruns: u32,
}

/// What is kept.
#[derive(Debug)]
pub(super) struct Kept {
    runner: Runner,
    keys: Keys,
    limits: Limits,
    clock: Clock,
    index: Mutex<Index>,
    /// Held while a batch that is there changes, so that none is written again after it was deleted.
    pub(super) changing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Index {
    next: u64,
    batches: BTreeMap<BatchId, Summary>,
}

impl Kept {
    pub(super) fn open(
        runner: Runner,
        keys: Keys,
        limits: Limits,
        clock: Clock,
    ) -> Result<Self, DiscardedError> {
        let mut index = Index::default();
        let mut failure = None;
        {
            let snapshot = runner.store().snapshot();
            if let Some(next) = snapshot.get(&keys.next())? {
                let bytes = next.value.as_ref().try_into();
                index.next =
                    bytes.map(u64::from_be_bytes).map_err(|_| DiscardedError::Damaged("a number".into()))?;
            }
            snapshot.range(&keys.summaries(), &mut |_, value| {
                match serde_json::from_slice::<Summary>(&value.value) {
                    Ok(summary) => {
                        index.next = index.next.max(summary.id.0 + 1);
                        index.batches.insert(summary.id, summary);
                    }
                    Err(error) => failure = Some(DiscardedError::Damaged(error.to_string())),
                }
                failure.is_none()
            })?;
        }
        let (index, changing) = (Mutex::new(index), tokio::sync::Mutex::default());
        failure.map_or(Ok(Self { runner, keys, limits, clock, index, changing }), Err)
    }

    pub(super) async fn keep(&self, batch: Batch, event: Bytes) -> Result<BatchId, DiscardedError> {
        let id = {
            let mut index = self.index();
            index.next += 1;
            BatchId(index.next - 1)
        };
        let summary = Summary { id, batch, event_bytes: event.len() as u64, reruns: 0 };
        let mut writes = vec![(self.keys.summary(id), Some(stored(&summary)?))];
        for (piece, from) in (0u32..).zip((0..event.len()).step_by(PIECE_BYTES)) {
            let to = (from + PIECE_BYTES).min(event.len());
            writes.push((self.keys.piece(id, piece), Some(event.slice(from..to))));
        }
        self.write(writes).await?;
        let too_much = {
            let mut index = self.index();
            index.batches.insert(id, summary);
            self.too_much(&index)
        };
        for id in too_much {
            tracing::warn!(
                batch = id.0,
                "a discarded batch is no longer kept: it is too old, or there is too much"
            );
            match self.delete(id).await {
                // Another that was kept at the same time was quicker.
                Ok(()) | Err(DiscardedError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(id)
    }

    /// What is too old, and what is more than may be, oldest first; never the newest.
    fn too_much(&self, index: &Index) -> Vec<BatchId> {
        let mut bytes: u64 = index.batches.values().map(|summary| summary.event_bytes).sum();
        let mut gone = Vec::new();
        for (id, summary) in index.batches.iter().take(index.batches.len().saturating_sub(1)) {
            if !self.is_old(summary) && bytes <= self.limits.bytes {
                break;
            }
            bytes -= summary.event_bytes;
            gone.push(*id);
        }
        gone
    }

    fn is_old(&self, summary: &Summary) -> bool {
        self.clock.now_ms().saturating_sub(summary.batch.time_ms) > self.limits.age_ms
    }

    pub(super) fn list(&self, mapping: Option<&str>) -> Vec<Summary> {
        let wanted = |summary: &&Summary| {
            !self.is_old(summary) && mapping.is_none_or(|mapping| summary.batch.mapping == mapping)
        };
        self.index().batches.values().filter(wanted).cloned().collect()
    }

    pub(super) fn get(&self, id: BatchId) -> Option<Summary> {
        self.index().batches.get(&id).filter(|summary| !self.is_old(summary)).cloned()
    }

    pub(super) fn event(&self, id: BatchId) -> Result<Bytes, DiscardedError> {
        let missing = || DiscardedError::NotFound(id.to_string());
        let summary = self.get(id).ok_or_else(missing)?;
        let mut event = Vec::new();
        self.runner.store().snapshot().range(&self.keys.pieces(id), &mut |_, value| {
            event.extend_from_slice(&value.value);
            true
        })?;
        if event.len() as u64 == summary.event_bytes {
            return Ok(event.into());
        }
        // It was deleted meanwhile, or is not whole.
        Err(self.get(id).map_or_else(missing, |_| DiscardedError::Damaged(format!("the event of {id}"))))
    }

    pub(super) async fn failed_again(&self, id: BatchId, error: &str) -> Result<(), DiscardedError> {
        let _changing = self.changing.lock().await;
        let summary = {
            let mut index = self.index();
            let Some(summary) = index.batches.get_mut(&id) else {
                return Err(DiscardedError::NotFound(id.to_string()));
            };
            summary.reruns += 1;
            summary.batch.error = Some(error.to_owned());
            summary.clone()
        };
        self.write(vec![(self.keys.summary(id), Some(stored(&summary)?))]).await
    }

    pub(super) async fn delete(&self, id: BatchId) -> Result<(), DiscardedError> {
        let _changing = self.changing.lock().await;
        let Some(summary) = self.index().batches.get(&id).cloned() else {
            return Err(DiscardedError::NotFound(id.to_string()));
        };
        // As long as a batch is there, its own record keeps its number from being given again.
        let next = self.index().next.to_be_bytes();
        let next = (self.keys.next(), Some(Bytes::copy_from_slice(&next)));
        let mut writes = vec![next, (self.keys.summary(id), None)];
        let pieces = summary.event_bytes.div_ceil(PIECE_BYTES as u64);
        writes.extend((0u32..).zip(0..pieces).map(|(piece, _)| (self.keys.piece(id, piece), None)));
        self.write(writes).await?;
        self.index().batches.remove(&id);
        Ok(())
    }

    async fn write(&self, writes: Vec<(Key, Option<Bytes>)>) -> Result<(), DiscardedError> {
        self.runner.write(Effect { writes, ..Effect::default() }).await?;
        Ok(())
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stored(summary: &Summary) -> Result<Bytes, DiscardedError> {
    let bytes = serde_json::to_vec(summary).map_err(|error| DiscardedError::Damaged(error.to_string()))?;
    Ok(bytes.into())
}

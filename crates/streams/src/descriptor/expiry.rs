//! Retention: which records, shards and streams are past their time.

use super::{Change, StreamDescriptor};
use crate::retention;
use store::{LogChange, Snapshot, StoreError};

/// What retention has to say about a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Nothing new.
    Nothing,
    /// Records are to be trimmed; the descriptor stays as it is.
    Trim(Vec<LogChange>),
    /// Shards go, with their logs, and records are trimmed.
    Change(Change),
    /// The stream goes, with all its logs: its descriptor is to be deleted.
    Gone(Vec<LogChange>),
}

/// Finds what has expired by `now_ms`. Readers see none of it from that time on; this is how the disk space
/// comes back.
///
/// # Errors
/// When the store cannot be read.
pub fn expire(
    descriptor: &StreamDescriptor,
    snapshot: &impl Snapshot,
    now_ms: u64,
    retention_ms: u64,
) -> Result<Expiry, StoreError> {
    if descriptor.has_expired(now_ms, retention_ms) {
        return Ok(Expiry::Gone(descriptor.shards.iter().map(|shard| LogChange::Drop(shard.log)).collect()));
    }
    let mut logs = Vec::new();
    let mut kept = Vec::with_capacity(descriptor.shards.len());
    for shard in &descriptor.shards {
        if shard.has_expired(now_ms, retention_ms) {
            logs.push(LogChange::Drop(shard.log));
            continue;
        }
        kept.push(shard.clone());
        let Some(state) = snapshot.log(shard.log) else { continue };
        let horizon =
            retention::horizon(snapshot, shard.log, &state, retention::cutoff_ms(now_ms, retention_ms))?;
        if horizon > state.trimmed {
            logs.push(LogChange::Trim(shard.log, horizon));
        }
    }
    Ok(match (logs.is_empty(), kept.len() == descriptor.shards.len()) {
        (true, _) => Expiry::Nothing,
        (false, true) => Expiry::Trim(logs),
        (false, false) => Expiry::Change(Change {
            descriptor: StreamDescriptor { shards: kept, ..descriptor.clone() },
            logs,
        }),
    })
}

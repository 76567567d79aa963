//! Retention: which records, shards and streams are past their time.

use super::{Change, StreamDescriptor};
use crate::retention;
use crate::{SequenceNumber, ShardId};
use store::{LogChange, LogId, Position, Snapshot, StoreError};

/// What is to be trimmed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Everything that is there.
    Now,
    /// What was written before this time, in milliseconds since the epoch.
    Time(u64),
    /// What has lower numbers.
    Number(SequenceNumber),
}

/// Finds what is to be trimmed of a stream, or of one of its shards, as if it had expired.
///
/// # Errors
/// When the store cannot be read.
pub fn trim(
    descriptor: &StreamDescriptor,
    shard: Option<ShardId>,
    until: Until,
    snapshot: &impl Snapshot,
) -> Result<Expiry, StoreError> {
    let mut logs = Vec::new();
    for shard in descriptor.shards.iter().filter(|known| shard.is_none_or(|id| known.id == id)) {
        logs.extend(cut(snapshot, shard.log, until)?);
    }
    Ok(if logs.is_empty() { Expiry::Nothing } else { Expiry::Trim(logs) })
}

fn cut(snapshot: &impl Snapshot, log: LogId, until: Until) -> Result<Option<LogChange>, StoreError> {
    let Some(state) = snapshot.log(log) else { return Ok(None) };
    let horizon = match until {
        Until::Now => state.tail,
        Until::Time(time_ms) => retention::horizon(snapshot, log, &state, time_ms)?,
        Until::Number(number) => Position(number.position().unwrap_or_default().0.saturating_sub(1)),
    };
    let horizon = horizon.min(state.tail);
    // Where no record goes, nothing is trimmed.
    let oldest = snapshot.log_read(log, state.trimmed, 1, 1)?.records;
    let goes = oldest.first().is_some_and(|record| record.position <= horizon);
    Ok(goes.then_some(LogChange::Trim(log, horizon)))
}

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

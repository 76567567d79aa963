//! Opening, closing, rolling and splitting: from one descriptor to the next.

use super::{KeyElement, Shard, StreamDescriptor, StreamStatus};
use crate::{ShardId, ViewType, label};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use store::{LogChange, LogId};

/// A new descriptor and the changes of logs that belong to it. They are committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The stream as it is from now on.
    pub descriptor: StreamDescriptor,
    /// The logs that open, close, are trimmed or go.
    pub logs: Vec<LogChange>,
}

/// Why there is no such change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The stream is switched off.
    #[error("the stream is disabled")]
    Disabled,
    /// The stream has no such shard.
    #[error("the stream has no shard {0}")]
    UnknownShard(ShardId),
    /// The shard is closed, or named twice.
    #[error("shard {0} is closed")]
    ShardClosed(ShardId),
    /// The shard owns one hash and cannot be divided.
    #[error("shard {0} cannot be split further")]
    TooNarrow(ShardId),
}

/// What opening shards takes.
pub struct Opening<'a> {
    /// The service time.
    pub now_ms: u64,
    /// How long records are kept.
    pub retention_ms: u64,
    /// Gives a log id that was never used before.
    pub next_log: &'a mut dyn FnMut() -> LogId,
}

/// The stream to open.
#[derive(Clone, Debug)]
pub struct NewStream {
    /// The table's ARN, of which the stream's is made.
    pub table_arn: String,
    /// The account that owns it.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// The table's name.
    pub table_name: String,
    /// The table's key.
    pub key_schema: Vec<KeyElement>,
    /// What its records hold.
    pub view: ViewType,
    /// The time for its label, from [`crate::Streams::next_label_ms`].
    pub label_ms: u64,
    /// How many shards it begins with; at least one.
    pub initial_shards: u32,
}

/// Opens a stream.
pub fn open(new: NewStream, mut opening: Opening<'_>) -> Change {
    let label = label::format(new.label_ms);
    let descriptor = StreamDescriptor {
        arn: format!("{}/stream/{label}", new.table_arn),
        label,
        account: new.account,
        region: new.region,
        table_name: new.table_name,
        key_schema: new.key_schema,
        view: new.view,
        created_ms: new.label_ms,
        status: StreamStatus::Enabled,
        closed_ms: None,
        shards: Vec::new(),
    };
    let mut change = Change { descriptor, logs: Vec::new() };
    let count = u128::from(new.initial_shards.max(1));
    let width = u128::MAX / count;
    for nth in 0..count {
        let first = nth * width;
        let last = if nth + 1 == count { u128::MAX } else { first + (width - 1) };
        change.open_shard(None, (first, last), &mut opening);
    }
    change
}

/// Switches a stream off: its open shards close and have no children.
///
/// # Errors
/// When it is off already.
pub fn disable(descriptor: &StreamDescriptor, now_ms: u64) -> Result<Change, PlanError> {
    let mut change = Change::of(descriptor)?;
    let open: Vec<ShardId> = descriptor.open_shards().iter().map(|shard| shard.id).collect();
    for id in open {
        change.close_shard(id, now_ms)?;
    }
    change.descriptor.status = StreamStatus::Disabled;
    change.descriptor.closed_ms = Some(now_ms);
    Ok(change)
}

/// Closes each of these shards and goes on with one child in its place.
///
/// # Errors
/// When the stream is off, or one of the shards is unknown, closed or named twice.
pub fn roll(
    descriptor: &StreamDescriptor,
    shards: &[ShardId],
    mut opening: Opening<'_>,
) -> Result<Change, PlanError> {
    let mut change = Change::of(descriptor)?;
    for &id in shards {
        let range = change.close_shard(id, opening.now_ms)?;
        change.open_shard(Some(id), range, &mut opening);
    }
    Ok(change)
}

/// Closes a shard and goes on with two children, each of which owns half of its hash range.
///
/// # Errors
/// When the stream is off, or the shard is unknown, closed or too narrow.
pub fn split(
    descriptor: &StreamDescriptor,
    shard: ShardId,
    mut opening: Opening<'_>,
) -> Result<Change, PlanError> {
    let mut change = Change::of(descriptor)?;
    let (first, last) = change.close_shard(shard, opening.now_ms)?;
    if first == last {
        return Err(PlanError::TooNarrow(shard));
    }
    let middle = first + (last - first) / 2;
    change.open_shard(Some(shard), (first, middle), &mut opening);
    change.open_shard(Some(shard), (middle + 1, last), &mut opening);
    Ok(change)
}

impl Change {
    /// Begins with an enabled stream as it is.
    fn of(descriptor: &StreamDescriptor) -> Result<Change, PlanError> {
        match descriptor.status {
            StreamStatus::Enabled => Ok(Change { descriptor: descriptor.clone(), logs: Vec::new() }),
            StreamStatus::Disabled => Err(PlanError::Disabled),
        }
    }

    /// Closes a shard and answers its hash range.
    fn close_shard(&mut self, id: ShardId, now_ms: u64) -> Result<(u128, u128), PlanError> {
        let shard = self.descriptor.shards.iter_mut().find(|shard| shard.id == id);
        let shard = shard.ok_or(PlanError::UnknownShard(id))?;
        if !shard.is_open() {
            return Err(PlanError::ShardClosed(id));
        }
        shard.closed_ms = Some(now_ms);
        self.logs.push(LogChange::Close(shard.log));
        Ok((shard.first, shard.last))
    }

    /// Opens a shard younger than all others. The youngest shard of an enabled stream is always open, so it
    /// has not expired, and an id is never given twice.
    fn open_shard(
        &mut self,
        parent: Option<ShardId>,
        (first, last): (u128, u128),
        opening: &mut Opening<'_>,
    ) {
        let youngest_ms = self.descriptor.shards.last().map_or(0, |shard| shard.id.created_ms);
        let log = (opening.next_log)();
        let id = ShardId {
            created_ms: opening.now_ms.max(youngest_ms.saturating_add(1)),
            suffix: suffix(&self.descriptor.arn, log),
        };
        let created_ms = opening.now_ms;
        self.logs.push(LogChange::Open { log, retention_ms: opening.retention_ms });
        self.descriptor.shards.push(Shard { id, log, parent, first, last, created_ms, closed_ms: None });
    }
}

/// Tells apart the shards that different streams open in one millisecond.
fn suffix(arn: &str, log: LogId) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write(arn.as_bytes());
    hasher.write_u64(log.0);
    let hash = hasher.finish().to_be_bytes();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

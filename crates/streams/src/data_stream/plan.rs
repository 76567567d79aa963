//! Making, splitting, merging, scaling and trimming: from one data stream to the next.

use super::{DataShard, DataShardId, DataStream};
use crate::descriptor::Opening;
use std::collections::{BTreeMap, BTreeSet};
use store::{LogChange, Snapshot, StoreError};

/// A stream as it is from now on, and the changes of logs that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChange {
    /// The stream.
    pub stream: DataStream,
    /// The logs that open, close, are trimmed or go.
    pub logs: Vec<LogChange>,
}

/// Why shards cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataPlanError {
    /// There is no such shard.
    #[error("there is no shard {0}")]
    UnknownShard(DataShardId),
    /// It is closed.
    #[error("{0} is closed")]
    ShardClosed(DataShardId),
    /// The hash key is not one at which the shard can be divided.
    #[error("the hash key does not divide {0}")]
    OutOfRange(DataShardId),
    /// The shards do not lie side by side.
    #[error("{0} and {1} are not adjacent")]
    NotAdjacent(DataShardId, DataShardId),
}

/// The stream to make.
#[derive(Clone, Debug)]
pub struct NewDataStream {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// Whether its capacity is on demand.
    pub on_demand: bool,
    /// How long its records are kept.
    pub retention_hours: u32,
    /// The largest record that it takes.
    pub record_size_max_kib: u32,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many shards it begins with; at least one.
    pub shards: u32,
}

/// Makes a stream.
pub fn create(new: NewDataStream, mut opening: Opening<'_>) -> DataChange {
    let stream = DataStream {
        arn: format!("arn:aws:kinesis:{}:{}:stream/{}", new.region, new.account, new.name),
        name: new.name,
        account: new.account,
        region: new.region,
        created_ms: opening.now_ms,
        on_demand: new.on_demand,
        retention_hours: new.retention_hours,
        record_size_max_kib: new.record_size_max_kib,
        encryption_key: None,
        metrics: BTreeSet::new(),
        tags: new.tags,
        next_shard: 0,
        shards: Vec::new(),
    };
    let mut change = DataChange { stream, logs: Vec::new() };
    let mut firsts: Vec<u128> = boundaries(new.shards).into_iter().collect();
    firsts.insert(0, 0);
    for (nth, first) in firsts.iter().enumerate() {
        let last = firsts.get(nth + 1).map_or(u128::MAX, |next| next - 1);
        change.open(Vec::new(), (*first, last), &mut opening);
    }
    change
}

/// The first hash keys of shards of even width, but for that of the first shard, which is zero.
fn boundaries(shards: u32) -> BTreeSet<u128> {
    let shards = u128::from(shards.max(1));
    // 2^128 does not fit, so the last hash key is counted by itself. One shard is as wide as all, and has no boundary.
    let width = (u128::MAX / shards).saturating_add((u128::MAX % shards + 1) / shards);
    (1..shards).map(|nth| nth * width).collect()
}

impl DataStream {
    /// A change that leaves the shards as they are.
    #[must_use]
    pub fn changed(&self, change: impl FnOnce(&mut DataStream)) -> DataChange {
        let mut stream = self.clone();
        change(&mut stream);
        DataChange { stream, logs: Vec::new() }
    }

    /// Divides a shard: its second child begins at this hash key.
    ///
    /// # Errors
    /// When there is no such shard, it is closed, or a child would own nothing.
    pub fn split(
        &self,
        shard: DataShardId,
        at: u128,
        mut opening: Opening<'_>,
    ) -> Result<DataChange, DataPlanError> {
        let mut change = DataChange { stream: self.clone(), logs: Vec::new() };
        change.split(shard, at, &mut opening)?;
        Ok(change)
    }

    /// Merges two shards that lie side by side.
    ///
    /// # Errors
    /// When one of them is not there or closed, or they are not adjacent.
    pub fn merge(
        &self,
        shard: DataShardId,
        adjacent: DataShardId,
        mut opening: Opening<'_>,
    ) -> Result<DataChange, DataPlanError> {
        let mut change = DataChange { stream: self.clone(), logs: Vec::new() };
        change.merge(shard, adjacent, &mut opening)?;
        Ok(change)
    }

    /// Goes over to so many shards of even width: splits at every boundary that is to come, then merges over every
    /// one that is to go. A shard in between takes no records and is closed in the same instant.
    ///
    /// # Errors
    /// None, but for a stream whose shards do not fit together.
    pub fn scale(&self, shards: u32, mut opening: Opening<'_>) -> Result<DataChange, DataPlanError> {
        let mut change = DataChange { stream: self.clone(), logs: Vec::new() };
        let wanted = boundaries(shards);
        let present: BTreeSet<u128> = self.open_shards().iter().map(|shard| shard.first).collect();
        for &at in wanted.difference(&present) {
            let Some(shard) = change.stream.owner(at).map(|shard| shard.number) else { continue };
            change.split(shard, at, &mut opening)?;
        }
        for &at in present.difference(&wanted).filter(|at| **at > 0) {
            let owner = |at: u128| change.stream.owner(at).map(|shard| shard.number);
            let (Some(below), Some(above)) = (owner(at - 1), owner(at)) else { continue };
            change.merge(below, above, &mut opening)?;
        }
        Ok(change)
    }

    /// What has expired by now: shards that go, and records that are trimmed. None where there is nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn expire(&self, snapshot: &impl Snapshot, now_ms: u64) -> Result<Option<DataChange>, StoreError> {
        let mut change = DataChange { stream: self.clone(), logs: Vec::new() };
        let gone = |shard: &DataShard| shard.has_expired(now_ms, self.retention_ms());
        for shard in &self.shards {
            if gone(shard) {
                change.logs.push(LogChange::Drop(shard.log));
                continue;
            }
            let Some(state) = snapshot.log(shard.log) else { continue };
            let horizon = self.horizon(snapshot, shard.log, &state, now_ms)?;
            if horizon > state.trimmed {
                change.logs.push(LogChange::Trim(shard.log, horizon));
            }
        }
        change.stream.shards.retain(|shard| !gone(shard));
        Ok((!change.logs.is_empty()).then_some(change))
    }

    /// What becomes of its logs when it is deleted.
    #[must_use]
    pub fn dropped(&self) -> Vec<LogChange> {
        self.shards.iter().map(|shard| LogChange::Drop(shard.log)).collect()
    }
}

impl DataChange {
    fn open(&mut self, parents: Vec<DataShardId>, (first, last): (u128, u128), opening: &mut Opening<'_>) {
        let log = (opening.next_log)();
        let number = DataShardId(self.stream.next_shard);
        self.stream.next_shard += 1;
        self.logs.push(LogChange::Open { log, retention_ms: opening.retention_ms });
        let created_ms = opening.now_ms;
        self.stream.shards.push(DataShard { number, log, parents, first, last, created_ms, closed_ms: None });
    }

    /// Closes a shard and answers its range.
    fn close(&mut self, id: DataShardId, now_ms: u64) -> Result<(u128, u128), DataPlanError> {
        let shard = self.stream.shards.iter_mut().find(|shard| shard.number == id);
        let shard = shard.ok_or(DataPlanError::UnknownShard(id))?;
        if !shard.is_open() {
            return Err(DataPlanError::ShardClosed(id));
        }
        shard.closed_ms = Some(now_ms);
        self.logs.push(LogChange::Close(shard.log));
        Ok((shard.first, shard.last))
    }

    fn split(&mut self, id: DataShardId, at: u128, opening: &mut Opening<'_>) -> Result<(), DataPlanError> {
        let (first, last) = self.close(id, opening.now_ms)?;
        if at <= first || at > last {
            return Err(DataPlanError::OutOfRange(id));
        }
        self.open(vec![id], (first, at - 1), opening);
        self.open(vec![id], (at, last), opening);
        Ok(())
    }

    fn merge(
        &mut self,
        id: DataShardId,
        adjacent: DataShardId,
        opening: &mut Opening<'_>,
    ) -> Result<(), DataPlanError> {
        let one = self.close(id, opening.now_ms)?;
        let other = self.close(adjacent, opening.now_ms)?;
        let (low, high) = if one.0 < other.0 { (one, other) } else { (other, one) };
        if low.1.checked_add(1) != Some(high.0) {
            return Err(DataPlanError::NotAdjacent(id, adjacent));
        }
        self.open(vec![id, adjacent], (low.0, high.1), opening);
        Ok(())
    }
}

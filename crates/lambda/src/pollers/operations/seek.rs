//! Moving the checkpoints of a mapping of a stream, with nothing under way.

use super::change::commit;
use super::starting::starting;
use super::{OperationError, Scope};
use crate::configuration::{Fault, Source, StartingPosition};
use crate::history::Track;
use crate::mapping::Checkpoint;
use crate::pollers::registry::Directive;
use crate::pollers::{Mappings, StoredMapping, record};
use crate::status::{ShardState, Status};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Key, LogId, Position, Snapshot, Store};
use streams::positions::Positions;
use streams::reading::PAGE_SIZE_BYTES_MAX;
use streams::{SequenceNumber, ShardId, StreamDescriptor};

/// The most records that are counted of a shard.
const COUNTED_MAX: usize = 10_000;

/// Where a mapping is to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeekTo {
    /// With the oldest records that there are.
    Start,
    /// With what is written from now on.
    Latest,
    /// With the first records that were written at this time or later.
    Time(u64),
    /// After these. Shards before those that are named count as done, those after them are read from their beginning, and
    /// others stay where they are.
    After(Positions),
}

/// How far a shard was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its id.
    pub shard: String,
    /// The sequence number at which it would have gone on.
    pub from: u128,
    /// The one at which it goes on.
    pub to: u128,
    /// How many records lie between.
    pub count: usize,
    /// Whether there are more than were counted.
    pub is_more: bool,
}

/// What is to be stored of each shard; `None` for none, with which it is read from its oldest record.
type Checkpoints = Vec<(LogId, Option<Checkpoint>)>;

impl Mappings {
    /// Moves the checkpoints of a mapping of a stream: its calls under way end first, and when this returns the new ones
    /// are stored, and it goes on from them if it is enabled.
    ///
    /// # Errors
    /// When it is not there, has no checkpoints, cannot be moved there, or its calls do not end in time. Nothing is moved
    /// then.
    pub async fn seek(
        &self,
        scope: Scope<'_>,
        uuid: &str,
        to: SeekTo,
        patience: Duration,
    ) -> Result<Vec<Moved>, OperationError> {
        let mapping = self.entry(scope, uuid)?.mapping;
        if matches!(mapping.configuration.source, Source::Queue { .. }) {
            let text = "A queue has no positions: messages are received until they are deleted.";
            return Err(Fault::InvalidParameterValue(text.to_owned()).into());
        }
        let mappings = self.clone();
        // To its end, whatever becomes of the request: in the middle of it nobody reads the stream.
        let sought = environment::spawn(async move {
            let sought = mappings.quiet_and_move(&mapping, &to, patience).await;
            // The driver was told to rest; from here on it does again as the mapping says.
            if let Some(entry) = mappings.registry.get(mapping.uuid.as_str()) {
                mappings.registry.tell(&mapping.uuid, Directive::Settings(entry.mapping));
            }
            sought
        });
        match sought.await {
            Ok(sought) => sought,
            Err(_) => Err(Fault::Conflict("The move was interrupted.".to_owned()).into()),
        }
    }

    async fn quiet_and_move(
        &self,
        mapping: &StoredMapping,
        to: &SeekTo,
        patience: Duration,
    ) -> Result<Vec<Moved>, OperationError> {
        // Before it is asked to rest: what is refused changes nothing.
        self.checkpoints_at(mapping, to)?;
        let mut resting = mapping.clone();
        resting.configuration.enabled = false;
        self.registry.tell(&mapping.uuid, Directive::Settings(Arc::new(resting)));
        let track = self.shared.parts.history.track(mapping.uuid.as_str());
        let clock = &self.shared.parts.database.environment().clock;
        tokio::select! {
            biased;
            () = at_rest(&track) => {}
            () = clock.sleep(patience) => return Err(busy()),
        }
        let _control = self.registry.control.lock().await;
        let entry = self.registry.get(mapping.uuid.as_str()).ok_or(Fault::NotFound)?;
        // Somebody may have changed it between the rest and the lock.
        let status = track.status().await.filter(|status| !status.enabled && status.is_at_rest());
        let Some(status) = status.filter(|_| entry.mapping.source_arn == mapping.source_arn) else {
            return Err(busy());
        };
        let checkpoints = self.checkpoints_at(mapping, to)?;
        let moved = self.moved(mapping, &status, &checkpoints)?;
        self.registry.halt(&mapping.uuid).await;
        let stored = match self.writes(mapping, checkpoints) {
            Ok(writes) => commit(&self.shared, writes).await,
            Err(error) => Err(error),
        };
        self.registry.begin(&mapping.uuid, &self.shared);
        stored.map(|()| moved)
    }

    /// The writes that make these the checkpoints of a mapping.
    fn writes(
        &self,
        mapping: &StoredMapping,
        checkpoints: Checkpoints,
    ) -> Result<Vec<(Key, Option<Bytes>)>, OperationError> {
        let keys = self.shared.keys;
        let stored = record::checkpoints(&self.shared.parts.database.store().snapshot(), keys, &mapping.uuid);
        // One that cannot be read is in the way no longer.
        let mut all: BTreeMap<LogId, Option<Bytes>> = BTreeMap::new();
        let known: BTreeSet<LogId> = stored?.into_iter().map(|(log, _)| log).collect();
        for (log, checkpoint) in checkpoints {
            match checkpoint {
                Some(checkpoint) => drop(all.insert(log, Some(checkpoint.encode().into()))),
                None if known.contains(&log) => drop(all.insert(log, None)),
                None => {}
            }
        }
        Ok(all.into_iter().map(|(log, value)| (keys.checkpoint(&mapping.uuid, log), value)).collect())
    }

    /// The checkpoints of the shards that are to be moved.
    fn checkpoints_at(&self, mapping: &StoredMapping, to: &SeekTo) -> Result<Checkpoints, OperationError> {
        let position = match to {
            SeekTo::Start => StartingPosition::TrimHorizon,
            SeekTo::Latest => StartingPosition::Latest,
            SeekTo::Time(time_ms) => StartingPosition::AtTimestamp(*time_ms),
            SeekTo::After(positions) => return self.checkpoints_after(mapping, positions),
        };
        let mut configuration = mapping.configuration.clone();
        if let Some(stream) = &mut configuration.stream {
            stream.starting_position = position;
        }
        let found = starting(&self.shared, &configuration, &mapping.source_arn)?;
        let mut all: BTreeMap<LogId, Option<Checkpoint>> = BTreeMap::new();
        for (_, log) in self.shards(mapping)? {
            all.insert(log, None);
        }
        all.extend(found.into_iter().map(|(log, checkpoint)| (log, Some(checkpoint))));
        Ok(all.into_iter().collect())
    }

    fn checkpoints_after(
        &self,
        mapping: &StoredMapping,
        positions: &Positions,
    ) -> Result<Checkpoints, OperationError> {
        let database = &self.shared.parts.database;
        let refused = |text: String| OperationError::from(Fault::InvalidParameterValue(text));
        let arn = &mapping.source_arn;
        if mapping.configuration.source != Source::TableStream {
            return Err(refused("Positions name shards of the stream of a table; name a time.".to_owned()));
        }
        let stream = database.streams().get(arn).ok_or_else(|| Fault::no_source(Source::TableStream, arn))?;
        let snapshot = database.store().snapshot();
        let mut found = Vec::new();
        for (id, number) in positions.iter() {
            let shard = stream.shard(id).and_then(|shard| Some((shard.log, snapshot.log(shard.log)?)));
            let (log, state) = shard.ok_or_else(|| refused(format!("{arn} has no shard {id}.")))?;
            let position = number.position().unwrap_or_default();
            if position > state.tail {
                return Err(refused(format!("{id}:{number} is after the last record of the shard.")));
            }
            if position < state.trimmed {
                let oldest = SequenceNumber::of(state.trimmed);
                let text =
                    format!("Records after {id}:{number} are trimmed, up to {oldest}; seek to the start.");
                return Err(refused(text));
            }
            found.push((log, Some(Checkpoint::starting(number.get() + 1))));
        }
        let (before, after) = relatives(&stream, positions);
        for shard in &stream.shards {
            if let (true, Some(state)) = (before.contains(&shard.id), snapshot.log(shard.log)) {
                let checkpoint = Checkpoint::starting(number_after(state.tail));
                found.push((shard.log, Some(Checkpoint { finished: true, ..checkpoint })));
            } else if after.contains(&shard.id) {
                found.push((shard.log, None));
            }
        }
        Ok(found)
    }

    /// The shards of a mapping's stream.
    fn shards(&self, mapping: &StoredMapping) -> Result<Vec<(String, LogId)>, OperationError> {
        let (database, arn) = (&self.shared.parts.database, &mapping.source_arn);
        let gone = || Fault::no_source(mapping.configuration.source, arn);
        Ok(match mapping.configuration.source {
            Source::DataStream => {
                let stream = database.data_streams().of_arn(arn).ok_or_else(gone)?;
                stream.shards.iter().map(|shard| (shard.number.to_string(), shard.log)).collect()
            }
            _ => {
                let stream = database.streams().get(arn).ok_or_else(gone)?;
                stream.shards.iter().map(|shard| (shard.id.to_string(), shard.log)).collect()
            }
        })
    }

    /// What moving to these checkpoints repeats and skips.
    fn moved(
        &self,
        mapping: &StoredMapping,
        status: &Status,
        checkpoints: &Checkpoints,
    ) -> Result<Vec<Moved>, OperationError> {
        let snapshot = self.shared.parts.database.store().snapshot();
        let mut all = Vec::new();
        for (shard, log) in self.shards(mapping)? {
            let target = checkpoints.iter().find(|(known, _)| *known == log);
            let (Some((_, target)), Some(state)) = (target, snapshot.log(log)) else { continue };
            let (oldest, end) = (number_after(state.trimmed), number_after(state.tail));
            let from = match status.shard(&shard) {
                Some(ShardState::Finished) => end,
                Some(ShardState::Reads { read_to, lanes, .. }) => {
                    lanes.iter().map(|lane| lane.done_to).min().unwrap_or(*read_to)
                }
                Some(ShardState::Waits { from, .. }) => *from,
                None => oldest,
            };
            let (from, to) = (
                from.clamp(oldest, end),
                target.as_ref().map_or(oldest, Checkpoint::watermark).clamp(oldest, end),
            );
            let (count, is_more) = counted(&snapshot, log, (from.min(to), from.max(to)))?;
            all.push(Moved { shard, from, to, count, is_more });
        }
        Ok(all)
    }
}

/// Ends when nothing of a mapping that was told to rest is under way.
async fn at_rest(track: &Track) {
    let watch = track.watch();
    loop {
        let mut moved = std::pin::pin!(watch.moved());
        moved.as_mut().enable();
        if track.status().await.is_some_and(|status| !status.enabled && status.is_at_rest()) {
            return;
        }
        moved.await;
    }
}

fn busy() -> OperationError {
    let text =
        "A call of the function is still under way, or the mapping was changed meanwhile; nothing was moved.";
    Fault::Conflict(text.to_owned()).into()
}

/// The number at which to go on after this position.
fn number_after(position: Position) -> u128 {
    SequenceNumber::of(position).get() + 1
}

/// The shards before those that are named, and those after them. What is named itself is neither.
fn relatives(stream: &StreamDescriptor, positions: &Positions) -> (BTreeSet<ShardId>, BTreeSet<ShardId>) {
    let is_named = |id: ShardId| positions.get(id).is_some();
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    for (id, _) in positions.iter() {
        let mut parent = stream.shard(id).and_then(|shard| shard.parent);
        while let Some(id) = parent.filter(|id| !is_named(*id) && before.insert(*id)) {
            parent = stream.shard(id).and_then(|shard| shard.parent);
        }
    }
    // Shards stand in the order in which they were opened: a parent before its children.
    for shard in &stream.shards {
        let comes_after = shard.parent.is_some_and(|parent| is_named(parent) || after.contains(&parent));
        if comes_after && !is_named(shard.id) && !before.contains(&shard.id) {
            after.insert(shard.id);
        }
    }
    (before, after)
}

/// How many records have numbers from the first to before the second, and whether there are more than were counted.
fn counted(
    snapshot: &impl Snapshot,
    log: LogId,
    (first, end): (u128, u128),
) -> Result<(usize, bool), OperationError> {
    let place = |number: u128| SequenceNumber::new(number).position().unwrap_or_default().0;
    let (mut after, end) = (Position(place(first).saturating_sub(1)), place(end));
    let mut count = 0;
    while count < COUNTED_MAX {
        let page = snapshot.log_read(log, after, COUNTED_MAX - count, PAGE_SIZE_BYTES_MAX)?;
        let within = page.records.iter().filter(|record| record.position.0 < end).count();
        count += within;
        if !page.more || within < page.records.len() || page.records.is_empty() {
            return Ok((count, false));
        }
        after = page.next;
    }
    Ok((count, after.0 + 1 < end))
}

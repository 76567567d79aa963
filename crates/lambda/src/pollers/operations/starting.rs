//! Where a new mapping begins: for each shard that is there, worked out in one moment.

use super::OperationError;
use crate::configuration::{Configuration, Fault, Source, StartingPosition};
use crate::mapping::Checkpoint;
use crate::pollers::Shared;
use store::{LogId, Position, Snapshot, Store};
use streams::SequenceNumber;

/// The checkpoints with which a mapping begins. A shard without one is read from its oldest record.
///
/// The shards are taken first and the snapshot after them. So a shard that is opened in between is read from its
/// beginning, and what it holds was written while the mapping was being made.
pub(super) fn starting(
    shared: &Shared,
    configuration: &Configuration,
    arn: &str,
) -> Result<Vec<(LogId, Checkpoint)>, OperationError> {
    let database = &shared.parts.database;
    let logs =
        logs(shared, configuration.source, arn).ok_or_else(|| Fault::no_source(configuration.source, arn))?;
    let Some(stream) = &configuration.stream else { return Ok(Vec::new()) };
    let snapshot = database.store().snapshot();
    let mut checkpoints = Vec::new();
    for log in logs {
        let Some(state) = snapshot.log(log) else { continue };
        let after = match stream.starting_position {
            StartingPosition::TrimHorizon => return Ok(Vec::new()),
            StartingPosition::Latest => state.tail,
            StartingPosition::AtTimestamp(time_ms) => snapshot.log_before(log, time_ms)?,
        };
        let next = SequenceNumber::of(Position(after.0 + 1)).get();
        checkpoints.push((log, Checkpoint::starting(next)));
    }
    Ok(checkpoints)
}

/// The logs of a source; `None` where it is not there.
fn logs(shared: &Shared, source: Source, arn: &str) -> Option<Vec<LogId>> {
    let database = &shared.parts.database;
    match source {
        Source::TableStream => {
            let stream = database.streams().get(arn)?;
            Some(stream.shards.iter().map(|shard| shard.log).collect())
        }
        Source::DataStream => {
            let stream = database.data_streams().of_arn(arn)?;
            Some(stream.shards.iter().map(|shard| shard.log).collect())
        }
        Source::Queue { .. } => shared.parts.queues.as_ref()?.exists(arn).then(Vec::new),
    }
}

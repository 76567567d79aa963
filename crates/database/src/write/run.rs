//! Running a set: planned anew under the present epoch of its tables until it is committed or refused.

use super::{Failure, Probe, Verdict, WriteSet};
use crate::Database;
use crate::index;
use crate::read::write_item;
use crate::table::{IndexStatus, Table};
use item::Stored;
use std::sync::Arc;
use store::{Committed, LogId, RunError, Snapshot, Store};
use wire::ApiError;

/// How often an entry of an index that is being made may be elsewhere than where it was looked for.
const MOVES_MAX: usize = 1000;

impl Database {
    /// Runs a set to its end. What its actions came to stands in the set that comes back.
    ///
    /// # Errors
    /// When a table is gone, or the store failed.
    pub(crate) async fn write(&self, mut set: WriteSet) -> Result<(WriteSet, Committed), ApiError> {
        for _ in 0..MOVES_MAX {
            self.look_for_entries(&mut set)?;
            match self.runner.run(set).await {
                Ok((ran, _)) if *ran.verdict() == Verdict::Moved => set = ran,
                Ok(done) => return Ok(done),
                Err(RunError::Stale(log, stale)) => set = self.under_present_epoch(log, stale).await?,
                Err(RunError::Store(error)) => return Err(store_failed(&error)),
            }
        }
        Err(ApiError::internal_server_error("an item of the request moves too fast while its index is made"))
    }

    /// The set under the next epoch of the table that this log belongs to.
    async fn under_present_epoch(&self, log: LogId, mut set: WriteSet) -> Result<WriteSet, ApiError> {
        let of_log = |table: &&Arc<Table>| {
            let shards = table.stream.iter().flat_map(|stream| &stream.shards);
            let delivered = table.destination.iter().flat_map(|destination| &destination.shards);
            table.log == log
                || shards.map(|shard| shard.log).any(|shard| shard == log)
                || delivered.map(|shard| shard.log).any(|shard| shard == log)
        };
        let stale = set.actions.iter().map(|action| &action.table).find(of_log).cloned();
        let Some(stale) = stale else {
            return Err(ApiError::internal_server_error(
                "a write was refused for a table that it does not touch",
            ));
        };
        let present = self.catalog.newer_than(&stale).await?;
        if present.id != stale.id {
            // Deleted, and made again by somebody: for this request it is gone.
            return Err(ApiError::resource_not_found("Requested resource not found"));
        }
        for action in &mut set.actions {
            if action.table.id == present.id {
                action.table = Arc::clone(&present);
            }
        }
        Ok(set)
    }

    /// Notes where the items of the set have their entries in indexes that are being made, so that the plan
    /// reads them: only there can an entry be missing, and the counters are exact.
    fn look_for_entries(&self, set: &mut WriteSet) -> Result<(), ApiError> {
        let creating =
            |table: &Table| table.indexes.iter().any(|index| index.status == IndexStatus::Creating);
        set.keys.truncate(set.actions.len() + usize::from(set.token.is_some()));
        set.probes.clear();
        if !set.actions.iter().any(|action| creating(&action.table)) {
            return Ok(());
        }
        let snapshot = self.store.snapshot();
        for (place, action) in set.actions.iter().enumerate() {
            let Some(item) = snapshot.get(&action.key.key).map_err(|error| store_failed(&error))? else {
                continue;
            };
            let item = Stored::from_bytes(item.value);
            for (at, index) in action.table.indexes.iter().enumerate() {
                if index.status == IndexStatus::Creating
                    && let Some(entry) = index::stored_entry(index, set.hasher, &action.key.key, &item)
                {
                    set.probes.push(Probe { action: place, index: at, key: entry.key });
                }
            }
        }
        set.keys.extend(set.probes.iter().map(|probe| probe.key.clone()));
        Ok(())
    }
}

/// What a client is told when the store fails; the log has the rest.
pub(crate) fn store_failed(error: &store::StoreError) -> ApiError {
    tracing::error!(%error, "the store failed");
    ApiError::internal_server_error(error.to_string())
}

impl Failure {
    /// The failure of the only action of a request.
    pub(crate) fn into_error(self, item: bool) -> ApiError {
        match self {
            Failure::Invalid(text) => ApiError::validation(text),
            Failure::Damaged(text) => ApiError::internal_server_error(text),
            Failure::Collision => ApiError::internal_server_error("two partition keys have the same hash"),
            Failure::Condition(None) => ApiError::conditional_check_failed(),
            Failure::Condition(Some(old)) if item => {
                let mut rendered = Vec::with_capacity(2 * old.bytes().len());
                match write_item(&mut rendered, &old) {
                    Ok(()) => ApiError::conditional_check_failed().with_member("Item", &rendered),
                    Err(error) => error,
                }
            }
            Failure::Condition(Some(_)) => ApiError::conditional_check_failed(),
        }
    }
}

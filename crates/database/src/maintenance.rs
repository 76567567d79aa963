//! What happens by itself as service time goes on: shards roll over, records, shards and streams expire, items
//! outlive their time.
//!
//! One task looks every so often; a pass can also be asked for, so that whoever moves the clock finds
//! everything moved with it. Passes run one at a time, and each of their changes takes the control lock for
//! itself alone.

use crate::Database;
use crate::control::{Control, TableChange, plan_error, store_error};
use crate::descriptor::TableDescriptor;
use crate::meta::{MetaKey, ServiceTime};
use std::sync::Arc;
use store::{Effect, LogChange, Store};
use streams::descriptor::{Change, Expiry, Opening, PlanError, Until, expire, trim};
use streams::{ShardId, StreamDescriptor};
use wire::ApiError;

/// Records are looked for that can be trimmed this often in the time they are kept, and not less often than
/// each minute.
const TRIMS_PER_RETENTION: u64 = 24;
const TRIM_INTERVAL_MAX_MS: u64 = 60_000;

/// What maintenance remembers from pass to pass.
#[derive(Debug, Default)]
pub(crate) struct Maintenance {
    trimmed_ms: u64,
}

impl Database {
    /// Goes on with what a restart interrupted, and begins to look after tables and streams. To be called once,
    /// on the runtime.
    pub fn start(self: &Arc<Self>) {
        self.resume_fills();
        self.resume_restores();
        self.end_interrupted();
        let weak = Arc::downgrade(self);
        let (clock, interval_ms) = (self.environment.clock.clone(), self.options.sweep_interval_ms.max(1));
        let look = move || {
            let (weak, clock) = (weak.clone(), clock.clone());
            async move {
                loop {
                    clock.service_sleep_until(clock.now_ms().saturating_add(interval_ms)).await;
                    // Ends when nobody else has the database any more.
                    let Some(database) = weak.upgrade() else { return };
                    database.pass(false).await;
                }
            }
        };
        self.environment.background.keep("maintenance", look);
    }

    /// Writes down what a restart needs beyond the commits: how far service time is ahead.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn shutdown(&self) -> Result<(), ApiError> {
        let _control = self.control.lock().await;
        self.write_time(self.service_time()).await
    }

    /// One pass over everything that may be due. `thorough` leaves out no trimming for having been done lately.
    pub(crate) async fn pass(self: &Arc<Self>, thorough: bool) {
        let mut maintenance = self.maintenance.lock().await;
        let now_ms = self.environment.clock.now_ms();
        if let Err(error) = self.roll_due(now_ms).await {
            tracing::error!(%error, "shards could not be rolled over");
        }
        let interval_ms = (self.options.streams.retention_ms / TRIMS_PER_RETENTION).min(TRIM_INTERVAL_MAX_MS);
        if thorough || now_ms >= maintenance.trimmed_ms.saturating_add(interval_ms) {
            maintenance.trimmed_ms = now_ms;
            if let Err(error) = self.expire_streams(now_ms).await {
                tracing::error!(%error, "expired records could not be trimmed");
            }
            if let Err(error) = self.expire_data_streams(now_ms).await {
                tracing::error!(%error, "expired records of data streams could not be trimmed");
            }
            if let Err(error) = self.forget_tokens(now_ms).await {
                tracing::error!(%error, "outdated client tokens could not be deleted");
            }
            if let Err(error) = self.forget_transfers(now_ms).await {
                tracing::error!(%error, "old exports and imports could not be forgotten");
            }
        }
        if let Err(error) = self.sweep(now_ms).await {
            tracing::error!(%error, "expired items could not be deleted");
        }
    }

    /// Service time as a restart is to take it up.
    pub(crate) fn service_time(&self) -> ServiceTime {
        let clock = &self.environment.clock;
        ServiceTime { offset_ms: clock.offset_ms(), latest_ms: clock.now_ms(), frozen: clock.is_frozen() }
    }

    /// Stores service time. The caller holds the control lock.
    pub(crate) async fn write_time(&self, time: ServiceTime) -> Result<(), ApiError> {
        let value = crate::control::json_bytes(&time)?;
        let writes = vec![(MetaKey::ServiceTime.key(self.meta), Some(value))];
        self.commit(Effect { writes, ..Effect::default() }).await
    }

    async fn roll_due(&self, now_ms: u64) -> Result<(), ApiError> {
        let lifetime_ms = self.options.streams.shard_lifetime_ms;
        for stream in self.streams.all() {
            if !stream.due_for_rollover(now_ms, lifetime_ms).is_empty() {
                let rolled = self.reshard(&stream.arn, |stream, opening| {
                    let due = stream.due_for_rollover(now_ms, lifetime_ms);
                    streams::descriptor::roll(stream, &due, opening)
                });
                match rolled.await? {
                    // It may have been switched off since it was listed.
                    Ok(_) | Err(PlanError::Disabled) => {}
                    Err(error) => return Err(plan_error(&error)),
                }
            }
        }
        Ok(())
    }

    /// Changes the shards of an enabled stream, under the control lock, together with its table's epoch. Nothing is
    /// done where the stream has been switched off by the time that the lock is held.
    pub(crate) async fn reshard(
        &self,
        arn: &str,
        plan: impl FnOnce(&StreamDescriptor, Opening<'_>) -> Result<Change, PlanError> + Send,
    ) -> Result<Result<Arc<StreamDescriptor>, PlanError>, ApiError> {
        let mut control = self.control.lock().await;
        let stream = self.streams.get(arn).ok_or_else(|| gone(arn))?;
        let Some(table) = self.table_of(&stream) else { return Ok(Err(PlanError::Disabled)) };
        let change = match self.plan_shards(&stream, &mut control, plan) {
            Ok(change) => change,
            Err(error) => return Ok(Err(error)),
        };
        let mut fenced = TableChange::fenced(table);
        fenced.effect.logs = change.logs;
        fenced.stream = Some(change.descriptor);
        self.change(&control, fenced).await?;
        self.streams.get(arn).ok_or_else(|| gone(arn)).map(Ok)
    }

    fn plan_shards(
        &self,
        stream: &StreamDescriptor,
        control: &mut Control,
        plan: impl FnOnce(&StreamDescriptor, Opening<'_>) -> Result<Change, PlanError>,
    ) -> Result<Change, PlanError> {
        let now_ms = self.environment.clock.now_ms();
        let retention_ms = self.options.streams.retention_ms;
        let mut next_log = || control.next_log();
        plan(stream, Opening { now_ms, retention_ms, next_log: &mut next_log })
    }

    /// The table whose enabled stream this is.
    fn table_of(&self, stream: &StreamDescriptor) -> Option<TableDescriptor> {
        let owner = crate::Caller::new(&stream.account, &stream.region);
        let entry = self.catalog.find(&owner, &stream.table_name)?;
        let own = entry.descriptor.enabled_stream().is_some_and(|enabled| enabled.arn == stream.arn);
        own.then(|| entry.descriptor.clone())
    }

    async fn expire_streams(&self, now_ms: u64) -> Result<(), ApiError> {
        for stream in self.streams.all() {
            if self.expiry(&stream, now_ms)? == Expiry::Nothing {
                continue;
            }
            let _control = self.control.lock().await;
            // Again, of the stream as it is now.
            if let Some(stream) = self.streams.get(&stream.arn) {
                self.apply_expiry(&stream, self.expiry(&stream, now_ms)?).await?;
            }
        }
        Ok(())
    }

    fn expiry(&self, stream: &StreamDescriptor, now_ms: u64) -> Result<Expiry, ApiError> {
        let snapshot = self.store.snapshot();
        let expiry = expire(stream, &snapshot, now_ms, self.options.streams.retention_ms);
        expiry.map_err(|error| store_error(&error))
    }

    async fn apply_expiry(&self, stream: &StreamDescriptor, expiry: Expiry) -> Result<(), ApiError> {
        let effect = |logs: Vec<LogChange>| Effect { logs, ..Effect::default() };
        match expiry {
            Expiry::Nothing => Ok(()),
            Expiry::Trim(logs) => self.commit(effect(logs)).await,
            Expiry::Change(change) => {
                let mut effect = effect(change.logs);
                self.write_stream(&mut effect, &change.descriptor);
                self.commit(effect).await?;
                self.streams.install(change.descriptor);
                Ok(())
            }
            Expiry::Gone(logs) => {
                let mut effect = effect(logs);
                effect.writes.push((MetaKey::Stream(&stream.arn).key(self.meta), None));
                self.commit(effect).await?;
                self.streams.remove(&stream.arn);
                Ok(())
            }
        }
    }

    /// Trims records before their time, as retention does. Answers the stream, and how many of its shards lost records.
    pub(crate) async fn trim(
        &self,
        arn: &str,
        shard: Option<ShardId>,
        until: Until,
    ) -> Result<(Arc<StreamDescriptor>, usize), ApiError> {
        let _control = self.control.lock().await;
        let stream = self.streams.get(arn).ok_or_else(|| gone(arn))?;
        let cut = {
            let snapshot = self.store.snapshot();
            trim(&stream, shard, until, &snapshot).map_err(|error| store_error(&error))?
        };
        let count = if let Expiry::Trim(logs) = &cut { logs.len() } else { 0 };
        self.apply_expiry(&stream, cut).await?;
        Ok((stream, count))
    }

    /// Rolls shards over, all open ones where none is named.
    pub(crate) async fn roll(
        &self,
        arn: &str,
        shard: Option<ShardId>,
    ) -> Result<Arc<StreamDescriptor>, ApiError> {
        let rolled = self.reshard(arn, |stream, opening| {
            streams::descriptor::roll(stream, &chosen(stream, shard), opening)
        });
        rolled.await?.map_err(|error| ApiError::validation(error.to_string()))
    }

    /// Splits shards, all open ones where none is named.
    pub(crate) async fn split(
        &self,
        arn: &str,
        shard: Option<ShardId>,
    ) -> Result<Arc<StreamDescriptor>, ApiError> {
        let stream = self.streams.get(arn).ok_or_else(|| gone(arn))?;
        let shards = chosen(&stream, shard);
        if shards.is_empty() {
            return Err(ApiError::validation(PlanError::Disabled.to_string()));
        }
        for shard in shards {
            let split =
                self.reshard(arn, |stream, opening| streams::descriptor::split(stream, shard, opening));
            split.await?.map_err(|error| ApiError::validation(error.to_string()))?;
        }
        self.streams.get(arn).ok_or_else(|| gone(arn))
    }
}

fn chosen(stream: &StreamDescriptor, shard: Option<ShardId>) -> Vec<ShardId> {
    match shard {
        Some(shard) => vec![shard],
        None => stream.open_shards().iter().map(|shard| shard.id).collect(),
    }
}

fn gone(arn: &str) -> ApiError {
    ApiError::resource_not_found(format!("Requested resource not found: Stream: {arn} not found"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caller, Options};
    use environment::{Environment, yield_now};
    use wire::Operation;

    #[tokio::test]
    async fn a_stream_that_is_switched_off_before_its_turn_is_not_rolled_over() {
        let database = Database::open(Options::in_memory(), Environment::simulated(5, 1_000_000)).unwrap();
        let caller = Caller::new("000000000000", "us-east-1");
        let table = serde_json::json!({
            "TableName": "dogs", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        });
        database.call(Operation::CreateTable, &caller, table.to_string().into()).await.unwrap();
        let held = database.control.lock().await;
        let deleting = environment::spawn({
            let (database, caller) = (Arc::clone(&database), caller.clone());
            async move { database.delete_table(&caller, br#"{"TableName":"dogs"}"#).await }
        });
        // Until the deletion waits for the lock: whoever waits first is first.
        for _ in 0..20 {
            yield_now().await;
        }
        let due_ms = 1_000_000 + database.options.streams.shard_lifetime_ms;
        let release = async { drop(held) };
        let (rolled, ()) = tokio::join!(database.roll_due(due_ms), release);
        deleting.await.unwrap().unwrap();
        rolled.unwrap();
        assert!(database.streams.all().iter().all(|stream| stream.shards.len() == 1));
    }
}

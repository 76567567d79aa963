//! The streams of Kinesis Data Streams, as the database keeps them: beside the tables, whose changes they take.
//!
//! They live in the same store and change under the same lock as tables, because a table's write appends to a data
//! stream in the commit that changes the item. So whatever opens, closes or drops a shard that takes the changes of a
//! table raises the epoch of that table in the same commit, and no write is lost between two shards. What clients say
//! to such a stream is not for this crate: a service above speaks Kinesis and calls [`Database`].

use crate::control::{Control, detached, store_error};
use crate::descriptor::TableDescriptor;
use crate::meta::MetaKey;
use crate::{Caller, Database};
use std::sync::Arc;
use store::{
    Effect, Fence, Key, LogChange, LogId, Pieces, Position, RunError, Store, Transaction, Versioned,
};
use streams::data_stream::{DataChange, DataStream, NewDataStream, create};
use streams::descriptor::Opening;
use wire::ApiError;

/// Why a data stream is not changed.
#[derive(Debug)]
pub enum ChangeError<E> {
    /// There is none of this name.
    NotFound,
    /// There is one of this name already.
    Exists,
    /// The change cannot be made to it.
    Refused(E),
    /// The store failed, or the server is stopping.
    Failed(ApiError),
}

/// What a table's destination says when its data stream was deleted.
const STREAM_DELETED: &str = "The Kinesis data stream was deleted.";

/// Records for logs, whatever else is there.
struct Append(Vec<(LogId, Pieces)>);

impl Transaction for Append {
    fn keys(&self) -> &[Key] {
        &[]
    }

    fn plan(&mut self, _old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        Effect { appends: self.0.clone(), ..Effect::default() }
    }
}

/// The caller as streams know it.
pub(crate) fn scope(caller: &Caller) -> streams::Caller<'_> {
    streams::Caller { account: &caller.account, region: &caller.region }
}

impl Database {
    /// Makes a data stream.
    ///
    /// # Errors
    /// When there is one of its name, or the store fails.
    pub async fn create_data_stream(
        self: &Arc<Self>,
        new: NewDataStream,
    ) -> Result<Arc<DataStream>, ChangeError<std::convert::Infallible>> {
        let database = Arc::clone(self);
        settled(async move {
            let mut control = database.control.lock().await;
            let owner = streams::Caller { account: &new.account, region: &new.region };
            if database.data_streams.get(owner, &new.name).is_some() {
                return Ok(Err(ChangeError::Exists));
            }
            let retention_ms = u64::from(new.retention_hours) * 3_600_000;
            let change = database.opening(&mut control, retention_ms, |opening| create(new, opening));
            database.store_data_stream(&control, change).await.map(Ok)
        })
        .await
    }

    /// Changes the caller's data stream of this name as a plan says.
    ///
    /// # Errors
    /// When there is none, the plan refuses, or the store fails.
    pub async fn change_data_stream<E: Send + 'static>(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        plan: impl FnOnce(&DataStream, Opening<'_>) -> Result<DataChange, E> + Send + 'static,
    ) -> Result<Arc<DataStream>, ChangeError<E>> {
        let (database, caller, name) = (Arc::clone(self), caller.clone(), name.to_owned());
        settled(async move {
            let mut control = database.control.lock().await;
            let Some(stream) = database.data_streams.get(scope(&caller), &name) else {
                return Ok(Err(ChangeError::NotFound));
            };
            let planned =
                database.opening(&mut control, stream.retention_ms(), |opening| plan(&stream, opening));
            match planned {
                Ok(change) => database.store_data_stream(&control, change).await.map(Ok),
                Err(error) => Ok(Err(ChangeError::Refused(error))),
            }
        })
        .await
    }

    /// Deletes the caller's data stream of this name, with its records. Tables that deliver to it stop.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub async fn delete_data_stream(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
    ) -> Result<Arc<DataStream>, ChangeError<std::convert::Infallible>> {
        let (database, caller, name) = (Arc::clone(self), caller.clone(), name.to_owned());
        settled(async move {
            let _control = database.control.lock().await;
            let Some(stream) = database.data_streams.get(scope(&caller), &name) else {
                return Ok(Err(ChangeError::NotFound));
            };
            let mut effect = Effect { logs: stream.dropped(), ..Effect::default() };
            effect.writes.push((MetaKey::DataStream(&stream.arn).key(database.meta), None));
            let tables = database.fence_off(&mut effect, &stream.arn, true)?;
            database.commit(effect).await?;
            database.data_streams.remove(&stream);
            database.wake_readers(stream.shards.iter().map(|shard| shard.log));
            for table in tables {
                database.install(table);
            }
            Ok(Ok(stream))
        })
        .await
    }

    /// Appends records to logs of data streams, all in one commit. None where one of the logs is closed or gone:
    /// then nothing was appended, and the streams show by now what became of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn append(&self, records: Vec<(LogId, Pieces)>) -> Result<Option<Vec<Position>>, ApiError> {
        match self.runner.run(Append(records)).await {
            Ok((_, committed)) => Ok(Some(committed.positions)),
            Err(RunError::Stale(_, _)) => {
                // Whoever closed the log still has the lock, or has shown the change already.
                drop(self.control.lock().await);
                Ok(None)
            }
            Err(RunError::Store(error)) => Err(store_error(&error)),
        }
    }

    /// Trims what has expired of data streams.
    pub(crate) async fn expire_data_streams(&self, now_ms: u64) -> Result<(), ApiError> {
        for stream in self.data_streams.all() {
            if self.data_expiry(&stream, now_ms)?.is_none() {
                continue;
            }
            let control = self.control.lock().await;
            // Again, of the stream as it is now.
            let owner = streams::Caller { account: &stream.account, region: &stream.region };
            let Some(stream) = self.data_streams.get(owner, &stream.name) else { continue };
            match self.data_expiry(&stream, now_ms)? {
                Some(change) if change.stream == *stream => {
                    self.commit(Effect { logs: change.logs, ..Effect::default() }).await?;
                }
                Some(change) => drop(self.store_data_stream(&control, change).await?),
                None => {}
            }
        }
        Ok(())
    }

    fn data_expiry(&self, stream: &DataStream, now_ms: u64) -> Result<Option<DataChange>, ApiError> {
        stream.expire(&self.store.snapshot(), now_ms).map_err(|error| store_error(&error))
    }

    fn opening<T>(&self, control: &mut Control, retention_ms: u64, plan: impl FnOnce(Opening<'_>) -> T) -> T {
        let now_ms = self.environment.clock.now_ms();
        let mut next_log = || control.next_log();
        plan(Opening { now_ms, retention_ms, next_log: &mut next_log })
    }

    /// Commits a change to a data stream, and shows it: to readers first, then to the tables that deliver to it.
    async fn store_data_stream(
        &self,
        control: &Control,
        change: DataChange,
    ) -> Result<Arc<DataStream>, ApiError> {
        let DataChange { stream, logs } = change;
        let opens = |log: &LogChange| matches!(log, LogChange::Open { .. } | LogChange::Close(_));
        let reshards = logs.iter().any(opens);
        let mut effect = Effect { logs, ..Effect::default() };
        let closed = |log: &LogChange| if let LogChange::Close(log) = log { Some(*log) } else { None };
        let closed: Vec<LogId> = effect.logs.iter().filter_map(closed).collect();
        let key = MetaKey::DataStream(&stream.arn).key(self.meta);
        effect.writes.push((key, Some(stream.to_bytes().into())));
        self.write_ids(&mut effect, control)?;
        let tables = if reshards { self.fence_off(&mut effect, &stream.arn, false)? } else { Vec::new() };
        self.commit(effect).await?;
        let stream = self.data_streams.install(stream);
        self.wake_readers(closed.into_iter());
        for table in tables {
            self.install(table);
        }
        Ok(stream)
    }

    /// Wakes whoever waits for records of shards that are closed or gone.
    fn wake_readers(&self, logs: impl Iterator<Item = LogId>) {
        logs.for_each(|log| self.streams.wakeups().closed(log));
    }

    /// Raises the epochs of the tables that deliver to a data stream; where that goes, they no longer do.
    fn fence_off(
        &self,
        effect: &mut Effect,
        stream_arn: &str,
        deleted: bool,
    ) -> Result<Vec<TableDescriptor>, ApiError> {
        let mut tables = Vec::new();
        for entry in self.catalog.all() {
            let mut table = entry.descriptor.clone();
            let destination = table.destinations.iter_mut().find(|destination| destination.active);
            let Some(destination) = destination.filter(|active| active.stream_arn == stream_arn) else {
                continue;
            };
            if deleted {
                destination.active = false;
                destination.reason = Some(STREAM_DELETED.to_owned());
            }
            effect.fences.push(table.fence());
            table.epoch += 1;
            effect.logs.push(LogChange::RaiseFence(table.log_id(), Fence(table.epoch)));
            self.write_table(effect, &table)?;
            tables.push(table);
        }
        Ok(tables)
    }
}

/// Runs a change to its end, whatever becomes of the request.
async fn settled<T: Send + 'static, E: Send + 'static>(
    change: impl Future<Output = Result<Result<T, ChangeError<E>>, ApiError>> + Send + 'static,
) -> Result<T, ChangeError<E>> {
    detached(change).await.unwrap_or_else(|error| Err(ChangeError::Failed(error)))
}

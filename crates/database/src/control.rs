//! How tables and streams change: one commit, then the catalog.
//!
//! Control operations run one at a time. Each decides everything under the control lock, commits one
//! transaction (descriptors, counters, logs, and the raised fence of the table's log where writes must plan
//! anew) and then installs the result for everybody to see. A stream is installed before its table, so that a
//! shard that takes writes can always be found by readers. They run as tasks of their own: a client that
//! hangs up between the commit and the installation must not leave the catalog behind the store.

use crate::Database;
use crate::catalog::Entry;
use crate::description::{Counts, Sizes};
use crate::descriptor::{TableDescriptor, stream_target};
use crate::meta::{Ids, MetaKey};
use crate::table::TableId;
use bytes::Bytes;
use environment::JoinHandle;
use std::future::Future;
use std::sync::Arc;
use store::{Effect, Fence, LogChange, LogId, Snapshot, SpaceId, Store, StoreError};
use streams::StreamDescriptor;
use wire::ApiError;

/// What only the holder of the control lock touches.
#[derive(Debug)]
pub(crate) struct Control {
    ids: Ids,
}

impl Control {
    pub(crate) fn new(ids: Ids) -> Self {
        Self { ids }
    }

    pub(crate) fn next_table(&mut self) -> TableId {
        let id = self.ids.table;
        self.ids.table += 1;
        TableId(id)
    }

    pub(crate) fn next_log(&mut self) -> LogId {
        let id = self.ids.log;
        self.ids.log += 1;
        LogId(id)
    }
}

/// A change to a table.
#[derive(Debug)]
pub(crate) struct TableChange {
    /// The table from now on, but for its epoch.
    pub(crate) descriptor: TableDescriptor,
    /// Its stream, where that changes.
    pub(crate) stream: Option<StreamDescriptor>,
    /// The logs of the stream's shards, and keys that go or come.
    pub(crate) effect: Effect,
    /// Whether the writes must plan anew.
    pub(crate) new_epoch: bool,
}

impl TableChange {
    /// A change that writes need not know of.
    pub(crate) fn quiet(descriptor: TableDescriptor) -> Self {
        Self { descriptor, stream: None, effect: Effect::default(), new_epoch: false }
    }

    /// A change under which the writes plan anew.
    pub(crate) fn fenced(descriptor: TableDescriptor) -> Self {
        Self { new_epoch: true, ..Self::quiet(descriptor) }
    }
}

/// Runs a control operation to its end, whatever becomes of the request.
pub(crate) async fn detached<T, F>(operation: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    finished(environment::spawn(operation)).await
}

/// What an operation that runs by itself comes to.
pub(crate) async fn finished<T>(operation: JoinHandle<Result<T, ApiError>>) -> Result<T, ApiError> {
    operation.await.unwrap_or_else(|error| {
        tracing::error!(%error, "an operation ended before its time");
        Err(interrupted())
    })
}

/// The answer to an operation that ended before its time.
pub(crate) fn interrupted() -> ApiError {
    ApiError::internal_server_error("the operation was interrupted")
}

/// What a failure of the store is to a client.
pub(crate) fn store_error(error: &StoreError) -> ApiError {
    tracing::error!(%error, "the store failed");
    ApiError::internal_server_error(error.to_string())
}

impl Database {
    /// Commits what was decided.
    pub(crate) async fn commit(&self, effect: Effect) -> Result<(), ApiError> {
        // Fences are raised under the control lock only, which the caller holds.
        self.runner.write(effect).await.map(drop).map_err(|error| store_error(&error))
    }

    /// Commits a change to a table that exists, and installs it.
    pub(crate) async fn change(
        &self,
        control: &Control,
        change: TableChange,
    ) -> Result<Arc<Entry>, ApiError> {
        let TableChange { mut descriptor, stream, mut effect, new_epoch } = change;
        effect.fences.push(descriptor.fence());
        if new_epoch {
            descriptor.epoch += 1;
            effect.logs.push(LogChange::RaiseFence(descriptor.log_id(), Fence(descriptor.epoch)));
        }
        self.write_table(&mut effect, &descriptor)?;
        self.write_ids(&mut effect, control)?;
        if let Some(stream) = &stream {
            self.write_stream(&mut effect, stream);
        }
        self.commit(effect).await?;
        if let Some(stream) = stream {
            self.streams.install(stream);
        }
        Ok(self.install(descriptor))
    }

    /// Puts a committed descriptor in the catalog.
    pub(crate) fn install(&self, descriptor: TableDescriptor) -> Arc<Entry> {
        let stream = descriptor.enabled_stream().and_then(|stream| self.streams.get(&stream.arn));
        let stream = stream.map(|stream| stream_target(&stream));
        let table = Arc::new(descriptor.table(self.meta, stream, self.destination_target(&descriptor)));
        self.catalog.install(Entry { descriptor, table })
    }

    pub(crate) fn write_table(&self, effect: &mut Effect, table: &TableDescriptor) -> Result<(), ApiError> {
        let key = MetaKey::Table(table.table_id()).key(self.meta);
        effect.writes.push((key, Some(json_bytes(table)?)));
        Ok(())
    }

    pub(crate) fn write_stream(&self, effect: &mut Effect, stream: &StreamDescriptor) {
        let key = MetaKey::Stream(&stream.arn).key(self.meta);
        effect.writes.push((key, Some(stream.to_bytes().into())));
    }

    pub(crate) fn write_ids(&self, effect: &mut Effect, control: &Control) -> Result<(), ApiError> {
        effect.writes.push((MetaKey::Ids.key(self.meta), Some(json_bytes(&control.ids)?)));
        Ok(())
    }

    /// Makes a space. One that no descriptor comes to name is dropped at the next start.
    pub(crate) fn create_space(&self) -> Result<SpaceId, ApiError> {
        self.store.create_space().map_err(|error| store_error(&error))
    }

    /// Drops spaces that no descriptor names any more. A failure leaves orphans for the next start.
    pub(crate) fn drop_spaces(&self, spaces: &[SpaceId]) {
        for space in spaces {
            if let Err(error) = self.store.drop_space(*space) {
                tracing::warn!(%error, ?space, "a space could not be dropped; the next start tries again");
            }
        }
    }

    /// The counts of a table and its indexes, all of one moment.
    pub(crate) fn sizes(&self, descriptor: &TableDescriptor) -> Result<Sizes, ApiError> {
        let id = descriptor.table_id();
        let snapshot = self.store.snapshot();
        let counts = |key: MetaKey<'_>| -> Result<Counts, StoreError> {
            Ok(snapshot.get(&key.key(self.meta))?.map(|value| counted(&value.value)).unwrap_or_default())
        };
        let read = || -> Result<Sizes, StoreError> {
            let mut table = counts(MetaKey::TableCounters(id))?;
            let indexes = descriptor.indexes.iter().map(|index| counts(MetaKey::IndexCounters(id, index.id)));
            let indexes: Vec<Counts> = indexes.collect::<Result<_, _>>()?;
            for index in descriptor.sizing_vectors(&indexes) {
                table.bytes -= counts(MetaKey::VectorSavings(id, index))?.bytes;
            }
            Ok(Sizes { table, indexes, now_ms: self.environment.clock.now_ms() })
        };
        read().map_err(|error| store_error(&error))
    }
}

/// The counters of a table or an index.
pub(crate) fn counted(value: &[u8]) -> Counts {
    let [items, bytes] = store::counter(value);
    Counts { items, bytes }
}

/// The stored form of what is kept as JSON.
pub(crate) fn json_bytes(value: &impl serde::Serialize) -> Result<Bytes, ApiError> {
    match serde_json::to_vec(value) {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => {
            Err(ApiError::internal_server_error(format!("a descriptor could not be written: {error}")))
        }
    }
}

/// What a plan that cannot be made is to a client of the control plane: descriptors and streams are changed
/// together, so it means that they disagree.
pub(crate) fn plan_error(error: &streams::descriptor::PlanError) -> ApiError {
    tracing::error!(%error, "a stream could not be changed as its table's descriptor says");
    ApiError::internal_server_error(error.to_string())
}

//! Restoring: a new table of what is in another space, made through the one write path.
//!
//! The table is there from the first commit on, but shows to nobody except as CREATING until all items are in it.
//! They go in in order of key, so that after a crash it goes on behind the last one. A restored table has the
//! definition of its source, and no stream, time to live, tags, policies or recovery: so no records are made.

mod overrides;

pub(crate) use overrides::restored_table;

use crate::Database;
use crate::backfill::{SMALL_ITEMS, page_of_items};
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::{Control, TableChange, store_error};
use crate::description::{Shown, Sizes, describe};
use crate::descriptor::{Restore, TableDescriptor};
use crate::keys::ItemKey;
use crate::table::TableId;
use crate::write::{Action, Change, Guard, WriteSet};
use bytes::Bytes;
use item::Stored;
use serde_json::json;
use std::ops::Bound;
use std::sync::Arc;
use store::{Direction, LogChange, Range, Snapshot, SpaceId, Store};
use wire::ApiError;

impl Database {
    /// Whether a restore of this backup is under way.
    pub(crate) fn is_restoring(&self, backup_arn: &str) -> bool {
        let from = |entry: &Arc<Entry>| {
            let restore = entry.descriptor.restore.as_ref();
            restore.is_some_and(|restore| restore.backup_arn.as_deref() == Some(backup_arn))
        };
        self.catalog.all().iter().any(from)
    }

    /// Refuses a restore to the name of a table that exists.
    pub(crate) fn check_target(&self, caller: &Caller, name: &str) -> Result<(), ApiError> {
        let Some(entry) = self.catalog.find_any(caller, name) else { return Ok(()) };
        match &entry.descriptor.restore {
            None => Err(ApiError::table_already_exists(format!("Table already exists: {name}"))),
            Some(restore) => {
                let source = restore.backup_arn.as_ref().unwrap_or(&restore.source_arn);
                let text = format!("Table: {name} is already being restored from backup: {source}");
                Err(ApiError::table_in_use(text))
            }
        }
    }

    /// Stores a table that is to be filled, and shows it.
    pub(crate) async fn begin_restore(
        &self,
        table: TableDescriptor,
        control: &Control,
    ) -> Result<Arc<Entry>, ApiError> {
        let mut change = TableChange::quiet(table);
        let (log, retention_ms) = (change.descriptor.log_id(), self.options.streams.retention_ms);
        change.effect.logs.push(LogChange::Open { log, retention_ms });
        self.write_table(&mut change.effect, &change.descriptor)?;
        self.write_ids(&mut change.effect, control)?;
        self.commit(change.effect).await?;
        Ok(self.install(change.descriptor))
    }

    /// Fills a table: at once where it gets few items, else in the background. Answers what both restores answer.
    pub(crate) async fn restore_soon(self: &Arc<Self>, entry: &Entry, items: i64) -> Reply {
        if items <= SMALL_ITEMS {
            self.restore(entry.table.id).await;
        } else {
            self.restore_behind(entry.table.id);
        }
        let sizes = Sizes { now_ms: self.environment.clock.now_ms(), ..Sizes::default() };
        let description = describe(&entry.descriptor, &sizes, Shown::Creating);
        Reply::json(&json!({ "TableDescription": description }))
    }

    /// Goes on with every restore that a restart interrupted.
    pub(crate) fn resume_restores(self: &Arc<Self>) {
        for entry in self.catalog.all().iter().filter(|entry| entry.descriptor.restore.is_some()) {
            self.restore_behind(entry.table.id);
        }
    }

    /// Fills in the background. Begun anew, it goes on behind the last item that is there.
    fn restore_behind(self: &Arc<Self>, id: TableId) {
        let database = Arc::clone(self);
        let restore = move || {
            let database = Arc::clone(&database);
            async move { database.restore(id).await }
        };
        self.environment.background.keep("restore", restore);
    }

    async fn restore(&self, id: TableId) {
        if let Err(error) = self.restore_all(id).await {
            tracing::error!(%error, ?id, "a restore stopped; the next start goes on with it");
        }
    }

    async fn restore_all(&self, id: TableId) -> Result<(), ApiError> {
        let Some(entry) = self.catalog.by_id(id) else { return Ok(()) };
        let Some(restore) = entry.descriptor.restore.clone() else { return Ok(()) };
        let mut after = self.last_key(entry.table.space)?;
        loop {
            let page = page_of_items(&self.store.snapshot(), SpaceId(restore.space), after.take())?;
            let Some((last, _)) = page.last() else { return self.restored(id, &restore).await };
            after = Some(last.bytes.clone());
            let actions = page.into_iter().map(|(key, value)| put(&entry, &key.bytes, value));
            let actions = actions.collect::<Result<Vec<Action>, ApiError>>()?;
            let (set, _) = self.write(WriteSet::new(actions, self.hasher).restored()).await?;
            if set.outcomes().iter().any(Result::is_err) {
                return Err(ApiError::internal_server_error("an item of a restore was refused"));
            }
            environment::yield_now().await;
        }
    }

    fn last_key(&self, space: SpaceId) -> Result<Option<Bytes>, ApiError> {
        let (from, to, direction) = (Bound::Unbounded, Bound::Unbounded, Direction::Backward);
        let mut last = None;
        let walked = self.store.snapshot().range(&Range { space, from, to, direction }, &mut |key, _| {
            last = Some(Bytes::copy_from_slice(key));
            false
        });
        walked.map_err(|error| store_error(&error))?;
        Ok(last)
    }

    /// Gives the table to everybody.
    async fn restored(&self, id: TableId, restore: &Restore) -> Result<(), ApiError> {
        let control = self.control.lock().await;
        let Some(entry) = self.catalog.by_id(id) else { return Ok(()) };
        let mut table = entry.descriptor.clone();
        table.restore = None;
        self.change(&control, TableChange::quiet(table)).await?;
        if restore.is_own_space {
            self.drop_spaces(&[SpaceId(restore.space)]);
        }
        Ok(())
    }
}

/// Puts an item where it was: by the same key, in the table's own space.
fn put(entry: &Entry, key: &Bytes, value: Bytes) -> Result<Action, ApiError> {
    let item = Stored::from_bytes(value);
    let key = store::Key { space: entry.table.space, bytes: key.clone() };
    let key = ItemKey::of_stored(&entry.table, key, &item)
        .ok_or_else(|| ApiError::internal_server_error("an item of a restore has no key"))?;
    Ok(Action { table: Arc::clone(&entry.table), key, change: Change::Put(item), guard: Guard::None })
}

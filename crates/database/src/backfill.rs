//! Filling a new index, or the expiry entries of a table whose time to live was enabled, from the items that
//! were there before.
//!
//! From the epoch in which the index was made, every write maintains it. The back-fill walks the items in
//! order of key, a page at a time. Each page is a transaction over its items, fenced by the table's epoch: it
//! reads them anew and writes the entries that are missing, so that a write under way is neither lost nor
//! undone. The same commit stores how far it came; after a crash it goes on from there. When the walk is
//! through, one commit makes the index active. Deleting the index, or the table, ends it at its next page.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use crate::control::{TableChange, store_error};
use crate::descriptor::TableDescriptor;
use crate::index::{self, Fill};
use crate::meta::{MetaKey, TIME_TO_LIVE};
use crate::table::TableId;
use bytes::Bytes;
use std::ops::Bound;
use std::sync::Arc;
use store::{Direction, Key, Range, RunError, Snapshot, SpaceId, Store};
use wire::ApiError;

/// The most items of a page, and about the most bytes of them.
pub(crate) const PAGE_ITEMS: usize = 100;
pub(crate) const PAGE_BYTES: usize = 1024 * 1024;

/// A table with at most this many items is filled before the operation answers, so that a client that does
/// not wait for ACTIVE works too.
pub(crate) const SMALL_ITEMS: i64 = 2_000;

/// What is being filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The index of this id.
    Index(u32),
    /// The expiry entries in this space: a table's time to live can be disabled and enabled again meanwhile.
    TimeToLive(u32),
}

impl Target {
    fn cursor(self) -> u32 {
        match self {
            Self::Index(id) => id,
            Self::TimeToLive(_) => TIME_TO_LIVE,
        }
    }

    /// Everything of a table that is yet to be filled.
    fn all(table: &TableDescriptor) -> Vec<Self> {
        let indexes = table.indexes.iter().filter(|index| !index.active).map(|index| Self::Index(index.id));
        let expiry = table.time_to_live.iter().filter(|expiry| !expiry.filled);
        indexes.chain(expiry.map(|expiry| Self::TimeToLive(expiry.space))).collect()
    }

    /// Marks it as filled.
    fn finish(self, table: &mut TableDescriptor) {
        match self {
            Self::Index(id) => {
                for index in table.indexes.iter_mut().filter(|index| index.id == id) {
                    index.active = true;
                }
            }
            Self::TimeToLive(space) => {
                for expiry in table.time_to_live.iter_mut().filter(|expiry| expiry.space == space) {
                    expiry.filled = true;
                }
            }
        }
    }

    /// Where it stands in the table as the writes see it.
    fn place(self, table: &TableDescriptor) -> Option<index::Target> {
        match self {
            Self::TimeToLive(_) => Some(index::Target::TimeToLive),
            Self::Index(id) => {
                table.indexes.iter().position(|index| index.id == id).map(index::Target::Index)
            }
        }
    }
}

/// A page: the transaction that fills it, and where the next page begins.
struct Page {
    fill: Fill,
    last: Bytes,
}

impl Database {
    /// Fills a new index: at once where the table is small, else in the background.
    pub(crate) async fn fill_soon(self: &Arc<Self>, table: TableId, target: Target) {
        let small = match self.catalog.by_id(table).map(|entry| self.sizes(&entry.descriptor)) {
            Some(Ok(sizes)) => sizes.table.items <= SMALL_ITEMS,
            Some(Err(_)) | None => false,
        };
        if small {
            self.fill(table, target).await;
        } else {
            self.fill_behind(table, target);
        }
    }

    /// Fills in the background. Begun anew, it goes on from the last page that was filled.
    fn fill_behind(self: &Arc<Self>, table: TableId, target: Target) {
        let database = Arc::clone(self);
        let fill = move || {
            let database = Arc::clone(&database);
            async move { database.fill(table, target).await }
        };
        self.environment.background.keep("back-fill", fill);
    }

    /// Returns when no index of a table is being filled any more, or the table is gone: when it is ACTIVE, as its clients
    /// see it.
    pub async fn indexes_active(&self, caller: &Caller, name: &str) {
        while let Some(entry) = self.catalog.find(caller, name) {
            let filling = entry.descriptor.indexes.iter().any(|index| !index.active);
            if !filling || self.catalog.newer_than(&entry.table).await.is_err() {
                return;
            }
        }
    }

    /// Goes on with every back-fill that a restart interrupted.
    pub(crate) fn resume_fills(self: &Arc<Self>) {
        for entry in self.catalog.all() {
            for target in Target::all(&entry.descriptor) {
                self.fill_behind(entry.table.id, target);
            }
        }
    }

    async fn fill(&self, table: TableId, target: Target) {
        if let Err(error) = self.fill_all(table, target).await {
            tracing::error!(%error, ?table, ?target, "a back-fill stopped; the next start goes on with it");
        }
    }

    async fn fill_all(&self, id: TableId, target: Target) -> Result<(), ApiError> {
        let mut after: Option<Bytes> = None;
        let cursor = MetaKey::Cursor(id, target.cursor()).key(self.meta);
        loop {
            let Some(entry) = self.catalog.by_id(id) else { return Ok(()) };
            if !Target::all(&entry.descriptor).contains(&target) {
                return Ok(());
            }
            let Some(page) = self.page(&entry, target, &cursor, after.as_ref())? else {
                return self.filled(id, target).await;
            };
            match self.runner.run(page.fill).await {
                Ok(_) => after = Some(page.last),
                Err(RunError::Stale(_, _)) => match self.catalog.newer_than(&entry.table).await {
                    Ok(_) => {}
                    // Gone with its table.
                    Err(_) => return Ok(()),
                },
                Err(RunError::Store(error)) => return Err(store_error(&error)),
            }
            tokio::task::yield_now().await;
        }
    }

    /// The next page, or none where the walk is through. `after` is where this run has come to; at its
    /// beginning the stored cursor says where an earlier one had.
    fn page(
        &self,
        entry: &Entry,
        target: Target,
        cursor: &Key,
        after: Option<&Bytes>,
    ) -> Result<Option<Page>, ApiError> {
        let snapshot = self.store.snapshot();
        let after = match after {
            Some(after) => Some(after.clone()),
            None => snapshot.get(cursor).map_err(|error| store_error(&error))?.map(|stored| stored.value),
        };
        let items = page_of_items(&snapshot, entry.table.space, after)?;
        let last = items.last().map(|(key, _)| key.bytes.clone());
        let (Some(last), Some(place)) = (last, target.place(&entry.descriptor)) else { return Ok(None) };
        let fill = Fill::new(Arc::clone(&entry.table), self.hasher, place, items);
        // Only the back-fill itself writes its cursor, and the fence guards it against deletion.
        Ok(Some(Page { fill: fill.with(cursor.clone(), last.clone()), last }))
    }

    /// Makes it active.
    async fn filled(&self, id: TableId, target: Target) -> Result<(), ApiError> {
        let control = self.control.lock().await;
        let Some(entry) = self.catalog.by_id(id) else { return Ok(()) };
        if !Target::all(&entry.descriptor).contains(&target) {
            return Ok(());
        }
        let mut change = TableChange::fenced(entry.descriptor.clone());
        target.finish(&mut change.descriptor);
        change.effect.writes.push((MetaKey::Cursor(id, target.cursor()).key(self.meta), None));
        self.change(&control, change).await?;
        Ok(())
    }
}

/// The next items of a table's space, with their keys.
pub(crate) fn page_of_items(
    snapshot: &impl Snapshot,
    space: SpaceId,
    after: Option<Bytes>,
) -> Result<Vec<(Key, Bytes)>, ApiError> {
    let range = Range {
        space,
        from: after.map_or(Bound::Unbounded, Bound::Excluded),
        to: Bound::Unbounded,
        direction: Direction::Forward,
    };
    let (mut items, mut bytes) = (Vec::new(), 0);
    let walked = snapshot.range(&range, &mut |key, value| {
        let key = Key { space, bytes: Bytes::copy_from_slice(key) };
        bytes += value.value.len();
        items.push((key, value.value.clone()));
        items.len() < PAGE_ITEMS && bytes < PAGE_BYTES
    });
    walked.map_err(|error| store_error(&error))?;
    Ok(items)
}

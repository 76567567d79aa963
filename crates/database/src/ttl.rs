//! Deleting items that have outlived their time.
//!
//! The expiry entries of a table lie in order of their second, so the sweep reads only what is due. Each item
//! is deleted through the one write path, by the service, on the condition that it is still expired: an update
//! that moved the time meanwhile wins. Several pages are on their way at a time: on disk each waits for a commit in
//! line with the writes of all clients, and page by page items would expire faster than they go.

use crate::Database;
use crate::control::{finished, store_error};
use crate::index::EXPIRY_AGE_MAX_S;
use crate::keys::ItemKey;
use crate::table::{Table, TimeToLive};
use crate::write::{Action, Change, Guard, WriteSet};
use bytes::Bytes;
use item::Stored;
use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Arc;
use store::{Direction, Key, Range, Snapshot, Store, StoreError};
use wire::{ApiError, ErrorCode};

const SECOND_BYTES: usize = 8;
const PAGE_ITEMS: usize = 100;
/// Pages that are deleted at a time.
const PAGES_UNDER_WAY: usize = 8;

impl Database {
    /// Deletes what has expired, in every table.
    pub(crate) async fn sweep(self: &Arc<Self>, now_ms: u64) -> Result<(), ApiError> {
        for entry in self.catalog.all() {
            if entry.table.time_to_live.is_none() {
                continue;
            }
            match self.sweep_table(Arc::clone(&entry.table), now_ms / 1000).await {
                // Deleted meanwhile, and its items with it.
                Err(error) if error.code() == ErrorCode::ResourceNotFound => {}
                result => result?,
            }
        }
        Ok(())
    }

    async fn sweep_table(self: &Arc<Self>, table: Arc<Table>, now_seconds: u64) -> Result<(), ApiError> {
        let Some(expiry) = &table.time_to_live else { return Ok(()) };
        let mut after: Option<Bytes> = None;
        let mut under_way = VecDeque::with_capacity(PAGES_UNDER_WAY);
        while let Some((items, last)) = self.expired(&table, expiry, now_seconds, after.as_ref())? {
            after = Some(last);
            if under_way.len() == PAGES_UNDER_WAY
                && let Some(first) = under_way.pop_front()
            {
                finished(first).await?;
            }
            if !items.is_empty() {
                let page = Arc::clone(self).delete_expired(Arc::clone(&table), items);
                under_way.push_back(environment::spawn(page));
            }
            environment::yield_now().await;
        }
        for page in under_way {
            finished(page).await?;
        }
        Ok(())
    }

    async fn delete_expired(self: Arc<Self>, table: Arc<Table>, items: Vec<ItemKey>) -> Result<(), ApiError> {
        let action =
            |key| Action { table: Arc::clone(&table), key, change: Change::Delete, guard: Guard::Expired };
        let actions = items.into_iter().map(action).collect();
        self.write(WriteSet::new(actions, self.hasher).by_service()).await.map(drop)
    }

    /// A page of items that are due, and the last expiry entry that it looked at; nothing where there are no more entries.
    fn expired(
        &self,
        table: &Table,
        expiry: &TimeToLive,
        now_seconds: u64,
        after: Option<&Bytes>,
    ) -> Result<Option<(Vec<ItemKey>, Bytes)>, ApiError> {
        let start = || Bytes::copy_from_slice(&now_seconds.saturating_sub(EXPIRY_AGE_MAX_S).to_be_bytes());
        let range = Range {
            space: expiry.space,
            from: after.map_or_else(|| Bound::Included(start()), |after| Bound::Excluded(after.clone())),
            to: Bound::Excluded(Bytes::copy_from_slice(&now_seconds.to_be_bytes())),
            direction: Direction::Forward,
        };
        let snapshot = self.store.snapshot();
        let mut entries: Vec<Bytes> = Vec::new();
        let read = || -> Result<Option<(Vec<ItemKey>, Bytes)>, StoreError> {
            snapshot.range(&range, &mut |key, _| {
                entries.push(Bytes::copy_from_slice(key));
                entries.len() < PAGE_ITEMS
            })?;
            let mut items = Vec::with_capacity(entries.len());
            for entry in &entries {
                let key = Key { space: table.space, bytes: entry.slice(SECOND_BYTES.min(entry.len())..) };
                if let Some(item) = snapshot.get(&key)? {
                    items.extend(ItemKey::of_stored(table, key, &Stored::from_bytes(item.value)));
                }
            }
            Ok(entries.pop().map(|last| (items, last)))
        };
        let mut read = read;
        read().map_err(|error| store_error(&error))
    }
}

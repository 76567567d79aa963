//! Deleting items that have outlived their time.
//!
//! The expiry entries of a table lie in order of their second, so the sweep reads only what is due. Each item
//! is deleted through the one write path, by the service, on the condition that it is still expired: an update
//! that moved the time meanwhile wins.

use crate::Database;
use crate::control::store_error;
use crate::keys::ItemKey;
use crate::table::{Table, TimeToLive};
use crate::write::{Action, Change, Guard, WriteSet};
use bytes::Bytes;
use item::Stored;
use std::ops::Bound;
use std::sync::Arc;
use store::{Direction, Key, Range, Snapshot, Store, StoreError};
use wire::{ApiError, ErrorCode};

/// Items whose time is further back than this are kept: a value that old is no expiry time.
const TOO_OLD_SECONDS: u64 = 5 * 365 * 86_400;
const SECOND_BYTES: usize = 8;
const PAGE_ITEMS: usize = 100;

impl Database {
    /// Deletes what has expired, in every table.
    pub(crate) async fn sweep(&self, now_ms: u64) -> Result<(), ApiError> {
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

    async fn sweep_table(&self, table: Arc<Table>, now_seconds: u64) -> Result<(), ApiError> {
        let mut after: Option<Bytes> = None;
        loop {
            let Some(expiry) = &table.time_to_live else { return Ok(()) };
            let (items, last) = self.expired(&table, expiry, now_seconds, after.as_ref())?;
            let Some(last) = last else { return Ok(()) };
            if !items.is_empty() {
                let action = |key| Action {
                    table: Arc::clone(&table),
                    key,
                    change: Change::Delete,
                    guard: Guard::Expired,
                };
                let actions: Vec<Action> = items.into_iter().map(action).collect();
                self.write(WriteSet::new(actions, self.hasher).by_service()).await?;
            }
            after = Some(last);
            tokio::task::yield_now().await;
        }
    }

    /// A page of items that are due, and the last expiry entry that it looked at.
    fn expired(
        &self,
        table: &Table,
        expiry: &TimeToLive,
        now_seconds: u64,
        after: Option<&Bytes>,
    ) -> Result<(Vec<ItemKey>, Option<Bytes>), ApiError> {
        let start = || Bytes::copy_from_slice(&now_seconds.saturating_sub(TOO_OLD_SECONDS).to_be_bytes());
        let range = Range {
            space: expiry.space,
            from: after.map_or_else(|| Bound::Included(start()), |after| Bound::Excluded(after.clone())),
            to: Bound::Excluded(Bytes::copy_from_slice(&now_seconds.to_be_bytes())),
            direction: Direction::Forward,
        };
        let snapshot = self.store.snapshot();
        let mut entries: Vec<Bytes> = Vec::new();
        let read = || -> Result<(Vec<ItemKey>, Option<Bytes>), StoreError> {
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
            Ok((items, entries.pop()))
        };
        let mut read = read;
        read().map_err(|error| store_error(&error))
    }
}

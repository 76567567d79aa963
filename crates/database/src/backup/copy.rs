//! Copying what a table holds at one moment into a space of its own, a page a commit.
//!
//! A snapshot on disk holds nobody up, and is read page by page. One in memory holds up all writes, so the items
//! are noted at once: their bytes are shared with the table's, not copied.

use crate::Database;
use crate::backfill::{PAGE_BYTES, PAGE_ITEMS, page_of_items};
use crate::control::store_error;
use crate::description::Counts;
use bytes::Bytes;
use item::Stored;
use std::collections::VecDeque;
use std::ops::Bound;
use store::{
    AnyStore, Direction, Effect, EmbeddedSnapshot, Key, Range, Snapshot, SpaceId, Store, StoreError,
};
use wire::ApiError;

/// What a space holds at one moment.
pub(crate) enum Source<'a> {
    /// Read as it is asked for.
    Held(Box<EmbeddedSnapshot<'a>>, SpaceId),
    /// Read already.
    Noted(VecDeque<(Bytes, Bytes)>),
}

impl<'a> Source<'a> {
    /// What the space holds now.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn now(store: &'a AnyStore, space: SpaceId) -> Result<Self, ApiError> {
        Self::seen(store, space, |_| ()).map(|(source, ())| source)
    }

    /// The same, and something else that the same snapshot shows.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn seen<T>(
        store: &'a AnyStore,
        space: SpaceId,
        look: impl FnOnce(&dyn Snapshot) -> T,
    ) -> Result<(Self, T), ApiError> {
        if let AnyStore::Embedded(store) = store {
            let snapshot = Box::new(store.snapshot());
            let seen = look(&*snapshot);
            return Ok((Self::Held(snapshot, space), seen));
        }
        let snapshot = store.snapshot();
        let seen = look(&snapshot);
        let noted = all_items(&snapshot, space).map_err(|error| store_error(&error))?;
        Ok((Self::Noted(noted), seen))
    }

    /// The next items, none at the end. `after` is the last key of those before.
    pub(crate) fn page(&mut self, after: Option<Bytes>) -> Result<Vec<(Bytes, Bytes)>, ApiError> {
        match self {
            Self::Held(snapshot, space) => {
                let items = page_of_items(&**snapshot, *space, after)?;
                Ok(items.into_iter().map(|(key, value)| (key.bytes, value)).collect())
            }
            Self::Noted(items) => {
                let (mut page, mut bytes) = (Vec::new(), 0);
                while page.len() < PAGE_ITEMS && bytes < PAGE_BYTES {
                    let Some(item) = items.pop_front() else { break };
                    bytes += item.1.len();
                    page.push(item);
                }
                Ok(page)
            }
        }
    }
}

fn all_items(snapshot: &impl Snapshot, space: SpaceId) -> Result<VecDeque<(Bytes, Bytes)>, StoreError> {
    let (from, to, direction) = (Bound::Unbounded, Bound::Unbounded, Direction::Forward);
    let mut items = VecDeque::new();
    snapshot.range(&Range { space, from, to, direction }, &mut |key, value| {
        items.push_back((Bytes::copy_from_slice(key), value.value.clone()));
        true
    })?;
    Ok(items)
}

impl Database {
    /// Copies all of a source into a space that nobody else knows of, and counts it.
    pub(crate) async fn copy_all(&self, mut source: Source<'_>, space: SpaceId) -> Result<Counts, ApiError> {
        let (mut after, mut counts) = (None, Counts::default());
        loop {
            let items = source.page(after.take())?;
            let Some((last, _)) = items.last() else { return Ok(counts) };
            after = Some(last.clone());
            for (_, value) in &items {
                counts.items += 1;
                counts.bytes += Stored::from_bytes(value.clone()).size() as i64;
            }
            let write = |(bytes, value): (Bytes, Bytes)| (Key { space, bytes }, Some(value));
            let writes = items.into_iter().map(write).collect();
            self.commit(Effect { writes, ..Effect::default() }).await?;
            environment::yield_now().await;
        }
    }
}

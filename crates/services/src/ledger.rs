//! Records that are few and small, all of one type: each is a JSON value in the store of the tables, and in memory too.
//! A change is committed first, then seen.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};
use store::{Effect, Key, Range, Runner, Snapshot, SpaceId, Store, StoreError};

/// The records. Their keys are a byte that tells the ledgers of one space apart, and the parts of a name with a zero
/// between them. Whoever changes a record of which something was read before holds a lock of his own from then on.
#[derive(Debug)]
pub(crate) struct Ledger<R> {
    runner: Runner,
    space: SpaceId,
    kind: u8,
    records: RwLock<BTreeMap<Bytes, Arc<R>>>,
}

/// Why a change was not committed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotCommitted(String);

impl<R: Serialize + DeserializeOwned> Ledger<R> {
    /// Reads the records of this kind.
    ///
    /// # Errors
    /// When the store cannot be read, or a record is none.
    pub(crate) fn open(runner: Runner, space: SpaceId, kind: u8) -> Result<Self, StoreError> {
        let (mut records, mut damage) = (BTreeMap::new(), None);
        let range = Range::of_prefix(space, vec![kind]);
        runner.store().snapshot().range(&range, &mut |key, value| {
            match serde_json::from_slice::<R>(&value.value) {
                Ok(record) => {
                    records.insert(Bytes::copy_from_slice(key), Arc::new(record));
                }
                Err(error) => damage = Some(StoreError::Corrupt(error.to_string())),
            }
            damage.is_none()
        })?;
        match damage {
            Some(damage) => Err(damage),
            None => Ok(Self { runner, space, kind, records: RwLock::new(records) }),
        }
    }

    /// The record of this name.
    pub(crate) fn get(&self, name: &[&str]) -> Option<Arc<R>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).get(&self.key(name)).cloned()
    }

    /// The records whose names begin with these parts, in the order of their names.
    pub(crate) fn below(&self, parts: &[&str]) -> Vec<Arc<R>> {
        let mut from = self.key(parts).to_vec();
        from.push(0);
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let rest = records.range::<[u8], _>((Bound::Included(from.as_slice()), Bound::Unbounded));
        rest.take_while(|(key, _)| key.starts_with(&from)).map(|(_, record)| Arc::clone(record)).collect()
    }

    /// Makes a record what it shall be.
    pub(crate) async fn put(&self, name: &[&str], record: R) -> Result<Arc<R>, NotCommitted> {
        let key = self.key(name);
        let value = serde_json::to_vec(&record).map_err(|error| NotCommitted(error.to_string()))?;
        self.commit(vec![(key.clone(), Some(value.into()))]).await?;
        let record = Arc::new(record);
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        records.insert(key, Arc::clone(&record));
        Ok(record)
    }

    /// Deletes records, all in one commit.
    pub(crate) async fn delete(&self, names: &[&[&str]]) -> Result<(), NotCommitted> {
        let keys: Vec<Bytes> = names.iter().map(|name| self.key(name)).collect();
        self.commit(keys.iter().map(|key| (key.clone(), None)).collect()).await?;
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        keys.iter().for_each(|key| {
            records.remove(key);
        });
        Ok(())
    }

    fn key(&self, name: &[&str]) -> Bytes {
        [&[self.kind], name.join("\0").as_bytes()].concat().into()
    }

    async fn commit(&self, writes: Vec<(Bytes, Option<Bytes>)>) -> Result<(), NotCommitted> {
        let writes: Vec<(Key, Option<Bytes>)> =
            writes.into_iter().map(|(bytes, value)| (Key { space: self.space, bytes }, value)).collect();
        let written = self.runner.write(Effect { writes, ..Effect::default() }).await;
        written.map(drop).map_err(|error| NotCommitted(error.to_string()))
    }
}

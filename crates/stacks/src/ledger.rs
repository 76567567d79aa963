//! Reading and writing records. The record of a stack is changed under the lock of [`crate::Stacks`] only, all others of it by
//! whoever works on the stack, so that nothing need be read again in a commit.

use crate::failure::Failure;
use crate::keys::{Keys, StackKey, number};
use crate::records::{Event, Resource, Revision, Stack, parsed, stored};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use store::{Effect, Key, Range, Runner, Snapshot, Store};

/// The records.
#[derive(Debug)]
pub(crate) struct Ledger {
    runner: Runner,
    pub(crate) keys: Keys,
    /// How many commits there are until the server dies: for tests of what a restart finds.
    #[cfg(test)]
    pub(crate) commits_left: std::sync::atomic::AtomicI64,
}

/// New records; `None` deletes.
#[derive(Debug, Default)]
pub(crate) struct Change {
    writes: Vec<(Key, Option<Bytes>)>,
}

impl Change {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With one more record.
    pub(crate) fn put(&mut self, key: Key, record: &impl Serialize) -> Result<(), Failure> {
        self.write(key, Some(stored(record)?));
        Ok(())
    }

    /// Without the record of this key.
    pub(crate) fn delete(&mut self, key: Key) {
        self.write(key, None);
    }

    /// The last one of a key counts.
    fn write(&mut self, key: Key, value: Option<Bytes>) {
        match self.writes.iter_mut().find(|(other, _)| *other == key) {
            Some(found) => found.1 = value,
            None => self.writes.push((key, value)),
        }
    }
}

impl Ledger {
    pub(crate) fn new(runner: Runner, keys: Keys) -> Self {
        Self {
            runner,
            keys,
            #[cfg(test)]
            commits_left: std::sync::atomic::AtomicI64::new(i64::MAX),
        }
    }

    /// Commits all of it, or nothing.
    pub(crate) async fn commit(&self, change: Change) -> Result<(), Failure> {
        if change.writes.is_empty() {
            return Ok(());
        }
        #[cfg(test)]
        if self.commits_left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) <= 0 {
            std::future::pending::<()>().await;
        }
        let effect = Effect { writes: change.writes, ..Effect::default() };
        self.runner.write(effect).await?;
        Ok(())
    }

    /// The record of a key.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        let found = self.runner.store().snapshot().get(key)?;
        found.map(|found| parsed(&found.value)).transpose()
    }

    /// Walks over records until told to stop.
    pub(crate) fn each<T: DeserializeOwned>(
        &self,
        range: &Range,
        mut each: impl FnMut(&[u8], T) -> bool,
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        self.runner.store().snapshot().range(range, &mut |key, value| match parsed(&value.value) {
            Ok(record) => each(key, record),
            Err(error) => {
                result = Err(error);
                false
            }
        })?;
        result
    }

    /// All records of a range.
    pub(crate) fn all<T: DeserializeOwned>(&self, range: &Range) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        self.each(range, |_, record| {
            all.push(record);
            true
        })?;
        Ok(all)
    }

    /// The record of a stack.
    pub(crate) fn stack(&self, stack: StackKey) -> Result<Option<Stack>, Failure> {
        self.get(&self.keys.stack(stack))
    }

    /// The record of a stack that must be there.
    pub(crate) fn known_stack(&self, stack: StackKey) -> Result<Stack, Failure> {
        self.stack(stack)?.ok_or_else(|| Failure::internal("a stack that is worked on has no record"))
    }

    /// A revision that must be there.
    pub(crate) fn revision(&self, stack: StackKey, number: u64) -> Result<Revision, Failure> {
        let found = self.get(&self.keys.revision(stack, number))?;
        found.ok_or_else(|| Failure::internal("a revision of a stack has no record"))
    }

    /// The resources of a stack, by logical id.
    pub(crate) fn resources(&self, stack: StackKey) -> Result<BTreeMap<String, Resource>, Failure> {
        const BEFORE: usize = 1 + 16;
        let mut resources = BTreeMap::new();
        self.each(&self.keys.resources(stack), |key, record| {
            let name = String::from_utf8_lossy(key.get(BEFORE..).unwrap_or_default()).into_owned();
            resources.insert(name, record);
            true
        })?;
        Ok(resources)
    }

    /// The number of the next event of a stack. Only one at a time may write events of it.
    pub(crate) fn next_event(&self, stack: StackKey) -> Result<u64, Failure> {
        let mut next = 0;
        self.each(&self.keys.events(stack), |key, _: Event| {
            next = number(key).map_or(0, |number| number + 1);
            false
        })?;
        Ok(next)
    }
}

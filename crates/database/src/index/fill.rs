//! Filling an index, or the expiry times, from the items that a table already has.

use super::{expiry_entry, stored_entry};
use crate::keys::Hasher;
use crate::table::Table;
use bytes::Bytes;
use item::Stored;
use std::sync::Arc;
use store::{Effect, Key, Transaction, Versioned};

/// What is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The index at this place of [`Table::indexes`].
    Index(usize),
    /// The expiry times.
    TimeToLive,
}

/// One page of a back-fill: a transaction that looks at some items again and writes the entries that they
/// lack.
///
/// It reads the items and the entries that they had when the page was read. An item that has changed since
/// was changed by a write that already maintains the target, so it is done.
#[derive(Debug)]
pub(crate) struct Fill {
    table: Arc<Table>,
    hasher: Hasher,
    target: Target,
    /// The items, then the entries of those that have one.
    keys: Vec<Key>,
    /// For each item the place of its entry among the keys.
    places: Vec<Option<usize>>,
    /// The items as the page was read; only the planted defect looks at them.
    read: Vec<Stored>,
    more: Option<(Key, Bytes)>,
}

impl Fill {
    /// A page of items: their keys and values, as read from the table's space.
    pub(crate) fn new(table: Arc<Table>, hasher: Hasher, target: Target, items: Vec<(Key, Bytes)>) -> Fill {
        let mut fill = Fill {
            table,
            hasher,
            target,
            keys: items.iter().map(|(key, _)| key.clone()).collect(),
            places: Vec::with_capacity(items.len()),
            read: Vec::with_capacity(items.len()),
            more: None,
        };
        for (key, value) in items {
            let item = Stored::from_bytes(value);
            let entry = fill.entry(&key, &item);
            fill.places.push(entry.as_ref().map(|_| fill.keys.len()));
            fill.keys.extend(entry.map(|(key, _, _)| key));
            fill.read.push(item);
        }
        fill
    }

    /// Commits this too: the cursor that says how far the back-fill has come.
    #[must_use]
    pub(crate) fn with(mut self, key: Key, value: Bytes) -> Fill {
        self.more = Some((key, value));
        self
    }

    /// The key and the value of an item's entry, its size and what its vector saves.
    fn entry(&self, key: &Key, item: &Stored) -> Option<(Key, Bytes, [i64; 2])> {
        match self.target {
            Target::Index(at) => {
                let entry = stored_entry(self.table.indexes.get(at)?, self.hasher, key, item)?;
                let (value, sizes) = (entry.bytes().clone(), [entry.size() as i64, entry.saving()]);
                Some((entry.key, value, sizes))
            }
            Target::TimeToLive => {
                let key = expiry_entry(self.table.time_to_live.as_ref()?, key, item)?;
                Some((key, Bytes::new(), [0, 0]))
            }
        }
    }

    fn present(&self, at: usize, old: &[Option<Versioned>]) -> Option<Stored> {
        if environment::planted("backfill_without_version_check") {
            return self.read.get(at).cloned();
        }
        old[at].as_ref().map(|item| Stored::from_bytes(item.value.clone()))
    }
}

impl Transaction for Fill {
    fn keys(&self) -> &[Key] {
        if environment::planted("backfill_without_version_check") { &[] } else { &self.keys }
    }

    fn plan(&mut self, old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        let mut effect = Effect { fences: vec![(self.table.log, self.table.epoch)], ..Effect::default() };
        let (mut delta, mut saved) = ([0, 0], 0);
        for (at, place) in self.places.iter().enumerate() {
            let (Some(place), Some(item)) = (*place, self.present(at, old)) else { continue };
            let Some((key, value, [size, saving])) = self.entry(&self.keys[at], &item) else { continue };
            let moved = key != self.keys[place];
            let there = old.get(place).is_some_and(Option::is_some);
            if moved || there {
                continue;
            }
            effect.writes.push((key, Some(value)));
            delta = [delta[0] + 1, delta[1] + size];
            saved += saving;
        }
        if let Target::Index(at) = self.target
            && delta[0] > 0
            && let Some(index) = self.table.indexes.get(at)
        {
            effect.adds.push((index.counters.clone(), delta));
            effect.adds.extend(index.vectors.iter().map(|vectors| (vectors.savings.clone(), [0, saved])));
        }
        effect.writes.extend(self.more.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        effect
    }
}

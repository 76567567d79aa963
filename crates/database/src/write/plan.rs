//! What a set does to the store, from the present values alone: new items, index entries, expiry entries,
//! counters and records, or why nothing of it may happen.

use super::{Action, Change, Done, Failure, Guard, Probe, Verdict, WriteSet};
use crate::capacity::{Capacity, Units};
use crate::index::{self, Entry};
use crate::keys::Hasher;
use crate::table::{Index, IndexKind, IndexStatus, Table};
use bytes::Bytes;
use expression::{StoredUpdateError, Update};
use item::{Map, Stored};
use std::borrow::Cow;
use std::sync::Arc;
use store::{Effect, Key, LogId, Pieces, Transaction, Versioned};
use streams::ViewType;
use streams::data_stream;
use streams::record::{self, Kind, NewRecord};

/// The largest item, by the formula of item sizes.
pub(crate) const ITEM_BYTES_MAX: usize = 409_600;

/// What a write to a vector index is charged at least.
const VECTOR_WRITE_BYTES_MIN: usize = 1024;

/// The text for a put item that is too large.
pub(crate) const PUT_TOO_LARGE: &str = "Item size has exceeded the maximum allowed size";

/// The text for an item that an update would make too large.
pub(crate) const UPDATE_TOO_LARGE: &str = "Item size to update has exceeded the maximum allowed size";

impl Transaction for WriteSet {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn plan(&mut self, old: &[Option<Versioned>], now_ms: u64) -> Effect {
        self.outcomes.clear();
        self.shards.clear();
        self.verdict = Verdict::Planned;
        let (items, rest) = old.split_at(self.actions.len());
        let mut planner = Planner {
            now_ms,
            hasher: self.hasher,
            by_service: self.by_service,
            restored: self.restored,
            probes: &self.probes,
            probed: rest.get(usize::from(self.token.is_some())..).unwrap_or_default(),
            effect: room_for(&self.actions),
            shards: &mut self.shards,
            deliveries: Vec::new(),
            moved: false,
        };
        planner.fence(&self.actions);
        if let Some(token) = self.token.as_ref().filter(|_| !environment::planted("token_not_looked_up")) {
            self.verdict = token.verdict(rest.first().and_then(Option::as_ref), now_ms);
            if self.verdict != Verdict::Planned {
                return planner.refused();
            }
        }
        let mut refused = false;
        for (place, (action, old)) in self.actions.iter().zip(items).enumerate() {
            let outcome = planner.action(place, action, old.as_ref());
            refused |= outcome.is_err();
            self.outcomes.push(outcome);
        }
        if planner.moved {
            self.verdict = Verdict::Moved;
            return planner.refused();
        }
        if refused {
            return planner.refused();
        }
        if let Some(token) = &self.token {
            let kept = token.kept(&self.actions, &self.outcomes, now_ms);
            planner.effect.writes.push((token.key.clone(), Some(kept)));
        }
        // Behind the records of the streams, whose positions the answer tells.
        planner.effect.appends.append(&mut planner.deliveries);
        planner.effect
    }
}

/// An effect with room for what most sets do, so that its vectors need not grow.
fn room_for(actions: &[Action]) -> Effect {
    let count = actions.len();
    Effect {
        fences: Vec::with_capacity(1),
        writes: Vec::with_capacity(count),
        appends: Vec::with_capacity(count),
        adds: Vec::with_capacity(1),
        logs: Vec::new(),
    }
}

struct Planner<'a> {
    now_ms: u64,
    hasher: Hasher,
    by_service: bool,
    restored: bool,
    probes: &'a [Probe],
    /// The values at the probes' keys.
    probed: &'a [Option<Versioned>],
    effect: Effect,
    shards: &'a mut Vec<Arc<str>>,
    /// The records for data streams.
    deliveries: Vec<(LogId, Pieces)>,
    moved: bool,
}

impl Planner<'_> {
    /// Nothing is done, but only if the tables are still those of the plan.
    fn refused(self) -> Effect {
        self.shards.clear();
        Effect { fences: self.effect.fences, ..Effect::default() }
    }

    fn fence(&mut self, actions: &[Action]) {
        if environment::planted("write_without_fence") {
            return;
        }
        for action in actions {
            let fence = (action.table.log, action.table.epoch);
            if !self.effect.fences.contains(&fence) {
                self.effect.fences.push(fence);
            }
        }
    }

    fn action(&mut self, place: usize, action: &Action, old: Option<&Versioned>) -> Result<Done, Failure> {
        let old = old.map(|old| Stored::from_bytes(old.value.clone()));
        let table = &*action.table;
        if let Some(old) = &old
            && !action.key.owns(table, old)
        {
            return Err(Failure::Collision);
        }
        match &action.guard {
            Guard::None => {}
            Guard::Condition(condition) => {
                if !condition.matches(&old) {
                    return Err(Failure::Condition(old));
                }
            }
            Guard::Expired => {
                let is_expired = old.as_ref().is_some_and(|old| index::is_expired(table, old, self.now_ms));
                if !is_expired && !environment::planted("expired_unchecked") {
                    return Ok(Done { new: old.clone(), old, capacity: Capacity::default() });
                }
            }
        }
        let new = next(action, old.as_ref())?;
        let size = |item: &Option<Stored>| item.as_ref().map_or(0, |item| table.size_of(item));
        let larger = size(&old).max(size(&new));
        let mut done = Done { old, new, capacity: Capacity::of_table(Units::write(larger)) };
        if matches!(action.change, Change::Check) {
            return Ok(done);
        }
        // Index keys are looked at even where nothing changes, so that an item which no index can hold is
        // refused the same way each time.
        let entries = self.entries(table, action, &done)?;
        if !is_same(&done) {
            self.change(place, action, &mut done, entries);
        }
        Ok(done)
    }

    /// The item's new entry in each index, `None` where it has none there.
    fn entries(&self, table: &Table, action: &Action, done: &Done) -> Result<Vec<Option<Entry>>, Failure> {
        let Some(new) = &done.new else { return Ok(Vec::new()) };
        let entry = |index: &Index| match index.status {
            IndexStatus::Deleting => Ok(None),
            _ if self.restored => Ok(index::stored_entry(index, self.hasher, &action.key.key, new)),
            _ => index::entry(index, self.hasher, &action.key.key, new),
        };
        table.indexes.iter().map(entry).collect::<Result<_, _>>().map_err(invalid)
    }

    fn change(&mut self, place: usize, action: &Action, done: &mut Done, entries: Vec<Option<Entry>>) {
        let table = &*action.table;
        let (old, new) = (done.old.as_ref(), done.new.as_ref());
        self.effect.writes.push((action.key.key.clone(), new.map(|new| new.bytes().clone())));
        let mut entries = entries.into_iter();
        for (at, index) in table.indexes.iter().enumerate() {
            let new = entries.next().flatten();
            if index.status == IndexStatus::Deleting {
                continue;
            }
            // An old item was let in, so its entry exists or it has none.
            let old = old.and_then(|old| index::stored_entry(index, self.hasher, &action.key.key, old));
            let units = self.entry((place, at), index, old, new);
            match index.kind {
                IndexKind::Vector => done.capacity.add_vectors(at, units.0),
                IndexKind::Local | IndexKind::Global => done.capacity.add_index(at, units),
            }
        }
        self.expiry(table, action, old, new);
        let sizes = [old.map_or(0, Stored::size), new.map_or(0, Stored::size)];
        self.count(&table.counters, [old.is_some(), new.is_some()], sizes);
        if table.stream.is_some() || table.destination.is_some() {
            self.record(table, action, (old, new));
        }
    }

    /// Replaces one entry by another and tells what that costs: units, or bytes for a vector index.
    fn entry(&mut self, at: (usize, usize), index: &Index, old: Option<Entry>, new: Option<Entry>) -> Units {
        let mut old = old;
        if index.status == IndexStatus::Creating
            && let Some(entry) = &old
        {
            match self.probed(at, &entry.key) {
                None => {
                    self.moved = true;
                    return Units(0);
                }
                Some(false) => old = None,
                Some(true) => {}
            }
        }
        let mut units = Units(0);
        let same_place = matches!((&old, &new), (Some(old), Some(new)) if old.key == new.key);
        if same_place && old == new {
            return units;
        }
        let sizes = [old.as_ref().map_or(0, Entry::size), new.as_ref().map_or(0, Entry::size)];
        let present = [old.is_some(), new.is_some()];
        if let Some(vectors) = &index.vectors {
            let saving = |entry: &Option<Entry>| entry.as_ref().map_or(0, Entry::saving);
            self.add(&vectors.savings, [0, saving(&new) - saving(&old)]);
        }
        if let Some(old) = old
            && !same_place
        {
            units += charge(index, sizes[0]);
            if !environment::planted("index_entry_kept") || new.is_none() {
                self.effect.writes.push((old.key, None));
            }
        }
        if let Some(new) = new {
            units += charge(index, if same_place { sizes[0].max(sizes[1]) } else { sizes[1] });
            let value = new.bytes().clone();
            self.effect.writes.push((new.key, Some(value)));
        }
        self.count(&index.counters, present, sizes);
        units
    }

    /// Whether the entry at this key is there; `None` where nobody looked.
    fn probed(&self, (action, index): (usize, usize), key: &Key) -> Option<bool> {
        let is = |probe: &Probe| probe.action == action && probe.index == index && probe.key == *key;
        let at = self.probes.iter().position(is)?;
        self.probed.get(at).map(Option::is_some)
    }

    fn expiry(&mut self, table: &Table, action: &Action, old: Option<&Stored>, new: Option<&Stored>) {
        let Some(expiry) = &table.time_to_live else { return };
        let entry = |item: &Stored| index::expiry_entry(expiry, &action.key.key, item);
        let (old, new) = (old.and_then(entry), new.and_then(entry));
        if old == new {
            return;
        }
        // While the entries are being made, the old one need not be there yet: then this deletes nothing.
        self.effect.writes.extend(old.map(|key| (key, None)));
        self.effect.writes.extend(new.map(|key| (key, Some(Bytes::new()))));
    }

    fn count(&mut self, counters: &Key, present: [bool; 2], sizes: [usize; 2]) {
        let delta = [i64::from(present[1]) - i64::from(present[0]), sizes[1] as i64 - sizes[0] as i64];
        self.add(counters, delta);
    }

    fn add(&mut self, counters: &Key, delta: [i64; 2]) {
        if delta == [0, 0] {
            return;
        }
        match self.effect.adds.iter_mut().find(|(key, _)| key == counters) {
            Some((_, sums)) => sums.iter_mut().zip(delta).for_each(|(sum, delta)| *sum += delta),
            None => self.effect.adds.push((counters.clone(), delta)),
        }
    }

    /// Makes the record of the table's stream, and the one for its destination.
    fn record(&mut self, table: &Table, action: &Action, (old, new): (Option<&Stored>, Option<&Stored>)) {
        let kind = match (old, new) {
            (None, _) => Kind::Insert,
            (Some(_), Some(_)) => Kind::Modify,
            (Some(_), None) => Kind::Remove,
        };
        let Some(keys) = action.key.image(table, new.or(old)) else { return };
        let record = |view| NewRecord { kind, keys: &keys, old, new, view, service: self.by_service };
        if let Some(stream) = &table.stream {
            let shard = stream.shard(action.key.hash);
            self.effect.appends.push((shard.log, record::encode(&record(stream.view))));
            self.shards.push(Arc::clone(&shard.id));
        }
        if let Some(destination) = &table.destination {
            let (key, record) = (action.key.change_key(), record(ViewType::NewAndOldImages));
            let change = data_stream::record::change(&table.name, key, destination.precision, &record);
            self.deliveries.push((destination.log(key.hash_key()), change));
        }
    }
}

/// What the change of an entry of this size costs: units, or the bytes that a vector index is charged by.
fn charge(index: &Index, size: usize) -> Units {
    match index.kind {
        IndexKind::Vector => Units(size.max(VECTOR_WRITE_BYTES_MIN) as u64),
        IndexKind::Local | IndexKind::Global => Units::write(size),
    }
}

/// Whether the action leaves the item as it is, by value.
fn is_same(done: &Done) -> bool {
    if environment::planted("equal_item_emits_record") && done.old.is_some() && done.new.is_some() {
        return false;
    }
    done.old == done.new
}

fn invalid(text: impl Into<Cow<'static, str>>) -> Failure {
    Failure::Invalid(text.into())
}

/// The item after the action.
fn next(action: &Action, old: Option<&Stored>) -> Result<Option<Stored>, Failure> {
    match &action.change {
        Change::Put(new) => Ok(Some(new.clone())),
        Change::Delete => Ok(None),
        Change::Check => Ok(old.cloned()),
        Change::Update { update: None, key } => Ok(Some(old.cloned().unwrap_or_else(|| Stored::encode(key)))),
        Change::Update { update: Some(update), key } => updated(update, key, old),
    }
}

fn updated(update: &Update, key: &Map, old: Option<&Stored>) -> Result<Option<Stored>, Failure> {
    let new = match old {
        Some(old) => update.apply_stored(old).map_err(|error| match error {
            StoredUpdateError::Update(error) => invalid(error.to_string()),
            StoredUpdateError::Corrupt(error) => Failure::Damaged(error.to_string()),
        })?,
        None if !update.creates_item() => return Ok(None),
        None => {
            let updated = update.apply_to(key.clone()).map_err(|error| invalid(error.to_string()))?;
            Stored::encode(&updated.item)
        }
    };
    if new.size() > ITEM_BYTES_MAX { Err(invalid(UPDATE_TOO_LARGE)) } else { Ok(Some(new)) }
}

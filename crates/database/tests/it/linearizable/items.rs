//! The model: a few items of one partition, and what each operation makes of them.

use super::checker::Model;
use std::collections::BTreeMap;

/// An item, by what tests look at: which write it is of, and a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Item {
    pub(crate) write: u64,
    pub(crate) count: u64,
}

/// Items, by their sort keys.
pub(crate) type Items = BTreeMap<u64, Item>;

/// What a write demands of the item as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Nothing,
    Exists,
    IsMissing,
    /// It is of this write.
    IsOf(u64),
}

impl Condition {
    fn holds(self, item: Option<&Item>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Exists => item.is_some(),
            Self::IsMissing => item.is_none(),
            Self::IsOf(write) => item.is_some_and(|item| item.write == write),
        }
    }
}

/// What a write does to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Puts a new one.
    Put(u64),
    /// Names the write, and counts one more.
    Update(u64),
    Delete,
    /// Nothing: it is only looked at.
    Check,
}

impl Change {
    fn of(self, item: Option<Item>) -> Option<Item> {
        match self {
            Self::Put(write) => Some(Item { write, count: 0 }),
            Self::Update(write) => Some(Item { write, count: item.map_or(0, |item| item.count) + 1 }),
            Self::Delete => None,
            Self::Check => item,
        }
    }
}

/// A write of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) key: u64,
    pub(crate) change: Change,
    pub(crate) condition: Condition,
}

/// What a write was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is done. With the item as it was, where that was asked for.
    Done(Option<Option<Item>>),
    /// Its condition does not hold. With the item as it is, where that was asked for.
    Refused(Option<Option<Item>>),
    /// Nothing; it may have been done or not.
    Nothing,
}

/// An operation, with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// One item, or several in a transaction.
    Write(Vec<Part>, Told),
    /// These items at one moment.
    Read(Vec<(u64, Option<Item>)>),
    /// All items at one moment.
    ReadAll(Items),
}

/// The items of one partition.
pub(crate) struct Partition;

impl Model for Partition {
    type State = Items;
    type Operation = Operation;

    fn apply(items: &Items, operation: &Operation) -> Option<Items> {
        match operation {
            Operation::Write(parts, told) => write(items, parts, told),
            Operation::Read(read) => {
                read.iter().all(|(key, item)| items.get(key) == item.as_ref()).then(|| items.clone())
            }
            Operation::ReadAll(all) => (all == items).then(|| items.clone()),
        }
    }
}

fn write(items: &Items, parts: &[Part], told: &Told) -> Option<Items> {
    let holds = parts.iter().all(|part| part.condition.holds(items.get(&part.key)));
    let shown = match told {
        Told::Done(shown) if holds => shown,
        Told::Refused(shown) if !holds => shown,
        Told::Nothing => &None,
        Told::Done(_) | Told::Refused(_) => return None,
    };
    let is_shown = |shown: &Option<Item>| parts.iter().all(|part| items.get(&part.key) == shown.as_ref());
    if !shown.as_ref().is_none_or(is_shown) {
        return None;
    }
    let mut after = items.clone();
    for part in parts.iter().filter(|_| holds) {
        match part.change.of(items.get(&part.key).copied()) {
            Some(item) => after.insert(part.key, item),
            None => after.remove(&part.key),
        };
    }
    Some(after)
}

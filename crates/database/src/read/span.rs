//! Ranges of keys: a partition, a part of one, or the partitions of some hashes.

use crate::keys::Hasher;
use bytes::Bytes;
use expression::{KeyCondition, RangeCondition};
use item::{Value, key};
use std::ops::Bound;
use store::{Direction, end_of_prefix};

/// Which keys are walked, in which direction.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// The lowest.
    pub(crate) from: Bound<Bytes>,
    /// The highest.
    pub(crate) to: Bound<Bytes>,
    /// The direction.
    pub(crate) direction: Direction,
    /// The partition key that everything in it has, in the bytes that are hashed; none where all keys are walked.
    pub(crate) partition: Option<Bytes>,
}

impl Span {
    /// All keys of the partitions with these hashes.
    pub(crate) fn of_hashes(first: u128, last: u128) -> Span {
        let bytes = |hash: u128| Bytes::copy_from_slice(&hash.to_be_bytes());
        let to = last.checked_add(1).map_or(Bound::Unbounded, |end| Bound::Excluded(bytes(end)));
        Span { from: Bound::Included(bytes(first)), to, direction: Direction::Forward, partition: None }
    }

    /// The whole partition of a key condition.
    pub(crate) fn of_partition(condition: &KeyCondition, hasher: Hasher) -> Span {
        let (partition, prefix) = partition_prefix(condition, hasher);
        Span {
            to: end_of_prefix(&prefix),
            from: Bound::Included(prefix.into()),
            direction: Direction::Forward,
            partition: Some(partition),
        }
    }

    /// What a key condition reads.
    pub(crate) fn of_condition(condition: &KeyCondition, hasher: Hasher, direction: Direction) -> Span {
        let (partition, mut prefix) = partition_prefix(condition, hasher);
        for value in &condition.sort {
            key::push(value, &mut prefix);
        }
        let with = |value: &Value| {
            let mut bytes = prefix.clone();
            key::push(value, &mut bytes);
            bytes
        };
        // A key goes on after this attribute, so "up to" means up to the last key that begins with the value.
        let at = |value: &Value| Bound::Included(Bytes::from(with(value)));
        let before = |value: &Value| Bound::Excluded(Bytes::from(with(value)));
        let past = |value: &Value| end_of_prefix(&with(value));
        let start = || Bound::Included(Bytes::from(prefix.clone()));
        let (from, to) = match &condition.range {
            None => (start(), end_of_prefix(&prefix)),
            Some(RangeCondition::Less(value)) => (start(), before(value)),
            Some(RangeCondition::LessOrEqual(value)) => (start(), past(value)),
            Some(RangeCondition::Greater(value)) => (from_end(past(value)), end_of_prefix(&prefix)),
            Some(RangeCondition::GreaterOrEqual(value)) => (at(value), end_of_prefix(&prefix)),
            Some(RangeCondition::Between(low, high)) => (at(low), past(high)),
            Some(RangeCondition::BeginsWith(value)) => {
                let mut beginning = prefix.clone();
                push_beginning(value, &mut beginning);
                (Bound::Included(Bytes::from(beginning.clone())), end_of_prefix(&beginning))
            }
        };
        Span { from, to, direction, partition: Some(partition) }
    }

    /// No key at all.
    pub(crate) fn nothing() -> Span {
        let none = || Bound::Excluded(Bytes::new());
        Span { from: none(), to: none(), direction: Direction::Forward, partition: None }
    }

    /// Where it begins, in the order of keys.
    pub(crate) fn lowest(&self) -> &[u8] {
        match &self.from {
            Bound::Included(from) | Bound::Excluded(from) => from,
            Bound::Unbounded => &[],
        }
    }

    /// Whether the two may have a key in common.
    pub(crate) fn meets(&self, other: &Span) -> bool {
        let ends_before = |one: &Span, other: &Span| match &one.to {
            Bound::Excluded(to) => &to[..] <= other.lowest(),
            Bound::Included(to) => &to[..] < other.lowest(),
            Bound::Unbounded => false,
        };
        let either_is_empty = self.is_empty() || other.is_empty();
        !(either_is_empty || ends_before(self, other) || ends_before(other, self))
    }

    /// Whether a key lies in it.
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        let above = match &self.from {
            Bound::Included(from) => key >= &from[..],
            Bound::Excluded(from) => key > &from[..],
            Bound::Unbounded => true,
        };
        let below = match &self.to {
            Bound::Included(to) => key <= &to[..],
            Bound::Excluded(to) => key < &to[..],
            Bound::Unbounded => true,
        };
        above && below
    }

    /// The part of it that comes after this key, which need not lie in it.
    #[must_use]
    pub(crate) fn after(mut self, key: Bytes) -> Span {
        let lies_before = |from: &Bound<Bytes>| match from {
            Bound::Included(from) | Bound::Excluded(from) => key < *from,
            Bound::Unbounded => false,
        };
        let lies_after = |to: &Bound<Bytes>| match to {
            Bound::Included(to) | Bound::Excluded(to) => key > *to,
            Bound::Unbounded => false,
        };
        match self.direction {
            Direction::Forward if lies_before(&self.from) => {}
            Direction::Forward => self.from = Bound::Excluded(key),
            Direction::Backward if lies_after(&self.to) => {}
            Direction::Backward => self.to = Bound::Excluded(key),
        }
        self
    }

    /// Whether no key can lie in it; the engines need not bear such a range.
    pub(crate) fn is_empty(&self) -> bool {
        store::are_no_keys(&self.from, &self.to)
    }
}

/// The partition key of a condition, and what the keys in that partition begin with.
fn partition_prefix(condition: &KeyCondition, hasher: Hasher) -> (Bytes, Vec<u8>) {
    let mut partition = Vec::with_capacity(64);
    for value in &condition.partition {
        key::push(value, &mut partition);
    }
    let mut prefix = Vec::with_capacity(64);
    prefix.extend_from_slice(&hasher.hash(&partition).to_be_bytes());
    (partition.into(), prefix)
}

fn push_beginning(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::S(text) => key::push_prefix(text.as_bytes(), out),
        Value::B(bytes) => key::push_prefix(bytes, out),
        // No other type has beginnings; the key condition let none through.
        _ => {}
    }
}

/// The beginning of what comes after such an end.
fn from_end(end: Bound<Bytes>) -> Bound<Bytes> {
    match end {
        Bound::Excluded(end) => Bound::Included(end),
        other => other,
    }
}

//! The one write path: every change of an item, its index entries, its expiry entry, its counters and its
//! stream record goes through [`WriteSet`], whoever asks for it.
//!
//! A set is a transaction of the store over up to a hundred items. [`plan`] decides what happens from the
//! present values alone; nothing of it happens unless every action of the set may happen. A batch is a set
//! too: its actions have no conditions, so what refuses one of them refuses the request.

mod answer;
mod plan;
mod run;
mod single;
mod token;

pub(crate) use answer::{capacities, tells_collection, write_capacities, write_collection};
pub(crate) use plan::{ITEM_BYTES_MAX, PUT_TOO_LARGE, UPDATE_TOO_LARGE};
pub(crate) use run::store_failed;
pub(crate) use single::Wanted;
pub(crate) use token::{ClientToken, is_outdated, replayed_tables};

use crate::capacity::Capacity;
use crate::keys::{Hasher, ItemKey};
use crate::table::Table;
use bytes::Bytes;
use expression::{Condition, Update};
use item::{Map, Stored};
use std::borrow::Cow;
use std::sync::Arc;
use store::{Committed, Key};

/// What is done to one item.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// It becomes this one.
    Put(Stored),
    /// It is changed, or made from its key.
    Update {
        /// How; without it, an item that is missing is made, and another stays.
        update: Option<Update>,
        /// Its key.
        key: Map,
    },
    /// It goes.
    Delete,
    /// Nothing: only its condition counts.
    Check,
}

/// What must hold of the item for its action to happen.
#[derive(Clone, Debug)]
pub(crate) enum Guard {
    /// Nothing.
    None,
    /// This condition; where it does not hold, the whole set is refused.
    Condition(Condition),
    /// It is expired; where it is not, the action does nothing.
    Expired,
}

/// One item's part of a set.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// The table, in the epoch under which the action is planned.
    pub(crate) table: Arc<Table>,
    /// The item.
    pub(crate) key: ItemKey,
    /// What is done to it.
    pub(crate) change: Change,
    /// On which condition.
    pub(crate) guard: Guard,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The item before.
    pub(crate) old: Option<Stored>,
    /// The item after.
    pub(crate) new: Option<Stored>,
    /// What it costs.
    pub(crate) capacity: Capacity,
}

/// Why an action may not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Its condition does not hold; this is the item.
    Condition(Option<Stored>),
    /// What it asks for cannot be.
    Invalid(Cow<'static, str>),
    /// The stored item cannot be read.
    Damaged(String),
    /// The key's place is taken by an item with another partition key of the same hash.
    Collision,
}

/// How the planning of a set ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// See the outcomes of its actions.
    #[default]
    Planned,
    /// The token's transaction had happened before; this is what was kept of its answer.
    Replayed(Bytes),
    /// The token's transaction was another one.
    Mismatch,
    /// An entry of an index that is being made is elsewhere than where it was looked for.
    Moved,
}

/// Where an entry of an index that is being made should be, so that the plan knows whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Probe {
    action: usize,
    index: usize,
    key: Key,
}

/// Up to a hundred actions on different items, of which all happen or none.
#[derive(Clone, Debug)]
pub(crate) struct WriteSet {
    actions: Vec<Action>,
    /// Of the database, for the partitions of indexes.
    hasher: Hasher,
    /// Whether the records say that the service did it, not a user.
    by_service: bool,
    /// Whether the items were let in before, so that one which an index cannot hold has no entry there.
    restored: bool,
    token: Option<ClientToken>,
    probes: Vec<Probe>,
    /// The keys of the items, then of the token, then of the probes.
    keys: Vec<Key>,
    verdict: Verdict,
    outcomes: Vec<Result<Done, Failure>>,
    /// The shard of each record, in the order of the appends.
    shards: Vec<Arc<str>>,
}

impl WriteSet {
    /// A set of actions on different items.
    pub(crate) fn new(actions: Vec<Action>, hasher: Hasher) -> WriteSet {
        let keys = actions.iter().map(|action| action.key.key.clone()).collect();
        WriteSet {
            outcomes: Vec::with_capacity(actions.len()),
            actions,
            hasher,
            by_service: false,
            restored: false,
            token: None,
            probes: Vec::new(),
            keys,
            verdict: Verdict::Planned,
            shards: Vec::new(),
        }
    }

    /// A set of one action.
    pub(crate) fn one(action: Action, hasher: Hasher) -> WriteSet {
        WriteSet::new(vec![action], hasher)
    }

    /// The same set, done by the service itself: its records say so.
    #[must_use]
    pub(crate) fn by_service(mut self) -> WriteSet {
        self.by_service = true;
        self
    }

    /// The same set, of items that a table held before: they are not refused for the sake of an index.
    #[must_use]
    pub(crate) fn restored(mut self) -> WriteSet {
        self.restored = true;
        self
    }

    /// The same set, which a repetition under this token does not do again.
    #[must_use]
    pub(crate) fn with_token(mut self, token: ClientToken) -> WriteSet {
        self.keys.insert(self.actions.len(), token.key.clone());
        self.token = Some(token);
        self
    }

    /// The actions.
    pub(crate) fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// What became of each action.
    pub(crate) fn outcomes(&self) -> &[Result<Done, Failure>] {
        &self.outcomes
    }

    /// How the planning ended.
    pub(crate) fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Where the records went: `shardId:sequenceNumber`, the highest of each shard, in the order in which the
    /// shards were first written to.
    pub(crate) fn positions(&self, committed: &Committed) -> Option<String> {
        // What goes to a data stream comes behind all of these.
        if let ([shard], Some(position)) = (&self.shards[..], committed.positions.first()) {
            // The usual case, without a vector.
            let mut text = String::new();
            streams::positions::push(&mut text, shard, *position);
            return Some(text);
        }
        let mut last: Vec<(&Arc<str>, store::Position)> = Vec::new();
        for (shard, position) in self.shards.iter().zip(&committed.positions) {
            match last.iter_mut().find(|(other, _)| *other == shard) {
                Some((_, highest)) => *highest = *position,
                None => last.push((shard, *position)),
            }
        }
        if last.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(last.len() * 64);
        for (shard, position) in last {
            streams::positions::push(&mut text, shard, position);
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests;

//! The writes to leases. Each is conditional, so that of two workers one fails; together with the counter this is
//! the fence around a shard.

use super::{
    BOOKMARK, CHECKPOINT, CHECKPOINT_OWNER, COUNTER, INITIAL, LEASE_KEY, OWNER, SUB_SEQUENCE, SWITCHES,
};
use super::{Checkpoint, Lease, key};
use crate::transport::{Delete, Put, Update};
use crate::{Item, Value};
use std::collections::BTreeMap;

/// One write to one lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseWrite {
    /// Makes the lease, if there is none.
    Create(Lease),
    /// Takes a lease that nobody has, or whose owner has not renewed it for too long.
    Take {
        /// Who takes it.
        worker: String,
        /// Whom it is taken from.
        from: Option<String>,
        /// Its counter, which has not changed for too long.
        counter: u64,
    },
    /// Asks the owner for its lease: it keeps the right to set the checkpoint until it lets go.
    Ask {
        /// Who asks, and is the owner from now on.
        worker: String,
        /// Who is asked.
        from: String,
        /// The counter of the lease.
        counter: u64,
    },
    /// Keeps the lease, and says how far its shard has come.
    Renew {
        /// The owner.
        worker: String,
        /// The counter of the lease.
        counter: u64,
        /// How far, if further than the lease says.
        reached: Reached,
        /// Whether to end the right of the owner before, which did not let go in time.
        evict: bool,
    },
    /// Lets go of a lease that another one asked for.
    LetGo {
        /// Who lets go.
        worker: String,
        /// The checkpoint that the lease has.
        known: Checkpoint,
        /// How far the shard has come, if further.
        reached: Reached,
    },
    /// Gives the lease back: nobody has it then.
    Release {
        /// The owner.
        worker: String,
        /// The counter of the lease.
        counter: u64,
        /// How far the shard has come, if further than the lease says.
        reached: Reached,
    },
    /// Says that the shard has been processed to its end, and gives the lease back.
    Finish {
        /// The owner.
        worker: String,
        /// The counter of the lease.
        counter: u64,
    },
    /// Says that the first leases of the group have all been made.
    Settle,
    /// Removes a finished lease whose shard is gone.
    Delete {
        /// The counter of the lease.
        counter: u64,
    },
}

/// What a write says of how far the shard has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reached {
    /// No further than the lease says.
    #[default]
    Same,
    /// To this checkpoint.
    Checkpoint(Checkpoint),
    /// Nowhere, but the place at which the group began has a newer iterator.
    Bookmark(String),
}

/// What a [`LeaseWrite`] is for a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Put(Put),
    Update(Update),
    Delete(Delete),
}

impl LeaseWrite {
    /// The counter that the lease has after the write, where the write sets one. What counts is that it is another one: the
    /// greatest of all, which whoever else wrote to the table may have left there, is followed by none.
    pub(crate) fn counter_after(&self) -> Option<u64> {
        match self {
            Self::Take { counter, .. }
            | Self::Ask { counter, .. }
            | Self::Renew { counter, .. }
            | Self::Release { counter, .. }
            | Self::Finish { counter, .. } => Some(counter.wrapping_add(1)),
            _ => None,
        }
    }

    /// Whether the worker does not have the lease any more after it.
    pub(crate) fn gives_up(&self) -> bool {
        matches!(self, Self::LetGo { .. } | Self::Release { .. } | Self::Finish { .. })
    }

    /// What becomes of the lease; none if the condition does not hold. [`LeaseWrite::Delete`] leaves it as it was.
    ///
    /// What the conditional request to the table says in expressions, said to a simulation.
    #[must_use]
    pub fn apply(&self, lease: Option<&Lease>) -> Option<Lease> {
        if let Self::Create(new) = self {
            return lease.is_none().then(|| new.clone());
        }
        let mut lease = lease?.clone();
        if !self.holds(&lease) {
            return None;
        }
        if let Some(counter) = self.counter_after() {
            lease.counter = counter;
        }
        match self {
            Self::Create(_) | Self::Delete { .. } => {}
            Self::Take { worker, .. } => {
                lease.owner = Some(worker.clone());
                lease.checkpoint_owner = None;
                lease.owner_switches = lease.owner_switches.saturating_add(1);
            }
            Self::Ask { worker, from, .. } => {
                lease.owner = Some(worker.clone());
                lease.checkpoint_owner = Some(from.clone());
                lease.owner_switches = lease.owner_switches.saturating_add(1);
            }
            Self::Renew { reached, evict, .. } => {
                reached.apply(&mut lease);
                if *evict {
                    lease.checkpoint_owner = None;
                }
            }
            Self::LetGo { reached, .. } => {
                reached.apply(&mut lease);
                lease.checkpoint_owner = None;
            }
            Self::Release { reached, .. } => {
                reached.apply(&mut lease);
                lease.owner = None;
            }
            Self::Finish { .. } => {
                Reached::Checkpoint(Checkpoint::ShardEnd).apply(&mut lease);
                lease.owner = None;
            }
            Self::Settle => lease.initial = false,
        }
        Some(lease)
    }

    fn holds(&self, lease: &Lease) -> bool {
        match self {
            Self::Create(_) => false,
            Self::Take { from, counter, .. } => lease.counter == *counter && lease.owner == *from,
            Self::Ask { from, counter, .. } => {
                lease.counter == *counter
                    && lease.owner.as_ref() == Some(from)
                    && lease.checkpoint_owner.is_none()
            }
            Self::Renew { worker, counter, .. }
            | Self::Release { worker, counter, .. }
            | Self::Finish { worker, counter } => {
                lease.counter == *counter && lease.owner.as_ref() == Some(worker)
            }
            Self::LetGo { worker, known, .. } => {
                lease.checkpoint_owner.as_ref() == Some(worker) && lease.checkpoint == *known
            }
            Self::Settle => true,
            Self::Delete { counter } => lease.counter == *counter && lease.is_finished(),
        }
    }

    /// The write as a request on the item of a shard.
    pub(crate) fn request(&self, shard_id: &str) -> Request {
        let mut build = Builder::default();
        match self {
            Self::Create(lease) => {
                let condition = format!("attribute_not_exists({LEASE_KEY})");
                return Request::Put(Put { item: lease.to_item(), condition });
            }
            Self::Delete { .. } => {
                build.expect_counter(self);
                build.expect(CHECKPOINT, ":end", Checkpoint::ShardEnd.as_str());
                let condition = build.conditions.join(" AND ");
                return Request::Delete(Delete { key: key(shard_id), condition, values: build.values });
            }
            Self::Take { worker, from, .. } => {
                build.expect_counter(self);
                match from {
                    Some(from) => build.expect(OWNER, ":from", from),
                    None => build.conditions.push(format!("attribute_not_exists({OWNER})")),
                }
                build.hand_to(worker);
                build.remove.push(CHECKPOINT_OWNER);
            }
            Self::Ask { worker, from, .. } => {
                build.expect_counter(self);
                build.expect(OWNER, ":from", from);
                build.conditions.push(format!("attribute_not_exists({CHECKPOINT_OWNER})"));
                build.hand_to(worker);
                build.set.push(format!("{CHECKPOINT_OWNER} = :from"));
            }
            Self::Renew { worker, reached, evict, .. } => {
                build.expect_owner(self, worker);
                build.reach(reached);
                if *evict {
                    build.remove.push(CHECKPOINT_OWNER);
                }
            }
            Self::LetGo { worker, known, reached } => {
                build.expect(CHECKPOINT_OWNER, ":worker", worker);
                build.expect(CHECKPOINT, ":known", known.as_str());
                build.reach(reached);
                build.remove.push(CHECKPOINT_OWNER);
            }
            Self::Release { worker, reached, .. } => {
                build.expect_owner(self, worker);
                build.reach(reached);
                build.remove.push(OWNER);
            }
            Self::Finish { worker, .. } => {
                build.expect_owner(self, worker);
                build.reach(&Reached::Checkpoint(Checkpoint::ShardEnd));
                build.remove.push(OWNER);
            }
            Self::Settle => {
                build.conditions.push(format!("attribute_exists({LEASE_KEY})"));
                build.remove.push(INITIAL);
            }
        }
        Request::Update(build.update(key(shard_id)))
    }
}

impl Reached {
    fn apply(&self, lease: &mut Lease) {
        match self {
            Self::Same => {}
            Self::Checkpoint(checkpoint) => {
                lease.checkpoint = checkpoint.clone();
                lease.owner_switches = 0;
                lease.bookmark = None;
            }
            Self::Bookmark(iterator) => lease.bookmark = Some(iterator.clone()),
        }
    }
}

/// Gathers the parts of two expressions.
#[derive(Default)]
struct Builder {
    conditions: Vec<String>,
    set: Vec<String>,
    remove: Vec<&'static str>,
    values: BTreeMap<String, Value>,
}

impl Builder {
    fn expect(&mut self, attribute: &str, placeholder: &str, value: &str) {
        self.conditions.push(format!("{attribute} = {placeholder}"));
        self.values.insert(placeholder.to_owned(), value.into());
    }

    /// The lease was not written since, and this write raises its counter, unless it deletes it.
    fn expect_counter(&mut self, write: &LeaseWrite) {
        let counter = match write {
            LeaseWrite::Delete { counter } => *counter,
            _ => write.counter_after().unwrap_or_default().wrapping_sub(1),
        };
        self.conditions.push(format!("{COUNTER} = :counter"));
        self.values.insert(":counter".to_owned(), counter.into());
        if let Some(next) = write.counter_after() {
            self.set.push(format!("{COUNTER} = :next"));
            self.values.insert(":next".to_owned(), next.into());
        }
    }

    fn expect_owner(&mut self, write: &LeaseWrite, worker: &str) {
        self.expect_counter(write);
        self.expect(OWNER, ":worker", worker);
    }

    fn hand_to(&mut self, worker: &str) {
        self.set.push(format!("{OWNER} = :worker"));
        self.set.push(format!("{SWITCHES} = if_not_exists({SWITCHES}, :none) + :one"));
        self.values.insert(":worker".to_owned(), worker.into());
        self.values.insert(":none".to_owned(), 0.into());
        self.values.insert(":one".to_owned(), 1.into());
    }

    fn reach(&mut self, reached: &Reached) {
        match reached {
            Reached::Same => {}
            Reached::Checkpoint(checkpoint) => {
                self.set.push(format!("{CHECKPOINT} = :checkpoint"));
                self.set.push(format!("{SUB_SEQUENCE} = :zero"));
                self.set.push(format!("{SWITCHES} = :zero"));
                self.values.insert(":checkpoint".to_owned(), checkpoint.as_str().into());
                self.values.insert(":zero".to_owned(), 0.into());
                self.remove.push(BOOKMARK);
            }
            Reached::Bookmark(iterator) => {
                self.set.push(format!("{BOOKMARK} = :bookmark"));
                self.values.insert(":bookmark".to_owned(), iterator.as_str().into());
            }
        }
    }

    fn update(self, key: Item) -> Update {
        let mut clauses = Vec::new();
        if !self.set.is_empty() {
            clauses.push(format!("SET {}", self.set.join(", ")));
        }
        if !self.remove.is_empty() {
            clauses.push(format!("REMOVE {}", self.remove.join(", ")));
        }
        let condition = self.conditions.join(" AND ");
        Update { key, update: clauses.join(" "), condition, values: self.values }
    }
}

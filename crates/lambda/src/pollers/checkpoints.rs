//! Storing how far a mapping has come, without making it wait: one transaction at a time, and what is to be stored
//! meanwhile goes into the next.

use super::Uuid;
use super::keys::Keys;
use crate::mapping::Checkpoint;
use bytes::Bytes;
use std::collections::BTreeMap;
use store::{Effect, Key, LogId, RunError, Runner, StoreError, Transaction, Versioned};

/// What is still to be stored of one mapping.
#[derive(Debug)]
pub(super) struct Checkpoints {
    keys: Keys,
    uuid: Uuid,
    /// `None` deletes.
    pending: BTreeMap<LogId, Option<Bytes>>,
    result: Option<Bytes>,
    storing: bool,
    /// The last one failed, and nothing new has come since: a store that fails is not asked again and again.
    failed: bool,
}

impl Checkpoints {
    pub(super) fn new(keys: Keys, uuid: Uuid) -> Self {
        Self { keys, uuid, pending: BTreeMap::new(), result: None, storing: false, failed: false }
    }

    pub(super) fn put(&mut self, log: LogId, checkpoint: &Checkpoint) {
        self.failed = false;
        self.pending.insert(log, Some(checkpoint.encode().into()));
    }

    pub(super) fn delete(&mut self, log: LogId) {
        self.failed = false;
        self.pending.insert(log, None);
    }

    pub(super) fn set_result(&mut self, result: &str) {
        self.failed = false;
        self.result = Some(Bytes::copy_from_slice(result.as_bytes()));
    }

    /// Begins to store what is pending, if nothing is under way.
    pub(super) fn begin(&mut self, runner: &Runner) -> Option<impl Future<Output = Stored> + use<>> {
        if self.storing || self.failed || self.pending.is_empty() && self.result.is_none() {
            return None;
        }
        self.storing = true;
        let (pending, result) = (std::mem::take(&mut self.pending), self.result.take());
        let running = runner.run(Advance::new(self.keys, &self.uuid, &pending, result.as_ref()));
        Some(async move {
            match running.await {
                Err(RunError::Store(error)) => Stored { failure: Some(error), pending, result },
                Ok(_) | Err(RunError::Stale(..)) => {
                    Stored { failure: None, pending: BTreeMap::new(), result: None }
                }
            }
        })
    }

    /// Takes what came of it. What failed is stored with what comes next, unless that says something newer.
    pub(super) fn ended(&mut self, stored: Stored) -> Option<StoreError> {
        self.storing = false;
        self.failed = stored.failure.is_some();
        for (log, checkpoint) in stored.pending {
            self.pending.entry(log).or_insert(checkpoint);
        }
        self.result = self.result.take().or(stored.result);
        stored.failure
    }

    pub(super) fn is_storing(&self) -> bool {
        self.storing
    }
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) struct Stored {
    failure: Option<StoreError>,
    pending: BTreeMap<LogId, Option<Bytes>>,
    result: Option<Bytes>,
}

/// Writes checkpoints, as long as their mapping is there.
struct Advance {
    mapping: [Key; 1],
    writes: Vec<(Key, Option<Bytes>)>,
}

impl Advance {
    fn new(
        keys: Keys,
        uuid: &Uuid,
        pending: &BTreeMap<LogId, Option<Bytes>>,
        result: Option<&Bytes>,
    ) -> Self {
        let mut writes: Vec<_> =
            pending.iter().map(|(log, value)| (keys.checkpoint(uuid, *log), value.clone())).collect();
        writes.extend(result.map(|result| (keys.result(uuid), Some(result.clone()))));
        Self { mapping: [keys.mapping(uuid)], writes }
    }
}

impl Transaction for Advance {
    fn keys(&self) -> &[Key] {
        &self.mapping
    }

    fn plan(&mut self, old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        match old {
            [Some(_)] => Effect { writes: self.writes.clone(), ..Effect::default() },
            _ => Effect::default(),
        }
    }
}

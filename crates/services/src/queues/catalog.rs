//! Which queues there are, and reading them at the start.

use super::index::Entry;
use super::move_task::Tasks;
use super::queue::Queue;
use super::records::{self, Keys, QueueRecord, Sent, State, parsed};
use super::sending::DEDUPLICATION_MS;
use super::{Arn, Inner, Options, Queues, QueuesError, Settings};
use crate::closing::Closing;
use environment::Environment;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use store::{Range, Runner, Snapshot, SpaceId, Store};
use tokio::sync::Notify;

/// The queues there are.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// By account, region and name; only by name where all share them.
    by_name: BTreeMap<(String, String, String), Arc<Queue>>,
    by_id: HashMap<u64, Arc<Queue>>,
}

impl Queues {
    /// Opens the queues whose records are in this space, and starts what looks after them; needs a runtime. Blocks.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        environment: Environment,
    ) -> Result<Self, QueuesError> {
        let inner = Inner {
            runner,
            keys: Keys::new(space),
            environment,
            shared: options.shared,
            catalog: RwLock::default(),
            control: tokio::sync::Mutex::default(),
            tasks: Tasks::default(),
            last: AtomicU64::new(0),
            due: Arc::new(Notify::new()),
            closing: Closing::new(),
        };
        let queues = Self { inner: Arc::new(inner) };
        queues.load_queues()?;
        let orphans = queues.load_states()?;
        queues.load_deduplicated()?;
        let interrupted = queues.load_tasks()?;
        queues.look_after(orphans);
        for task in interrupted {
            queues.start_task(task);
        }
        Ok(queues)
    }

    /// Whether there is a queue of this ARN.
    #[must_use]
    pub fn exists(&self, arn: &str) -> bool {
        self.by_arn(arn).is_ok()
    }

    /// What a queue is set to; `None` where there is no such queue.
    #[must_use]
    pub fn settings(&self, arn: &str) -> Option<Settings> {
        Some(self.by_arn(arn).ok()?.current().settings.clone())
    }

    /// The queue of this ARN.
    pub(super) fn by_arn(&self, arn: &str) -> Result<Arc<Queue>, QueuesError> {
        let arn = Arn::parse(arn).ok_or_else(QueuesError::no_queue)?;
        self.find(&arn).ok_or_else(QueuesError::no_queue)
    }

    /// The queue that somebody names, in their region.
    pub(super) fn find(&self, arn: &Arn) -> Option<Arc<Queue>> {
        self.read_catalog(|catalog| catalog.by_name.get(&self.name(arn)).cloned())
    }

    /// The queue of this id.
    pub(super) fn by_id(&self, id: u64) -> Option<Arc<Queue>> {
        self.read_catalog(|catalog| catalog.by_id.get(&id).cloned())
    }

    /// All queues, in the order of their names.
    pub(super) fn all(&self) -> Vec<Arc<Queue>> {
        self.read_catalog(|catalog| catalog.by_name.values().cloned().collect())
    }

    /// The queues of an account in a region, in the order of their names.
    pub(super) fn of(&self, account: &str, region: &str) -> Vec<Arc<Queue>> {
        let mut all = self.all();
        if !self.inner.shared {
            all.retain(|queue| queue.arn.account == account && queue.arn.region == region);
        }
        all
    }

    pub(super) fn install(&self, queue: &Arc<Queue>) {
        let mut catalog = self.inner.catalog.write().unwrap_or_else(PoisonError::into_inner);
        catalog.by_name.insert(self.name(&queue.arn), Arc::clone(queue));
        catalog.by_id.insert(queue.id, Arc::clone(queue));
    }

    pub(super) fn uninstall(&self, queue: &Queue) {
        let mut catalog = self.inner.catalog.write().unwrap_or_else(PoisonError::into_inner);
        catalog.by_name.remove(&self.name(&queue.arn));
        catalog.by_id.remove(&queue.id);
    }

    fn name(&self, arn: &Arn) -> (String, String, String) {
        let (account, region) = if self.inner.shared { ("", "") } else { (&*arn.account, &*arn.region) };
        (account.to_owned(), region.to_owned(), arn.name.clone())
    }

    fn read_catalog<T>(&self, read: impl FnOnce(&Catalog) -> T) -> T {
        read(&self.inner.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn load_queues(&self) -> Result<(), QueuesError> {
        self.each(&self.inner.keys.queues(), |key, value| {
            let record: QueueRecord = parsed(value)?;
            self.given(record.purged);
            if let Some(id) = records::queue_of(key) {
                self.install(&Arc::new(Queue::new(id, record)));
            }
            Ok(())
        })
    }

    /// Reads the order of all queues. Answers which messages are of no queue, or were purged.
    fn load_states(&self) -> Result<Vec<(u64, u64)>, QueuesError> {
        let now_ms = self.now_ms();
        let mut orphans = Vec::new();
        self.each(&self.inner.keys.states(), |key, value| {
            let (Some(id), Some(number)) = (records::queue_of(key), records::number_of(key)) else {
                return Ok(());
            };
            self.given(number);
            match self.by_id(id).filter(|queue| number >= queue.current().record.purged) {
                Some(queue) => load_state(&queue, number, &parsed(value)?, now_ms),
                None => orphans.push((id, number)),
            }
            Ok(())
        })?;
        Ok(orphans)
    }

    /// Reads what was sent under deduplication ids; what is of no queue goes.
    fn load_deduplicated(&self) -> Result<(), QueuesError> {
        let mut orphans = Vec::new();
        self.each(&self.inner.keys.all_sent(), |key, value| {
            let sent: Sent = parsed(value)?;
            self.given(sent.number);
            let queue = records::queue_of(key).and_then(|id| self.by_id(id));
            match queue {
                Some(queue) => {
                    queue.deduplicated().insert((sent.sent_ms + DEDUPLICATION_MS, key.to_vec()));
                }
                None => orphans.push(key.to_vec()),
            }
            Ok(())
        })?;
        self.delete_sent_later(orphans);
        Ok(())
    }

    /// Reads a range of records.
    pub(super) fn each(
        &self,
        range: &Range,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<(), QueuesError>,
    ) -> Result<(), QueuesError> {
        let mut result = Ok(());
        self.inner.runner.store().snapshot().range(range, &mut |key, value| {
            result = read(key, &value.value);
            result.is_ok()
        })?;
        result
    }
}

/// A message as it was stored. In a FIFO queue the delay is the queue's, as it is now.
fn load_state(queue: &Queue, number: u64, state: &State, now_ms: u64) {
    let mut entry = Entry::sent(state.group.as_deref(), state.sent_ms);
    entry.receives = state.receives;
    entry.first_received_ms = state.first_received_ms;
    entry.received_ms = state.received_ms;
    entry.changes = state.changes;
    let until_ms = match queue.is_fifo && state.receives == 0 {
        true => state.sent_ms.saturating_add(queue.current().settings.delay_ms),
        false => state.until_ms,
    };
    queue.index().load(number, entry, until_ms, now_ms);
}

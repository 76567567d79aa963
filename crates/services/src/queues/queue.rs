//! A queue in memory: what it is set to, and the order of its messages.

use super::attributes::Settings;
use super::index::{Counts, Index};
use super::receipt::Receipt;
use super::records::QueueRecord;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::Notify;

/// How long after they may be used again deduplication ids are forgotten, so that many are at once.
const SLACK_MS: u64 = 60_000;

/// The ARN of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// The region.
    pub region: String,
    /// The account.
    pub account: String,
    /// The queue's name.
    pub name: String,
}

impl Arn {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:aws:sqs:")?.split(':').map(str::to_owned);
        let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole =
            parts.next().is_none() && !region.is_empty() && !account.is_empty() && !name.is_empty();
        is_whole.then_some(Self { region, account, name })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "arn:aws:sqs:{}:{}:{}", self.region, self.account, self.name)
    }
}

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) id: u64,
    pub(super) arn: Arn,
    pub(super) is_fifo: bool,
    current: RwLock<Arc<Current>>,
    index: Mutex<Index>,
    /// Told when something may be received.
    pub(super) arrival: Notify,
    /// What was sent under deduplication ids, by the time when these may be used again, and the keys of the records.
    pub(super) deduplicated: Mutex<BTreeSet<(u64, Vec<u8>)>>,
    /// What was received under the ids of attempts, and until when these count.
    attempts: Mutex<HashMap<String, (u64, Vec<Receipt>)>>,
    /// How often somebody looked for messages, found or not.
    pub(super) looks: AtomicU64,
}

/// What a queue is set to.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) record: QueueRecord,
    pub(super) settings: Settings,
}

impl Queue {
    pub(super) fn new(id: u64, record: QueueRecord) -> Self {
        let arn =
            Arn { region: record.region.clone(), account: record.account.clone(), name: record.name.clone() };
        let current = Current::new(record);
        let is_fifo = current.settings.is_fifo;
        Self {
            id,
            arn,
            is_fifo,
            current: RwLock::new(Arc::new(current)),
            index: Mutex::new(Index::new(is_fifo)),
            arrival: Notify::new(),
            deduplicated: Mutex::default(),
            attempts: Mutex::default(),
            looks: AtomicU64::new(0),
        }
    }

    /// What it is set to.
    pub(super) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_current(&self, record: QueueRecord) {
        let current = Arc::new(Current::new(record));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// The order of its messages.
    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the order, and wakes a receiver where there is something for it afterwards.
    pub(super) fn change<T>(&self, now_ms: u64, change: impl FnOnce(&mut Index) -> T) -> T {
        let mut index = self.index();
        let result = change(&mut index);
        if index.is_ready(now_ms) {
            self.arrival.notify_one();
        }
        result
    }

    pub(super) fn counts(&self, now_ms: u64) -> Counts {
        self.index().counts(now_ms)
    }

    pub(super) fn deduplicated(&self) -> MutexGuard<'_, BTreeSet<(u64, Vec<u8>)>> {
        self.deduplicated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn attempts(&self) -> MutexGuard<'_, HashMap<String, (u64, Vec<Receipt>)>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When something of it expires next.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let oldest_ms = self.index().oldest_ms();
        let message_ms =
            oldest_ms.map(|sent_ms| sent_ms.saturating_add(self.current().settings.retention_ms) + 1);
        let sent_ms = self.deduplicated().first().map(|(until_ms, _)| until_ms.saturating_add(SLACK_MS));
        message_ms.into_iter().chain(sent_ms).min()
    }
}

impl Current {
    fn new(record: QueueRecord) -> Self {
        let settings = Settings::of(&record.attributes);
        Self { record, settings }
    }
}

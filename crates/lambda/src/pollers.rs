//! Event source mappings at work: what is stored of them, and the drivers that read sources and call functions.
//!
//! A mapping is a record in the store of the tables; how far it has come is stored beside it ([`crate::mapping`] says what
//! must be). Each has one driver, a task that sleeps until its source has something: a commit wakes it, nothing is asked
//! for again and again. What was acknowledged of a mapping survives a restart, and it goes on where it stopped.
//!
//! A stream's driver feeds [`crate::mapping::Mapping`] and does what that says ([`stream`]); a queue's receives, calls and
//! deletes ([`queue`]).

mod checkpoints;
mod error;
mod keys;
mod operations;
mod queue;
mod record;
mod registry;
mod status;
mod stream;

pub use error::MappingsError;
pub use operations::{Moved, NewMapping, OperationError, Scope, SeekTo, Shown, Update};
pub use record::{StoredMapping, Uuid};
pub use status::{Counters, Figures};
pub(crate) use stream::key_hash;

use crate::destinations::Destinations;
use crate::discarded::Discarded;
use crate::history::History;
use crate::invoke::Invoke;
use database::Database;
use environment::Faults;
use keys::Keys;
use registry::Registry;
use services::queues::Queues;
use std::sync::Arc;
use std::time::Duration;
use store::{AnyStore, Store};

/// The name of the space of the records.
const SPACE: &str = "mappings";

/// How mappings behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether every account and region sees all mappings.
    pub shared: bool,
    /// The wait before the first retry; each further one is twice as long.
    pub backoff_ms: u64,
    /// The longest wait before a retry.
    pub backoff_limit_ms: u64,
    /// A shard whose records come one by one is read at most this often, so that under load they come in batches. The
    /// first record after a pause is not kept waiting.
    pub pace: Duration,
    /// The same for a shard to which that much comes that a wait of this length fills its batches better.
    pub pace_limit: Duration,
    /// How long the end waits for invocations under way; what has not ended by then is delivered again after the next
    /// start.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shared: false,
            backoff_ms: 100,
            backoff_limit_ms: 10_000,
            pace: Duration::from_millis(1),
            pace_limit: Duration::from_millis(3),
            grace: Duration::from_secs(5),
        }
    }
}

/// What mappings work with.
#[derive(Clone)]
pub struct Parts {
    /// The database: its streams, its store.
    pub database: Arc<Database>,
    /// The functions.
    pub invoke: Arc<dyn Invoke>,
    /// The queues, for mappings of queues; there are none of these without.
    pub queues: Option<Queues>,
    /// Where batches go that are given up.
    pub destinations: Destinations,
    /// What mappings did lately.
    pub history: History,
    /// Where batches that are given up are kept.
    pub discarded: Discarded,
}

/// What all drivers share.
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) options: Options,
    pub(crate) keys: Keys,
}

impl Shared {
    /// Service time.
    pub(crate) fn now_ms(&self) -> u64 {
        self.parts.database.environment().clock.now_ms()
    }

    /// What is to go wrong.
    pub(crate) fn faults(&self) -> &Faults {
        &self.parts.database.environment().faults
    }

    /// Whether what is stored outlives the process: else checkpoints need not be stored as they are made.
    pub(crate) fn is_durable(&self) -> bool {
        !matches!(**self.parts.database.store(), AnyStore::Memory(_))
    }
}

/// The mappings of a server. Clones are the same.
#[derive(Clone)]
pub struct Mappings {
    shared: Arc<Shared>,
    registry: Arc<Registry>,
}

impl std::fmt::Debug for Mappings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mappings").finish_non_exhaustive()
    }
}

impl Mappings {
    /// Reads what is stored of mappings. They do nothing before [`Mappings::start`]. Blocks.
    ///
    /// # Errors
    /// When the store cannot be read or written, or holds something else.
    pub fn open(parts: Parts, options: Options) -> Result<Self, MappingsError> {
        let space = parts.database.service_space(SPACE)?;
        let shared = Arc::new(Shared { parts, options, keys: Keys::new(space) });
        let stored = record::load(&shared.parts.database.store().snapshot(), shared.keys)?;
        let registry = Arc::new(Registry::new(stored));
        Ok(Self { shared, registry })
    }

    /// Begins to read, where each mapping stopped. To be called once, on the runtime.
    pub fn start(&self) {
        self.registry.start(&self.shared);
    }

    /// Ends all drivers: no more is read, and what is under way is waited for ([`Options::grace`]).
    pub async fn stop(&self) {
        self.registry.stop().await;
    }
}

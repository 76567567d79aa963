//! The store on disk, on the LSM engine fjall: keys, records and the store's own rows in one batch, with one
//! sync for it.
//!
//! All keys live in one keyspace, under the four bytes of their space (large spaces may get their own
//! later); log records in time buckets (see `bucket`); what the store knows of itself in a third keyspace (see
//! `rows`). What fjall does badly is kept away from: readers share a snapshot that was taken between two
//! batches (see `snapshot`); nothing is cleared, dropped by age or kept apart from its key; every value has a
//! checksum; commits are numbered without gaps, and a witness outside the engine shows when the newest are
//! missing. The end of a journal that a power failure tore is cut off before the engine sees it (see `journal_tail`).
//! Versions are reserved durably in blocks before they are used, so that no position is ever given
//! twice, whatever the durability.
//!
//! A failed write stops all writes until the next start, since nobody knows what of it reached the disk;
//! reads go on. Below a mark of free space writes are refused before they are tried.

mod block;
mod bucket;
mod directory;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal_tail;
mod log_table;
mod open;
mod rows;
mod snapshot;
mod upkeep;
mod value;
mod witness;
mod write;

#[cfg(test)]
mod tests;

pub use snapshot::EmbeddedSnapshot;

use crate::hash::key_hash;
use crate::{Commit, Key, LogId, LogState, Outcome, SpaceId, Store, StoreError, Version};
use directory::Directory;
use environment::{Clock, Environment};
use fjall::{Database, Keyspace, PersistMode};
use rows::Header;
use snapshot::Published;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use upkeep::Signals;
use witness::Witness;
use write::Writer;

/// Slots in the table of last writes.
const SLOTS: usize = 1 << 18;

/// When a commit is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it is synced: it survives the loss of power.
    #[default]
    Sync,
    /// Once the operating system has it: it survives the end of the process. Synced every so often.
    Interval {
        /// The time between syncs, in milliseconds.
        interval_ms: u64,
    },
    /// Once the operating system has it, which syncs when it likes.
    Buffer,
}

/// How an embedded store is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// When a commit is acknowledged.
    pub durability: Durability,
    /// Memory for blocks read from disk.
    pub cache_bytes: u64,
    /// Below this much free space on the disk, writes are refused.
    pub free_bytes_min: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self { durability: Durability::Sync, cache_bytes: 64 << 20, free_bytes_min: 256 << 20 }
    }
}

/// A store on disk.
#[derive(Debug)]
pub struct Embedded {
    core: Arc<Core>,
    upkeep: Option<std::thread::JoinHandle<()>>,
}

/// What the store and its upkeep share. Fields drop in order: the engine before the directory's lock.
struct Core {
    published: RwLock<Arc<Published>>,
    writer: Mutex<Writer>,
    items: Keyspace,
    system: Keyspace,
    db: Database,
    /// A keyspace for the next bucket, made ahead of need.
    spare: Mutex<Option<(u64, Keyspace)>>,
    /// The id of the next bucket to be made.
    bucket_next: AtomicU64,
    /// The last commit that wrote a key of this hash; see [`Store::unchanged`].
    written: Box<[AtomicU64]>,
    /// Why no more is written.
    poison: OnceLock<String>,
    header: Header,
    options: EmbeddedOptions,
    clock: Clock,
    signals: Signals,
    witness: Mutex<Witness>,
    directory: Directory,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Core").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the store in a directory, creating either where it is not there.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] where the directory is in use, not a store's, or of a newer format;
    /// [`StoreError::Corrupt`] where data is missing or damaged.
    pub fn open(
        path: &Path,
        options: EmbeddedOptions,
        environment: &Environment,
    ) -> Result<Self, StoreError> {
        let core = Arc::new(open::open(path, options, environment)?);
        let upkeep = upkeep::start(Arc::clone(&core), &environment.background)?;
        Ok(Self { core, upkeep: Some(upkeep) })
    }

    /// A random number that is this store's own for as long as it lives.
    #[must_use]
    pub fn store_id(&self) -> u128 {
        u128::from_le_bytes(self.core.header.store_id)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.core.signals.stop();
        if let Some(upkeep) = self.upkeep.take() {
            let _ = upkeep.join();
        }
        self.core.finish();
    }
}

impl Core {
    fn published(&self) -> Arc<Published> {
        // Only whole values are stored in it.
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A panic in the middle of a commit leaves the writer's state unknown, so it counts as a failed write.
    fn writer(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        if let Some(message) = self.poison.get() {
            return Err(StoreError::Poisoned(message.clone()));
        }
        self.writer.lock().map_err(|_| self.fail(&"a panic during a commit"))
    }

    /// Stops all writes for good.
    fn fail(&self, what: &dyn std::fmt::Display) -> StoreError {
        let message = self.poison.get_or_init(|| {
            tracing::error!(error = %what, "a write failed: no more are tried until the next start");
            what.to_string()
        });
        StoreError::Poisoned(message.clone())
    }

    fn slot(&self, key: &Key) -> &AtomicU64 {
        &self.written[key_hash(key) as usize % SLOTS]
    }

    fn unchanged(&self, key: &Key, since: Version) -> bool {
        if environment::planted("stale_read") {
            return true;
        }
        self.slot(key).load(Ordering::Acquire) <= since.0
    }

    /// How a batch is written.
    fn persist_mode(&self) -> PersistMode {
        match self.options.durability {
            _ if environment::planted("no_fsync") => PersistMode::Buffer,
            Durability::Sync => PersistMode::SyncData,
            Durability::Interval { .. } | Durability::Buffer => PersistMode::Buffer,
        }
    }
}

impl Store for Embedded {
    type Snapshot<'a> = EmbeddedSnapshot<'a>;

    fn snapshot(&self) -> EmbeddedSnapshot<'_> {
        EmbeddedSnapshot::new(&self.core, self.core.published())
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        self.core.commit(commit, Version(0))
    }

    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        self.core.commit(commit, seen)
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        self.core.create_space()
    }

    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        self.core.drop_space(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.core.published().spaces.iter().copied().collect()
    }

    fn unchanged(&self, key: &Key, since: Version) -> bool {
        self.core.unchanged(key, since)
    }

    fn log_state(&self, log: LogId) -> Option<LogState> {
        self.core.published().logs.get(log).map(|head| head.state)
    }
}

/// A failure of the engine to read.
fn engine_error(error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => {
            StoreError::Engine(error.to_string())
        }
        fjall::Error::Storage(
            error @ (fjall::LsmError::ChecksumMismatch { .. } | fjall::LsmError::InvalidHeader(_)),
        ) => StoreError::Corrupt(error.to_string()),
        error => StoreError::Engine(error.to_string()),
    }
}

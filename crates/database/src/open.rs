//! Opening: from a store to a database that answers.
//!
//! Loads the header, the descriptors of tables and streams and the ids given out, gives service time its
//! offset back, and drops spaces that no descriptor names (a crash between making a space and the commit that
//! would have named it leaves one behind).

use crate::Database;
use crate::backup::{Backup, Backups};
use crate::catalog::Catalog;
use crate::control::Control;
use crate::descriptor::TableDescriptor;
use crate::meta::{FORMAT, Header, Ids, MetaKey, ServiceTime};
use crate::transfer::{Export, Import, Jobs};
use bytes::Bytes;
use environment::{Clock, Environment};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use store::{
    AnyStore, Commit, CommitToken, Direction, Durability, Embedded, EmbeddedOptions, Expect, Memory, Outcome,
    Range, Runner, Snapshot, SpaceId, Store, StoreError,
};
use streams::data_stream::{DataStream, DataStreams};
use streams::{StreamDescriptor, Streams};

/// How many texts of expressions are kept parsed, of each kind.
const EXPRESSIONS: usize = 1024;

/// Where data are kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, with at most about this many bytes of stream records.
    Memory {
        /// The limit of stream records; the oldest go early above it.
        log_bytes_max: usize,
    },
    /// In a directory.
    Directory {
        /// Which; it is made where it is not there.
        path: PathBuf,
        /// When a write is acknowledged.
        durability: Durability,
        /// Memory for blocks read from disk; the store's own default where it does not say.
        cache_bytes: Option<usize>,
    },
}

/// How a database behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where data are kept.
    pub storage: Storage,
    /// Whether all accounts and regions see the same tables.
    pub shared_tables: bool,
    /// How streams behave.
    pub streams: streams::Options,
    /// How often items are looked for that have outlived their time, in service time; also how often shards
    /// are looked for that are due for rollover or trimming.
    pub sweep_interval_ms: u64,
}

impl Options {
    /// In memory, and the defaults for everything else.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            storage: Storage::Memory { log_bytes_max: 256 * 1024 * 1024 },
            shared_tables: false,
            streams: streams::Options::default(),
            sweep_interval_ms: 1_000,
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be opened, read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is of another version.
    #[error("the data are of format {found}, and this version reads format {FORMAT} only")]
    Format {
        /// The version found.
        found: u32,
    },
    /// What is stored is damaged.
    #[error("the data are damaged: {0}")]
    Damaged(String),
}

impl Database {
    /// Opens the store and everything in it. Nothing runs in the background until [`Database::start`].
    ///
    /// # Errors
    /// When the store cannot be opened, is of another format, or is damaged.
    pub fn open(options: Options, environment: Environment) -> Result<Arc<Self>, OpenError> {
        let store = Arc::new(open_store(&options, &environment)?);
        Self::open_on(store, options, environment)
    }

    /// Opens a database on a store that is open already, whatever [`Options::storage`] says.
    ///
    /// # Errors
    /// When the store is of another format, or is damaged.
    pub fn open_on(
        store: Arc<AnyStore>,
        options: Options,
        environment: Environment,
    ) -> Result<Arc<Self>, OpenError> {
        // The meta space is the first that was ever made, and never dropped.
        let meta = match store.spaces().into_iter().min() {
            Some(meta) => meta,
            None => store.create_space()?,
        };
        let header = read_header(&store, meta, &environment)?;
        let runner = Runner::new(Arc::clone(&store), &environment)?;
        let streams = streams::Options { shared: options.shared_tables, ..options.streams };
        let streams = Streams::new(environment.clock.clone(), streams);
        let streams = Arc::new(streams.with_faults(environment.faults.clone()));
        let told = Arc::clone(&streams);
        runner.on_commit(move |last| told.wakeups().committed(last));
        let loaded = Loaded::read(&store, meta)?;
        loaded.time.give_back(&environment.clock);
        let database = Self {
            catalog: Catalog::new(options.shared_tables),
            backups: Backups::new(options.shared_tables),
            exports: Jobs::new(options.shared_tables),
            imports: Jobs::new(options.shared_tables),
            objects: OnceLock::new(),
            control: tokio::sync::Mutex::new(Control::new(loaded.ids)),
            maintenance: tokio::sync::Mutex::default(),
            hasher: crate::keys::Hasher::new(header.hash_key),
            expressions: expression::Cache::new(EXPRESSIONS),
            environment,
            store,
            runner,
            streams,
            data_streams: DataStreams::new(options.shared_tables),
            options,
            meta,
        };
        database.take_over(loaded);
        Ok(Arc::new(database))
    }

    /// The space of a service beside the database, in the same store: made where it is not there. For assembling, before
    /// the first request: it waits for the disk.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn service_space(&self, name: &str) -> Result<SpaceId, OpenError> {
        let key = MetaKey::ServiceSpace(name).key(self.meta);
        if let Some(stored) = self.store.snapshot().get(&key)? {
            return service_space(&stored.value);
        }
        let space = self.store.create_space()?;
        let commit = Commit {
            checks: vec![(key.clone(), Expect::Absent)],
            writes: vec![(key, Some(Bytes::copy_from_slice(&space.0.to_be_bytes())))],
            time_ms: self.environment.clock.now_ms(),
            ..Commit::default()
        };
        match self.store.commit(commit)? {
            Outcome::Done { .. } => Ok(space),
            // Somebody was faster. The space just made is dropped at the next start.
            _ => Err(OpenError::Store(StoreError::Engine(format!("two make the space of {name} at once")))),
        }
    }

    /// Installs what was read, and drops spaces that nothing names.
    fn take_over(&self, loaded: Loaded) {
        let mut named: HashSet<SpaceId> = HashSet::from([self.meta]);
        self.streams.load(loaded.streams);
        for stream in loaded.data_streams {
            self.data_streams.install(stream);
        }
        for descriptor in loaded.tables {
            named.extend(descriptor.spaces());
            self.install(descriptor);
        }
        for backup in loaded.backups {
            named.insert(backup.space_id());
            self.backups.install(backup);
        }
        for export in loaded.exports {
            self.exports.install(export);
        }
        for import in loaded.imports {
            self.imports.install(import);
        }
        named.extend(loaded.service_spaces);
        let orphans: Vec<SpaceId> =
            self.store.spaces().into_iter().filter(|space| !named.contains(space)).collect();
        self.drop_spaces(&orphans);
    }
}

fn service_space(value: &[u8]) -> Result<SpaceId, OpenError> {
    let id =
        value.try_into().map_err(|_| OpenError::Damaged("the id of a space is not 4 bytes".to_owned()))?;
    Ok(SpaceId(u32::from_be_bytes(id)))
}

fn open_store(options: &Options, environment: &Environment) -> Result<AnyStore, OpenError> {
    match &options.storage {
        Storage::Memory { log_bytes_max } => Ok(AnyStore::Memory(Memory::new(*log_bytes_max))),
        Storage::Directory { path, durability, cache_bytes } => {
            let defaults = EmbeddedOptions { durability: *durability, ..EmbeddedOptions::default() };
            let cache_bytes = cache_bytes.map_or(defaults.cache_bytes, |bytes| bytes as u64);
            let options = EmbeddedOptions { cache_bytes, ..defaults };
            Ok(AnyStore::Embedded(Embedded::open(path, options, environment)?))
        }
    }
}

/// How often the header of a new store is tried to be written. More than once only where a store's outcomes can
/// be unknown.
const HEADER_ATTEMPTS: usize = 100;

/// Reads the header, or writes that of a new store.
fn read_header(store: &AnyStore, meta: SpaceId, environment: &Environment) -> Result<Header, OpenError> {
    let key = MetaKey::Header.key(meta);
    let mut hash_key = [0; 16];
    environment.random.fill(&mut hash_key);
    let header = Header { format: FORMAT, hash_key };
    let bytes = serde_json::to_vec(&header).map_err(|error| OpenError::Damaged(error.to_string()))?;
    let commit = Commit {
        checks: vec![(key.clone(), Expect::Absent)],
        writes: vec![(key.clone(), Some(bytes.into()))],
        time_ms: environment.clock.now_ms(),
        token: Some(CommitToken(environment.random.next_u128())),
        ..Commit::default()
    };
    for _ in 0..HEADER_ATTEMPTS {
        let stored = store.snapshot().get(&key)?;
        if let Some(stored) = stored {
            let header: Header = parsed(&stored.value, "header")?;
            let known = header.format == FORMAT;
            return if known { Ok(header) } else { Err(OpenError::Format { found: header.format }) };
        }
        // Whatever comes of it, what is stored then decides.
        match store.commit(commit.clone()) {
            Ok(_) | Err(StoreError::Unknown(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(OpenError::Store(StoreError::Engine("the header could not be written".into())))
}

/// What the meta space says.
struct Loaded {
    ids: Ids,
    time: ServiceTime,
    tables: Vec<TableDescriptor>,
    streams: Vec<StreamDescriptor>,
    backups: Vec<Backup>,
    exports: Vec<Export>,
    imports: Vec<Import>,
    service_spaces: Vec<SpaceId>,
    data_streams: Vec<DataStream>,
}

impl Loaded {
    fn read(store: &AnyStore, meta: SpaceId) -> Result<Self, OpenError> {
        let snapshot = store.snapshot();
        let ids = snapshot.get(&MetaKey::Ids.key(meta))?;
        let time = snapshot.get(&MetaKey::ServiceTime.key(meta))?;
        let tables = values(&snapshot, meta, MetaKey::tables())?;
        let streams = values(&snapshot, meta, MetaKey::streams())?;
        let backups = values(&snapshot, meta, MetaKey::backups())?;
        let exports = values(&snapshot, meta, MetaKey::exports())?;
        let imports = values(&snapshot, meta, MetaKey::imports())?;
        let spaces = values(&snapshot, meta, MetaKey::service_spaces())?;
        let data_streams = values(&snapshot, meta, MetaKey::data_streams())?;
        let stream = |value: &Bytes| {
            StreamDescriptor::from_bytes(value).map_err(|error| OpenError::Damaged(error.to_string()))
        };
        Ok(Self {
            ids: ids.map(|ids| parsed(&ids.value, "ids")).transpose()?.unwrap_or_default(),
            time: time.map(|time| parsed(&time.value, "service time")).transpose()?.unwrap_or_default(),
            tables: tables.iter().map(|value| parsed(value, "table")).collect::<Result<_, _>>()?,
            streams: streams.iter().map(stream).collect::<Result<_, _>>()?,
            backups: backups.iter().map(|value| parsed(value, "backup")).collect::<Result<_, _>>()?,
            exports: exports.iter().map(|value| parsed(value, "export")).collect::<Result<_, _>>()?,
            imports: imports.iter().map(|value| parsed(value, "import")).collect::<Result<_, _>>()?,
            service_spaces: spaces.iter().map(|value| service_space(value)).collect::<Result<_, _>>()?,
            data_streams: data_streams
                .iter()
                .map(|value| DataStream::from_bytes(value).map_err(OpenError::Damaged))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn values(
    snapshot: &impl Snapshot,
    meta: SpaceId,
    (from, to): (Bytes, Bytes),
) -> Result<Vec<Bytes>, StoreError> {
    let (from, to) = (Bound::Included(from), Bound::Excluded(to));
    let range = Range { space: meta, from, to, direction: Direction::Forward };
    let mut values = Vec::new();
    snapshot.range(&range, &mut |_, value| {
        values.push(value.value.clone());
        true
    })?;
    Ok(values)
}

fn parsed<T: DeserializeOwned>(value: &[u8], what: &str) -> Result<T, OpenError> {
    serde_json::from_slice(value).map_err(|error| OpenError::Damaged(format!("{what}: {error}")))
}

impl ServiceTime {
    /// Takes service time on from where it was, should the machine's clock have gone back, too.
    fn give_back(self, clock: &Clock) {
        let span = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let least_ms = span(self.latest_ms).saturating_sub(span(clock.wall_ms()));
        let offset_ms = self.offset_ms.max(least_ms);
        if self.latest_ms == 0 {
            // New data.
            return clock.set_offset_ms(offset_ms);
        }
        clock.restore(offset_ms, self.latest_ms, self.frozen);
    }
}

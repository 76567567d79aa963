//! Opening: what is on disk is read back, checked against itself, and made ready for writing.

use super::block::Block;
use super::bucket::{self, Bucket, LastPositions};
use super::directory::{Directory, newer_format};
use super::journal_tail;
use super::log_table::LogTable;
use super::rows::{self, BucketRow, Header, Reader};
use super::snapshot::Published;
use super::upkeep::Signals;
use super::witness::Witness;
use super::write::{RESERVE, SpaceCheck, Writer, bucket_options, item_options, system_options};
use super::{Core, EmbeddedOptions, SLOTS, engine_error, value};
use crate::hash::KeyMap;
use crate::log_head::{LogHead, version_of};
use crate::{LogId, Position, SpaceId, StoreError, Version};
use environment::{Environment, Random};
use fjall::{Database, Keyspace, PersistMode, Readable};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Journals are kept short, so that reading them back after a crash is.
const JOURNAL_BYTES_MAX: u64 = 128 << 20;

/// Of two workers, the first leaves compactions to the second and, with nothing else to do, hands them back
/// and forth to itself without rest: that took a third to a half of the processor time of a put. One worker
/// also gave the shorter stalls.
const WORKERS: usize = 1;

/// What the store's own rows say.
#[derive(Default)]
struct Recovered {
    header: Option<Header>,
    /// Version by number of the commits in the ring.
    ring: BTreeMap<u64, u64>,
    reserved: u64,
    space_last: u32,
    spaces: BTreeSet<SpaceId>,
    dropping: VecDeque<SpaceId>,
    logs: Vec<(LogId, LogHead)>,
    buckets: Vec<(u64, BucketRow)>,
    tokens: Vec<(u128, Version, Vec<Position>)>,
}

pub(super) fn open(
    path: &Path,
    options: EmbeddedOptions,
    environment: &Environment,
) -> Result<Core, StoreError> {
    let directory = Directory::take(path)?;
    if !directory.fresh {
        check_engine(&directory.engine())?;
        journal_tail::mend(&directory.engine(), options.durability)?;
    }
    let db = open_engine(&directory, &options)?;
    let (items, system) = open_keyspaces(&db, directory.fresh)?;
    if directory.fresh {
        let unsynced = |error| StoreError::Engine(format!("the new keyspaces cannot be synced: {error}"));
        directory.sync_keyspaces().map_err(unsynced)?;
        write_header(&db, &system, &environment.random)?;
        directory.set_ready()?;
    }
    let snapshot = db.snapshot();
    let mut recovered = Recovered::read(&snapshot, &system)?;
    let header = recovered.check_header(path)?;
    let (witness, witnessed) = Witness::open(&directory.witness())
        .map_err(|error| StoreError::Engine(format!("the witness file cannot be opened: {error}")))?;
    let (number, version) = recovered.check_commits(witnessed, &directory)?;
    let mut buckets = Buckets::recover(&db, &snapshot, &mut recovered, version)?;
    let start = if environment::planted("position_reused_after_crash") {
        version.0
    } else {
        recovered.reserved.max(version.0)
    };
    let writer = recovered.into_writer(number, start, &mut buckets);
    reserve(&db, &system, writer.reserved)?;
    let published = Published {
        snapshot: db.snapshot(),
        version,
        logs: writer.logs.clone(),
        spaces: Arc::clone(&writer.spaces),
        buckets: Arc::clone(&writer.buckets),
    };
    Ok(Core {
        published: RwLock::new(Arc::new(published)),
        writer: Mutex::new(writer),
        items,
        system,
        db,
        spare: Mutex::new(buckets.spare),
        bucket_next: AtomicU64::new(buckets.next),
        written: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        poison: OnceLock::new(),
        header,
        options,
        clock: environment.clock.clone(),
        signals: Signals::default(),
        witness: Mutex::new(witness),
        directory,
    })
}

/// The engine would take a directory without this file for one to be created.
fn check_engine(path: &Path) -> Result<(), StoreError> {
    if path.join("version").exists() {
        return Ok(());
    }
    Err(StoreError::Corrupt(format!("the engine's files are missing from {}", path.display())))
}

fn open_engine(directory: &Directory, options: &EmbeddedOptions) -> Result<Database, StoreError> {
    let path = directory.engine();
    let builder = Database::builder(&path)
        .cache_size(options.cache_bytes)
        .worker_threads(WORKERS)
        .max_journaling_size(JOURNAL_BYTES_MAX)
        .journal_compression(fjall::CompressionType::None);
    // On some damaged files the engine panics.
    let opened = catch_unwind(AssertUnwindSafe(|| builder.open()));
    let unreadable = |why: &dyn std::fmt::Display| {
        StoreError::Corrupt(format!("the engine's files in {} cannot be read: {why}", path.display()))
    };
    match opened {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(error @ fjall::Error::Io(_))) => Err(engine_error(error)),
        Ok(Err(fjall::Error::Locked)) => {
            Err(StoreError::Unusable(format!("{} is in use by another process", path.display())))
        }
        Ok(Err(fjall::Error::InvalidVersion(None))) => Err(unreadable(&"they do not say their format")),
        Ok(Err(fjall::Error::InvalidVersion(version))) => Err(StoreError::Unusable(format!(
            "the engine's files in {} have a format that is not known: {version:?}",
            path.display()
        ))),
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(_) => Err(unreadable(&"the engine gave up")),
    }
}

fn open_keyspaces(db: &Database, fresh: bool) -> Result<(Keyspace, Keyspace), StoreError> {
    for name in ["items", "system"] {
        if !fresh && !db.list_keyspace_names().iter().any(|known| known.as_ref() == name as &str) {
            return Err(StoreError::Corrupt(format!("the keyspace `{name}` is missing")));
        }
    }
    let items = db.keyspace("items", item_options).map_err(engine_error)?;
    let system = db.keyspace("system", system_options).map_err(engine_error)?;
    Ok((items, system))
}

/// Writes a row outside of any commit.
fn write_row(db: &Database, system: &Keyspace, key: &[u8], content: &[u8]) -> Result<(), StoreError> {
    let mut batch = db.batch().durability(Some(PersistMode::SyncAll));
    batch.insert(system, key, value::encode(key, Version(0), content));
    batch.commit().map_err(engine_error)
}

fn write_header(db: &Database, system: &Keyspace, random: &Random) -> Result<(), StoreError> {
    let mut header = Header { format: rows::FORMAT, store_id: [0; 16], hash_key: [0; 16] };
    random.fill(&mut header.store_id);
    random.fill(&mut header.hash_key);
    write_row(db, system, rows::HEADER, &header.encode())
}

fn reserve(db: &Database, system: &Keyspace, mark: u64) -> Result<(), StoreError> {
    write_row(db, system, rows::RESERVED, &mark.to_le_bytes())
}

/// Reads a row of the store's own, for a fuzz target: a byte for the length of its key, the key, the content.
#[cfg(feature = "fuzzing")]
pub(super) fn read_row(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (key, content) = rest.split_at(usize::from(*length).min(rest.len()));
    let _ = Recovered::default().take(key, Version(1), content);
}

impl Recovered {
    fn read(snapshot: &fjall::Snapshot, system: &Keyspace) -> Result<Self, StoreError> {
        let mut recovered = Self::default();
        for entry in snapshot.iter(system) {
            let (key, stored) = entry.into_inner().map_err(engine_error)?;
            let row = value::decode(&key, stored)?;
            recovered.take(&key, row.version, &row.value)?;
        }
        Ok(recovered)
    }

    fn take(&mut self, key: &[u8], version: Version, content: &[u8]) -> Result<(), StoreError> {
        let Some((&tag, number)) = key.split_first() else { return Ok(()) };
        let mut content_reader = Reader(content);
        let mut key_reader = Reader(number);
        match (tag, number) {
            (b'h', []) => self.header = Some(Header::decode(content)?),
            (b'r', []) => self.reserved = content_reader.u64()?,
            (b'n', []) => self.space_last = u32::from_le_bytes(content_reader.take()?),
            (rows::COMMIT, _) => {
                self.ring.insert(content_reader.u64()?, version.0);
            }
            (rows::SPACE, _) => {
                self.spaces.insert(SpaceId(u32::from_be_bytes(key_reader.take()?)));
            }
            (rows::DROPPING, _) => {
                self.dropping.push_back(SpaceId(u32::from_be_bytes(key_reader.take()?)));
            }
            (rows::LOG, _) => {
                let log = LogId(u64::from_be_bytes(key_reader.take()?));
                self.logs.push((log, rows::decode_log(content)?));
            }
            (rows::BUCKET, _) => {
                let id = u64::from_be_bytes(key_reader.take()?);
                self.buckets.push((id, BucketRow::decode(content)?));
            }
            (rows::TOKEN, _) => {
                let token = u128::from_be_bytes(key_reader.take()?);
                let version = Version(content_reader.u64()?);
                let mut positions = Vec::new();
                while !content_reader.0.is_empty() {
                    positions.push(Position(u128::from_le_bytes(content_reader.take()?)));
                }
                self.tokens.push((token, version, positions));
            }
            _ => {
                let message = format!("a row of an unknown kind: {}", key.escape_ascii());
                return Err(StoreError::Corrupt(message));
            }
        }
        Ok(())
    }

    fn check_header(&self, path: &Path) -> Result<Header, StoreError> {
        let header = self.header.ok_or_else(|| StoreError::Corrupt("the header row is missing".into()))?;
        if header.format != rows::FORMAT {
            return Err(newer_format(path, header.format));
        }
        Ok(header)
    }

    /// The number and the version of the last commit, once it is clear that none before it is missing.
    fn check_commits(&self, witnessed: u64, directory: &Directory) -> Result<(u64, Version), StoreError> {
        let (number, version) =
            self.ring.last_key_value().map_or((0, 0), |(number, version)| (*number, *version));
        let path = directory.path().display();
        let damaged = |what: String| Err(StoreError::Corrupt(format!("the store in {path}: {what}")));
        if self.ring.len() as u64 != number.min(rows::RING) {
            return damaged(format!(
                "of the last {} commits {} are there: a journal is damaged; restore a backup",
                number.min(rows::RING),
                self.ring.len()
            ));
        }
        if version > self.reserved {
            return damaged(format!("commit {version} is above the reserved mark {}", self.reserved));
        }
        if version < witnessed {
            return damaged(format!(
                "the last commit is {version}, but {witnessed} was durable: the end of a journal is damaged; \
                 restore a backup, or remove the file WITNESS to go on with what is left"
            ));
        }
        Ok((number, Version(version)))
    }

    fn into_writer(self, number: u64, start: u64, buckets: &mut Buckets) -> Writer {
        let mut logs = LogTable::default();
        for (log, mut head) in self.logs {
            if let Some((tail, time_ms)) = buckets.tails.get(&log) {
                head.state.tail = head.state.tail.max(*tail);
                head.last_time_ms = head.last_time_ms.max(*time_ms);
            }
            logs.set(log, Some(head));
        }
        let mut tokens = self.tokens;
        tokens.sort_by_key(|(_, version, _)| *version);
        Writer {
            version: start,
            reserved: start + RESERVE,
            number,
            space_last: self.space_last,
            logs,
            spaces: Arc::new(self.spaces),
            dropping: self.dropping,
            buckets: Arc::new(std::mem::take(&mut buckets.buckets)),
            last: std::mem::take(&mut buckets.last),
            token_order: tokens.iter().map(|(token, ..)| *token).collect(),
            tokens: tokens.into_iter().map(|(token, version, at)| (token, (version, at))).collect(),
            counters: KeyMap::default(),
            space_check: SpaceCheck::default(),
        }
    }
}

/// The buckets that are there, and what is in them.
struct Buckets {
    buckets: Vec<Bucket>,
    last: HashMap<u64, LastPositions>,
    /// The last position and time of each log.
    tails: HashMap<LogId, (Position, u64)>,
    spare: Option<(u64, Keyspace)>,
    next: u64,
}

impl Buckets {
    fn recover(
        db: &Database,
        snapshot: &fjall::Snapshot,
        recovered: &mut Recovered,
        version: Version,
    ) -> Result<Self, StoreError> {
        let names = db.list_keyspace_names();
        let present: BTreeSet<u64> = names.iter().filter_map(|name| bucket::parse_name(name)).collect();
        let rows = std::mem::take(&mut recovered.buckets);
        let next = rows.iter().map(|(id, _)| *id).chain(present.iter().copied()).max().map_or(1, |id| id + 1);
        let (buckets, last, tails) = Default::default();
        let mut this = Self { buckets, last, tails, spare: None, next };
        for id in &present {
            let keyspace = db.keyspace(&bucket::keyspace_name(*id), bucket_options).map_err(engine_error)?;
            match rows.iter().find(|(row_id, _)| row_id == id) {
                Some((_, row)) => this.take(snapshot, Bucket { id: *id, row: *row, keyspace }, version)?,
                // Made ahead of need, or not quite deleted; either way nobody reads it.
                None if this.spare.is_none() && snapshot.is_empty(&keyspace).map_err(engine_error)? => {
                    this.spare = Some((*id, keyspace));
                }
                None => db.delete_keyspace(keyspace).map_err(engine_error)?,
            }
        }
        this.buckets.sort_by_key(|bucket| bucket.row.first_version);
        Ok(this)
    }

    fn take(
        &mut self,
        snapshot: &fjall::Snapshot,
        bucket: Bucket,
        version: Version,
    ) -> Result<(), StoreError> {
        let mut last = LastPositions::new();
        for (log, key, stored) in bucket::last_blocks(snapshot, &bucket.keyspace)? {
            let block = Block::decode(&key, stored)?;
            let position = block.last()?;
            if version_of(position) > version {
                let message = format!("log {} holds records newer than the last commit", log.0);
                return Err(StoreError::Corrupt(message));
            }
            last.insert(log, position);
            let tail = self.tails.entry(log).or_default();
            *tail = (tail.0.max(position), tail.1.max(block.time_ms));
        }
        self.last.insert(bucket.id, last);
        self.buckets.push(bucket);
        Ok(())
    }
}

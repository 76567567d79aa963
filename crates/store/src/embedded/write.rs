//! One commit: checked, put into one batch of the engine, made durable, published.

use super::block::BlockBuilder;
use super::bucket::{self, Bucket, LastPositions};
use super::log_table::LogTable;
use super::rows::{self, BucketRow};
use super::snapshot::Published;
use super::{Core, engine_error, value};
use crate::counter::{COUNTER_BYTES, counter, counter_bytes};
use crate::hash::KeyMap;
use crate::log_head::{Refusal, StagedLogs};
use crate::{Commit, Expect, Key, LogChange, LogId, Outcome, Position, SpaceId, StoreError, Version};
use fjall::{AbstractTree as _, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How many versions are reserved at once.
pub(super) const RESERVE: u64 = 1 << 20;

/// How many commits with a token are remembered.
const TOKENS_MAX: usize = 1024;

/// How many counters are kept in memory.
const COUNTERS_MAX: usize = 16 * 1024;

/// Free space is looked up again after so many commits, or so much time.
const SPACE_CHECK_COMMITS: u32 = 256;
const SPACE_CHECK_EVERY: Duration = Duration::from_millis(100);

/// What the one commit at a time works upon.
pub(super) struct Writer {
    /// The last version given out.
    pub(super) version: u64,
    /// None above it may be given out.
    pub(super) reserved: u64,
    /// The number of the last commit.
    pub(super) number: u64,
    pub(super) space_last: u32,
    pub(super) logs: LogTable,
    pub(super) spaces: Arc<BTreeSet<SpaceId>>,
    /// Spaces whose keys are still being removed.
    pub(super) dropping: VecDeque<SpaceId>,
    /// In order of their first version.
    pub(super) buckets: Arc<Vec<Bucket>>,
    /// What is in each bucket.
    pub(super) last: HashMap<u64, LastPositions>,
    pub(super) tokens: HashMap<u128, (Version, Vec<Position>)>,
    pub(super) token_order: VecDeque<u128>,
    /// Sums of counters as last committed.
    pub(super) counters: KeyMap<[i64; 2]>,
    pub(super) space_check: SpaceCheck,
}

/// When free space was last looked up.
#[derive(Default)]
pub(super) struct SpaceCheck {
    at: Duration,
    commits_left: u32,
}

/// A batch of the engine in the making.
pub(super) struct Batch<'a> {
    core: &'a Core,
    batch: OwnedWriteBatch,
    version: Version,
    /// Where it writes records.
    buckets: Vec<Keyspace>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(core: &'a Core, version: Version, capacity: usize) -> Self {
        Self {
            core,
            batch: OwnedWriteBatch::with_capacity(core.db.clone(), capacity),
            version,
            buckets: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, key: Vec<u8>, content: &[u8]) {
        let stored = value::encode(&key, self.version, content);
        self.batch.insert(&self.core.system, key, stored);
    }

    pub(super) fn remove_row(&mut self, key: Vec<u8>) {
        self.batch.remove(&self.core.system, key);
    }

    pub(super) fn item(&mut self, key: &Key, content: Option<&[u8]>) {
        let stored_key = value::encode_key(key.space, &key.bytes);
        match content {
            Some(content) => {
                let stored = value::encode(&stored_key, self.version, content);
                self.batch.insert(&self.core.items, stored_key, stored);
            }
            None => self.batch.remove(&self.core.items, stored_key),
        }
    }

    pub(super) fn remove_stored(&mut self, stored_key: fjall::UserKey) {
        self.batch.remove(&self.core.items, stored_key);
    }

    /// Writes it. The caller holds the writer, so that no snapshot is taken meanwhile.
    pub(super) fn commit(self, mode: PersistMode) -> Result<(), StoreError> {
        self.batch.durability(Some(mode)).commit().map_err(|error| self.core.fail(&engine_error(error)))
    }
}

impl Core {
    pub(super) fn commit(&self, mut commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        let mut writer = self.writer()?;
        if let Some((version, positions)) = commit.token.and_then(|token| writer.tokens.get(&token.0)) {
            return Ok(Outcome::Replayed { version: *version, positions: positions.clone() });
        }
        if takes_space(&commit) {
            self.check_space(&mut writer.space_check)?;
        }
        let version = Version(writer.version + 1);
        let staged = match StagedLogs::stage(&commit, version, |log| writer.logs.get(log).copied()) {
            Ok(staged) => staged,
            Err(Refusal::Outcome(outcome)) => return Ok(outcome),
            Err(Refusal::Error(error)) => return Err(error),
        };
        let published = self.published();
        let failed = self.failed_checks(&published, &commit.checks, seen)?;
        if !failed.is_empty() {
            return Ok(Outcome::Conflict(failed));
        }
        self.add_counters(&mut writer, &published, &mut commit)?;
        drop(published);
        let outside =
            commit.writes.iter().map(|(key, _)| key.space).find(|space| !writer.spaces.contains(space));
        if let Some(space) = outside {
            return Err(StoreError::Engine(format!("space {} does not exist", space.0)));
        }
        self.reserve(&mut writer, version)?;
        for (key, _) in &commit.writes {
            // Before anybody can see the new value, so that nobody takes the old one for the newest.
            self.slot(key).store(version.0, Ordering::Release);
        }
        let positions = self.write(&mut writer, commit, version, staged)?;
        self.publish(&writer, version);
        Ok(Outcome::Done { version, positions })
    }

    /// The indexes of the checks that do not hold. Keys that did not move since they were read need no look.
    fn failed_checks(
        &self,
        published: &Published,
        checks: &[(Key, Expect)],
        seen: Version,
    ) -> Result<Vec<usize>, StoreError> {
        let mut failed = Vec::new();
        for (index, (key, expect)) in checks.iter().enumerate() {
            if seen.0 > 0 && self.unchanged(key, seen) {
                continue;
            }
            let holds = match (published.get(self, key)?, expect) {
                (None, Expect::Absent) => true,
                (Some(value), Expect::At(version)) => value.version == *version,
                _ => false,
            };
            if !holds {
                failed.push(index);
            }
        }
        Ok(failed)
    }

    /// Turns additions into writes of the sums.
    fn add_counters(
        &self,
        writer: &mut Writer,
        published: &Published,
        commit: &mut Commit,
    ) -> Result<(), StoreError> {
        if writer.counters.len() > COUNTERS_MAX {
            writer.counters.clear();
        }
        for (key, _) in &commit.writes {
            if !writer.counters.is_empty() {
                writer.counters.remove(key);
            }
        }
        let adds = std::mem::take(&mut commit.adds);
        // Sums stay out of the cache until all of them are known: the commit may yet be refused.
        let mut sums: Vec<(Key, [i64; 2])> = Vec::with_capacity(adds.len());
        for (key, add) in adds {
            let written = commit.writes.iter().find(|(written, _)| *written == key).map(|(_, value)| value);
            let known = sums.iter().find(|(known, _)| *known == key).map(|(_, sum)| *sum);
            let old = match (known, written, writer.counters.get(&key)) {
                (Some(sum), _, _) => sum,
                (None, Some(value), _) => value.as_deref().map_or(Ok([0; 2]), counter_of)?,
                (None, None, Some(sum)) => *sum,
                (None, None, None) => {
                    published.get(self, &key)?.map_or(Ok([0; 2]), |old| counter_of(&old.value))?
                }
            };
            let sum = [old[0].wrapping_add(add[0]), old[1].wrapping_add(add[1])];
            sums.retain(|(known, _)| *known != key);
            sums.push((key, sum));
        }
        for (key, sum) in sums {
            commit.writes.retain(|(written, _)| *written != key);
            commit.writes.push((key, Some(counter_bytes(sum))));
        }
        Ok(())
    }

    /// Sees to it that the version is durably reserved.
    fn reserve(&self, writer: &mut Writer, version: Version) -> Result<(), StoreError> {
        if version.0 <= writer.reserved {
            return Ok(());
        }
        let mark = version.0 + RESERVE;
        let mut batch = Batch::new(self, version, 1);
        batch.row(rows::RESERVED.to_vec(), &mark.to_le_bytes());
        batch.commit(PersistMode::SyncData)?;
        writer.reserved = mark;
        Ok(())
    }

    fn write(
        &self,
        writer: &mut Writer,
        commit: Commit,
        version: Version,
        staged: StagedLogs,
    ) -> Result<Vec<Position>, StoreError> {
        let capacity = commit.writes.len() + commit.appends.len() + commit.logs.len() + 4;
        let mut batch = Batch::new(self, version, capacity);
        for (key, content) in &commit.writes {
            batch.item(key, content.as_deref());
        }
        self.write_blocks(writer, &mut batch, &commit, &staged)?;
        for log in commit.logs.iter().map(changed_log) {
            match staged.head(log) {
                Some(head) => batch.row(rows::log_key(log), &rows::encode_log(head)),
                None => batch.remove_row(rows::log_key(log)),
            }
        }
        let positions = staged.positions;
        if let Some(token) = commit.token {
            writer.remember(&mut batch, token.0, version, &positions);
        }
        let number = writer.number + 1;
        batch.row(rows::ring_key(number), &number.to_le_bytes());
        let buckets = std::mem::take(&mut batch.buckets);
        batch.commit(self.persist_mode())?;
        self.bound_memtables(&buckets)?;
        (writer.version, writer.number) = (version.0, number);
        for (log, head) in staged.heads {
            writer.logs.set(log, head);
        }
        for (key, content) in commit.writes {
            // Counters are the only values that are kept; others of their length do no harm.
            if let Some(sum) = content.filter(|content| content.len() == COUNTER_BYTES) {
                writer.counters.insert(key, counter(&sum));
            }
        }
        if commit.logs.iter().any(|change| matches!(change, LogChange::Trim(..) | LogChange::Drop(_))) {
            self.signals.look_at_buckets();
        }
        if commit.logs.iter().any(|change| matches!(change, LogChange::Open { .. })) {
            self.signals.make_spare();
        }
        Ok(positions)
    }

    /// Puts aside the memtables that have grown too large. The engine's worker does so too, but not while it compacts;
    /// and once four are put aside, the engine holds commits back until one of them is on disk.
    fn bound_memtables(&self, buckets: &[Keyspace]) -> Result<(), StoreError> {
        for keyspace in buckets.iter().chain([&self.items]) {
            if keyspace.tree.active_memtable().size() > MEMTABLE_BYTES_MAX + MEMTABLE_BYTES_MAX / 4 {
                keyspace.rotate_memtable().map_err(|error| self.fail(&engine_error(error)))?;
            }
        }
        Ok(())
    }

    /// Puts the records into one block a log.
    fn write_blocks(
        &self,
        writer: &mut Writer,
        batch: &mut Batch<'_>,
        commit: &Commit,
        staged: &StagedLogs,
    ) -> Result<(), StoreError> {
        let mut blocks: Vec<(LogId, BlockBuilder, Position)> = Vec::new();
        for (index, ((log, record), position)) in commit.appends.iter().zip(&staged.positions).enumerate() {
            let at = blocks.iter().position(|(id, ..)| id == log).unwrap_or_else(|| {
                let time_ms = staged.head(*log).map_or(commit.time_ms, |head| head.last_time_ms);
                blocks.push((*log, BlockBuilder::new(*log, batch.version, time_ms), *position));
                blocks.len() - 1
            });
            let (_, block, last) = &mut blocks[at];
            block.push(index as u32, record);
            *last = *position;
        }
        for (log, block, last) in blocks {
            let Some(head) = staged.head(log) else { continue };
            let width_ms = bucket::width_ms(head.retention_ms);
            let (id, keyspace) = self.bucket(writer, batch, width_ms, commit.time_ms)?;
            let (key, bytes) = block.finish();
            batch.batch.insert(&keyspace, key, bytes);
            if !batch.buckets.contains(&keyspace) {
                batch.buckets.push(keyspace);
            }
            writer.last.entry(id).or_default().insert(log, last);
        }
        Ok(())
    }

    /// The bucket for new records of a class; a new one where the newest has had its time.
    fn bucket(
        &self,
        writer: &mut Writer,
        batch: &mut Batch<'_>,
        width_ms: u64,
        time_ms: u64,
    ) -> Result<(u64, Keyspace), StoreError> {
        let newest = writer.buckets.iter().rev().find(|bucket| bucket.row.width_ms == width_ms);
        let fits = newest.filter(|newest| time_ms < newest.row.from_ms.saturating_add(width_ms));
        if let Some(bucket) = fits {
            return Ok((bucket.id, bucket.keyspace.clone()));
        }
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (id, keyspace) = match (spare, newest) {
            (Some(spare), _) => spare,
            // The next one is still in the making: better to stay a little longer than to wait for it.
            (None, Some(newest)) => return Ok((newest.id, newest.keyspace.clone())),
            (None, None) => self.create_bucket()?,
        };
        self.signals.make_spare();
        let row = BucketRow { width_ms, first_version: batch.version.0, from_ms: time_ms };
        batch.row(rows::key(rows::BUCKET, id.to_be_bytes()), &row.encode());
        Arc::make_mut(&mut writer.buckets).push(Bucket { id, row, keyspace: keyspace.clone() });
        Ok((id, keyspace))
    }

    /// Creates a keyspace for a bucket, durably. Takes milliseconds, in which no batch is written.
    pub(super) fn create_bucket(&self) -> Result<(u64, Keyspace), StoreError> {
        let id = self.bucket_next.fetch_add(1, Ordering::Relaxed);
        let keyspace = self.db.keyspace(&bucket::keyspace_name(id), bucket_options);
        let keyspace = keyspace.map_err(|error| self.fail(&engine_error(error)))?;
        self.directory.sync_keyspaces().map_err(|error| self.fail(&error))?;
        Ok((id, keyspace))
    }

    /// Lets readers see what was written. The caller holds the writer and no batch is under way.
    pub(super) fn publish(&self, writer: &Writer, version: Version) {
        let published = Published {
            snapshot: self.db.snapshot(),
            version,
            logs: writer.logs.clone(),
            spaces: Arc::clone(&writer.spaces),
            buckets: Arc::clone(&writer.buckets),
        };
        let mut present = self.published.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *present, Arc::new(published));
        drop(present);
        // Freed outside the lock.
        drop(old);
    }

    /// Publishes changes other than commits, whose version stays that of the last commit.
    pub(super) fn publish_again(&self, writer: &Writer) {
        let version = self.published().version;
        self.publish(writer, version);
    }

    pub(super) fn create_space(&self) -> Result<SpaceId, StoreError> {
        let mut writer = self.writer()?;
        self.check_space(&mut writer.space_check)?;
        let last = writer.space_last.checked_add(1);
        let space = SpaceId(last.ok_or_else(|| StoreError::Engine("there are no more space ids".into()))?);
        let mut batch = Batch::new(self, Version(writer.version), 2);
        batch.row(rows::SPACE_LAST.to_vec(), &space.0.to_le_bytes());
        batch.row(rows::space_key(rows::SPACE, space), &[]);
        batch.commit(PersistMode::SyncData)?;
        writer.space_last = space.0;
        Arc::make_mut(&mut writer.spaces).insert(space);
        self.publish_again(&writer);
        Ok(space)
    }

    pub(super) fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        if !writer.spaces.contains(&space) {
            return Ok(());
        }
        let mut batch = Batch::new(self, Version(writer.version), 2);
        batch.remove_row(rows::space_key(rows::SPACE, space));
        batch.row(rows::space_key(rows::DROPPING, space), &[]);
        batch.commit(PersistMode::SyncData)?;
        Arc::make_mut(&mut writer.spaces).remove(&space);
        writer.counters.retain(|key, _| key.space != space);
        writer.dropping.push_back(space);
        self.publish_again(&writer);
        self.signals.wake();
        Ok(())
    }

    /// Refuses what takes space where there is too little of it; now and then looks how much there is.
    fn check_space(&self, check: &mut SpaceCheck) -> Result<(), StoreError> {
        let now = self.clock.machine();
        if check.commits_left > 0 && now.saturating_sub(check.at) < SPACE_CHECK_EVERY {
            check.commits_left -= 1;
            return Ok(());
        }
        let path = self.directory.path();
        let stat = rustix::fs::statvfs(path).map_err(|error| StoreError::Engine(error.to_string()))?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let least = self.options.free_bytes_min;
        if free < least {
            // Looked up again at the next commit.
            check.commits_left = 0;
            let message = format!("{free} bytes are free at {}, {least} are needed", path.display());
            return Err(StoreError::Full(message));
        }
        *check = SpaceCheck { at: now, commits_left: SPACE_CHECK_COMMITS };
        Ok(())
    }

    /// Syncs what was written, at the end.
    pub(super) fn finish(&self) {
        if self.poison.get().is_some() {
            return;
        }
        if let Err(error) = self.db.persist(PersistMode::SyncAll).map_err(engine_error) {
            tracing::error!(%error, "the last writes could not be synced");
            return;
        }
        let version = self.published().version;
        let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = witness.note(version.0).and_then(|()| witness.sync()) {
            tracing::warn!(%error, "the witness file could not be written");
        }
    }
}

impl Writer {
    fn remember(&mut self, batch: &mut Batch<'_>, token: u128, version: Version, positions: &[Position]) {
        let mut row = version.0.to_le_bytes().to_vec();
        for position in positions {
            row.extend_from_slice(&position.0.to_le_bytes());
        }
        batch.row(rows::key(rows::TOKEN, token.to_be_bytes()), &row);
        self.tokens.insert(token, (version, positions.to_vec()));
        self.token_order.push_back(token);
        if self.token_order.len() > TOKENS_MAX
            && let Some(oldest) = self.token_order.pop_front()
        {
            self.tokens.remove(&oldest);
            batch.remove_row(rows::key(rows::TOKEN, oldest.to_be_bytes()));
        }
    }
}

/// Whether a commit adds anything. What only deletes is let through on a full disk, and what trims or drops logs
/// too, although descriptors are written along with it: a table can be deleted to make room.
fn takes_space(commit: &Commit) -> bool {
    if commit.logs.iter().any(|change| matches!(change, LogChange::Trim(..) | LogChange::Drop(_))) {
        return false;
    }
    let writes = commit.writes.iter().any(|(_, value)| value.is_some());
    let opens = commit.logs.iter().any(|change| matches!(change, LogChange::Open { .. }));
    writes || opens || !commit.appends.is_empty()
}

fn changed_log(change: &LogChange) -> LogId {
    match change {
        LogChange::Open { log, .. }
        | LogChange::Close(log)
        | LogChange::RaiseFence(log, _)
        | LogChange::Trim(log, _)
        | LogChange::Drop(log) => *log,
    }
}

fn counter_of(value: &[u8]) -> Result<[i64; 2], StoreError> {
    if value.len() != COUNTER_BYTES {
        return Err(StoreError::Corrupt("a counter is not 16 bytes".into()));
    }
    Ok(counter(value))
}

/// From this size on a memtable of items or of records is to be put aside and written to disk.
const MEMTABLE_BYTES_MAX: u64 = 16 << 20;

/// Items: bounded memtables, else the engine's own choice.
pub(super) fn item_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES_MAX)
}

/// The store's own rows: few and small.
pub(super) fn system_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(4 << 20)
}

/// Log records: read by ranges only, so there is no use for filters; larger blocks pack better.
pub(super) fn bucket_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES_MAX)
        .filter_policy(fjall::config::FilterPolicy::disabled())
        .data_block_size_policy(fjall::config::BlockSizePolicy::all(16 << 10))
}

//! What happens beside the commits, on one thread: the next bucket is made ahead of need, obsolete buckets
//! and dropped spaces give their disk back, relaxed durability is synced, and the witness is told what is
//! durable.

use super::bucket::{Bucket, is_obsolete};
use super::write::Batch;
use super::{Core, Durability, engine_error, rows, value};
use crate::{SpaceId, StoreError, Version};
use environment::Background;
use fjall::{PersistMode, Readable};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The witness is told this often, where there were commits.
const TURN: Duration = Duration::from_secs(1);

/// How many keys of a dropped space go in one batch, so that commits need not wait long for it.
const REMOVED_AT_ONCE: usize = 512;

/// What the upkeep is asked to do.
#[derive(Debug, Default)]
pub(super) struct Signals {
    asked: Mutex<Asked>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    stop: bool,
    wake: bool,
    spare: bool,
    buckets: bool,
}

impl Signals {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, what: impl FnOnce(&mut Asked)) {
        what(&mut self.lock());
        self.changed.notify_one();
    }

    pub(super) fn stop(&self) {
        self.ask(|asked| asked.stop = true);
    }

    pub(super) fn wake(&self) {
        self.ask(|asked| asked.wake = true);
    }

    pub(super) fn make_spare(&self) {
        self.ask(|asked| asked.spare = true);
    }

    pub(super) fn look_at_buckets(&self) {
        self.ask(|asked| asked.buckets = true);
    }

    /// Waits until something is asked for, at most that long.
    fn wait(&self, at_most: Duration) -> Asked {
        let mut asked = self.lock();
        if !(asked.stop || asked.wake || asked.spare || asked.buckets) {
            asked = self.changed.wait_timeout(asked, at_most).unwrap_or_else(PoisonError::into_inner).0;
        }
        let taken = *asked;
        *asked = Asked { stop: taken.stop, ..Asked::default() };
        taken
    }
}

/// Where the removal of a dropped space's keys has got to.
#[derive(Default)]
struct Removal {
    space: Option<SpaceId>,
    after: Vec<u8>,
}

/// Starts the thread.
pub(super) fn start(core: Arc<Core>, background: &Background) -> Result<JoinHandle<()>, StoreError> {
    // While a bucket is made no batch is written, so a new store is left in peace until it has a log.
    let spare = !core.published().buckets.is_empty();
    core.signals.ask(|asked| (asked.wake, asked.spare, asked.buckets) = (true, spare, true));
    background
        .keep_thread("store-upkeep", move || work(&core))
        .map_err(|error| StoreError::Engine(format!("cannot start the store's upkeep thread: {error}")))
}

fn work(core: &Core) {
    let mut removal = Removal::default();
    let mut witnessed = Version(0);
    let mut to_do = Asked::default();
    let mut idle = true;
    let interval = match core.options.durability {
        Durability::Interval { interval_ms } => Duration::from_millis(interval_ms.max(1)).min(TURN),
        Durability::Sync | Durability::Buffer => TURN,
    };
    loop {
        let asked = core.signals.wait(if idle { interval } else { Duration::ZERO });
        if asked.stop {
            return;
        }
        // What a round that failed has left to do, it keeps.
        to_do.spare |= asked.spare;
        to_do.buckets |= asked.buckets;
        match core.turn(&mut to_do, &mut removal, &mut witnessed) {
            Ok(more) => idle = !more,
            Err(error) => {
                idle = true;
                if core.poison.get().is_none() {
                    tracing::warn!(%error, "the store's upkeep failed; it is tried again");
                }
            }
        }
    }
}

impl Core {
    /// One round of upkeep; answers whether there is more to do at once.
    fn turn(
        &self,
        to_do: &mut Asked,
        removal: &mut Removal,
        witnessed: &mut Version,
    ) -> Result<bool, StoreError> {
        // The rest does not need the witness, and gives disk back where that is full.
        let noted = self.sync_and_witness(witnessed);
        if to_do.spare {
            self.make_spare()?;
            to_do.spare = false;
        }
        if to_do.buckets {
            self.drop_obsolete_buckets()?;
            to_do.buckets = false;
        }
        let more = self.remove_some(removal)?;
        noted.map(|()| more)
    }

    /// Notes what is durable; makes it so first where durability is relaxed.
    fn sync_and_witness(&self, witnessed: &mut Version) -> Result<(), StoreError> {
        let version = self.published().version;
        if version <= *witnessed || self.poison.get().is_some() {
            return Ok(());
        }
        match self.options.durability {
            Durability::Sync => {}
            Durability::Interval { .. } => {
                self.db.persist(PersistMode::SyncData).map_err(|error| self.fail(&engine_error(error)))?;
            }
            Durability::Buffer => return Ok(()),
        }
        let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        witness.note(version.0).map_err(|error| StoreError::Engine(format!("the witness file: {error}")))?;
        *witnessed = version;
        Ok(())
    }

    fn make_spare(&self) -> Result<(), StoreError> {
        let have = self.spare.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !have && self.poison.get().is_none() {
            let made = self.create_bucket()?;
            *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        }
        Ok(())
    }

    /// Deletes the buckets in which nothing can be read any more; never the newest of a class, which is
    /// being written to.
    fn drop_obsolete_buckets(&self) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let newest = |index: usize, bucket: &Bucket| {
            !writer.buckets[index + 1..].iter().any(|later| later.row.width_ms == bucket.row.width_ms)
        };
        let obsolete: Vec<Bucket> = writer
            .buckets
            .iter()
            .enumerate()
            .filter(|(index, bucket)| {
                let last = writer.last.get(&bucket.id);
                !newest(*index, bucket) && last.is_none_or(|last| is_obsolete(last, &writer.logs))
            })
            .map(|(_, bucket)| bucket.clone())
            .collect();
        if obsolete.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(self, Version(writer.version), obsolete.len());
        for bucket in &obsolete {
            batch.remove_row(rows::key(rows::BUCKET, bucket.id.to_be_bytes()));
        }
        batch.commit(PersistMode::SyncData)?;
        let gone = |bucket: &Bucket| obsolete.iter().any(|gone| gone.id == bucket.id);
        Arc::make_mut(&mut writer.buckets).retain(|bucket| !gone(bucket));
        for bucket in &obsolete {
            writer.last.remove(&bucket.id);
        }
        self.publish_again(&writer);
        drop(writer);
        for bucket in obsolete {
            tracing::debug!(bucket = bucket.id, "a bucket of trimmed records is deleted");
            // Its files go when the last snapshot that reads it does.
            self.db.delete_keyspace(bucket.keyspace).map_err(|error| self.fail(&engine_error(error)))?;
        }
        Ok(())
    }

    /// Removes some keys of a dropped space; answers whether there are more.
    fn remove_some(&self, removal: &mut Removal) -> Result<bool, StoreError> {
        let space = match removal.space {
            Some(space) => space,
            None => {
                let Some(space) = self.writer()?.dropping.front().copied() else { return Ok(false) };
                *removal = Removal { space: Some(space), after: value::encode_key(space, b"") };
                space
            }
        };
        // Nobody writes to the space any more, so what is found outside the lock stays true.
        let published = self.published();
        let mut keys = Vec::new();
        for entry in published.snapshot.range(&self.items, removal.after.clone()..).take(REMOVED_AT_ONCE) {
            let key = entry.key().map_err(engine_error)?;
            if !key.starts_with(&space.0.to_be_bytes()) {
                break;
            }
            keys.push(key);
        }
        drop(published);
        let mut writer = self.writer()?;
        let mut batch = Batch::new(self, Version(writer.version), keys.len());
        let Some(last) = keys.last() else {
            batch.remove_row(rows::space_key(rows::DROPPING, space));
            batch.commit(PersistMode::Buffer)?;
            writer.dropping.pop_front();
            *removal = Removal::default();
            self.publish_again(&writer);
            return Ok(!writer.dropping.is_empty());
        };
        removal.after = [last.as_ref(), &[0]].concat();
        keys.into_iter().for_each(|key| batch.remove_stored(key));
        batch.commit(PersistMode::Buffer)?;
        self.publish_again(&writer);
        Ok(true)
    }
}

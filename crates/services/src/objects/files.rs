//! The files that the bytes of objects are in.
//!
//! A file's name is a random number, its directory that number's first two digits: nothing that a client says is ever
//! part of a path. While somebody reads a file it is pinned, and a deletion waits until nobody does.

use super::Place;
use environment::{Clock, Environment, Random};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct FileId(#[serde(with = "hex_id")] pub(super) u128);

mod hex_id {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{id:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}

/// Where they are.
#[derive(Debug)]
enum Root {
    Kept(PathBuf),
    /// Made with the first file; removed when dropped.
    Temporary(Option<TempDir>),
}

/// The files.
#[derive(Debug)]
pub(super) struct Files {
    root: Mutex<Root>,
    sync: bool,
    /// The directories whose names survive power loss.
    named: Mutex<HashSet<PathBuf>>,
    free_bytes_min: u64,
    undo: Duration,
    random: Random,
    clock: Clock,
    pins: Mutex<Pins>,
    /// To be deleted once nothing can take back that no record names them, the first due first.
    leaving: Mutex<VecDeque<(Duration, FileId)>>,
}

#[derive(Debug, Default)]
struct Pins {
    readers: HashMap<FileId, usize>,
    /// To be deleted once nobody reads them.
    doomed: HashSet<FileId>,
}

impl Files {
    pub(super) fn new(place: Place, environment: &Environment) -> Self {
        let (root, sync, free_bytes_min, undo_ms) = match place {
            Place::Directory { path, sync, undo_ms, free_bytes_min } => {
                (Root::Kept(path), sync, free_bytes_min, undo_ms)
            }
            Place::Temporary => (Root::Temporary(None), false, 0, 0),
        };
        let Environment { clock, random, .. } = environment.clone();
        Self {
            root: Mutex::new(root),
            sync,
            named: Mutex::default(),
            free_bytes_min,
            undo: Duration::from_millis(undo_ms),
            random,
            clock,
            pins: Mutex::default(),
            leaving: Mutex::default(),
        }
    }

    /// The directory of them all, made where it is not there.
    fn root(&self) -> io::Result<PathBuf> {
        match &mut *self.root.lock().unwrap_or_else(PoisonError::into_inner) {
            Root::Kept(path) => {
                if !path.is_dir() {
                    private_directory(path)?;
                }
                Ok(path.clone())
            }
            Root::Temporary(Some(directory)) => Ok(directory.path().to_owned()),
            Root::Temporary(none) => {
                let directory = TempDir::with_prefix("tailwater-objects-")?;
                Ok(none.insert(directory).path().to_owned())
            }
        }
    }

    /// Whether there may be any already.
    pub(super) fn has_any(&self) -> io::Result<bool> {
        match &*self.root.lock().unwrap_or_else(PoisonError::into_inner) {
            Root::Kept(path) if path.is_dir() => Ok(fs::read_dir(path)?.next().is_some()),
            _ => Ok(false),
        }
    }

    fn path(&self, id: FileId) -> io::Result<PathBuf> {
        let name = format!("{:032x}", id.0);
        Ok(self.root()?.join(&name[..2]).join(&name[2..]))
    }

    /// Refuses to write where too little of the disk is free, since the tables need it too.
    pub(super) fn check_space(&self, file: &File) -> io::Result<()> {
        let stat = rustix::fs::fstatvfs(file)?;
        if stat.f_bavail.saturating_mul(stat.f_frsize) < self.free_bytes_min {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// A new file.
    pub(super) fn create(&self) -> io::Result<(FileId, File)> {
        let id = FileId(self.random.next_u128());
        let path = self.path(id)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                private_directory(parent(&path)?)?;
                options.open(&path)?
            }
            opened => opened?,
        };
        Ok((id, file))
    }

    /// Makes a file that was written survive power loss, where that is asked for: its bytes, its name, and the names of the
    /// directories above it.
    pub(super) fn sync(&self, id: FileId, file: &File) -> io::Result<()> {
        if !self.sync {
            return Ok(());
        }
        file.sync_all()?;
        let path = self.path(id)?;
        let directory = parent(&path)?;
        sync_directory(directory)?;
        // Whoever made the directory may not have come to syncing its name: another upload, or a server that was killed.
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(directory) {
            let root = parent(directory)?;
            sync_directory(root)?;
            sync_directory(parent(root)?)?;
            named.insert(directory.to_owned());
        }
        Ok(())
    }

    pub(super) fn open(&self, id: FileId) -> io::Result<File> {
        File::open(self.path(id)?)
    }

    /// Keeps files from being deleted while they are read.
    pub(super) fn pin(self: &Arc<Self>, ids: Vec<FileId>) -> Pinned {
        let mut pins = self.pins();
        for id in &ids {
            *pins.readers.entry(*id).or_default() += 1;
        }
        drop(pins);
        Pinned { files: Arc::clone(self), ids }
    }

    /// Deletes files that records named until now: once power loss cannot bring those back, and nobody reads them.
    pub(super) fn delete(&self, ids: impl IntoIterator<Item = FileId>) {
        if self.undo.is_zero() {
            return self.discard(ids);
        }
        let now = self.clock.machine();
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.extend(ids.into_iter().map(|id| (now + self.undo, id)));
        let due = leaving.partition_point(|(at, _)| *at <= now);
        let due: Vec<FileId> = leaving.drain(..due).map(|(_, id)| id).collect();
        drop(leaving);
        // What is due later goes with a later deletion, or at the next start.
        self.discard(due);
    }

    /// Deletes files, now or when nobody reads them any more.
    pub(super) fn discard(&self, ids: impl IntoIterator<Item = FileId>) {
        for id in ids {
            let mut pins = self.pins();
            if pins.readers.contains_key(&id) {
                pins.doomed.insert(id);
                continue;
            }
            drop(pins);
            self.remove(id);
        }
    }

    fn remove(&self, id: FileId) {
        let removed = self.path(id).and_then(fs::remove_file);
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file of a deleted object stays until the next start");
        }
    }

    /// Deletes the files that are not among these.
    pub(super) fn collect(&self, named: &HashSet<FileId>) -> io::Result<()> {
        for directory in fs::read_dir(self.root()?)? {
            let directory = directory?.path();
            if !directory.is_dir() {
                continue;
            }
            for file in fs::read_dir(&directory)? {
                let path = file?.path();
                // What is not named as we name files is not ours.
                if id_of(&path).is_some_and(|id| !named.contains(&id)) {
                    fs::remove_file(&path)?;
                }
            }
        }
        Ok(())
    }

    fn pins(&self) -> MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that somebody reads.
#[derive(Debug)]
pub(super) struct Pinned {
    files: Arc<Files>,
    ids: Vec<FileId>,
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut free = Vec::new();
        {
            let mut pins = self.files.pins();
            for id in &self.ids {
                let Some(readers) = pins.readers.get_mut(id) else { continue };
                *readers -= 1;
                if *readers == 0 {
                    pins.readers.remove(id);
                    if pins.doomed.remove(id) {
                        free.push(*id);
                    }
                }
            }
        }
        free.into_iter().for_each(|id| self.files.remove(id));
    }
}

/// Makes a directory, which nobody else may look into.
fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn id_of(path: &Path) -> Option<FileId> {
    let directory = path.parent()?.file_name()?.to_str()?;
    let file = path.file_name()?.to_str()?;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if directory.len() != 2 || file.len() != 30 || !is_hex(directory) || !is_hex(file) {
        return None;
    }
    u128::from_str_radix(&format!("{directory}{file}"), 16).ok().map(FileId)
}

//! The archives that code and layers come in, and what they unpack to.
//!
//! An archive is a file named after its SHA-256, and is there, synced where commits are, before a record names it. What it
//! unpacks to is made from it when it is added, and again at the first use after a start: a crash of the machine may have
//! left a part of it. What no record names is deleted when it is no longer run, and at a start.

use super::archive::{self, ArchiveError};
use environment::Random;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

const ARCHIVES: &str = "archives";
const UNPACKED: &str = "unpacked";
const UNFINISHED: &str = "unfinished-";

/// Where they are.
#[derive(Clone, Debug)]
pub enum Place {
    /// In this directory, which is made where it is not there.
    Directory {
        /// Which.
        path: PathBuf,
        /// Whether an archive is to survive power loss.
        sync: bool,
    },
    /// In a directory of the operating system's for such things, made with the first archive and removed at the end.
    Temporary,
}

#[derive(Debug)]
enum Root {
    Kept(PathBuf),
    Temporary(Option<TempDir>),
}

/// The archives. All of it blocks.
#[derive(Debug)]
pub(super) struct Archives {
    root: Mutex<Root>,
    sync: bool,
    random: Random,
    /// Archives that are used before, or while, no record names them.
    pins: Mutex<Pins>,
}

#[derive(Debug, Default)]
struct Pins {
    /// How many there are of each archive.
    counts: HashMap<String, usize>,
    /// How many there ever were.
    taken: u64,
}

/// An archive that is not deleted while this is there.
#[derive(Debug)]
pub(super) struct Pinned {
    archives: Arc<Archives>,
    /// In hex.
    pub(super) sha256: String,
    pub(super) size: u64,
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut pins = self.archives.pins();
        if let Some(count) = pins.counts.get_mut(&self.sha256) {
            *count -= 1;
            if *count == 0 {
                pins.counts.remove(&self.sha256);
            }
        }
    }
}

/// An archive that is being received. Dropped, it is deleted.
#[derive(Debug)]
pub(super) struct Draft {
    archives: Arc<Archives>,
    path: PathBuf,
    file: File,
    hasher: Sha256,
    size: u64,
}

impl Draft {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Keeps it, once it is seen that it can be unpacked.
    pub(super) fn keep(self) -> Result<Pinned, ArchiveError> {
        let sha256 = hex(&self.hasher.clone().finalize());
        let pinned = self.archives.pin(sha256, self.size);
        let place = self.archives.archive(&pinned.sha256)?;
        if !place.exists() {
            self.archives.unpack(&self.path, &pinned.sha256)?;
            if self.archives.sync {
                self.file.sync_all()?;
            }
            fs::rename(&self.path, &place)?;
            self.archives.sync_parent(&place)?;
        }
        Ok(pinned)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What was kept has another name by now.
        drop(fs::remove_file(&self.path));
    }
}

impl Archives {
    /// Those of a place. What unpacked is deleted, since nobody knows whether it is whole.
    pub(super) fn open(place: Place, random: Random) -> io::Result<Self> {
        let (root, sync) = match place {
            Place::Directory { path, sync } => {
                remove_directory(&path.join(UNPACKED))?;
                (Root::Kept(path), sync)
            }
            Place::Temporary => (Root::Temporary(None), false),
        };
        Ok(Self { root: Mutex::new(root), sync, random, pins: Mutex::default() })
    }

    pub(super) fn receive(self: &Arc<Self>) -> io::Result<Draft> {
        let path = self.directory(ARCHIVES)?.join(self.unfinished());
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Draft { archives: Arc::clone(self), path, file, hasher: Sha256::new(), size: 0 })
    }

    /// Keeps an archive that is in memory.
    pub(super) fn add(self: &Arc<Self>, bytes: &[u8]) -> Result<Pinned, ArchiveError> {
        let mut draft = self.receive()?;
        draft.write(bytes)?;
        draft.keep()
    }

    /// The directory that an archive unpacks to.
    pub(super) fn unpacked(&self, sha256: &str) -> Result<PathBuf, ArchiveError> {
        let path = self.directory(UNPACKED)?.join(sha256);
        if !path.exists() {
            self.unpack(&self.archive(sha256)?, sha256)?;
        }
        Ok(path)
    }

    /// The bytes of an archive.
    pub(super) fn read(&self, sha256: &str) -> io::Result<Vec<u8>> {
        fs::read(self.archive(sha256)?)
    }

    /// Deletes the archives that are not in use and not pinned. What is in use is asked again for each that might go, since
    /// others are added meanwhile.
    pub(super) fn collect(&self, in_use: impl Fn() -> HashSet<String>) -> io::Result<()> {
        let Some(root) = self.present() else { return Ok(()) };
        let archives = match fs::read_dir(root.join(ARCHIVES)) {
            Ok(archives) => archives,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let used = in_use();
        for entry in archives {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let sha256 = name.strip_suffix(".zip").unwrap_or(&name);
            if used.contains(sha256) || name.starts_with(UNFINISHED) {
                continue;
            }
            let leaving = root.join(UNPACKED).join(self.unfinished());
            let Some(pins) = self.unneeded(sha256, &in_use) else { continue };
            match fs::remove_file(entry.path()) {
                // Another that looks at the same time was quicker.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                removed => removed?,
            }
            drop(fs::rename(root.join(UNPACKED).join(sha256), &leaving));
            drop(pins);
            remove_directory(&leaving)?;
        }
        Ok(())
    }

    /// Whether nobody needs an archive; the pins are held then, so that nobody begins to. Whoever adds an archive pins it first,
    /// then looks whether it is there, has a record name it, and only then lets go. So one that was not pinned before it was
    /// looked what is in use, and for which there was no new pin since, is needed by nobody whom that look missed.
    fn unneeded(&self, sha256: &str, in_use: impl Fn() -> HashSet<String>) -> Option<MutexGuard<'_, Pins>> {
        loop {
            let taken = {
                let pins = self.pins();
                if pins.counts.contains_key(sha256) {
                    return None;
                }
                pins.taken
            };
            if in_use().contains(sha256) {
                return None;
            }
            let pins = self.pins();
            if pins.taken == taken {
                return Some(pins);
            }
        }
    }

    /// Removes the directory, where it is a temporary one.
    pub(super) fn close(&self) {
        let mut root = self.root();
        if let Root::Temporary(directory) = &mut *root
            && let Some(Err(error)) = directory.take().map(TempDir::close)
        {
            tracing::warn!(%error, "the temporary directory of the code of functions is left");
        }
    }

    /// Deletes what was not received whole before a crash.
    pub(super) fn clear_unfinished(&self) -> io::Result<()> {
        let Some(root) = self.present() else { return Ok(()) };
        let Ok(archives) = fs::read_dir(root.join(ARCHIVES)) else { return Ok(()) };
        for entry in archives {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn pin(self: &Arc<Self>, sha256: String, size: u64) -> Pinned {
        {
            let mut pins = self.pins();
            pins.taken += 1;
            *pins.counts.entry(sha256.clone()).or_default() += 1;
        }
        Pinned { archives: Arc::clone(self), sha256, size }
    }

    fn unpack(&self, archive: &Path, sha256: &str) -> Result<(), ArchiveError> {
        let directory = self.directory(UNPACKED)?;
        let unfinished = directory.join(self.unfinished());
        fs::create_dir(&unfinished)?;
        let unpacked = archive::unpack(File::open(archive)?, &unfinished);
        if unpacked.is_ok() && fs::rename(&unfinished, directory.join(sha256)).is_ok() {
            return Ok(());
        }
        // Not unpacked; or another was quicker, and has unpacked the same.
        remove_directory(&unfinished)?;
        unpacked
    }

    fn archive(&self, sha256: &str) -> io::Result<PathBuf> {
        Ok(self.directory(ARCHIVES)?.join(format!("{sha256}.zip")))
    }

    fn unfinished(&self) -> String {
        format!("{UNFINISHED}{:032x}", self.random.next_u128())
    }

    fn pins(&self) -> MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn root(&self) -> MutexGuard<'_, Root> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory of them all, where it is there.
    fn present(&self) -> Option<PathBuf> {
        match &*self.root() {
            Root::Kept(path) => path.is_dir().then(|| path.clone()),
            Root::Temporary(directory) => directory.as_ref().map(|directory| directory.path().to_owned()),
        }
    }

    /// A directory, made where it is not there.
    fn directory(&self, name: &str) -> io::Result<PathBuf> {
        let root = match &mut *self.root() {
            Root::Kept(path) => path.clone(),
            Root::Temporary(Some(directory)) => directory.path().to_owned(),
            Root::Temporary(none) => {
                none.insert(TempDir::with_prefix("tailwater-functions-")?).path().to_owned()
            }
        };
        let directory = root.join(name);
        if !directory.is_dir() {
            // Nobody else may look into it: code holds what is nobody's business.
            DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
            self.sync_parent(&directory)?;
            self.sync_parent(&root)?;
        }
        Ok(directory)
    }

    fn sync_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent().filter(|_| self.sync) {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}

fn remove_directory(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes that hex stands for; none where it is not hex.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
    let pair = |pair: &[u8]| pair.iter().fold(0, |sum, byte| sum * 16 + digit(*byte)) as u8;
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests;

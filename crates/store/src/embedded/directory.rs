//! The data directory: who may use it, and whether it is one of ours.
//!
//! ```text
//! LOCK      locked by the process that uses the directory, whose id it holds
//! FORMAT    "tailwater-store <format> <state>\n", where the state is `creating` or `ready`
//! WITNESS   a version that was durable a moment ago (see `witness`)
//! engine/   the storage engine's files
//! ```

use super::rows::FORMAT as FORMAT_VERSION;
use crate::StoreError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const NAME: &str = "tailwater-store";

/// A directory that this process holds.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    pub(super) lock: File,
    /// Whether the store has still to be created in it.
    pub(super) fresh: bool,
}

impl Drop for Directory {
    /// Closing the file would unlock it too, but not while a child process that is just being started holds a copy.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Directory {
    /// Takes a directory, creating it where there is none.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| unusable(path, &format!("cannot be opened: {error}"));
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let foreign = is_foreign(path).map_err(failed)?;
        if foreign {
            return Err(unusable(
                path,
                "holds other files and no FORMAT file, so it is not a data directory",
            ));
        }
        let lock = take_lock(path)?;
        let fresh = match fs::read_to_string(path.join("FORMAT")) {
            Ok(text) => is_fresh(path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(unusable(path, &format!("has an unreadable FORMAT file: {error}"))),
        };
        let directory = Self { path: path.to_owned(), lock, fresh };
        if fresh {
            // A creation that was interrupted has promised nothing to anybody: begin it again.
            directory.mark("creating").map_err(failed)?;
            let engine = directory.engine();
            if engine.try_exists().map_err(failed)? {
                fs::remove_dir_all(&engine).map_err(failed)?;
            }
            DirBuilder::new().mode(0o700).create(&engine).map_err(failed)?;
            sync_parent(path).map_err(failed)?;
        }
        Ok(directory)
    }

    /// Notes durably that the store has been created.
    pub(super) fn set_ready(&self) -> Result<(), StoreError> {
        let failed = |error: io::Error| unusable(&self.path, &format!("cannot be written: {error}"));
        self.mark("ready").map_err(failed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn engine(&self) -> PathBuf {
        self.path.join("engine")
    }

    pub(super) fn witness(&self) -> PathBuf {
        self.path.join("WITNESS")
    }

    /// Makes the names of new keyspaces durable. The engine syncs what is in a keyspace's directory, but not
    /// the entry of that directory itself, which POSIX does not promise along with it.
    pub(super) fn sync_keyspaces(&self) -> io::Result<()> {
        File::open(self.engine().join("keyspaces"))?.sync_all()
    }

    fn mark(&self, state: &str) -> io::Result<()> {
        let (new, path) = (self.path.join("FORMAT.new"), self.path.join("FORMAT"));
        let mut file = private_file(&new)?;
        file.set_len(0)?;
        writeln!(file, "{NAME} {FORMAT_VERSION} {state}")?;
        file.sync_all()?;
        fs::rename(new, path)?;
        File::open(&self.path)?.sync_all()
    }
}

/// Makes the directory's own name durable, where we may.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = fs::canonicalize(path)?.parent().map(File::open);
    match parent {
        Some(Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Some(parent) => parent?.sync_all(),
        None => Ok(()),
    }
}

/// Whether there is something in the directory that no store has put there, and no store.
fn is_foreign(path: &Path) -> io::Result<bool> {
    if path.join("FORMAT").try_exists()? {
        return Ok(false);
    }
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != "LOCK" && name != "FORMAT.new" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a FORMAT file of this text belongs to an unfinished store.
pub(super) fn is_fresh(path: &Path, text: &str) -> Result<bool, StoreError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [NAME, format, state @ ("creating" | "ready")] = words[..] else {
        return Err(unusable(path, "has a damaged FORMAT file"));
    };
    match format.parse::<u32>() {
        Ok(FORMAT_VERSION) => Ok(state == "creating"),
        Ok(newer) if newer > FORMAT_VERSION => Err(newer_format(path, newer)),
        _ => Err(unusable(path, &format!("has a FORMAT file with an unknown format `{format}`"))),
    }
}

/// Refuses a directory of a format that is not known yet.
pub(super) fn newer_format(path: &Path, format: u32) -> StoreError {
    let known = FORMAT_VERSION;
    unusable(
        path,
        &format!("has format {format}, but this program knows none above {known}: use a newer one"),
    )
}

fn take_lock(path: &Path) -> Result<File, StoreError> {
    let failed = |error: io::Error| unusable(path, &format!("cannot be locked: {error}"));
    let mut file = private_file(&path.join("LOCK")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(unusable(path, &format!("is in use by process {}", holder.trim())));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let note = || -> io::Result<()> {
        let mut file = &file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    note().map_err(failed)?;
    Ok(file)
}

/// Opens a file for reading and writing that only its owner may use.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn unusable(path: &Path, what: &str) -> StoreError {
    StoreError::Unusable(format!("the data directory {} {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn refused(path: &Path) -> String {
        match Directory::take(path) {
            Err(StoreError::Unusable(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_directory_is_taken_once_and_an_unfinished_one_begun_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("new/data");
        let directory = Directory::take(&path).unwrap();
        assert!(directory.fresh);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let message = refused(&path);
        assert!(message.ends_with(&format!("is in use by process {}", std::process::id())), "{message}");
        fs::write(directory.engine().join("leftover"), "half a store").unwrap();
        drop(directory);
        let directory = Directory::take(&path).unwrap();
        assert!(directory.fresh && !directory.engine().join("leftover").exists());
        directory.set_ready().unwrap();
        drop(directory);
        assert!(!Directory::take(&path).unwrap().fresh);
    }

    #[test]
    fn what_is_not_ours_newer_or_damaged_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::write(path.join("thesis.txt"), "years of work").unwrap();
        assert!(refused(path).contains("not a data directory"));
        assert_eq!(fs::read_dir(path).unwrap().count(), 1);
        for (text, why) in [
            ("tailwater-store 2 ready\n", "has format 2, but this program knows none above 1"),
            ("tailwater-store zero ready\n", "unknown format `zero`"),
            ("tailwater-store 1", "damaged FORMAT file"),
            ("", "damaged FORMAT file"),
            ("another program 1 ready", "damaged FORMAT file"),
        ] {
            fs::write(path.join("FORMAT"), text).unwrap();
            let message = refused(path);
            assert!(message.contains(why), "{message}");
        }
        assert_eq!(fs::read_to_string(path.join("thesis.txt")).unwrap(), "years of work");
    }
}

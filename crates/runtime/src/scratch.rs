//! The directory that is a runtime's own: our clients, and the homes of processes.
//!
//! Where none is named it is a temporary one, made when the first process is started: a server that runs no functions leaves
//! none behind, however it ends.

use crate::clients;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};
use tempfile::TempDir;

/// What a temporary one is called before its random part.
const PREFIX: &str = "tailwater-running-";

/// The directory that is a runtime's own.
pub(crate) struct Scratch {
    state: Mutex<State>,
}

enum State {
    /// A temporary one, not needed yet.
    Unmade,
    Made {
        path: Arc<Path>,
        /// Where it is to go with the runtime.
        temporary: Option<TempDir>,
    },
    /// The runtime has ended.
    Gone,
}

impl Scratch {
    /// The directory of this name, which is made where it is not there; of another runtime's, what may be of use is kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self { state: Mutex::new(State::Made { path: prepare(path)?, temporary: None }) })
    }

    /// A temporary directory, once it is needed.
    pub(crate) fn temporary() -> Self {
        Self { state: Mutex::new(State::Unmade) }
    }

    /// Where it is, from now on at least.
    ///
    /// # Errors
    /// When it cannot be made, or the runtime has ended.
    pub(crate) fn path(&self) -> io::Result<Arc<Path>> {
        let mut state = self.state();
        match &*state {
            State::Made { path, .. } => Ok(Arc::clone(path)),
            State::Gone => Err(io::Error::other("functions are run no more")),
            State::Unmade => {
                // Nobody else may look into it: it holds whatever functions write down.
                let private = fs::Permissions::from_mode(0o700);
                let directory = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir()?;
                let path = prepare(directory.path())?;
                *state = State::Made { path: Arc::clone(&path), temporary: Some(directory) };
                Ok(path)
            }
        }
    }

    /// Where the homes of a pool's processes are, if there is a directory already.
    pub(crate) fn made_pool(&self, number: u64) -> Option<PathBuf> {
        match &*self.state() {
            State::Made { path, .. } => Some(pool(path, number)),
            State::Unmade | State::Gone => None,
        }
    }

    /// No process is started any more: a temporary directory goes.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if matches!(*state, State::Made { temporary: None, .. }) {
            return;
        }
        let before = std::mem::replace(&mut *state, State::Gone);
        if let State::Made { temporary: Some(directory), .. } = before
            && let Err(error) = directory.close()
        {
            tracing::warn!(%error, "the temporary directory of running functions is left");
        }
    }

    /// No code that holds the lock leaves it half changed, so poison means nothing here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the homes of a pool's processes are.
pub(crate) fn pool(scratch: &Path, number: u64) -> PathBuf {
    scratch.join("pools").join(number.to_string())
}

/// Where our clients are.
pub(crate) fn clients(scratch: &Path) -> PathBuf {
    scratch.join("clients")
}

/// Removes the homes that another runtime left, and writes our clients; answers the directory's full path, for paths in it
/// go into environments of processes that start elsewhere.
fn prepare(path: &Path) -> io::Result<Arc<Path>> {
    let path = path.canonicalize()?;
    let pools = path.join("pools");
    match fs::remove_dir_all(&pools) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir(&pools)?,
    }
    clients::write(&clients(&path))?;
    Ok(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_one_is_there_from_its_first_use_until_it_is_closed() {
        let scratch = Scratch::temporary();
        assert_eq!(scratch.made_pool(7), None);
        let path = scratch.path().unwrap();
        assert!(clients(&path).join("node.cjs").is_file());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(scratch.path().unwrap(), path);
        assert_eq!(scratch.made_pool(7), Some(path.join("pools/7")));
        scratch.close();
        assert!(!path.exists());
        assert!(scratch.path().is_err());
        assert_eq!(scratch.made_pool(7), None);
    }

    #[test]
    fn one_that_is_dropped_unclosed_goes_as_well() {
        let scratch = Scratch::temporary();
        let path = scratch.path().unwrap();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn a_named_one_stays_and_loses_the_homes_of_another_runtime() {
        let parent = tempfile::tempdir().unwrap();
        let named = parent.path().join("running");
        let left = pool(&named, 3);
        fs::create_dir_all(&left).unwrap();
        let scratch = Scratch::at(&named).unwrap();
        assert!(!left.exists() && named.join("pools").is_dir() && clients(&named).is_dir());
        scratch.close();
        assert_eq!(scratch.made_pool(3), Some(pool(&named.canonicalize().unwrap(), 3)));
        assert!(named.is_dir());
        assert!(Scratch::at(&named.join("clients/node.cjs")).is_err());
    }
}

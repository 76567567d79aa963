//! Where things of a user are: as XDG says on Linux, and as Apple does on macOS.

use anyhow::{Context, ensure};
use std::path::PathBuf;

/// The directories of a user, and the search path of the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) path: PathBuf,
    /// Where configurations are, on Linux.
    pub(super) config: PathBuf,
    /// Where data are.
    pub(super) data: PathBuf,
    /// Where programs are looked for: functions find the interpreters that the shell finds.
    pub(super) search_path: Option<String>,
}

impl Home {
    /// As the environment says. An empty variable is as none.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = PathBuf::from(set("HOME").context("HOME does not say where your files are")?);
        ensure!(path.is_absolute(), "HOME is not a whole path: {}", path.display());
        // XDG says that what is not a whole path is not looked at.
        let xdg = |name: &str| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let apple = cfg!(target_os = "macos");
        let data = match xdg("XDG_DATA_HOME") {
            Some(data) => data,
            None if apple => path.join("Library/Application Support"),
            None => path.join(".local/share"),
        };
        let config = xdg("XDG_CONFIG_HOME").unwrap_or_else(|| path.join(".config"));
        Ok(Self { config, data, search_path: set("PATH"), path })
    }

    /// Where the server keeps its data, unless it is told otherwise.
    pub(super) fn data_dir(&self) -> PathBuf {
        self.data.join("tailwater")
    }

    /// Where launchd writes what the server logs.
    pub(super) fn log_file(&self) -> PathBuf {
        self.path.join("Library/Logs/Tailwater.log")
    }
}

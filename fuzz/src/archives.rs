//! Archives of code: whatever is in one, nothing is written beside the directory that it is unpacked into, and nothing at all of
//! one that is refused before its first entry.

use lambda::functions::archive;
use std::cell::Cell;
use std::fs;
use std::io::{self, Cursor};
use std::path::Path;
use tempfile::TempDir;

/// Where files are in memory, on systems that have such a place.
const IN_MEMORY: &str = "/dev/shm";

/// The directory that is unpacked into.
const ROOT: &str = "inside";

thread_local! {
    /// A directory with an empty root in it, and nothing else.
    static EMPTY: Cell<Option<TempDir>> = const { Cell::new(None) };
}

/// See the module.
pub fn target(data: &[u8]) {
    // Where this panics, it is gone.
    let Ok(directory) = EMPTY.take().map_or_else(empty, Ok) else { return };
    let root = directory.path().join(ROOT);
    drop(archive::unpack(Cursor::new(data), &root));
    assert_eq!(entries(directory.path()), 1, "something was written outside");
    if entries(&root) == 0 {
        EMPTY.set(Some(directory));
    }
}

fn empty() -> io::Result<TempDir> {
    let directory = TempDir::new_in(IN_MEMORY).or_else(|_| TempDir::new())?;
    fs::create_dir(directory.path().join(ROOT))?;
    Ok(directory)
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).map_or(0, Iterator::count)
}

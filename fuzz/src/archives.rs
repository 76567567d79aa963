//! Archives of code: whatever is in one, nothing is written beside the directory that it is unpacked into.

use lambda::functions::archive;
use std::fs;
use std::io::Write;

/// See the module.
pub fn target(data: &[u8]) {
    let (Ok(directory), Ok(mut file)) = (tempfile::tempdir(), tempfile::tempfile()) else { return };
    let root = directory.path().join("inside");
    if fs::create_dir(&root).is_err() || file.write_all(data).is_err() {
        return;
    }
    drop(archive::unpack(file, &root));
    let beside = fs::read_dir(directory.path()).map_or(0, Iterator::count);
    assert_eq!(beside, 1, "something was written outside");
}

//! Our clients of the Runtime API, which stand between an interpreter and a function's handler.

use std::path::Path;
use std::{fs, io};

const FILES: [(&str, &str); 3] = [
    ("node.cjs", include_str!("clients/node.cjs")),
    ("aws-sdk.cjs", include_str!("clients/aws-sdk.cjs")),
    ("bootstrap.py", include_str!("clients/bootstrap.py")),
];

/// Writes them into a directory.
pub(crate) fn write(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, text) in FILES {
        fs::write(directory.join(name), text)?;
    }
    Ok(())
}

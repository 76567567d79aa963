//! Standard output, whose reader may have had enough.

use anyhow::Context;
use std::io::{self, ErrorKind, Write};

/// Something was written, or nobody wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Listens,
    /// The pipe is closed: `| head`.
    HasEnough,
}

/// Writes to standard output, so that it is read at once.
pub(crate) fn write(text: &str) -> anyhow::Result<Reader> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::HasEnough),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

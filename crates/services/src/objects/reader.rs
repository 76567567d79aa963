//! Reading an object, in pieces.

use super::files::{FileId, Files, Pinned};
use super::object::parsed;
use super::writer::Address;
use super::{Object, Objects, ObjectsError};
use bytes::Bytes;
use environment::JoinHandle;
use server::stream::Pieces;
use std::fs::File;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use store::{Snapshot, Store, Versioned};

/// How many bytes are read at once.
const PIECE_BYTES: u64 = 256 << 10;

/// How often a reader looks again for an object that was replaced while it was being opened.
const ATTEMPTS_MAX: usize = 100;

/// Bytes of a file: from one offset to another.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    file: FileId,
    from: u64,
    to: u64,
}

/// Bytes that were read, and the file that they are from, which mostly holds the next ones too.
type Piece = (FileId, Arc<File>, Bytes);

/// The bytes of an object as it was when it was opened, whatever becomes of it meanwhile.
#[derive(Debug)]
pub struct Reader {
    files: Arc<Files>,
    /// What is yet to be read, the last first.
    left: Vec<Stretch>,
    open: Option<(FileId, Arc<File>)>,
    reading: Option<JoinHandle<io::Result<Piece>>>,
    _pinned: Pinned,
}

impl Reader {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// When a file cannot be read, or is shorter than it was.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|context| self.poll_next(context)).await.transpose()
    }

    /// Only the bytes from this one on to, but not with, that one.
    #[must_use]
    pub fn range(mut self, from: u64, to: u64) -> Self {
        let mut at = 0;
        let mut left = Vec::with_capacity(self.left.len());
        for stretch in self.left.drain(..).rev() {
            let end = at + (stretch.to - stretch.from);
            let (first, last) = (from.max(at), to.min(end));
            if first < last {
                let (from, to) = (stretch.from + first - at, stretch.from + last - at);
                left.push(Stretch { file: stretch.file, from, to });
            }
            at = end;
        }
        left.reverse();
        self.left = left;
        self
    }

    /// Begins to read the next piece, so that it is there when it is asked for.
    fn begin(&mut self) {
        let Some(stretch) = self.left.pop() else { return };
        let to = stretch.to.min(stretch.from + PIECE_BYTES);
        if to < stretch.to {
            self.left.push(Stretch { from: to, ..stretch });
        }
        let files = Arc::clone(&self.files);
        let open = self.open.take().filter(|(id, _)| *id == stretch.file);
        self.reading = Some(environment::offload(move || {
            let file = match open {
                Some((_, file)) => file,
                None => Arc::new(files.open(stretch.file)?),
            };
            let length = usize::try_from(to - stretch.from).unwrap_or(0);
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, stretch.from)?;
            Ok((stretch.file, file, bytes.into()))
        }));
    }
}

impl Pieces for Reader {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.reading.is_none() {
            self.begin();
        }
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let Poll::Ready(read) = Pin::new(reading).poll(context) else { return Poll::Pending };
        self.reading = None;
        let read = read.map_err(io::Error::other).and_then(|read| read);
        Poll::Ready(Some(match read {
            Ok((id, file, bytes)) => {
                self.open = Some((id, file));
                self.begin();
                Ok(bytes)
            }
            Err(error) => {
                self.left.clear();
                tracing::error!(%error, "a file of an object cannot be read");
                Err(error)
            }
        }))
    }
}

impl Objects {
    /// What is recorded of an object.
    ///
    /// # Errors
    /// As [`Objects::bucket`]; [`ObjectsError::NoSuchKey`].
    pub fn object(&self, at: Address<'_>) -> Result<Object, ObjectsError> {
        parsed(&self.record(at)?.value)
    }

    /// An object, and its bytes.
    ///
    /// # Errors
    /// As [`Objects::object`].
    pub fn open_object(&self, at: Address<'_>) -> Result<(Object, Reader), ObjectsError> {
        for _ in 0..ATTEMPTS_MAX {
            let record = self.record(at)?;
            let object: Object = parsed(&record.value)?;
            let pinned = self.inner.files.pin(object.pieces.files().collect());
            // Replaced or deleted before they were pinned, the files may be gone.
            if self.record(at)?.version == record.version {
                return Ok((object.clone(), self.reader(&object, pinned)));
            }
        }
        Err(ObjectsError::PreconditionFailed)
    }

    fn reader(&self, object: &Object, pinned: Pinned) -> Reader {
        let stretches = object.pieces.0.iter().rev().filter(|piece| piece.size > 0);
        let left = stretches.map(|piece| Stretch { file: piece.file, from: 0, to: piece.size }).collect();
        let files = Arc::clone(&self.inner.files);
        Reader { files, left, open: None, reading: None, _pinned: pinned }
    }

    fn record(&self, at: Address<'_>) -> Result<Versioned, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?;
        let key = self.inner.keys.object(bucket.id, at.key);
        self.store().snapshot().get(&key)?.ok_or(ObjectsError::NoSuchKey)
    }
}

//! Writing an object: its bytes go to a file of their own, and only once all are there, and safe, is the object made.

use super::bucket::guarded;
use super::digest::{Algorithm, Checksum, ChecksumKind, Hasher};
use super::files::{FileId, Files};
use super::object::{Piece, Pieces, parsed, stored};
use super::{Attributes, BucketName, Change, Object, ObjectKey, Objects, ObjectsError};
use crate::hex::hex;
use bytes::Bytes;
use environment::JoinHandle;
use md5::{Digest, Md5};
use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

/// How many bytes are gathered before they are handed to whoever writes them.
const GATHERED_BYTES: usize = 512 << 10;

/// Where an object is, and who asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The account that asks.
    pub account: &'a str,
    /// The bucket.
    pub bucket: &'a BucketName,
    /// The key.
    pub key: &'a ObjectKey,
}

/// What must be true of the object that is there already, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// There must be none.
    pub absent: bool,
    /// It must have this entity tag, without quotes; `*` is any.
    pub matches: Option<String>,
}

impl Condition {
    pub(super) fn check(&self, present: Option<&Object>) -> Result<(), ObjectsError> {
        match (present, &self.matches) {
            (None, Some(_)) => Err(ObjectsError::NoSuchKey),
            (Some(_), _) if self.absent => Err(ObjectsError::PreconditionFailed),
            (Some(object), Some(etag)) if etag != "*" && *etag != object.etag => {
                Err(ObjectsError::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}

/// A file that no record names yet. Dropped, it is deleted.
#[derive(Debug)]
struct Draft {
    files: Arc<Files>,
    id: Option<FileId>,
}

impl Draft {
    fn keep(&mut self) {
        self.id = None;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.files.discard(self.id.take());
    }
}

/// Where bytes go, and what is computed of them on the way.
struct Sink {
    draft: Draft,
    file: Option<File>,
    md5: Md5,
    hasher: Hasher,
    size: u64,
}

impl Sink {
    fn write(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let file = match &mut self.file {
                Some(file) => file,
                none => {
                    let (id, file) = self.draft.files.create()?;
                    self.draft.id = Some(id);
                    none.insert(file)
                }
            };
            file.write_all(piece)?;
            self.md5.update(piece);
            self.hasher.update(piece);
            self.size += piece.len() as u64;
        }
        self.file.as_ref().map_or(Ok(()), |file| self.draft.files.check_space(file))
    }

    fn sync(&mut self) -> io::Result<()> {
        match (&self.file, self.draft.id) {
            (Some(file), Some(id)) => self.draft.files.sync(id, file),
            _ => Ok(()),
        }
    }
}

/// Takes the bytes of an object, in order. Dropped before it is finished, nothing of them is left.
pub struct Writer {
    algorithm: Algorithm,
    /// `None` while it is being written to.
    sink: Option<Box<Sink>>,
    writing: Option<JoinHandle<(Box<Sink>, io::Result<()>)>>,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Writer {
    /// Takes more bytes. At most about a megabyte of them is held in memory.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ObjectsError> {
        self.gathered_bytes += bytes.len();
        self.gathered.push(bytes);
        if self.gathered_bytes < GATHERED_BYTES {
            return Ok(());
        }
        self.settle().await?;
        self.hand_over(false);
        Ok(())
    }

    /// All bytes are there, and survive power loss where that is asked for. The object is yet to be made of them:
    /// [`Objects::put`].
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub async fn finish(mut self) -> Result<Written, ObjectsError> {
        self.settle().await?;
        self.hand_over(true);
        self.settle().await?;
        let sink = self.sink.take().ok_or_else(gone)?;
        let Sink { draft, file: _, md5, hasher, size } = *sink;
        let checksum =
            Checksum { algorithm: self.algorithm, value: hasher.finish(), kind: ChecksumKind::FullObject };
        Ok(Written { draft, size, md5: md5.finalize().into(), checksum })
    }

    /// Waits for what is being written.
    async fn settle(&mut self) -> Result<(), ObjectsError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        let (sink, written) = writing.await.map_err(|_| gone())?;
        self.sink = Some(sink);
        Ok(written?)
    }

    fn hand_over(&mut self, sync: bool) {
        let Some(mut sink) = self.sink.take() else { return };
        let pieces = std::mem::take(&mut self.gathered);
        self.gathered_bytes = 0;
        self.writing = Some(environment::offload(move || {
            let written = sink.write(&pieces).and_then(|()| if sync { sink.sync() } else { Ok(()) });
            (sink, written)
        }));
    }
}

fn gone() -> ObjectsError {
    io::Error::other("whoever wrote a file is gone").into()
}

/// Bytes that are written, and of which no object is made yet. Dropped, nothing of them is left.
#[derive(Debug)]
pub struct Written {
    draft: Draft,
    /// How many.
    pub size: u64,
    /// Their MD5.
    pub md5: [u8; 16],
    /// Their checksum, by the algorithm that was asked for.
    pub checksum: Checksum,
}

impl Written {
    /// The entity tag of an object of these bytes.
    #[must_use]
    pub fn etag(&self) -> String {
        hex(&self.md5)
    }

    pub(super) fn piece(&self) -> Option<Piece> {
        self.draft.id.map(|file| Piece { file, size: self.size })
    }

    /// A record names the file, or may.
    pub(super) fn keep(&mut self) {
        self.draft.keep();
    }
}

impl Objects {
    /// Begins to write an object, of which this checksum is computed on the way; where none is named, CRC64NVME.
    #[must_use]
    pub fn create(&self, algorithm: Option<Algorithm>) -> Writer {
        let algorithm = algorithm.unwrap_or(Algorithm::Crc64Nvme);
        let draft = Draft { files: Arc::clone(&self.inner.files), id: None };
        let hasher = Hasher::new(algorithm);
        let sink = Box::new(Sink { draft, file: None, md5: Md5::new(), hasher, size: 0 });
        Writer { algorithm, sink: Some(sink), writing: None, gathered: Vec::new(), gathered_bytes: 0 }
    }

    /// Makes an object of bytes that are written, in place of the one that is there. It happens, or not, even if
    /// nobody waits for it.
    ///
    /// # Errors
    /// As [`Objects::bucket`]; [`ObjectsError::PreconditionFailed`]; [`ObjectsError::NoSuchKey`] where one must be
    /// there and is not.
    pub async fn put(
        &self,
        at: Address<'_>,
        written: Written,
        attributes: Attributes,
        condition: Condition,
    ) -> Result<Object, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let keys = vec![self.inner.keys.bucket(at.bucket), self.inner.keys.object(bucket, at.key)];
        let new = Object {
            size: written.size,
            etag: written.etag(),
            modified_ms: 0,
            attributes,
            checksum: Some(written.checksum.clone()),
            pieces: Pieces(written.piece().into_iter().collect()),
        };
        let put = self.clone().commit_put(keys, bucket, new, (condition, written));
        environment::settled(put).await
    }

    async fn commit_put(
        self,
        keys: Vec<store::Key>,
        bucket: u64,
        new: Object,
        (condition, mut written): (Condition, Written),
    ) -> Result<Object, ObjectsError> {
        let _buckets = self.inner.buckets.read().await;
        let object_key = keys[1].clone();
        let change = Change::new(keys, move |old, now_ms| {
            guarded(old[0].as_ref(), bucket)?;
            let present: Option<Object> = old[1].as_ref().map(|old| parsed(&old.value)).transpose()?;
            condition.check(present.as_ref())?;
            let object = Object { modified_ms: now_ms, ..new.clone() };
            let writes = vec![(object_key.clone(), Some(stored(&object)?))];
            Ok((writes, (object, present)))
        });
        let changed = change.run(&self.inner.runner).await;
        if matches!(changed, Ok(_) | Err(ObjectsError::Store(_))) {
            // After a failure of the store nobody knows whether a record names it; the next start does.
            written.keep();
        }
        let (object, replaced) = changed?;
        self.inner.files.delete(replaced.iter().flat_map(|replaced| replaced.pieces.files()));
        Ok(object)
    }
}

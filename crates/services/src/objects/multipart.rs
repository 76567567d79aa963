//! Objects that are uploaded in parts. Completing one copies nothing: its files are those of its parts.

use super::bucket::guarded;
use super::digest::{Algorithm, Checksum, ChecksumKind};
use super::files::FileId;
use super::keys::{part_number, upload_key};
use super::object::{Piece, Pieces, parsed, stored};
use super::writer::{Address, Condition, Written};
use super::{Attributes, BucketName, Change, Object, Objects, ObjectsError};
use crate::change::Decision;
use crate::hex::hex;
use environment::settled;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Bound;
use store::{Key, Snapshot, Store, Versioned};

/// The least size of a part that is not the last.
const PART_BYTES_MIN: u64 = 5 << 20;

/// Names an upload.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId(String);

impl UploadId {
    /// The id that was given out as this text; `None` where none was ever given out so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = text.len() == 32
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_ours.then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of a part: 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The highest.
    pub const MAX: Self = Self(10_000);

    /// This number, where it is one.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        u16::try_from(number).ok().filter(|number| (1..=Self::MAX.0).contains(number)).map(Self)
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

/// An upload that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// When it began, in milliseconds since the epoch.
    pub began_ms: u64,
    /// What is said of the object that it is to be.
    #[serde(flatten)]
    pub attributes: Attributes,
    /// The checksum that it is to have, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<(Algorithm, ChecksumKind)>,
}

/// A part that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: PartNumber,
    /// Its length in bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its checksum.
    pub checksum: Checksum,
    /// When it was made, in milliseconds since the epoch.
    pub modified_ms: u64,
}

/// A part as it is recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPart {
    pub(super) file: Option<FileId>,
    size: u64,
    etag: String,
    checksum: Checksum,
    modified_ms: u64,
}

/// A part that the object is to have, as whoever completes it knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its number.
    pub number: PartNumber,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its checksum, where that is known.
    pub checksum: Option<(Algorithm, String)>,
}

/// What an upload is completed with.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// The parts of the object, in order.
    pub parts: Vec<Finished>,
    /// What must be true of the object that is there already.
    pub condition: Condition,
    /// The checksum that the object is said to have.
    pub checksum: Option<Checksum>,
    /// The length that it is said to have.
    pub size: Option<u64>,
}

impl Objects {
    /// Begins an upload.
    ///
    /// # Errors
    /// As [`Objects::bucket`].
    pub async fn begin_upload(
        &self,
        at: Address<'_>,
        attributes: Attributes,
        checksum: Option<(Algorithm, ChecksumKind)>,
    ) -> Result<UploadId, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let id = UploadId(format!("{:032x}", self.inner.environment.random.next_u128()));
        let keys = vec![self.inner.keys.bucket(at.bucket), self.inner.keys.upload(bucket, at.key, &id)];
        let (store, key) = (self.clone(), keys[1].clone());
        let beginning = async move {
            let _buckets = store.inner.buckets.read().await;
            let change = Change::new(keys, move |old, now_ms| {
                guarded(old[0].as_ref(), bucket)?;
                let upload = Upload { began_ms: now_ms, attributes: attributes.clone(), checksum };
                Ok((vec![(key.clone(), Some(stored(&upload)?))], ()))
            });
            change.run(&store.inner.runner).await
        };
        settled(beginning).await.map(|()| id)
    }

    /// An upload that is under way.
    ///
    /// # Errors
    /// As [`Objects::bucket`]; [`ObjectsError::NoSuchUpload`].
    pub fn upload(&self, at: Address<'_>, id: &UploadId) -> Result<Upload, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let stored = self.store().snapshot().get(&self.inner.keys.upload(bucket, at.key, id))?;
        parsed(&stored.ok_or(ObjectsError::NoSuchUpload)?.value)
    }

    /// Adds a part, in place of the one of its number.
    ///
    /// # Errors
    /// As [`Objects::upload`].
    pub async fn put_part(
        &self,
        at: Address<'_>,
        id: &UploadId,
        number: PartNumber,
        mut written: Written,
    ) -> Result<Part, ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let keys = vec![self.inner.keys.upload(bucket, at.key, id), self.inner.keys.part(id, number)];
        let store = self.clone();
        let part = StoredPart {
            file: written.piece().map(|piece| piece.file),
            size: written.size,
            etag: written.etag(),
            checksum: written.checksum.clone(),
            modified_ms: 0,
        };
        let putting = async move {
            let _buckets = store.inner.buckets.read().await;
            let key = keys[1].clone();
            let change = Change::new(keys, move |old, now_ms| {
                old[0].as_ref().ok_or(ObjectsError::NoSuchUpload)?;
                let replaced: Option<StoredPart> =
                    old[1].as_ref().map(|old| parsed(&old.value)).transpose()?;
                let part = StoredPart { modified_ms: now_ms, ..part.clone() };
                let writes = vec![(key.clone(), Some(stored(&part)?))];
                Ok((writes, (part, replaced)))
            });
            let changed = change.run(&store.inner.runner).await;
            if matches!(changed, Ok(_) | Err(ObjectsError::Store(_))) {
                written.keep();
            }
            let (part, replaced) = changed?;
            store.inner.files.delete(replaced.and_then(|replaced| replaced.file));
            Ok(part.shown(number))
        };
        settled(putting).await
    }

    /// The parts that are there, in order, after this one.
    ///
    /// # Errors
    /// As [`Objects::upload`].
    pub fn parts(
        &self,
        at: Address<'_>,
        id: &UploadId,
        after: Option<PartNumber>,
        count: usize,
    ) -> Result<Vec<Part>, ObjectsError> {
        self.upload(at, id)?;
        let parts = self.stored_parts(id)?;
        let wanted = parts.into_iter().filter(|(number, _)| after.is_none_or(|after| *number > after));
        Ok(wanted.take(count).map(|(number, part)| part.shown(number)).collect())
    }

    fn stored_parts(&self, id: &UploadId) -> Result<Vec<(PartNumber, StoredPart)>, ObjectsError> {
        let mut parts = Vec::new();
        self.store().snapshot().range(&self.inner.keys.parts(id), &mut |key, value| {
            if let Some(number) = part_number(key) {
                parts.push(parsed(&value.value).map(|part| (number, part)));
            }
            true
        })?;
        parts.into_iter().collect()
    }

    /// The uploads under way in a bucket whose keys begin so: key, id and upload, in order, after a place.
    ///
    /// # Errors
    /// As [`Objects::bucket`].
    pub fn uploads(
        &self,
        bucket: &BucketName,
        account: &str,
        prefix: &str,
        after: Option<(&str, Option<&UploadId>)>,
    ) -> Result<Vec<(String, UploadId, Upload)>, ObjectsError> {
        let bucket = self.bucket(bucket, account)?.id;
        let range = self.inner.keys.uploads(bucket, prefix, Bound::Unbounded);
        let mut uploads = Vec::new();
        self.store().snapshot().range(&range, &mut |bytes, value| {
            let Some((key, id)) = upload_key(bytes) else { return true };
            let is_after = after.is_none_or(|(marker, upload)| match upload {
                Some(upload) => (key, id) > (marker, upload.as_str()),
                None => key > marker,
            });
            if is_after {
                let upload = parsed(&value.value);
                uploads.push(upload.map(|upload| (key.to_owned(), UploadId(id.to_owned()), upload)));
            }
            true
        })?;
        uploads.into_iter().collect()
    }

    /// Makes the object of these parts. What else was uploaded goes.
    ///
    /// # Errors
    /// As [`Objects::put`]; [`ObjectsError::NoSuchUpload`], [`ObjectsError::InvalidPart`],
    /// [`ObjectsError::InvalidPartOrder`], [`ObjectsError::EntityTooSmall`].
    pub async fn complete_upload(
        &self,
        at: Address<'_>,
        id: &UploadId,
        assembly: Assembly,
    ) -> Result<Object, ObjectsError> {
        if !assembly.parts.windows(2).all(|pair| pair[0].number < pair[1].number) {
            return Err(ObjectsError::InvalidPartOrder);
        }
        let bucket = self.bucket(at.bucket, at.account)?.id;
        let keys = vec![
            self.inner.keys.bucket(at.bucket),
            self.inner.keys.object(bucket, at.key),
            self.inner.keys.upload(bucket, at.key, id),
        ];
        let completion = Completion { keys, bucket, numbers: Vec::new(), assembly };
        settled(self.clone().complete(completion, id.clone())).await
    }

    async fn complete(self, mut completion: Completion, id: UploadId) -> Result<Object, ObjectsError> {
        // Alone, so that no part is added to what is read here.
        let _alone = self.inner.buckets.write().await;
        completion.numbers = self.stored_parts(&id)?.into_iter().map(|(number, _)| number).collect();
        let parts = completion.numbers.iter().map(|number| self.inner.keys.part(&id, *number));
        completion.keys.extend(parts);
        let keys = completion.keys.clone();
        let change = Change::new(keys, move |old, now_ms| completion.plan(old, now_ms));
        let (object, files) = change.run(&self.inner.runner).await?;
        self.inner.files.delete(files);
        Ok(object)
    }

    /// Gives an upload up. Its parts go.
    ///
    /// # Errors
    /// As [`Objects::upload`].
    pub async fn abort_upload(&self, at: Address<'_>, id: &UploadId) -> Result<(), ObjectsError> {
        let bucket = self.bucket(at.bucket, at.account)?.id;
        self.upload(at, id)?;
        let key = self.inner.keys.upload(bucket, at.key, id);
        let (store, id) = (self.clone(), id.clone());
        let aborting = async move {
            let _alone = store.inner.buckets.write().await;
            store.abort(key, &id).await
        };
        settled(aborting).await
    }

    /// Gives up all uploads of a bucket, to which nobody else has access.
    pub(super) async fn abort_all(&self, bucket: u64) -> Result<(), ObjectsError> {
        let range = self.inner.keys.uploads(bucket, "", Bound::Unbounded);
        let space = range.space;
        let mut uploads = Vec::new();
        self.store().snapshot().range(&range, &mut |bytes, _| {
            if let Some((_, id)) = upload_key(bytes) {
                let key = Key { space, bytes: bytes.to_vec().into() };
                uploads.push((key, UploadId(id.to_owned())));
            }
            true
        })?;
        for (key, id) in uploads {
            self.abort(key, &id).await?;
        }
        Ok(())
    }

    async fn abort(&self, upload: Key, id: &UploadId) -> Result<(), ObjectsError> {
        let parts = self.stored_parts(id)?;
        let mut keys = vec![upload];
        keys.extend(parts.iter().map(|(number, _)| self.inner.keys.part(id, *number)));
        let change = Change::new(keys.clone(), move |_, _| {
            let writes = keys.iter().map(|key| (key.clone(), None)).collect();
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await?;
        self.inner.files.delete(parts.into_iter().filter_map(|(_, part)| part.file));
        Ok(())
    }
}

impl StoredPart {
    fn shown(self, number: PartNumber) -> Part {
        let Self { size, etag, checksum, modified_ms, .. } = self;
        Part { number, size, etag, checksum, modified_ms }
    }

    /// Whether it is what whoever completes the upload takes it for.
    fn is(&self, finished: &Finished) -> bool {
        let checksum = finished.checksum.as_ref();
        self.etag == finished.etag
            && checksum.is_none_or(|(algorithm, value)| {
                *algorithm != self.checksum.algorithm || *value == self.checksum.value
            })
    }
}

/// An object that is to be made of its parts.
struct Completion {
    /// The bucket's, the object's, the upload's, and those of all parts that are there.
    keys: Vec<Key>,
    bucket: u64,
    numbers: Vec<PartNumber>,
    assembly: Assembly,
}

impl Completion {
    /// The object, and the files that are in it no more.
    fn plan(&self, old: &[Option<Versioned>], now_ms: u64) -> Decision<(Object, Vec<FileId>), ObjectsError> {
        guarded(old[0].as_ref(), self.bucket)?;
        let upload: Upload = parsed(&old[2].as_ref().ok_or(ObjectsError::NoSuchUpload)?.value)?;
        let present: Option<Object> = old[1].as_ref().map(|old| parsed(&old.value)).transpose()?;
        self.assembly.condition.check(present.as_ref())?;
        let mut there = HashMap::new();
        for (number, old) in self.numbers.iter().zip(&old[3..]) {
            let part: StoredPart = parsed(&old.as_ref().ok_or(ObjectsError::NoSuchUpload)?.value)?;
            there.insert(*number, part);
        }
        let mut parts = Vec::with_capacity(self.assembly.parts.len());
        for finished in &self.assembly.parts {
            let part = there.remove(&finished.number).filter(|part| part.is(finished));
            parts.push(part.ok_or(ObjectsError::InvalidPart)?);
        }
        let object = assembled(&parts, upload, now_ms)?;
        self.assembly.check(&object)?;
        let mut unused: Vec<FileId> = there.into_values().filter_map(|part| part.file).collect();
        unused.extend(present.iter().flat_map(|present| present.pieces.files()));
        let mut writes = vec![(self.keys[1].clone(), Some(stored(&object)?))];
        writes.extend(self.keys[2..].iter().map(|key| (key.clone(), None)));
        Ok((writes, (object, unused)))
    }
}

impl Assembly {
    /// Whether the object is what it is said to be.
    fn check(&self, object: &Object) -> Result<(), ObjectsError> {
        if self.size.is_some_and(|size| size != object.size) {
            return Err(ObjectsError::WrongSize);
        }
        let (Some(said), Some(is)) = (&self.checksum, &object.checksum) else { return Ok(()) };
        // Of a composite one the number of parts may be left out.
        let value = is.value.split('-').next().unwrap_or_default();
        let same = said.algorithm == is.algorithm && (said.value == is.value || said.value == value);
        if same { Ok(()) } else { Err(ObjectsError::BadDigest(said.algorithm.name())) }
    }
}

/// The object of these parts.
fn assembled(parts: &[StoredPart], upload: Upload, now_ms: u64) -> Result<Object, ObjectsError> {
    let (_, all_but_last) = parts.split_last().ok_or(ObjectsError::InvalidPart)?;
    if all_but_last.iter().any(|part| part.size < PART_BYTES_MIN) {
        return Err(ObjectsError::EntityTooSmall);
    }
    let mut md5 = Md5::new();
    for part in parts {
        let bytes = (0..part.etag.len() / 2).map(|at| u8::from_str_radix(&part.etag[2 * at..2 * at + 2], 16));
        md5.update(bytes.collect::<Result<Vec<u8>, _>>().map_err(|_| ObjectsError::InvalidPart)?);
    }
    // A part without bytes has no file, and is still a part: its piece names a file that is never opened.
    let piece = |part: &StoredPart| Piece { file: part.file.unwrap_or(FileId(0)), size: part.size };
    Ok(Object {
        size: parts.iter().map(|part| part.size).sum(),
        etag: format!("{}-{}", hex(&md5.finalize()), parts.len()),
        modified_ms: now_ms,
        checksum: whole_checksum(parts, upload.checksum),
        attributes: upload.attributes,
        pieces: Pieces(parts.iter().map(piece).collect()),
    })
}

fn whole_checksum(parts: &[StoredPart], asked: Option<(Algorithm, ChecksumKind)>) -> Option<Checksum> {
    let (algorithm, kind) = asked.unwrap_or((Algorithm::Crc64Nvme, ChecksumKind::FullObject));
    if parts.iter().any(|part| part.checksum.algorithm != algorithm) {
        return None;
    }
    let values = parts.iter().map(|part| part.checksum.value.as_str());
    let value = match kind {
        ChecksumKind::Composite => algorithm.composite(values),
        ChecksumKind::FullObject => algorithm.combine(values.zip(parts.iter().map(|part| part.size))),
    };
    value.map(|value| Checksum { algorithm, value, kind })
}

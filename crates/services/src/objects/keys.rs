//! The keys of the records: the on-disk schema. Integers are big-endian, values are JSON.
//!
//! | key | value |
//! |---|---|
//! | `01`, bucket name | [`super::Bucket`] |
//! | `02`, bucket id (8), object key | [`super::Object`] |
//! | `03`, bucket id (8), object key, `00`, upload id (32) | an upload in parts |
//! | `04`, upload id (32), part number (2) | a part |

use super::multipart::{PartNumber, UploadId};
use super::{BucketName, ObjectKey};
use bytes::Bytes;
use std::ops::Bound;
use store::{Key, Range, SpaceId};

const BUCKET: u8 = 0x01;
const OBJECT: u8 = 0x02;
const UPLOAD: u8 = 0x03;
const PART: u8 = 0x04;

/// The length of an upload id.
const UPLOAD_ID: usize = 32;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn bucket(self, name: &BucketName) -> Key {
        self.key(&[&[BUCKET], name.as_str().as_bytes()])
    }

    pub(super) fn object(self, bucket: u64, key: &ObjectKey) -> Key {
        self.key(&[&[OBJECT], &bucket.to_be_bytes(), key.as_str().as_bytes()])
    }

    pub(super) fn upload(self, bucket: u64, key: &ObjectKey, upload: &UploadId) -> Key {
        let bucket = bucket.to_be_bytes();
        self.key(&[&[UPLOAD], &bucket, key.as_str().as_bytes(), &[0], upload.as_str().as_bytes()])
    }

    pub(super) fn part(self, upload: &UploadId, number: PartNumber) -> Key {
        self.key(&[&[PART], upload.as_str().as_bytes(), &number.get().to_be_bytes()])
    }

    pub(super) fn buckets(self) -> Range {
        self.all(&[BUCKET])
    }

    pub(super) fn all_objects(self) -> Range {
        self.all(&[OBJECT])
    }

    pub(super) fn all_parts(self) -> Range {
        self.all(&[PART])
    }

    /// The objects of a bucket whose keys begin with a prefix, from a key on.
    pub(super) fn objects(self, bucket: u64, prefix: &str, from: Bound<&[u8]>) -> Range {
        self.of_bucket(OBJECT, bucket, prefix, from)
    }

    /// The uploads of a bucket whose keys begin with a prefix, from a place on.
    pub(super) fn uploads(self, bucket: u64, prefix: &str, from: Bound<&[u8]>) -> Range {
        self.of_bucket(UPLOAD, bucket, prefix, from)
    }

    pub(super) fn parts(self, upload: &UploadId) -> Range {
        self.all(&[&[PART], upload.as_str().as_bytes()].concat())
    }

    fn of_bucket(self, tag: u8, bucket: u64, prefix: &str, from: Bound<&[u8]>) -> Range {
        let within = |rest: &[u8]| Bytes::from([&[tag], &bucket.to_be_bytes()[..], rest].concat());
        let range = self.all(&within(prefix.as_bytes()));
        let from = match from {
            Bound::Unbounded => return range,
            Bound::Included(from) if from < prefix.as_bytes() => return range,
            Bound::Excluded(from) if from < prefix.as_bytes() => return range,
            Bound::Included(from) => Bound::Included(within(from)),
            Bound::Excluded(from) => Bound::Excluded(within(from)),
        };
        Range { from, ..range }
    }

    fn all(self, prefix: &[u8]) -> Range {
        Range::of_prefix(self.space, Bytes::copy_from_slice(prefix))
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// The object key in the key of its record.
pub(super) fn object_key(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.get(9..)?).ok()
}

/// The object key and the upload id in the key of an upload's record.
pub(super) fn upload_key(bytes: &[u8]) -> Option<(&str, &str)> {
    let rest = bytes.get(9..)?;
    let (key, id) = rest.split_at_checked(rest.len().checked_sub(UPLOAD_ID)?)?;
    Some((std::str::from_utf8(key.strip_suffix(&[0])?).ok()?, std::str::from_utf8(id).ok()?))
}

/// The part number in the key of a part's record.
pub(super) fn part_number(bytes: &[u8]) -> Option<PartNumber> {
    let number = bytes.get(bytes.len().checked_sub(2)?..)?;
    PartNumber::new(u16::from_be_bytes(number.try_into().ok()?).into())
}

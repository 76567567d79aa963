//! Objects: their keys, and what is recorded of them.

use super::ObjectsError;
use super::digest::Checksum;
use super::files::FileId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The longest key.
const KEY_BYTES_MAX: usize = 1024;

/// The key of an object: 1 to 1024 bytes of UTF-8. It is never part of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

/// This is no key for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Your key is too long")]
pub struct InvalidKey;

impl ObjectKey {
    /// This key.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn new(key: &str) -> Result<Self, InvalidKey> {
        if (1..=KEY_BYTES_MAX).contains(&key.len()) { Ok(Self(key.to_owned())) } else { Err(InvalidKey) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What whoever makes an object says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Headers that are given back with it, by their names in lower case: `content-type`, `x-amz-meta-...`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
}

impl Attributes {
    /// Of a content type, and nothing else.
    #[must_use]
    pub fn content_type(content_type: &str) -> Self {
        Self { headers: vec![("content-type".into(), content_type.into())], tags: Vec::new() }
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is recorded of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its length in bytes.
    pub size: u64,
    /// Its entity tag, without quotes: the MD5 of its bytes in hex; of one in parts, the MD5 of the MD5s of these, a
    /// hyphen, and how many there are.
    pub etag: String,
    /// When it was made, in milliseconds since the epoch.
    pub modified_ms: u64,
    /// What whoever made it said of it.
    #[serde(flatten)]
    pub attributes: Attributes,
    /// A checksum of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The files that its bytes are in, in order.
    pub(super) pieces: Pieces,
}

impl Object {
    /// How many parts it was uploaded in; `None` where it was uploaded whole.
    #[must_use]
    pub fn parts(&self) -> Option<usize> {
        self.etag.contains('-').then_some(self.pieces.0.len())
    }

    /// Where a part of it lies: its first byte, and the one after its last. Of an object that was uploaded whole, the
    /// first part is all of it.
    #[must_use]
    pub fn part_range(&self, number: usize) -> Option<(u64, u64)> {
        let index = number.checked_sub(1)?;
        if index == 0 && self.pieces.0.is_empty() {
            return Some((0, 0));
        }
        let piece = self.pieces.0.get(index)?;
        let from = self.pieces.0[..index].iter().map(|piece| piece.size).sum::<u64>();
        Some((from, from + piece.size))
    }
}

/// A file with bytes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) file: FileId,
    pub(super) size: u64,
}

/// The files of an object: of ten thousand of them, too, the record is not long, since each is 24 bytes (id, size,
/// big-endian) in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces(pub(super) Vec<Piece>);

impl Pieces {
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> {
        self.0.iter().map(|piece| piece.file)
    }
}

impl Serialize for Pieces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(24 * self.0.len());
        for piece in &self.0 {
            bytes.extend_from_slice(&piece.file.0.to_be_bytes());
            bytes.extend_from_slice(&piece.size.to_be_bytes());
        }
        serializer.serialize_str(&BASE64.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text).map_err(D::Error::custom)?;
        if bytes.len() % 24 != 0 {
            return Err(D::Error::custom("the files of an object are not whole"));
        }
        let piece = |bytes: &[u8]| {
            let (file, size) = bytes.split_at(16);
            let file = FileId(u128::from_be_bytes(file.try_into().ok()?));
            Some(Piece { file, size: u64::from_be_bytes(size.try_into().ok()?) })
        };
        let pieces: Option<Vec<Piece>> = bytes.chunks_exact(24).map(piece).collect();
        pieces.map(Self).ok_or_else(|| D::Error::custom("the files of an object are not whole"))
    }
}

/// A record from its bytes.
pub(super) fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T, ObjectsError> {
    serde_json::from_slice(value).map_err(|error| ObjectsError::Damaged(error.to_string()))
}

/// A record's bytes.
pub(super) fn stored<T: Serialize>(record: &T) -> Result<Bytes, ObjectsError> {
    let bytes = serde_json::to_vec(record).map_err(|error| ObjectsError::Damaged(error.to_string()))?;
    Ok(bytes.into())
}

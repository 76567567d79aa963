//! How a key and its value stand on disk.
//!
//! ```text
//! key    space (4, big-endian) | key bytes
//! value  version (8, little-endian) | CRC-32 (4, little-endian) | value bytes
//! ```
//! The checksum covers the key, the version and the value, so that a value that was damaged, or that turned
//! up under another key, is noticed when it is read.

use crate::{SpaceId, StoreError, Version, Versioned};
use bytes::Bytes;
use fjall::Slice;

const HEADER: usize = 12;

/// The stored key of a key.
pub(super) fn encode_key(space: SpaceId, bytes: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(4 + bytes.len());
    key.extend_from_slice(&space.0.to_be_bytes());
    key.extend_from_slice(bytes);
    key
}

/// The stored form of a value.
pub(super) fn encode(key: &[u8], version: Version, value: &[u8]) -> Vec<u8> {
    let version = version.0.to_le_bytes();
    let mut stored = Vec::with_capacity(HEADER + value.len());
    stored.extend_from_slice(&version);
    stored.extend_from_slice(&checksum(key, &version, value).to_le_bytes());
    stored.extend_from_slice(value);
    stored
}

/// The value in its stored form, sharing its memory.
pub(super) fn decode(key: &[u8], stored: Slice) -> Result<Versioned, StoreError> {
    let stored = Bytes::from(stored);
    let (Some(version), Some(sum)) = (stored.first_chunk::<8>(), stored.get(8..HEADER)) else {
        return Err(damaged(key, "it is too short"));
    };
    let value = &stored[HEADER..];
    if checksum(key, version, value).to_le_bytes() != sum {
        return Err(damaged(key, "its checksum is wrong"));
    }
    Ok(Versioned { version: Version(u64::from_le_bytes(*version)), value: stored.slice(HEADER..) })
}

fn checksum(key: &[u8], version: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(version);
    hasher.update(value);
    hasher.finalize()
}

fn damaged(key: &[u8], what: &str) -> StoreError {
    StoreError::Corrupt(format!("the value of key {} cannot be used: {what}", key.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_only_whole_and_under_its_key() {
        let stored = encode(b"key", Version(77), b"some value");
        let value = decode(b"key", stored.clone().into()).unwrap();
        assert_eq!((value.version, &value.value[..]), (Version(77), &b"some value"[..]));
        assert!(matches!(decode(b"kex", stored.clone().into()), Err(StoreError::Corrupt(_))));
        for index in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[index] ^= 0x10;
            assert!(decode(b"key", damaged.into()).is_err(), "byte {index}");
            assert!(decode(b"key", stored[..index].into()).is_err(), "cut at {index}");
        }
    }
}

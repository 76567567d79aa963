//! Log records on disk: one value holds the records of one log from one commit.
//!
//! ```text
//! key    log (8, big-endian) | version (8, big-endian)
//! value  CRC-32 (4, little-endian) | time in ms (8, little-endian) | record*
//! record index in the commit, as the difference to the record before (varint) | length (varint) | bytes
//! ```
//! The checksum covers the key and all that follows it. A record's position is that of its index in the
//! commit of this version.

use crate::log_head::{position_of, version_of};
use crate::{LogId, LogRecord, Pieces, Position, StoreError, Version};
use bytes::Bytes;
use fjall::Slice;

const HEADER: usize = 12;

/// Builds one block.
pub(super) struct BlockBuilder {
    key: [u8; 16],
    bytes: Vec<u8>,
    index_next: u32,
}

impl BlockBuilder {
    pub(super) fn new(log: LogId, version: Version, time_ms: u64) -> Self {
        let mut bytes = Vec::with_capacity(2048);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&time_ms.to_le_bytes());
        Self { key: block_key(log, version), bytes, index_next: 0 }
    }

    /// Adds a record; indexes rise.
    pub(super) fn push(&mut self, index: u32, record: &Pieces) {
        put_varint(&mut self.bytes, u64::from(index - self.index_next));
        put_varint(&mut self.bytes, record.len() as u64);
        record.iter().for_each(|piece| self.bytes.extend_from_slice(piece));
        self.index_next = index + 1;
    }

    pub(super) fn finish(mut self) -> ([u8; 16], Vec<u8>) {
        let sum = checksum(&self.key, &self.bytes[4..]);
        self.bytes[..4].copy_from_slice(&sum.to_le_bytes());
        (self.key, self.bytes)
    }
}

/// One block, read and verified.
pub(super) struct Block {
    version: Version,
    pub(super) time_ms: u64,
    bytes: Bytes,
}

impl Block {
    pub(super) fn decode(key: &[u8], stored: Slice) -> Result<Self, StoreError> {
        let bytes = Bytes::from(stored);
        let (Some((_, version)), Some(sum)) = (parse_key(key), bytes.first_chunk::<4>()) else {
            return Err(damaged(key, "it is too short"));
        };
        let Some(time) = bytes.get(4..HEADER).and_then(|time| time.first_chunk::<8>()) else {
            return Err(damaged(key, "it is too short"));
        };
        if checksum(key, &bytes[4..]).to_le_bytes() != *sum {
            return Err(damaged(key, "its checksum is wrong"));
        }
        Ok(Self { version, time_ms: u64::from_le_bytes(*time), bytes: bytes.slice(HEADER..) })
    }

    /// Calls `each` with the records in order until it answers `false`; answers whether it went through.
    pub(super) fn records(&self, mut each: impl FnMut(LogRecord) -> bool) -> Result<bool, StoreError> {
        let broken = || StoreError::Corrupt("the records of a block do not add up".into());
        let (mut at, mut index) = (0, 0_u64);
        while at < self.bytes.len() {
            let gap = take_varint(&self.bytes, &mut at).ok_or_else(broken)?;
            index = index.checked_add(gap).ok_or_else(broken)?;
            let length = take_varint(&self.bytes, &mut at).ok_or_else(broken)?;
            let end = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
            let end = end.filter(|end| *end <= self.bytes.len()).ok_or_else(broken)?;
            // A higher index would be a position of another commit.
            let position = u32::try_from(index).ok().map(|index| position_of(self.version, index));
            let position = position.filter(|position| version_of(*position) == self.version);
            let position = position.ok_or_else(broken)?;
            let bytes = self.bytes.slice(at..end).into();
            if !each(LogRecord { position, time_ms: self.time_ms, bytes }) {
                return Ok(false);
            }
            (at, index) = (end, index + 1);
        }
        Ok(true)
    }

    /// The position of its last record.
    pub(super) fn last(&self) -> Result<Position, StoreError> {
        let mut last = position_of(self.version, 0);
        self.records(|record| {
            last = record.position;
            true
        })?;
        Ok(last)
    }
}

/// The key of a log's block.
pub(super) fn block_key(log: LogId, version: Version) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&log.0.to_be_bytes());
    key[8..].copy_from_slice(&version.0.to_be_bytes());
    key
}

/// The log and the version of a block's key.
pub(super) fn parse_key(key: &[u8]) -> Option<(LogId, Version)> {
    let (log, version) = key.split_first_chunk::<8>()?;
    let version = u64::from_be_bytes(version.try_into().ok()?);
    Some((LogId(u64::from_be_bytes(*log)), Version(version)))
}

/// The first and the last key of the blocks that can hold a position above this one.
pub(super) fn keys_above(log: LogId, after: Position) -> ([u8; 16], [u8; 16]) {
    // The commit that gave the position may have given higher ones too.
    (block_key(log, version_of(after)), block_key(log, Version(u64::MAX)))
}

/// A block of any bytes with the checksum that makes it whole, for a fuzz target.
#[cfg(feature = "fuzzing")]
pub(super) fn sealed(log: LogId, version: Version, rest: &[u8]) -> ([u8; 16], Vec<u8>) {
    let key = block_key(log, version);
    let sum = checksum(&key, rest).to_le_bytes();
    (key, [&sum[..], rest].concat())
}

fn checksum(key: &[u8], rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(rest);
    hasher.finalize()
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn damaged(key: &[u8], what: &str) -> StoreError {
    StoreError::Corrupt(format!("the block of records at {} cannot be used: {what}", key.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_beyond_all_commits_are_refused() {
        for (gap, is_whole) in [((1 << 20) - 2, true), ((1 << 20) - 1, false), (u64::MAX, false)] {
            let mut bytes = vec![0; HEADER];
            // A record, and one whose index is so far from it.
            bytes.extend_from_slice(&[0, 0]);
            put_varint(&mut bytes, gap);
            bytes.push(0);
            let key = block_key(LogId(1), Version(1));
            let sum = checksum(&key, &bytes[4..]);
            bytes[..4].copy_from_slice(&sum.to_le_bytes());
            let block = Block::decode(&key, bytes.into()).unwrap();
            assert_eq!(block.records(|_| true).is_ok(), is_whole, "{gap}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(environment::repeated(64) as u32))]

        #[test]
        fn records_come_back(
            records in prop::collection::btree_map(0_u32..1 << 20, prop::collection::vec(any::<u8>(), 0..300), 1..20),
            time_ms: u64,
            flip in any::<prop::sample::Index>(),
        ) {
            let (log, version) = (LogId(5), Version(1 << 40));
            let mut builder = BlockBuilder::new(log, version, time_ms);
            records.iter().for_each(|(index, record)| builder.push(*index, &record.clone().into()));
            let (key, bytes) = builder.finish();
            prop_assert_eq!(parse_key(&key), Some((log, version)));
            let block = Block::decode(&key, bytes.clone().into()).unwrap();
            let mut seen = Vec::new();
            block.records(|record| { seen.push(record); true }).unwrap();
            prop_assert_eq!(block.last().unwrap(), seen.last().unwrap().position);
            let expected: Vec<_> = records.into_iter().map(|(index, record)| LogRecord {
                position: position_of(version, index), time_ms, bytes: record.into(),
            }).collect();
            prop_assert_eq!(seen, expected);
            let mut damaged = bytes;
            let index = flip.index(damaged.len());
            damaged[index] ^= 1;
            prop_assert!(Block::decode(&key, damaged.into()).is_err());
        }
    }
}

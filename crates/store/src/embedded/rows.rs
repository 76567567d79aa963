//! The rows that the store keeps about itself, in a keyspace of their own. Each is stored as a value
//! ([`super::value`]), so that it carries the version of the batch that wrote it and a checksum.
//!
//! ```text
//! key                     value
//! h                       format (4) | store id (16) | hash key (16)
//! c | slot (2)            number (8): commits are numbered without gaps; a ring of the last 65,536 of them
//! r                       version (8): none above it was ever given out
//! n                       space id (4): the last one given out
//! s | space (4)           empty: the space exists
//! d | space (4)           empty: the space is being dropped
//! l | log (8)             fence (8) | open (1) | start (16) | tail (16) | trimmed (16) | retention (8) | time (8)
//! b | bucket (8)          width in ms (8) | first version (8) | from time (8)
//! t | token (16)          version (8) | position (16)*: a commit that may be asked for again
//! ```
//! Numbers in keys are big-endian, in values little-endian. The tail and time of a log's row are those of
//! its last change; while it is open they are found anew from its last block.

use crate::log_head::LogHead;
use crate::{Fence, LogId, LogState, Position, SpaceId, StoreError};

/// The version of the format that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;

/// How many commits the ring of the commit counter holds.
pub(super) const RING: u64 = 1 << 16;

pub(super) const HEADER: &[u8] = b"h";
pub(super) const RESERVED: &[u8] = b"r";
pub(super) const SPACE_LAST: &[u8] = b"n";

pub(super) const COMMIT: u8 = b'c';
pub(super) const SPACE: u8 = b's';
pub(super) const DROPPING: u8 = b'd';
pub(super) const LOG: u8 = b'l';
pub(super) const BUCKET: u8 = b'b';
pub(super) const TOKEN: u8 = b't';

/// What the header row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) store_id: [u8; 16],
    /// Random, and used by nobody: it is part of the format.
    pub(super) hash_key: [u8; 16],
}

/// What a bucket's row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BucketRow {
    pub(super) width_ms: u64,
    pub(super) first_version: u64,
    pub(super) from_ms: u64,
}

/// A key of a tag and a number.
pub(super) fn key<const N: usize>(tag: u8, number: [u8; N]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + N);
    key.push(tag);
    key.extend_from_slice(&number);
    key
}

pub(super) fn ring_key(number: u64) -> Vec<u8> {
    key(COMMIT, ((number % RING) as u16).to_be_bytes())
}

pub(super) fn log_key(log: LogId) -> Vec<u8> {
    key(LOG, log.0.to_be_bytes())
}

pub(super) fn space_key(tag: u8, space: SpaceId) -> Vec<u8> {
    key(tag, space.0.to_be_bytes())
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        [&self.format.to_le_bytes()[..], &self.store_id, &self.hash_key].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut reader = Reader(bytes);
        Ok(Self {
            format: u32::from_le_bytes(reader.take()?),
            store_id: reader.take()?,
            hash_key: reader.take()?,
        })
    }
}

impl BucketRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        [self.width_ms, self.first_version, self.from_ms].map(u64::to_le_bytes).concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut reader = Reader(bytes);
        Ok(Self { width_ms: reader.u64()?, first_version: reader.u64()?, from_ms: reader.u64()? })
    }
}

pub(super) fn encode_log(head: &LogHead) -> Vec<u8> {
    let LogState { fence, open, start, tail, trimmed } = head.state;
    let mut bytes = Vec::with_capacity(73);
    bytes.extend_from_slice(&fence.0.to_le_bytes());
    bytes.push(u8::from(open));
    for position in [start, tail, trimmed] {
        bytes.extend_from_slice(&position.0.to_le_bytes());
    }
    bytes.extend_from_slice(&head.retention_ms.to_le_bytes());
    bytes.extend_from_slice(&head.last_time_ms.to_le_bytes());
    bytes
}

pub(super) fn decode_log(bytes: &[u8]) -> Result<LogHead, StoreError> {
    let mut reader = Reader(bytes);
    let fence = Fence(reader.u64()?);
    let open = reader.take::<1>()? != [0];
    let mut position = || reader.take().map(|bytes| Position(u128::from_le_bytes(bytes)));
    let (start, tail, trimmed) = (position()?, position()?, position()?);
    let state = LogState { fence, open, start, tail, trimmed };
    Ok(LogHead { state, retention_ms: reader.u64()?, last_time_ms: reader.u64()? })
}

/// Takes numbers off the front of a row.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let Some((number, rest)) = self.0.split_first_chunk::<N>() else {
            return Err(StoreError::Corrupt("a row of the store's own is too short".into()));
        };
        self.0 = rest;
        Ok(*number)
    }

    pub(super) fn u64(&mut self) -> Result<u64, StoreError> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        let header = Header { format: FORMAT, store_id: [1; 16], hash_key: [2; 16] };
        assert_eq!(Header::decode(&header.encode()).unwrap(), header);
        let bucket = BucketRow { width_ms: 60_000, first_version: 7, from_ms: 1 << 41 };
        assert_eq!(BucketRow::decode(&bucket.encode()).unwrap(), bucket);
        let state = LogState {
            fence: Fence(9),
            open: true,
            start: Position(1 << 70),
            tail: Position((1 << 70) + 5),
            trimmed: Position((1 << 70) + 1),
        };
        let head = LogHead { state, retention_ms: 86_400_000, last_time_ms: 123 };
        let row = encode_log(&head);
        assert_eq!(decode_log(&row).unwrap(), head);
        assert!(decode_log(&row[..row.len() - 1]).is_err());
    }
}

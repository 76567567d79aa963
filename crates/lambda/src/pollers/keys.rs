//! The keys of the records: the on-disk schema. Integers are big-endian.
//!
//! | key | value |
//! |---|---|
//! | `01`, UUID | a mapping: [`super::StoredMapping`], JSON |
//! | `02`, UUID, log of a shard (8) | [`crate::mapping::Checkpoint`] |
//! | `03`, UUID | what came of its last invocation, as the API tells it; text |
//!
//! UUIDs are text, 36 bytes. Ids of logs are never used twice, so a stream that was deleted and made again has no
//! checkpoints.

use super::Uuid;
use store::{Key, LogId, Range, SpaceId};

const MAPPING: u8 = 0x01;
const CHECKPOINT: u8 = 0x02;
const RESULT: u8 = 0x03;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn mapping(self, uuid: &Uuid) -> Key {
        self.key(&[&[MAPPING], uuid.as_str().as_bytes()])
    }

    pub(super) fn checkpoint(self, uuid: &Uuid, log: LogId) -> Key {
        self.key(&[&[CHECKPOINT], uuid.as_str().as_bytes(), &log.0.to_be_bytes()])
    }

    pub(super) fn result(self, uuid: &Uuid) -> Key {
        self.key(&[&[RESULT], uuid.as_str().as_bytes()])
    }

    pub(super) fn mappings(self) -> Range {
        Range::of_prefix(self.space, vec![MAPPING])
    }

    pub(super) fn checkpoints(self, uuid: &Uuid) -> Range {
        Range::of_prefix(self.space, [&[CHECKPOINT], uuid.as_str().as_bytes()].concat())
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// The log in the key of a checkpoint.
pub(super) fn checkpoint_log(key: &[u8]) -> Option<LogId> {
    let (_, log) = key.split_last_chunk()?;
    Some(LogId(u64::from_be_bytes(*log)))
}

//! The keys of the records: the on-disk schema. Integers are big-endian.
//!
//! | key | value |
//! |---|---|
//! | `01`, group (8) | [`super::groups::GroupRecord`], JSON |
//! | `02`, group (8), stream (8) | [`super::groups::StreamRecord`], JSON |
//! | `03`, stream (8), block (8) | what is known of a block: [`super::block::Meta`] |
//! | `04`, stream (8), block (8) | a block: [`super::block`] |

use store::{Key, Range, SpaceId};

const GROUP: u8 = 0x01;
const STREAM: u8 = 0x02;
const META: u8 = 0x03;
const BLOCK: u8 = 0x04;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn group(self, group: u64) -> Key {
        self.key(GROUP, &[group])
    }

    pub(super) fn stream(self, group: u64, stream: u64) -> Key {
        self.key(STREAM, &[group, stream])
    }

    pub(super) fn meta(self, stream: u64, block: u64) -> Key {
        self.key(META, &[stream, block])
    }

    pub(super) fn block(self, stream: u64, block: u64) -> Key {
        self.key(BLOCK, &[stream, block])
    }

    pub(super) fn groups(self) -> Range {
        self.all(GROUP)
    }

    pub(super) fn streams(self) -> Range {
        self.all(STREAM)
    }

    pub(super) fn metas(self) -> Range {
        self.all(META)
    }

    fn all(self, tag: u8) -> Range {
        Range::of_prefix(self.space, vec![tag])
    }

    fn key(self, tag: u8, numbers: &[u64]) -> Key {
        let mut bytes = vec![tag];
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        Key { space: self.space, bytes: bytes.into() }
    }
}

/// The two numbers in a key of a stream or of a block.
pub(super) fn numbers(key: &[u8]) -> Option<(u64, u64)> {
    let (first, second) = key.get(1..17)?.split_at(8);
    Some((u64::from_be_bytes(first.try_into().ok()?), u64::from_be_bytes(second.try_into().ok()?)))
}

//! The keys of the records: the on-disk schema. Integers are big-endian.
//!
//! | key | value |
//! |---|---|
//! | `00` | a number (8) above all that were deleted |
//! | `01`, number (8) | [`super::Summary`], JSON |
//! | `02`, number (8), piece (4) | a piece of the event |

use super::BatchId;
use store::{Key, Range, SpaceId};

const NEXT: u8 = 0x00;
const SUMMARY: u8 = 0x01;
const EVENT: u8 = 0x02;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn next(self) -> Key {
        self.key(&[&[NEXT]])
    }

    pub(super) fn summary(self, id: BatchId) -> Key {
        self.key(&[&[SUMMARY], &id.0.to_be_bytes()])
    }

    pub(super) fn piece(self, id: BatchId, piece: u32) -> Key {
        self.key(&[&[EVENT], &id.0.to_be_bytes(), &piece.to_be_bytes()])
    }

    pub(super) fn summaries(self) -> Range {
        Range::of_prefix(self.space, vec![SUMMARY])
    }

    pub(super) fn pieces(self, id: BatchId) -> Range {
        Range::of_prefix(self.space, [&[EVENT][..], &id.0.to_be_bytes()].concat())
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

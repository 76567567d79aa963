//! The keys of the records: the on-disk schema. Integers are big-endian, values are JSON. A stack's key is the UUID at the end
//! of its ARN, 16 bytes.
//!
//! | key | value |
//! |---|---|
//! | `01`, stack | [`crate::records::Stack`] |
//! | `02`, stack, number (8) | [`crate::records::Revision`] |
//! | `03`, stack, logical id (text) | [`crate::records::Resource`] |
//! | `04`, stack, number (8) | [`crate::records::Event`] |
//! | `05`, stack, change set (16) | [`crate::records::ChangeSet`] |
//! | `06`, account, `00`, region, `00`, name | the key of the stack that has the name now; with shared tables account and region are empty |
//! | `07`, account, `00`, region, `00`, export | [`crate::records::Export`] |

use bytes::Bytes;
use store::{Direction, Key, Range, SpaceId};

const STACK: u8 = 0x01;
const REVISION: u8 = 0x02;
const RESOURCE: u8 = 0x03;
const EVENT: u8 = 0x04;
const CHANGE_SET: u8 = 0x05;
const NAME: u8 = 0x06;
const EXPORT: u8 = 0x07;

/// What a stack's records are kept under: the UUID at the end of its ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StackKey(pub(crate) u128);

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    space: SpaceId,
}

/// Where names are looked up: an account and a region, or all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl Keys {
    pub(crate) const fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(crate) fn stack(self, stack: StackKey) -> Key {
        self.key(&[&[STACK], &stack.0.to_be_bytes()])
    }

    pub(crate) fn revision(self, stack: StackKey, number: u64) -> Key {
        self.key(&[&[REVISION], &stack.0.to_be_bytes(), &number.to_be_bytes()])
    }

    pub(crate) fn resource(self, stack: StackKey, logical_id: &str) -> Key {
        self.key(&[&[RESOURCE], &stack.0.to_be_bytes(), logical_id.as_bytes()])
    }

    pub(crate) fn event(self, stack: StackKey, number: u64) -> Key {
        self.key(&[&[EVENT], &stack.0.to_be_bytes(), &number.to_be_bytes()])
    }

    pub(crate) fn change_set(self, stack: StackKey, id: u128) -> Key {
        self.key(&[&[CHANGE_SET], &stack.0.to_be_bytes(), &id.to_be_bytes()])
    }

    pub(crate) fn name(self, place: &Place, name: &str) -> Key {
        self.key(&[&[NAME], place.account.as_bytes(), &[0], place.region.as_bytes(), &[0], name.as_bytes()])
    }

    pub(crate) fn export(self, place: &Place, name: &str) -> Key {
        self.key(&[&[EXPORT], place.account.as_bytes(), &[0], place.region.as_bytes(), &[0], name.as_bytes()])
    }

    pub(crate) fn stacks(self) -> Range {
        self.all(&[&[STACK]])
    }

    pub(crate) fn resources(self, stack: StackKey) -> Range {
        self.all(&[&[RESOURCE], &stack.0.to_be_bytes()])
    }

    /// The events of a stack, the last first.
    pub(crate) fn events(self, stack: StackKey) -> Range {
        Range { direction: Direction::Backward, ..self.all(&[&[EVENT], &stack.0.to_be_bytes()]) }
    }

    pub(crate) fn change_sets(self, stack: StackKey) -> Range {
        self.all(&[&[CHANGE_SET], &stack.0.to_be_bytes()])
    }

    pub(crate) fn names(self, place: &Place) -> Range {
        self.all(&[&[NAME], place.account.as_bytes(), &[0], place.region.as_bytes(), &[0]])
    }

    pub(crate) fn exports(self, place: &Place) -> Range {
        self.all(&[&[EXPORT], place.account.as_bytes(), &[0], place.region.as_bytes(), &[0]])
    }

    /// The key of these bytes, as a walk over a range gives them.
    pub(crate) fn read(self, bytes: &[u8]) -> Key {
        Key { space: self.space, bytes: Bytes::copy_from_slice(bytes) }
    }

    fn all(self, parts: &[&[u8]]) -> Range {
        Range::of_prefix(self.space, parts.concat())
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// The number at the end of the key of an event.
pub(crate) fn number(key: &[u8]) -> Option<u64> {
    let (_, end) = key.split_at_checked(key.len().checked_sub(8)?)?;
    Some(u64::from_be_bytes(end.try_into().ok()?))
}

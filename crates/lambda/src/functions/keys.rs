//! The keys of the records: the on-disk schema. Integers are big-endian, values are JSON but where it says so.
//!
//! | key | value |
//! |---|---|
//! | `01`, account, `00`, region, `00`, name | [`super::record::Function`] |
//! | `02`, account, `00`, region, `00`, name, `00`, version (8) | [`super::record::Version`] |
//! | `03`, account, `00`, region, `00`, name, `00`, version (8) | [`super::record::Layer`] |
//! | `04`, account, `00`, region, `00`, name | the number of a layer's next version |
//! | `05`, id (16) | an asynchronous call: the length of its head (4), its head, its event as it came |

use super::record::{Function, Layer};
use store::{Key, Range, SpaceId};

const FUNCTION: u8 = 0x01;
const VERSION: u8 = 0x02;
const LAYER: u8 = 0x03;
const NEXT_LAYER: u8 = 0x04;
const CALL: u8 = 0x05;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn function(self, function: &Function) -> Key {
        self.named(FUNCTION, (&function.account, &function.region, &function.name), None)
    }

    pub(super) fn version(self, function: &Function, version: u64) -> Key {
        self.named(VERSION, (&function.account, &function.region, &function.name), Some(version))
    }

    pub(super) fn layer(self, layer: &Layer) -> Key {
        self.named(LAYER, (&layer.account, &layer.region, &layer.name), Some(layer.version))
    }

    pub(super) fn next_layer(self, owner: (&str, &str, &str)) -> Key {
        self.named(NEXT_LAYER, owner, None)
    }

    pub(super) fn call(self, id: u128) -> Key {
        self.key(&[&[CALL], &id.to_be_bytes()])
    }

    pub(super) fn functions(self) -> Range {
        self.all(FUNCTION)
    }

    pub(super) fn versions(self) -> Range {
        self.all(VERSION)
    }

    pub(super) fn layers(self) -> Range {
        self.all(LAYER)
    }

    pub(super) fn calls(self) -> Range {
        self.all(CALL)
    }

    fn named(self, tag: u8, (account, region, name): (&str, &str, &str), version: Option<u64>) -> Key {
        let owner: [&[u8]; 6] = [&[tag], account.as_bytes(), &[0], region.as_bytes(), &[0], name.as_bytes()];
        let mut bytes = owner.concat();
        if let Some(version) = version {
            bytes.push(0);
            bytes.extend_from_slice(&version.to_be_bytes());
        }
        self.key(&[&bytes])
    }

    fn all(self, tag: u8) -> Range {
        Range::of_prefix(self.space, vec![tag])
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// Account, region and name in the key of a version's record.
pub(super) fn owner(bytes: &[u8]) -> Option<(&str, &str, &str)> {
    // The number has zeros too, but it comes last.
    let text = bytes.get(1..bytes.len().checked_sub(9)?)?;
    let mut parts = std::str::from_utf8(text).ok()?.split('\0');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The id in the key of a call's record.
pub(super) fn call_id(bytes: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(bytes.get(1..)?.try_into().ok()?))
}

//! The keys of the records: the on-disk schema. Integers are big-endian, values are JSON.
//!
//! | key | value |
//! |---|---|
//! | `01`, topic id (8) | [`super::records::Topic`] |
//! | `02`, topic id (8), subscription id (text) | [`super::records::Subscription`] |
//! | `03`, subscription id (text), `00`, when it is due (8), number (16) | [`super::records::Delivery`] |
//! | `04`, topic id (8), SHA-256 of a deduplication id (32) | [`super::records::Deduplicated`] |
//!
//! The number of a delivery is its message id; of a FIFO topic it is the sequence number, and it is due at 0, so that the
//! deliveries of one subscription are in order.

use bytes::Bytes;
use store::{Key, Range, SpaceId};

const TOPIC: u8 = 0x01;
const SUBSCRIPTION: u8 = 0x02;
const DELIVERY: u8 = 0x03;
const DEDUPLICATED: u8 = 0x04;

/// Makes keys in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    space: SpaceId,
}

impl Keys {
    pub(super) fn new(space: SpaceId) -> Self {
        Self { space }
    }

    pub(super) fn topic(self, id: u64) -> Key {
        self.key(&[&[TOPIC], &id.to_be_bytes()])
    }

    pub(super) fn subscription(self, topic: u64, id: &str) -> Key {
        self.key(&[&[SUBSCRIPTION], &topic.to_be_bytes(), id.as_bytes()])
    }

    pub(super) fn delivery(self, subscription: &str, due_ms: u64, number: u128) -> Key {
        let (due, number) = (due_ms.to_be_bytes(), number.to_be_bytes());
        self.key(&[&[DELIVERY], subscription.as_bytes(), &[0], &due, &number])
    }

    pub(super) fn deduplicated(self, topic: u64, hash: &[u8; 32]) -> Key {
        self.key(&[&[DEDUPLICATED], &topic.to_be_bytes(), hash])
    }

    pub(super) fn topics(self) -> Range {
        self.all(&[TOPIC])
    }

    pub(super) fn subscriptions(self) -> Range {
        self.all(&[SUBSCRIPTION])
    }

    pub(super) fn all_deliveries(self) -> Range {
        self.all(&[DELIVERY])
    }

    /// The deliveries of a subscription, the first due first.
    pub(super) fn deliveries(self, subscription: &str) -> Range {
        self.all(&[&[DELIVERY], subscription.as_bytes(), &[0][..]].concat())
    }

    /// What one topic remembers.
    pub(super) fn deduplicated_of(self, topic: u64) -> Range {
        self.all(&[&[DEDUPLICATED][..], &topic.to_be_bytes()].concat())
    }

    pub(super) fn all_deduplicated(self) -> Range {
        self.all(&[DEDUPLICATED])
    }

    /// The key of these bytes, as a walk over a range gives them.
    pub(super) fn read(self, bytes: &[u8]) -> Key {
        Key { space: self.space, bytes: Bytes::copy_from_slice(bytes) }
    }

    fn all(self, prefix: &[u8]) -> Range {
        Range::of_prefix(self.space, Bytes::copy_from_slice(prefix))
    }

    fn key(self, parts: &[&[u8]]) -> Key {
        Key { space: self.space, bytes: parts.concat().into() }
    }
}

/// The id of the subscription, and when it is due, in the key of a delivery.
pub(super) fn delivery(key: &[u8]) -> Option<(&str, u64)> {
    let (id, rest) = key.get(1..)?.split_at_checked(key.len().checked_sub(1 + 1 + 8 + 16)?)?;
    let due = rest.get(1..9)?.try_into().ok()?;
    Some((std::str::from_utf8(id).ok()?, u64::from_be_bytes(due)))
}

/// The id of the topic and the hash in the key of what was deduplicated.
pub(super) fn deduplicated(key: &[u8]) -> Option<(u64, [u8; 32])> {
    let (topic, hash) = key.get(1..)?.split_at_checked(8)?;
    Some((u64::from_be_bytes(topic.try_into().ok()?), hash.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_key_is_found_there() {
        let keys = Keys::new(SpaceId(1));
        let key = keys.delivery("0a-1", 77, 5).bytes;
        assert_eq!(delivery(&key), Some(("0a-1", 77)));
        assert_eq!(delivery(&key[..20]), None);
        assert_eq!(deduplicated(&keys.deduplicated(9, &[3; 32]).bytes), Some((9, [3; 32])));
    }

    #[test]
    fn the_deliveries_of_a_subscription_are_its_own() {
        let keys = Keys::new(SpaceId(1));
        let range = keys.deliveries("a");
        let within = |key: Key| {
            use std::ops::Bound::{Excluded, Included};
            let Range { from: Included(from), to: Excluded(to), .. } = &range else { panic!() };
            (from..to).contains(&&key.bytes)
        };
        assert!(within(keys.delivery("a", 0, 0)) && within(keys.delivery("a", u64::MAX, u128::MAX)));
        assert!(!within(keys.delivery("ab", 0, 0)) && !within(keys.delivery("0", 9, 9)));
    }
}

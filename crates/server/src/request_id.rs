//! Request ids: 52 characters of `0-9A-Z`, as AWS gives them.
//!
//! An id names a request in an answer and in the log. It is unique, not secret: each connection draws one
//! random number, and its requests' ids are that number and a counter, mixed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many characters an id has.
const LENGTH: usize = 52;

/// How every id ends; AWS's do too.
const ENDING: &[u8; 26] = b"VV4KQNSO5AEMVJF66Q9ASUAAJG";

const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The id of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; LENGTH]);

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Made of ASCII only, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn new(high: u64, low: u64) -> Self {
        let mut id = [0; LENGTH];
        id[LENGTH - ENDING.len()..].copy_from_slice(ENDING);
        let (front, back) = id[..LENGTH - ENDING.len()].split_at_mut(13);
        for (part, mut word) in [(front, high), (back, low)] {
            for character in part {
                *character = DIGITS[(word & 31) as usize];
                word >>= 5;
            }
        }
        Self(id)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Gives out the ids of one connection.
pub(crate) struct RequestIds {
    seed: u64,
    given: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, given: AtomicU64::new(0) }
    }

    /// How many were given.
    pub(crate) fn given(&self) -> u64 {
        self.given.load(Ordering::Relaxed)
    }

    pub(crate) fn next(&self) -> RequestId {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        // The first word tells connections apart, the second (a bijection of the counter) their requests.
        RequestId::new(mix(self.seed ^ number.rotate_left(32)), mix(self.seed.wrapping_add(number)))
    }
}

/// The finaliser of SplitMix64, a bijection.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_look_like_those_of_aws_and_differ() {
        let mut seen = HashSet::new();
        for seed in [0, 1, u64::MAX] {
            let ids = RequestIds::new(seed);
            for _ in 0..10_000 {
                let id = ids.next();
                assert_eq!(id.as_str().len(), 52);
                assert!(id.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
                assert!(seen.insert(id.to_string()), "{id} twice");
            }
        }
    }
}

//! A fast hash of keys, for the stripes of the inline runner and the table of last writes. It decides only
//! which keys share a lock or a slot: a collision costs time, never correctness.

use crate::Key;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by key, for the few keys of one group.
pub(crate) type KeyMap<V> = HashMap<Key, V, BuildHasherDefault<KeyHasher>>;

/// [`key_hash`]'s way of mixing, for maps.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix_bytes(self.0, bytes);
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = mix(self.0 ^ u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.0 ^= number as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of a key, well mixed in all its bits.
pub(crate) fn key_hash(key: &Key) -> u64 {
    mix_bytes(u64::from(key.space.0).wrapping_mul(MULTIPLIER) ^ (key.bytes.len() as u64), &key.bytes)
}

fn mix_bytes(mut state: u64, bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        state = mix(state ^ u64::from_le_bytes(eight));
    }
    let rest = words.remainder();
    let mut eight = [0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    mix(state ^ u64::from_le_bytes(eight))
}

fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ MULTIPLIER).wrapping_mul(0xa076_1d64_78bd_642f_u128);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpaceId;
    use bytes::Bytes;
    use std::collections::HashSet;

    #[test]
    fn near_keys_spread_over_the_stripes() {
        let key = |space: u32, number: u32| Key {
            space: SpaceId(space),
            bytes: Bytes::copy_from_slice(&number.to_be_bytes()),
        };
        let stripes: HashSet<u64> = (0..1_000)
            .flat_map(|number| [key_hash(&key(1, number)) % 1024, key_hash(&key(2, number)) % 1024])
            .collect();
        // 2,000 random draws leave about 145 of 1,024 stripes empty.
        assert!(stripes.len() > 820, "{}", stripes.len());
    }

    #[test]
    fn length_and_content_count() {
        let hash =
            |bytes: &'static [u8]| key_hash(&Key { space: SpaceId(0), bytes: Bytes::from_static(bytes) });
        let all: HashSet<u64> = [&b""[..], b"\0", b"\0\0", b"abcdefgh", b"abcdefgh\0", b"abcdefghi"]
            .map(hash)
            .into_iter()
            .collect();
        assert_eq!(all.len(), 6);
    }
}

//! Chance: the operating system's, or a sequence that follows from a seed.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes are fetched from the operating system at once, so that a number costs no system call.
const POOL_BYTES: usize = 1024;

/// A source of random numbers. Clones draw from the same source.
#[derive(Clone)]
pub struct Random {
    source: Arc<Mutex<Source>>,
}

enum Source {
    System { pool: Box<[u8; POOL_BYTES]>, used: usize },
    Seeded { state: u64 },
}

impl Random {
    /// The operating system's randomness, fit for secrets.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Source::System { pool: Box::new([0; POOL_BYTES]), used: POOL_BYTES })
    }

    /// A sequence that is the same for the same seed. Not for secrets.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::new(Source::Seeded { state: seed })
    }

    fn new(source: Source) -> Self {
        Self { source: Arc::new(Mutex::new(source)) }
    }

    /// The next 64 bits.
    #[must_use]
    pub fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// The next 128 bits.
    #[must_use]
    pub fn next_u128(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }

    /// A random UUID, of version 4, as text.
    #[must_use]
    pub fn uuid(&self) -> String {
        let bits = self.next_u128() & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// Fills the buffer with random bytes.
    pub fn fill(&self, buffer: &mut [u8]) {
        let mut source = self.lock();
        for part in buffer.chunks_mut(8) {
            let bytes = source.next_word().to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
    }

    /// No code that holds the lock can leave the source half changed, so poison means nothing here.
    fn lock(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn next_word(&mut self) -> u64 {
        match self {
            Self::System { pool, used } => {
                if *used + 8 > POOL_BYTES {
                    refill(pool);
                    *used = 0;
                }
                let mut word = [0; 8];
                // What was given out is wiped, so that a later look at memory does not show it.
                word.swap_with_slice(&mut pool[*used..*used + 8]);
                *used += 8;
                u64::from_le_bytes(word)
            }
            // SplitMix64: small, and good enough for simulated runs.
            Self::Seeded { state } => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut word = *state;
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                word ^ (word >> 31)
            }
        }
    }
}

/// Fetches randomness. Should the system call not exist, the standard library's own source of hash keys is
/// used, which knows the older ways.
fn refill(pool: &mut [u8; POOL_BYTES]) {
    if getrandom::fill(pool).is_ok() {
        return;
    }
    let keys = RandomState::new();
    for (index, part) in pool.chunks_exact_mut(8).enumerate() {
        let mut hasher = keys.build_hasher();
        hasher.write_usize(index);
        part.copy_from_slice(&hasher.finish().to_le_bytes());
    }
}

/// Says nothing of the numbers to come.
impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Random").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_seed_repeats_its_sequence() {
        let (one, same, other) = (Random::seeded(7), Random::seeded(7), Random::seeded(8));
        let sequence: Vec<u64> = (0..100).map(|_| one.next_u64()).collect();
        assert_eq!(sequence, (0..100).map(|_| same.next_u64()).collect::<Vec<_>>());
        assert_ne!(sequence, (0..100).map(|_| other.next_u64()).collect::<Vec<_>>());
    }

    #[test]
    fn a_uuid_has_its_form_and_its_version() {
        let random = Random::seeded(7);
        for _ in 0..100 {
            let uuid = random.uuid();
            let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
            assert!(
                uuid.bytes().all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
                "{uuid}"
            );
            assert!(&uuid[14..15] == "4" && "89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }

    #[test]
    fn the_system_does_not_repeat_itself_over_several_pools() {
        let random = Random::system();
        let seen: HashSet<u128> = (0..1_000).map(|_| random.next_u128()).collect();
        assert_eq!(seen.len(), 1_000);
    }

    #[test]
    fn any_length_is_filled() {
        for random in [Random::system(), Random::seeded(1)] {
            for length in [0, 1, 7, 8, 9, 1_023, 1_024, 5_000] {
                let mut buffer = vec![0_u8; length];
                random.fill(&mut buffer);
                let zeros = buffer.iter().rev().take_while(|byte| **byte == 0).count();
                assert!(zeros < 8, "{length} bytes end in {zeros} zeros");
            }
        }
    }
}

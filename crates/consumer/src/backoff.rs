//! Waiting longer after each failure, and not all at the same time.

/// Repeatable chance, for jitter and for the order in which leases are taken: a sequence that follows from a seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below `end`; 0 when that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)).checked_rem(end).unwrap_or(0)
    }
}

/// The first wait after a failure, and the longest.
const FIRST_MS: u64 = 100;
const LONGEST_MS: u64 = 10_000;

/// How long to wait after failures in a row: doubled by each, the second half of it by chance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// One failure more: how long to wait now.
    pub(crate) fn failed(&mut self, dice: &mut Dice) -> u64 {
        let whole_ms = FIRST_MS.saturating_mul(1 << self.failures.min(10)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        whole_ms / 2 + dice.below(whole_ms / 2 + 1)
    }

    /// It went well.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_success() {
        let (mut backoff, mut dice) = (Backoff::default(), Dice::new(1));
        for whole_ms in [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000] {
            let wait_ms = backoff.failed(&mut dice);
            assert!((whole_ms / 2..=whole_ms).contains(&wait_ms), "{wait_ms} of {whole_ms}");
        }
        backoff.reset();
        assert!(backoff.failed(&mut dice) <= 100);
    }
}

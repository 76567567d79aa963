//! What a description of a stream does not list may be in the next one, for descriptions lag behind what readers see. Here it is
//! decided when something is believed not to be there.

/// For how long something must have been missing, and in how many descriptions at least: a machine that slept has seen
/// few of them in a long time.
const SURE_MS: u64 = 3_000;
const LOOKS_SURE: u32 = 4;

/// When a description was asked for, and when its answer was looked at: it tells how things were shortly before the first, or
/// later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) asked_ms: u64,
    pub(crate) had_ms: u64,
}

/// What descriptions lack of a shard that was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// A shard that continues it, while the stream is disabled: it is the last.
    Child,
    /// The shard, and any that continues it: they are gone.
    Shard,
}

/// A lack of one description after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    lack: Lack,
    since_ms: u64,
    looks: u32,
    sure: bool,
}

impl Missing {
    /// It is missed for the first time; [`Self::again`] counts that description, too.
    pub(crate) fn since(lack: Lack, look: Look) -> Self {
        Self { lack, since_ms: look.had_ms, looks: 0, sure: false }
    }

    /// Another description lacks this. Whether that is to be believed: where it lacked something else before, all begins anew.
    pub(crate) fn again(&mut self, lack: Lack, look: Look) -> bool {
        if self.lack != lack {
            *self = Self::since(lack, look);
        }
        self.looks = self.looks.saturating_add(1);
        self.sure = self.looks >= LOOKS_SURE && look.asked_ms.saturating_sub(self.since_ms) >= SURE_MS;
        self.sure
    }

    /// Whether the last description made it sure.
    pub(crate) fn is_sure(&self) -> bool {
        self.sure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sure(looks: &[(Lack, u64)]) -> bool {
        let at_once = |now_ms: u64| Look { asked_ms: now_ms, had_ms: now_ms };
        let mut missing = Missing::since(looks[0].0, at_once(looks[0].1));
        looks.iter().for_each(|(lack, now_ms)| {
            missing.again(*lack, at_once(*now_ms));
        });
        missing.is_sure()
    }

    #[test]
    fn an_answer_that_takes_long_makes_nothing_surer() {
        let first = Look { asked_ms: 0, had_ms: 100 };
        let mut missing = Missing::since(Lack::Child, first);
        let mut again = |asked_ms, had_ms| missing.again(Lack::Child, Look { asked_ms, had_ms });
        again(0, 100);
        again(500, 600);
        again(1_000, 1_100);
        assert!(!again(1_500, 9_000));
        assert!(!again(3_099, 9_100));
        assert!(again(3_100, 9_200));
    }

    #[test]
    fn neither_many_descriptions_at_once_nor_few_in_a_long_time_are_sure() {
        let sure = |looks_ms: &[u64]| {
            is_sure(&looks_ms.iter().map(|now_ms| (Lack::Child, *now_ms)).collect::<Vec<_>>())
        };
        assert!(!sure(&[5, 100, 200, 300, 400, 500]));
        assert!(!sure(&[5, 10_000, 20_000]));
        assert!(!sure(&[5, 1_000, 2_000, 3_000]));
        assert!(sure(&[5, 1_000, 2_000, 3_005]));
    }

    /// The last shard of a stream, which one description of many does not have.
    #[test]
    fn one_lack_makes_another_no_surer() {
        let last = [0, 1_000, 2_000, 3_000, 4_000].map(|now_ms| (Lack::Child, now_ms));
        assert!(is_sure(&last));
        assert!(!is_sure(&[&last[..], &[(Lack::Shard, 5_000)]].concat()));
    }
}

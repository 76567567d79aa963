//! The records that a mapping's filters refused, with the clauses that did.

use filter::Refusal;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most texts of reasons that are told apart; what comes behind them has none.
const REASONS_MAX: usize = 4_096;

/// A record that filters refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its sequence number, or that of a message ([`message_number`]).
    pub sequence: u128,
    /// For each filter, in order, the clause that it failed.
    pub clauses: Arc<[String]>,
}

/// A ring of refused records, in the order in which they were told, which within a shard is rising.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    records: VecDeque<(u128, u64, u16)>,
    reasons: Vec<Arc<[String]>>,
    /// The reason of the last one, which is most often that of the next.
    last: u16,
}

/// The number under which the message with this id is remembered: the id's own, which is random and of 128 bits.
#[must_use]
pub fn message_number(id: &str) -> u128 {
    id.chars().filter_map(|char| char.to_digit(16)).fold(0, |number, digit| number << 4 | u128::from(digit))
}

/// What one takes.
pub(super) const REFUSED_BYTES: usize = size_of::<(u128, u64, u16)>();

impl Refusals {
    pub(super) fn push(&mut self, sequence: u128, refusals: &[Refusal<'_>], now_ms: u64) {
        self.last = self.reason(refusals);
        self.records.push_back((sequence, now_ms, self.last));
    }

    /// The place of these clauses among the reasons, where they are put if they are new.
    fn reason(&mut self, refusals: &[Refusal<'_>]) -> u16 {
        let same = |texts: &Arc<[String]>| {
            texts.len() == refusals.len() && texts.iter().zip(refusals).all(|(text, it)| text == clause(it))
        };
        if self.reasons.get(usize::from(self.last)).is_some_and(same) {
            return self.last;
        }
        let known = self.reasons.iter().position(same).unwrap_or_else(|| {
            if self.reasons.len() < REASONS_MAX {
                self.reasons.push(refusals.iter().map(|refusal| clause(refusal).to_owned()).collect());
                return self.reasons.len() - 1;
            }
            REASONS_MAX
        });
        u16::try_from(known).unwrap_or(u16::MAX)
    }

    pub(super) fn find(&self, sequence: u128) -> Option<Refused> {
        // A record may be read again after a restart of its shard, so the newest counts.
        let (_, _, reason) = self.records.iter().rev().find(|(known, _, _)| *known == sequence)?;
        let clauses = self.reasons.get(usize::from(*reason)).cloned().unwrap_or_default();
        Some(Refused { sequence, clauses })
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// When the oldest was refused.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.records.front().map(|(_, time_ms, _)| *time_ms)
    }

    pub(super) fn drop_oldest(&mut self) {
        self.records.pop_front();
    }
}

fn clause<'a>(refusal: &Refusal<'a>) -> &'a str {
    match refusal {
        Refusal::Field(path) => path,
        Refusal::NotInOneElement => "",
    }
}

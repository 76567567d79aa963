//! When there is enough, and which records are meant.

use super::shards::Shards;
use super::span::{From, Span, Until};
use crate::cli::places::Places;
use consumer::{Change, SequenceNumber};

/// How much later than a time a record of that time may come.
const LATE_MS: u64 = 1_000;

/// Where it ends.
pub(super) struct End {
    pub(super) follows: bool,
    /// After so many records.
    pub(super) count: Option<u64>,
    /// Records from before are left out.
    from_ms: Option<u64>,
    until: Option<Until>,
    /// How far the clock of the stream is ahead.
    ahead_ms: u64,
    /// Something was seen that lies behind the end.
    is_reached: bool,
}

impl End {
    pub(super) fn new(span: &Span, start: &From, times: (u64, u64)) -> Self {
        let (there_ms, here_ms) = times;
        // Records tell their time in seconds.
        let from_ms = match start {
            From::Time(ms) => Some(ms - ms % 1_000),
            _ => None,
        };
        Self {
            follows: span.follow && span.until != Some(Until::Now),
            count: span.count,
            from_ms,
            until: span.until.clone(),
            ahead_ms: there_ms.saturating_sub(here_ms),
            is_reached: false,
        }
    }

    /// Whether a record is meant.
    pub(super) fn wants(&mut self, shards: &mut Shards, shard: &str, change: &Change) -> bool {
        if shards.is_past(shard) {
            return false;
        }
        if let (Some(from_ms), Some(created_ms)) = (self.from_ms, change.created_ms)
            && created_ms < from_ms
        {
            return false;
        }
        let last: &SequenceNumber = match &self.until {
            None | Some(Until::Now) => return true,
            Some(Until::Time(until_ms)) => {
                let is_late = change.created_ms.is_some_and(|created_ms| created_ms > *until_ms);
                if is_late {
                    shards.passed(shard);
                    self.is_reached = true;
                }
                return !is_late;
            }
            Some(Until::AtNumber(number)) => number,
            Some(Until::At(Places(places))) => match places.iter().find(|(id, _)| id == shard) {
                Some((_, number)) => number,
                None => return true,
            },
        };
        if change.sequence_number >= *last {
            shards.passed(shard);
            self.is_reached = true;
        }
        change.sequence_number <= *last
    }

    /// Whether there is enough, when all that is at hand was given out.
    pub(super) fn is_over(&self, shards: &Shards, now_ms: u64) -> bool {
        let may_end = match &self.until {
            None | Some(Until::Now) => !self.follows,
            Some(Until::At(Places(places))) => {
                let passed = |id: &str| shards.is_past(id) || shards.is_ended(id) || !shards.is_listed(id);
                if places.iter().all(|(id, _)| passed(id)) {
                    return true;
                }
                !self.follows
            }
            Some(Until::AtNumber(_)) => !self.follows || self.is_reached,
            Some(Until::Time(until_ms)) => {
                let is_behind = now_ms.saturating_add(self.ahead_ms) > until_ms.saturating_add(LATE_MS);
                !self.follows || self.is_reached || is_behind
            }
        };
        may_end && shards.are_settled()
    }
}

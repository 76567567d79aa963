//! What is known of the shards of a stream while it is followed: how often each is read, and which have nothing more to say.

use crate::cli::api::{Described, Page};
use consumer::transport::StreamStatus;
use consumer::{CallError, Gap, GapReason};
use std::collections::{BTreeMap, BTreeSet};

/// How long AWS's shards are left alone between two calls: it takes five a second, from all who read.
const BETWEEN_MS: u64 = 250;

/// How long a shard is left alone after an empty page, at first and at most.
const IDLE_MS: u64 = 50;
const IDLE_MAX_MS: u64 = 500;
const IDLE_AWS_MS: u64 = 1_000;

/// How many empty pages in a row mean that there is nothing more. AWS may answer some though there are records.
const EMPTIES_SURE: u32 = 1;
const EMPTIES_SURE_AWS: u32 = 5;

/// A page that is shorter than both did not end because it was full: even the largest record fits into what is left.
const SHORT_RECORDS: usize = 1_000;
const SHORT_BYTES: usize = 64 << 10;

/// One of them.
#[derive(Debug, Default)]
struct Known {
    parent: Option<String>,
    next_ms: u64,
    empties: u32,
    has_given: bool,
    is_caught_up: bool,
    /// Read to its end, or gone.
    is_ended: bool,
    /// What follows was not asked for.
    is_past: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Shards {
    is_aws: bool,
    known: BTreeMap<String, Known>,
    /// Those that the newest description has.
    listed: BTreeSet<String>,
    is_disabled: bool,
    /// How many shards had ended when the stream was described last, and by now.
    ends: u64,
    ends_at_look: u64,
    ends_looked: u64,
}

impl Shards {
    /// Those that count as read are not read.
    pub(super) fn new(is_aws: bool, finished: Vec<String>) -> Self {
        let ended = |id: String| (id, Known { is_ended: true, ..Known::default() });
        Self {
            is_aws,
            known: finished.into_iter().map(ended).collect(),
            listed: BTreeSet::new(),
            is_disabled: false,
            ends: 0,
            ends_at_look: 0,
            ends_looked: 0,
        }
    }

    /// The stream is about to be described.
    pub(super) fn looks(&mut self) {
        self.ends_at_look = self.ends;
    }

    /// How many shards had ended when it was.
    pub(super) fn looks_made(&self) -> u64 {
        self.ends_at_look
    }

    /// It was described, when so many shards had ended.
    pub(super) fn looked(&mut self, described: &Described, ends: u64) {
        self.ends_looked = ends;
        self.is_disabled = described.status == StreamStatus::Disabled;
        self.listed = described.shards.iter().map(|shard| shard.id.clone()).collect();
        for shard in &described.shards {
            self.known.entry(shard.id.clone()).or_default().parent.clone_from(&shard.parent);
        }
    }

    /// A shard was read.
    pub(super) fn read(&mut self, shard: &str, page: &Result<Page, CallError>, now_ms: u64) {
        let sure = if self.is_aws { EMPTIES_SURE_AWS } else { EMPTIES_SURE };
        let Some(known) = self.known.get_mut(shard) else { return };
        let is_short = |page: &Page| page.records.len() < SHORT_RECORDS && page.bytes < SHORT_BYTES;
        let mut ended = false;
        match page {
            Ok(page) => {
                ended = page.changes.next.is_none();
                known.has_given |= !page.records.is_empty();
                known.empties = if page.records.is_empty() { known.empties.saturating_add(1) } else { 0 };
                known.is_caught_up = known.empties >= sure || !self.is_aws && is_short(page);
            }
            Err(CallError::NotFound(_)) => ended = true,
            Err(_) => known.is_caught_up = false,
        }
        let most_ms = if self.is_aws { IDLE_AWS_MS } else { IDLE_MAX_MS };
        let least_ms = if self.is_aws { BETWEEN_MS } else { 0 };
        let idle_ms = match known.empties {
            0 => 0,
            empties => (IDLE_MS << (empties - 1).min(10)).min(most_ms),
        };
        known.next_ms = now_ms + idle_ms.max(least_ms);
        if ended {
            self.ended(shard);
        }
    }

    /// A shard was read to its end, or is gone.
    pub(super) fn ended(&mut self, shard: &str) {
        if let Some(known) = self.known.get_mut(shard)
            && !std::mem::replace(&mut known.is_ended, true)
        {
            self.ends += 1;
        }
    }

    /// Something is missing; the shard may have ended with it.
    pub(super) fn ended_by(&mut self, gap: &Gap) {
        if matches!(gap.reason, GapReason::ShardGone | GapReason::StreamGone) {
            self.ended(&gap.shard_id);
        }
    }

    /// Before when a shard is not to be read again.
    pub(super) fn next_ms(&self, shard: &str) -> u64 {
        self.known.get(shard).map_or(0, |known| known.next_ms)
    }

    /// Whether any record of a shard was read.
    pub(super) fn has_given(&self, shard: &str) -> bool {
        self.known.get(shard).is_some_and(|known| known.has_given)
    }

    /// What follows in this shard, and in those that continue it, was not asked for.
    pub(super) fn passed(&mut self, shard: &str) {
        self.known.entry(shard.to_owned()).or_default().is_past = true;
    }

    /// Whether that was said of a shard, or of one that it continues.
    pub(super) fn is_past(&self, shard: &str) -> bool {
        self.lineage(shard).any(|id| self.known.get(id).is_some_and(|known| known.is_past))
    }

    /// Whether a shard was read to its end.
    pub(super) fn is_ended(&self, shard: &str) -> bool {
        self.known.get(shard).is_some_and(|known| known.is_ended)
    }

    /// Whether the stream has it.
    pub(super) fn is_listed(&self, shard: &str) -> bool {
        self.listed.contains(shard)
    }

    /// A shard, and those before it. Bounded, should a service say that shards continue each other.
    fn lineage<'a>(&'a self, shard: &'a str) -> impl Iterator<Item = &'a str> {
        let parent = |id: &&'a str| self.known.get(*id).and_then(|known| known.parent.as_deref());
        std::iter::successors(Some(shard), parent).take(self.known.len() + 1)
    }

    /// Whether there is nothing more to be had at the moment.
    pub(super) fn are_settled(&self) -> bool {
        // A shard that has ended is followed by others, which the stream must have been asked for since.
        self.ends_looked == self.ends && self.listed.iter().all(|id| self.is_settled(id))
    }

    fn is_settled(&self, shard: &str) -> bool {
        let Some(known) = self.known.get(shard) else { return false };
        if self.is_past(shard) {
            return true;
        }
        let is_child =
            |id: &String| self.known.get(id).is_some_and(|known| known.parent.as_deref() == Some(shard));
        match known.is_ended {
            // Its children may be listed later than its end is seen.
            true => self.is_disabled || self.listed.iter().any(is_child),
            false => known.is_caught_up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consumer::transport::RecordPage;
    use serde_json::json;

    fn described(shards: &[(&str, Option<&str>)]) -> Described {
        let shards: Vec<_> = shards.iter().map(|(id, parent)| (*id, *parent, (None, None))).collect();
        Described::of_shards(&shards)
    }

    fn page(records: usize, goes_on: bool) -> Result<Page, CallError> {
        let next = goes_on.then(|| "next".to_owned());
        let records = vec![json!({}); records];
        Ok(Page { records, changes: RecordPage { changes: Vec::new(), next }, bytes: 10 })
    }

    #[test]
    fn a_stream_is_settled_when_all_of_its_shards_are() {
        let mut shards = Shards::new(false, Vec::new());
        shards.looked(&described(&[("a", None)]), 0);
        assert!(!shards.are_settled());
        shards.read("a", &page(0, true), 0);
        assert!(shards.are_settled());
        // It ends, and its children have to be seen and read.
        shards.read("a", &page(3, false), 0);
        assert!(!shards.are_settled());
        shards.looks();
        let looks = shards.looks_made();
        shards.looked(&described(&[("a", None)]), looks);
        assert!(!shards.are_settled(), "the child is not listed yet");
        shards.looked(&described(&[("a", None), ("b", Some("a"))]), looks);
        assert!(!shards.are_settled());
        shards.read("b", &page(1, true), 0);
        assert!(shards.are_settled());
    }

    #[test]
    fn a_look_from_before_the_end_of_a_shard_says_nothing_of_its_children() {
        let mut shards = Shards::new(false, Vec::new());
        shards.looked(&described(&[("a", None), ("b", Some("a"))]), 0);
        shards.read("b", &page(0, true), 0);
        shards.looks();
        let before = shards.looks_made();
        shards.read("a", &page(0, false), 0);
        shards.looked(&described(&[("a", None), ("b", Some("a"))]), before);
        assert!(!shards.are_settled());
    }

    #[test]
    fn aws_is_asked_less_often_and_believed_less_soon() {
        let mut shards = Shards::new(true, Vec::new());
        shards.looked(&described(&[("a", None)]), 0);
        shards.read("a", &page(5, true), 100);
        assert_eq!((shards.next_ms("a"), shards.are_settled()), (350, false));
        for _ in 0..5 {
            assert!(!shards.are_settled());
            shards.read("a", &page(0, true), 100);
        }
        assert!(shards.are_settled());
        for _ in 0..50 {
            shards.read("a", &page(0, true), 100);
        }
        assert_eq!(shards.next_ms("a"), 1_100);
    }

    #[test]
    fn what_continues_a_shard_that_is_past_is_past() {
        let mut shards = Shards::new(false, Vec::new());
        shards.looked(&described(&[("a", Some("b")), ("b", Some("a")), ("c", Some("b")), ("d", None)]), 0);
        assert!(!shards.is_past("c"));
        shards.passed("a");
        assert!(shards.is_past("c") && !shards.is_past("d"));
    }
}

//! Which leases to take: those that nobody has, and where others have two more, one of theirs.

use super::Seen;
use crate::backoff::Dice;
use std::collections::BTreeMap;

/// What a worker knows when it chooses.
pub(super) struct View<'a> {
    pub(super) seen: &'a BTreeMap<String, Seen>,
    pub(super) me: &'a str,
    /// How many leases it has, or is taking.
    pub(super) mine: usize,
    pub(super) now_ms: u64,
    pub(super) lease_ms: u64,
    pub(super) leases_max: usize,
}

/// What it chooses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// To be taken: nobody has them.
    pub(super) take: Vec<String>,
    /// To be asked for.
    pub(super) ask: Option<String>,
}

/// Chooses. `busy` says of which leases this worker already does something.
pub(super) fn choose(view: &View<'_>, busy: impl Fn(&str) -> bool, dice: &mut Dice) -> Choice {
    let mut free = Vec::new();
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut count = 0_usize;
    for (shard_id, seen) in view.seen.iter().filter(|(_, seen)| view.is_startable(seen)) {
        count += 1;
        match seen.lease.owner.as_deref() {
            _ if busy(shard_id) => {}
            _ if view.is_free(seen) => free.push(shard_id.as_str()),
            Some(owner) if owner != view.me => owners.entry(owner).or_default().push(shard_id),
            _ => {}
        }
    }
    let fair = count.div_ceil(owners.len() + 1).min(view.leases_max);
    let mut choice = Choice::default();
    while view.mine + choice.take.len() < fair && !free.is_empty() {
        choice.take.push(free.swap_remove(pick(dice, free.len())).to_owned());
    }
    if choice.take.is_empty() && view.mine < view.leases_max {
        choice.take.extend(view.left_over(&free).map(str::to_owned));
    }
    let mine = view.mine + choice.take.len();
    let most = owners.values().max_by_key(|theirs| theirs.len());
    if let Some(most) = most.filter(|theirs| theirs.len() >= mine + 2 && mine < view.leases_max) {
        choice.ask = view.asked(most, dice);
    }
    choice
}

impl View<'_> {
    /// Whether the shard is to be read, and may be: its parents have been finished, or are forgotten.
    fn is_startable(&self, seen: &Seen) -> bool {
        let finished = |parent: &String| self.seen.get(parent).is_none_or(|seen| seen.lease.is_finished());
        !seen.lease.is_finished() && seen.lease.parents.iter().all(finished)
    }

    fn is_free(&self, seen: &Seen) -> bool {
        let expired = self.now_ms.saturating_sub(seen.since_ms) >= self.lease_ms;
        // One that somebody has still to let go of is not free, though nobody waits for it any more.
        expired || (seen.lease.owner.is_none() && seen.lease.checkpoint_owner.is_none())
    }

    /// One of the free leases that nobody has taken though all had the time to: others may have as many as they take at
    /// most. One at a time, beyond the fair share.
    fn left_over<'b>(&self, free: &[&'b str]) -> Option<&'b str> {
        let long = |seen: &Seen| self.now_ms.saturating_sub(seen.since_ms) >= self.lease_ms.saturating_mul(2);
        free.iter().copied().find(|shard_id| self.seen.get(*shard_id).is_some_and(long))
    }

    /// One of the leases, unless one is already being asked for: one at a time.
    fn asked(&self, leases: &[&str], dice: &mut Dice) -> Option<String> {
        let asks = |seen: &Seen| {
            seen.lease.checkpoint_owner.is_some() && seen.lease.owner.as_deref() == Some(self.me)
        };
        if self.seen.values().any(asks) {
            return None;
        }
        let quiet = |shard_id: &&str| {
            self.seen.get(*shard_id).is_some_and(|seen| seen.lease.checkpoint_owner.is_none())
        };
        let candidates: Vec<&str> = leases.iter().copied().filter(quiet).collect();
        candidates.get(pick(dice, candidates.len())).map(|shard_id| (*shard_id).to_owned())
    }
}

fn pick(dice: &mut Dice, count: usize) -> usize {
    usize::try_from(dice.below(count as u64)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::{Checkpoint, Lease};

    /// Leases `0`, `1`, ... with these owners, seen unchanged since time 0.
    fn seen(owners: &[&str]) -> BTreeMap<String, Seen> {
        let lease = |(number, owner): (usize, &&str)| {
            let shard_id = number.to_string();
            let owner = (!owner.is_empty()).then(|| (*owner).to_owned());
            let lease = Lease { owner, ..Lease::new(&shard_id, Checkpoint::TrimHorizon) };
            (shard_id, Seen { lease, since_ms: 0 })
        };
        owners.iter().enumerate().map(lease).collect()
    }

    fn chosen(owners: &[&str], now_ms: u64) -> (usize, bool) {
        let seen = seen(owners);
        let mine = owners.iter().filter(|owner| **owner == "me").count();
        let view = View { seen: &seen, me: "me", mine, now_ms, lease_ms: 100, leases_max: 100 };
        let choice =
            choose(&view, |shard_id| owners[shard_id.parse::<usize>().unwrap()] == "me", &mut Dice::new(3));
        (choice.take.len(), choice.ask.is_some())
    }

    #[test]
    fn a_worker_takes_its_fair_share_and_asks_who_has_two_more() {
        for (owners, now_ms, expected) in [
            (&["", "", "", ""][..], 1, (4, false)),
            (&["", "", "", "a"], 1, (2, false)),
            (&["a", "a", "a", "a"], 1, (0, true)),
            (&["a", "a", "a", "me"], 1, (0, true)),
            (&["a", "a", "me"], 1, (0, false)),
            (&["a", "me"], 1, (0, false)),
            (&["a", "a", "b", "b"], 1, (0, true)),
            (&["a", "b", "c", "d"], 1, (0, false)),
            (&["a", "a", "a", "me"], 100, (3, false)),
        ] {
            assert_eq!(chosen(owners, now_ms), expected, "{owners:?} at {now_ms}");
        }
    }

    /// `a` has as many as it takes at most, and would leave the rest to nobody.
    #[test]
    fn what_is_left_over_for_long_is_taken_beyond_the_fair_share() {
        let mut seen = seen(&["a", "me", "me", "me", "me", "", ""]);
        let mut taken = |since_ms: u64, leases_max: usize| {
            seen.values_mut().for_each(|seen| seen.since_ms = since_ms);
            seen.get_mut("0").unwrap().since_ms = 200;
            let view = View { seen: &seen, me: "me", mine: 4, now_ms: 230, lease_ms: 100, leases_max };
            let busy = |shard_id: &str| seen[shard_id].lease.owner.as_deref() == Some("me");
            choose(&view, busy, &mut Dice::new(3)).take.len()
        };
        assert_eq!([taken(200, 9), taken(31, 9), taken(30, 9), taken(30, 4)], [0, 0, 1, 0]);
    }

    #[test]
    fn a_child_is_not_taken_before_its_parent_was_finished() {
        let mut seen = seen(&["a", ""]);
        seen.get_mut("1").unwrap().lease.parents = vec!["0".to_owned()];
        let take = |seen: &BTreeMap<String, Seen>| {
            let view = View { seen, me: "me", mine: 0, now_ms: 1, lease_ms: 100, leases_max: 100 };
            choose(&view, |_| false, &mut Dice::new(3)).take
        };
        assert_eq!(take(&seen), Vec::<String>::new());
        seen.get_mut("0").unwrap().lease.checkpoint = Checkpoint::ShardEnd;
        assert_eq!(take(&seen), ["1"]);
        seen.remove("0");
        assert_eq!(take(&seen), ["1"]);
    }
}

//! What a worker sees of leases, takes, and hears of its writes.

use super::balance::{self, View};
use super::held::Held;
use super::{Pending, Seen, Worker, WriteFailure};
use crate::Measure;
use crate::lease::{Lease, LeaseWrite};

/// What came of a write: the lease after it.
pub(super) type Answer = Result<Lease, WriteFailure>;

impl Worker {
    /// These are all the leases: which have changed?
    pub(super) fn observe(&mut self, leases: Vec<Lease>, now_ms: u64) {
        let mut before = std::mem::take(&mut self.seen);
        for lease in leases {
            let unchanged =
                |seen: &Seen| (seen.lease.counter, &seen.lease.owner) == (lease.counter, &lease.owner);
            let since_ms = match before.remove(&lease.shard_id).filter(unchanged) {
                Some(seen) => seen.since_ms,
                None => now_ms,
            };
            self.seen.insert(lease.shard_id.clone(), Seen { lease, since_ms });
        }
    }

    pub(super) fn take_leases(&mut self, now_ms: u64) {
        let view = View {
            seen: &self.seen,
            me: &self.name,
            mine: self.held.len() + self.writes.values().filter(|pending| pending.is_take()).count(),
            now_ms,
            lease_ms: self.settings.lease_ms,
            leases_max: self.settings.leases_max,
        };
        let busy = |shard_id: &str| self.held.contains_key(shard_id) || self.writes.contains_key(shard_id);
        let choice = balance::choose(&view, busy, &mut self.dice);
        for shard_id in choice.take {
            let Some(Seen { lease, .. }) = self.seen.get(&shard_id) else { continue };
            let (from, counter) = (lease.owner.clone(), lease.counter);
            self.send(&shard_id, LeaseWrite::Take { worker: self.name.clone(), from, counter }, None, now_ms);
        }
        let Some(shard_id) = choice.ask else { return };
        let Some(Seen { lease, .. }) = self.seen.get(&shard_id) else { return };
        if let (Some(from), counter) = (lease.owner.clone(), lease.counter) {
            self.send(&shard_id, LeaseWrite::Ask { worker: self.name.clone(), from, counter }, None, now_ms);
        }
    }

    pub(super) fn on_written(&mut self, shard_id: String, answer: Answer, now_ms: u64) {
        let Some(pending) = self.writes.remove(&shard_id) else { return };
        let (answer, earlier) = pending.read(answer, &self.name);
        match (&pending.write, pending.ticket) {
            (LeaseWrite::Create(_) | LeaseWrite::Settle, _) => self.on_made(&shard_id, answer, now_ms),
            (LeaseWrite::Delete { .. }, _) => {}
            (LeaseWrite::Take { .. } | LeaseWrite::Ask { .. }, _) => {
                self.on_taken(&pending, (answer, earlier), now_ms);
            }
            (_, Some(ticket)) => {
                if self.held.get(&shard_id).is_some_and(|held| held.ticket == ticket) {
                    self.on_held_written(&shard_id, &pending, (answer, earlier), now_ms);
                }
            }
            (_, None) => {}
        }
    }

    fn on_taken(&mut self, pending: &Pending, answer: (Answer, bool), now_ms: u64) {
        let (answer, earlier) = answer;
        let lease = match answer {
            Ok(lease) => lease,
            Err(WriteFailure::Overtaken(_)) => return self.scan_soon(now_ms + self.settings.idle_ms),
            Err(WriteFailure::Call(error)) => return self.measure_failure(&error),
        };
        if pending.sent_ms + self.settings.belief_ms() <= now_ms {
            // The answer took so long that the lease may have gone to another one.
            return;
        }
        self.tickets += 1;
        let asked = matches!(pending.write, LeaseWrite::Ask { .. });
        self.measure(Measure::LeaseTaken { shard_id: lease.shard_id.clone(), asked });
        let mut held = Held::new(self.tickets, lease, (pending.sent_ms, now_ms), &self.settings);
        if earlier {
            held.renew_first(now_ms);
        }
        self.held.insert(held.lease.shard_id.clone(), held);
    }
}

impl Pending {
    pub(super) fn is_take(&self) -> bool {
        matches!(self.write, LeaseWrite::Take { .. } | LeaseWrite::Ask { .. })
    }

    /// A write whose condition does not hold may be one that was carried out, whose answer was lost, and that was
    /// made again: then the lease is as the write would have left it. But it has been so since an earlier time
    /// than that of this write, nobody knows which, and others count from then on: true is said of that.
    fn read(&self, answer: Answer, me: &str) -> (Answer, bool) {
        match answer {
            Err(WriteFailure::Overtaken(Some(lease))) if self.left(&lease, me) => (Ok(*lease), true),
            answer => (answer, false),
        }
    }

    fn left(&self, lease: &Lease, me: &str) -> bool {
        let ours = lease.owner.as_deref() == Some(me);
        let gone = lease.owner.is_none();
        let counted = self.write.counter_after() == Some(lease.counter);
        match &self.write {
            LeaseWrite::Take { .. } | LeaseWrite::Ask { .. } | LeaseWrite::Renew { .. } => counted && ours,
            LeaseWrite::Release { .. } => counted && gone,
            LeaseWrite::Finish { .. } => counted && gone && lease.is_finished(),
            // Somebody has made it: all that was wanted.
            LeaseWrite::Create(_) => true,
            _ => false,
        }
    }
}

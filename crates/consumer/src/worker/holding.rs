//! What a worker does with the shards that it holds: renews, reads, delivers, lets go, finishes.

use super::discovery::Children;
use super::held::{Held, Stage};
use super::leases::Answer;
use super::{Action, Delivery, Pending, Ticket, Worker, WriteFailure};
use crate::backoff::Dice;
use crate::lease::{Lease, LeaseWrite, Reached};
use crate::missing::Look;
use crate::reader::{ReaderCall, Reading};
use crate::{Gap, GapReason, Measure};

impl Worker {
    /// Gives up what could not be renewed in time.
    pub(super) fn lose_expired(&mut self, now_ms: u64) {
        let expired = self.held.iter().filter(|(_, held)| now_ms >= held.believed_until_ms);
        let expired: Vec<String> = expired.map(|(shard_id, _)| shard_id.clone()).collect();
        expired.iter().for_each(|shard_id| self.lose(shard_id));
    }

    pub(super) fn proceed_held(&mut self, shard_id: &str, now_ms: u64) {
        let Some(held) = self.held.get_mut(shard_id) else { return };
        if !self.writes.contains_key(shard_id)
            && let Some(write) = held.write(&self.name, &self.settings, self.stopping, now_ms)
        {
            let ticket = held.ticket;
            held.given_up |= write.gives_up();
            self.send(shard_id, write, Some(ticket), now_ms);
        }
        if !self.stopping {
            self.read(shard_id, now_ms);
        }
    }

    /// Makes the next call of the shard's reader, or gives the handler once more what it could not do.
    fn read(&mut self, shard_id: &str, now_ms: u64) {
        let Some(held) = self.held.get_mut(shard_id).filter(|held| held.handles()) else { return };
        let ticket = Ticket { shard_id: shard_id.to_owned(), number: held.ticket };
        if std::mem::take(&mut held.tells_orphan) {
            return self.deliver_unseen(&ticket);
        }
        if held.deliver_again_ms.is_some_and(|at_ms| at_ms <= now_ms)
            && let Some(delivery) = held.delivery.clone()
        {
            held.deliver_again_ms = None;
            self.actions.push(Action::Handle { ticket, delivery });
        } else if held.delivery.is_none()
            && let Some(call) = held.reader.poll(now_ms)
        {
            self.actions.push(match call {
                ReaderCall::Iterator(position) => Action::GetIterator { ticket, position },
                ReaderCall::Records(iterator) => Action::GetRecords { ticket, iterator },
            });
        }
    }

    /// The holding that an answer belongs to, if it is still there.
    fn holding(&mut self, ticket: &Ticket) -> Option<&mut Held> {
        self.held.get_mut(&ticket.shard_id).filter(|held| held.ticket == ticket.number)
    }

    pub(super) fn on_reading(
        &mut self,
        ticket: &Ticket,
        now_ms: u64,
        answer: impl FnOnce(&mut Held, &mut Dice) -> Reading,
    ) {
        let mut dice = self.dice.clone();
        let Some(held) = self.holding(ticket) else { return };
        let reading = answer(held, &mut dice);
        self.dice = dice;
        match reading {
            Reading::Goes => {}
            Reading::Replays => self.measure(Measure::Replay { shard_id: ticket.shard_id.clone() }),
            Reading::Failed(error) => self.measure_failure(&error),
            Reading::End => self.end(ticket, now_ms),
            Reading::Gap(gap) => self.deliver(ticket, Delivery::Gap(gap)),
            Reading::Changes(changes) => self.deliver(ticket, Delivery::Changes(changes.into())),
        }
    }

    /// Gives something to the handler, unless the shard is about to go to another one, who will read it again.
    fn deliver(&mut self, ticket: &Ticket, delivery: Delivery) {
        let stopping = self.stopping;
        let Some(held) = self.holding(ticket).filter(|held| held.handles() && !stopping) else { return };
        held.delivery = Some(delivery.clone());
        if let Delivery::Gap(gap) = &delivery {
            self.measure(Measure::Gap(gap.clone()));
        }
        self.actions.push(Action::Handle { ticket: ticket.clone(), delivery });
    }

    pub(super) fn on_handled(&mut self, ticket: &Ticket, done: bool, now_ms: u64) {
        let mut dice = self.dice.clone();
        let Some(held) = self.holding(ticket).filter(|held| held.is_handling()) else { return };
        if !done {
            held.deliver_again_ms = Some(now_ms + held.handler_backoff.failed(&mut dice));
            self.dice = dice;
            return self.measure(Measure::HandlerFailed { shard_id: ticket.shard_id.clone() });
        }
        held.handler_backoff.reset();
        let mut handled = 0;
        if let Some(Delivery::Changes(changes)) = held.delivery.take()
            && let Some(last) = changes.last()
        {
            handled = changes.len();
            held.handled = Some(last.sequence_number.clone());
            held.reader.passed(&last.sequence_number);
        }
        let ends = held.reader.delivered() && held.stage == Stage::Active;
        self.measure(Measure::Handled { shard_id: ticket.shard_id.clone(), changes: handled });
        if ends {
            self.end(ticket, now_ms);
        }
    }

    /// The shard has been handled to its end.
    fn end(&mut self, ticket: &Ticket, now_ms: u64) {
        let after_look = self.discovery.begun();
        if let Some(held) = self.holding(ticket).filter(|held| held.stage == Stage::Active) {
            held.stage = Stage::Ending { after_look };
            self.discovery.look_soon(now_ms);
        }
    }

    pub(super) fn on_held_written(
        &mut self,
        shard_id: &str,
        pending: &Pending,
        answer: (Answer, bool),
        now_ms: u64,
    ) {
        let (answer, earlier) = answer;
        match answer {
            Ok(_) if pending.write.gives_up() => self.gave_up(shard_id, &pending.write, now_ms),
            // Not believed for any longer, so that it is renewed at once.
            Ok(lease) if earlier => {
                if let Some(held) = self.held.get_mut(shard_id) {
                    held.lease = lease;
                }
            }
            Ok(lease) => self.renewed(shard_id, pending, lease),
            Err(WriteFailure::Overtaken(lease)) => self.overtaken(shard_id, lease.map(|lease| *lease)),
            Err(WriteFailure::Call(error)) => {
                if let Some(held) = self.held.get_mut(shard_id) {
                    held.write_not_before_ms = now_ms + held.write_backoff.failed(&mut self.dice);
                }
                self.measure_failure(&error);
            }
        }
    }

    fn renewed(&mut self, shard_id: &str, pending: &Pending, lease: Lease) {
        let Some(held) = self.held.get_mut(shard_id) else { return };
        held.lease = lease;
        held.renewed_ms = pending.sent_ms;
        held.believed_until_ms = pending.sent_ms + self.settings.belief_ms();
        held.write_backoff.reset();
        if matches!(&pending.write, LeaseWrite::Renew { reached: Reached::Checkpoint(_), .. }) {
            held.checkpointed_ms = pending.sent_ms;
            self.measure(Measure::Checkpoint { shard_id: shard_id.to_owned() });
            return;
        }
        if matches!(held.stage, Stage::Waiting { .. }) && held.lease.checkpoint_owner.is_none() {
            held.begin(&self.settings);
        }
    }

    /// Somebody else has written the lease: does it ask for it, or has it got it?
    fn overtaken(&mut self, shard_id: &str, lease: Option<Lease>) {
        let Some(held) = self.held.get_mut(shard_id) else { return };
        let asked = |lease: &Lease| lease.checkpoint_owner.as_deref() == Some(self.name.as_str());
        match lease.filter(asked) {
            // What is believed is still believed, but no longer renewed: it ends before anybody may evict.
            Some(lease) if held.stage != Stage::LettingGo => {
                held.lease = lease;
                held.stage = Stage::LettingGo;
            }
            _ => self.lose(shard_id),
        }
    }

    fn gave_up(&mut self, shard_id: &str, write: &LeaseWrite, now_ms: u64) {
        self.held.remove(shard_id);
        let shard_id = shard_id.to_owned();
        if matches!(write, LeaseWrite::Finish { .. }) {
            self.measure(Measure::ShardFinished { shard_id });
            // Its children can be taken now, and it may have been the last.
            self.scan_soon(now_ms);
            self.discovery.look_soon_if_disabled(now_ms);
        } else {
            self.measure(Measure::LeaseReleased { shard_id });
        }
    }

    pub(super) fn lose(&mut self, shard_id: &str) {
        let Some(held) = self.held.remove(shard_id) else { return };
        let shard_id = shard_id.to_owned();
        if held.is_handling() {
            let ticket = Ticket { shard_id: shard_id.clone(), number: held.ticket };
            self.actions.push(Action::Abandon { ticket });
        }
        self.measure(Measure::LeaseLost { shard_id });
    }

    /// After a look at the stream: lets the shards finish whose children have leases, or will never be. False if some
    /// have to wait for another look.
    pub(super) fn shards_may_finish(
        &mut self,
        (look, begun): (Look, u64),
        children: impl Fn(&str) -> Children,
    ) -> bool {
        if self.stopping {
            // They are given back, and whoever has them next finishes them, and tells the gaps.
            return true;
        }
        let (mut all, mut gaps) = (true, Vec::new());
        for (shard_id, held) in &mut self.held {
            let Stage::Ending { after_look } = held.stage else { continue };
            let children = children(shard_id);
            if after_look >= begun || !held.may_finish(children, look) {
                all = false;
                continue;
            }
            held.stage = Stage::Finishing;
            if children == Children::Unseen {
                gaps.push(Ticket { shard_id: shard_id.clone(), number: held.ticket });
            }
        }
        gaps.iter().for_each(|ticket| self.deliver_unseen(ticket));
        all
    }

    /// Shards before this one, or after it, were never seen.
    fn deliver_unseen(&mut self, ticket: &Ticket) {
        let Some(held) = self.holding(ticket) else { return };
        let (shard_id, after) = (ticket.shard_id.clone(), held.handled.clone());
        self.deliver(ticket, Delivery::Gap(Gap { shard_id, after, reason: GapReason::Unseen }));
    }
}

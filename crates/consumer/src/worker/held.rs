//! A shard that this worker holds: until when it believes so, how far the shard has come, and what comes next.

use super::discovery::Children;
use super::{Delivery, Settings};
use crate::SequenceNumber;
use crate::backoff::Backoff;
use crate::lease::{Checkpoint, Lease, LeaseWrite, Reached};
use crate::missing::{Lack, Look, Missing};
use crate::reader::{Position, Reader};

/// How often a worker that waits for a lease to be let go of looks, as a part of the lease's time.
const LOOKS: u64 = 20;

/// Where holding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The owner before has not let go yet, or the lease is to be renewed first.
    Waiting { since_ms: u64 },
    /// The shard is being read and handled.
    Active,
    /// All of it has been handled. Its children must have leases before that is said: by a look at the stream
    /// after this one.
    Ending { after_look: u64 },
    /// All of it has been handled, and its children have leases.
    Finishing,
    /// Another one has asked for it.
    LettingGo,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) ticket: u64,
    /// As it was after the last write.
    pub(super) lease: Lease,
    pub(super) stage: Stage,
    pub(super) believed_until_ms: u64,
    /// A write was sent that gives it up: it may have been carried out.
    pub(super) given_up: bool,
    /// When the last write that went well was sent.
    pub(super) renewed_ms: u64,
    /// When the last checkpoint was written, or holding began.
    pub(super) checkpointed_ms: u64,
    /// No write before this.
    pub(super) write_not_before_ms: u64,
    pub(super) write_backoff: Backoff,
    /// Before anything of it is read, the handler is to be told of a gap.
    pub(super) tells_orphan: bool,
    /// What descriptions have lacked since its end.
    pub(super) childless: Option<Missing>,
    pub(super) reader: Reader,
    /// What the handler has, or is to be given again at a time.
    pub(super) delivery: Option<Delivery>,
    pub(super) deliver_again_ms: Option<u64>,
    pub(super) handler_backoff: Backoff,
    /// The last change that was handled.
    pub(super) handled: Option<SequenceNumber>,
}

impl Held {
    /// A lease that was taken by a write that was sent at one time and answered at another.
    pub(super) fn new(ticket: u64, lease: Lease, times_ms: (u64, u64), settings: &Settings) -> Self {
        let (sent_ms, now_ms) = times_ms;
        let stage = match lease.checkpoint_owner {
            Some(_) => Stage::Waiting { since_ms: now_ms },
            None => Stage::Active,
        };
        Self {
            ticket,
            stage,
            believed_until_ms: sent_ms + settings.belief_ms(),
            given_up: false,
            renewed_ms: sent_ms,
            checkpointed_ms: sent_ms,
            write_not_before_ms: 0,
            write_backoff: Backoff::default(),
            childless: None,
            tells_orphan: lease.orphan && lease.checkpoint == Checkpoint::TrimHorizon,
            reader: Reader::new(&lease.shard_id, lease.position(), settings.idle_ms),
            delivery: None,
            deliver_again_ms: None,
            handler_backoff: Backoff::default(),
            handled: None,
            lease,
        }
    }

    /// Nobody knows since when it is held: it is renewed before it is believed.
    pub(super) fn renew_first(&mut self, now_ms: u64) {
        self.stage = Stage::Waiting { since_ms: now_ms };
        self.renewed_ms = 0;
    }

    /// Whether the worker may give the shard to the handler.
    pub(super) fn believes(&self, now_ms: u64) -> bool {
        now_ms < self.believed_until_ms && !self.given_up && !matches!(self.stage, Stage::Waiting { .. })
    }

    /// Whether the handler is at something.
    pub(super) fn is_handling(&self) -> bool {
        self.delivery.is_some() && self.deliver_again_ms.is_none()
    }

    /// Whether the handler may be given something of it.
    pub(super) fn handles(&self) -> bool {
        matches!(self.stage, Stage::Active | Stage::Finishing)
    }

    /// The owner before has let go: reading begins where it ended.
    pub(super) fn begin(&mut self, settings: &Settings) {
        self.stage = Stage::Active;
        self.tells_orphan = self.lease.orphan && self.lease.checkpoint == Checkpoint::TrimHorizon;
        self.reader = Reader::new(&self.lease.shard_id, self.lease.position(), settings.idle_ms);
    }

    /// Whether its end may be said, after another look at its children. That there are none is believed only after a
    /// while.
    pub(super) fn may_finish(&mut self, children: Children, look: Look) -> bool {
        let lack = match children {
            Children::Known => return true,
            Children::NotYet => {
                self.childless = None;
                return false;
            }
            Children::None => Lack::Child,
            Children::Unseen => Lack::Shard,
        };
        self.childless.get_or_insert_with(|| Missing::since(lack, look)).again(lack, look)
    }

    /// What a write can say of how far the shard has come.
    pub(super) fn reached(&self) -> Reached {
        if let Some(number) = &self.handled {
            let checkpoint = Checkpoint::Sequence(number.clone());
            return if self.lease.checkpoint == checkpoint {
                Reached::Same
            } else {
                Reached::Checkpoint(checkpoint)
            };
        }
        match self.reader.position() {
            Position::Bookmark { iterator, .. } if self.lease.bookmark.as_ref() != Some(iterator) => {
                Reached::Bookmark(iterator.clone())
            }
            _ => Reached::Same,
        }
    }

    fn has_new_checkpoint(&self) -> bool {
        matches!(self.reached(), Reached::Checkpoint(_))
    }

    /// The write to make, and when, if none is under way.
    fn next_write(&self, settings: &Settings, stopping: bool) -> Option<u64> {
        let at_ms = match self.stage {
            Stage::LettingGo if self.is_handling() => return None,
            Stage::LettingGo => 0,
            Stage::Finishing if self.delivery.is_none() => 0,
            Stage::Waiting { .. } if stopping => 0,
            _ if stopping && !self.is_handling() => 0,
            Stage::Waiting { .. } => self.renewed_ms + settings.lease_ms / LOOKS,
            _ => self.next_renewal(settings),
        };
        Some(at_ms.max(self.write_not_before_ms))
    }

    fn next_renewal(&self, settings: &Settings) -> u64 {
        let renewal_ms = self.renewed_ms + settings.lease_ms / 3;
        if self.has_new_checkpoint() {
            renewal_ms.min(self.checkpointed_ms + settings.checkpoint_ms)
        } else {
            renewal_ms
        }
    }

    /// The write to make now.
    pub(super) fn write(
        &self,
        worker: &str,
        settings: &Settings,
        stopping: bool,
        now_ms: u64,
    ) -> Option<LeaseWrite> {
        if self.next_write(settings, stopping)? > now_ms {
            return None;
        }
        let (worker, counter, reached) = (worker.to_owned(), self.lease.counter, self.reached());
        Some(match self.stage {
            Stage::LettingGo => LeaseWrite::LetGo { worker, known: self.lease.checkpoint.clone(), reached },
            Stage::Finishing if self.delivery.is_none() => LeaseWrite::Finish { worker, counter },
            Stage::Waiting { .. } if stopping => {
                LeaseWrite::Release { worker, counter, reached: Reached::Same }
            }
            Stage::Waiting { since_ms } => {
                let evict = now_ms.saturating_sub(since_ms) >= settings.lease_ms;
                LeaseWrite::Renew { worker, counter, reached: Reached::Same, evict }
            }
            _ if stopping && !self.is_handling() => LeaseWrite::Release { worker, counter, reached },
            _ => LeaseWrite::Renew { worker, counter, reached, evict: false },
        })
    }

    /// When something is to be done without anything happening before.
    pub(super) fn wake_ms(&self, settings: &Settings, writing: bool, stopping: bool) -> Option<u64> {
        let write_ms = if writing { None } else { self.next_write(settings, stopping) };
        let read_ms = match self.deliver_again_ms {
            _ if !self.handles() || stopping => None,
            None if self.delivery.is_none() => self.reader.wake_ms(),
            again_ms => again_ms,
        };
        [Some(self.believed_until_ms), write_ms, read_ms].into_iter().flatten().min()
    }
}

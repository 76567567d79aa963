//! Moving messages from one queue to another: dead letters, and back.

use super::error::ErrorCode;
use super::index::Entry;
use super::message::Message;
use super::queue::Queue;
use super::records::{State, parsed, stored};
use super::{Change, Queues, QueuesError};
use std::sync::Arc;

/// How many messages are moved by one commit.
pub(super) const MOVED_TOGETHER: usize = 10;

/// A message that is about to be moved.
#[derive(Clone, Copy)]
struct Move {
    from: u64,
    to: u64,
    sent_ms: u64,
}

impl Queues {
    /// Moves dead messages, which are held, to the dead-letter queue, in one commit; where there is none any longer, they are
    /// given back.
    pub(super) async fn bury(&self, queue: &Arc<Queue>, numbers: &[u64]) -> Result<(), QueuesError> {
        let target = queue.current().settings.redrive.as_ref().map(|redrive| redrive.target.clone());
        let Some(target) = target.and_then(|target| self.by_arn(&target).ok()) else {
            queue.change(self.now_ms(), |index| numbers.iter().for_each(|one| index.release(*one)));
            return Ok(());
        };
        match self.transfer(queue, &target, numbers, Some(queue.arn.to_string())).await {
            // It was deleted at this moment, and they are given back: that is no failure of who receives.
            Err(error) if error.code == ErrorCode::QueueDoesNotExist => Ok(()),
            moved => moved.map(drop),
        }
    }

    /// Moves messages that are held, in one commit, and notes where they are dead letters of. Answers how many there were; where
    /// that fails, all are given back.
    pub(super) async fn transfer(
        &self,
        from: &Queue,
        to: &Arc<Queue>,
        numbers: &[u64],
        source: Option<String>,
    ) -> Result<usize, QueuesError> {
        let due_ms = to.due_ms();
        let moves: Vec<_> = numbers.iter().filter_map(|number| self.begin_move(from, to, *number)).collect();
        let moved = self.commit_moves(from, to, moves.clone(), source).await;
        let now_ms = self.now_ms();
        let purged = to.current().record.purged;
        let is_moved = |place: usize| moved.as_ref().is_ok_and(|moved| moved.get(place) == Some(&true));
        to.change(now_ms, |index| {
            for (place, one) in moves.iter().enumerate() {
                match is_moved(place) && one.to >= purged {
                    true => index.committed(one.to, 0, now_ms),
                    false => index.remove(one.to),
                }
            }
        });
        from.change(now_ms, |index| match &moved {
            // Those that were not there were deleted meanwhile.
            Ok(_) => numbers.iter().for_each(|number| index.remove(*number)),
            Err(_) => numbers.iter().for_each(|number| index.release(*number)),
        });
        // They keep their age, and may be the oldest there.
        if to.due_ms() != due_ms {
            self.inner.due.notify_one();
        }
        Ok(moved?.into_iter().filter(|moved| *moved).count())
    }

    /// Gives a message its place in the order of the other queue. In a standard queue it keeps its age.
    fn begin_move(&self, from: &Queue, to: &Queue, number: u64) -> Option<Move> {
        let (group, sent_ms) = {
            let index = from.index();
            let entry = index.get(number)?;
            (entry.group.clone(), entry.sent_ms)
        };
        let mut index = to.index();
        let now_ms = self.now_ms();
        let sent_ms = if to.is_fifo { now_ms } else { sent_ms };
        let new = self.next_number(now_ms);
        index.begin(new, Entry::sent(group.as_deref(), sent_ms));
        Some(Move { from: number, to: new, sent_ms })
    }

    async fn commit_moves(
        &self,
        from: &Queue,
        to: &Queue,
        moves: Vec<Move>,
        source: Option<String>,
    ) -> Result<Vec<bool>, QueuesError> {
        let (keys, from, to) = (self.inner.keys, from.id, to.id);
        let mut read = vec![keys.queue(to)];
        read.extend(moves.iter().flat_map(|one| [keys.state(from, one.from), keys.message(from, one.from)]));
        let change = Change::new(read, move |old, _| {
            let Some((Some(_), old)) = old.split_first() else { return Err(QueuesError::no_queue()) };
            let (mut writes, mut moved) = (Vec::new(), Vec::new());
            for (one, old) in moves.iter().zip(old.chunks(2)) {
                let [Some(_), Some(message)] = old else {
                    moved.push(false);
                    continue;
                };
                let message: Message = parsed(&message.value)?;
                let state = State { sent_ms: one.sent_ms, group: message.group.clone(), ..State::default() };
                let message = Message { source: source.clone(), ..message };
                writes.push((keys.state(from, one.from), None));
                writes.push((keys.message(from, one.from), None));
                writes.push((keys.state(to, one.to), Some(stored(&state)?)));
                writes.push((keys.message(to, one.to), Some(stored(&message)?)));
                moved.push(true);
            }
            Ok((writes, moved))
        });
        change.run(&self.inner.runner).await
    }
}

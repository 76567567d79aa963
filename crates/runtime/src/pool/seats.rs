//! Who may use which process, and who waits; no I/O, no clock.

use crate::process::Process;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What a call gets.
pub(super) enum Seat {
    /// A process that waits for a call.
    Process(Arc<Process>),
    /// The right to start one.
    Start,
}

/// What a call gets that asks for a seat.
pub(super) enum Taken {
    /// A seat.
    Seat(Seat),
    /// A turn.
    Turn(oneshot::Receiver<Seat>),
    /// A turn that should come within moments; if it does not, another process may be started.
    Soon(oneshot::Receiver<Seat>),
}

/// Processes that are idle, places for others, and those who wait for either.
pub(super) struct Seats {
    /// The one used last is at the end.
    idle: Vec<(Arc<Process>, Duration)>,
    /// Processes that there are, or that somebody has the right to start.
    taken: usize,
    taken_max: usize,
    /// Of those, processes that are started for nobody in particular.
    warming: usize,
    /// Of those, processes that have answered and have not asked for another call yet.
    returning: usize,
    waiting: VecDeque<oneshot::Sender<Seat>>,
    retired: bool,
    closed: bool,
    /// Whether somebody looks after the idle ones.
    swept: bool,
}

impl Seats {
    pub(super) fn new(taken_max: usize) -> Self {
        Self {
            idle: Vec::new(),
            taken: 0,
            taken_max: taken_max.max(1),
            warming: 0,
            returning: 0,
            waiting: VecDeque::new(),
            retired: false,
            closed: false,
            swept: false,
        }
    }

    /// A seat, or a turn in the order of those who wait. Whoever is patient waits also for a process that is about to be idle.
    pub(super) fn take(&mut self, patient: bool) -> Taken {
        while let Some((process, _)) = self.idle.pop() {
            if process.is_alive() {
                return Taken::Seat(Seat::Process(process));
            }
            self.taken -= 1;
        }
        let is_full = self.taken >= self.taken_max;
        let waiting = self.waiting.len();
        let comes_soon = patient && self.returning > waiting;
        if !is_full && !comes_soon && self.warming <= waiting && !self.closed {
            self.taken += 1;
            return Taken::Seat(Seat::Start);
        }
        let (turn, wait) = oneshot::channel();
        if !self.closed {
            self.waiting.push_back(turn);
        }
        if comes_soon && !is_full { Taken::Soon(wait) } else { Taken::Turn(wait) }
    }

    /// A process has answered; it is released, or its place vacated, later.
    pub(super) fn answered(&mut self) {
        self.returning += 1;
    }

    /// That process is released now, or its place vacated.
    pub(super) fn returned(&mut self) {
        self.returning -= 1;
    }

    /// Whether a process is to be started for the next call; its place is taken then.
    pub(super) fn warm(&mut self) -> bool {
        let is_idle = self.idle.iter().any(|(process, _)| process.is_alive());
        let comes = self.warming + self.returning > self.waiting.len();
        let wanted = !is_idle && !comes && !self.retired && !self.closed;
        if !wanted || self.taken >= self.taken_max {
            return false;
        }
        self.taken += 1;
        self.warming += 1;
        true
    }

    /// A process that was started for nobody in particular is there, or is not to be.
    pub(super) fn warmed(&mut self) {
        self.warming -= 1;
    }

    /// A process is idle. Answers it, where it is not wanted any more, and whether somebody is to look after the idle ones.
    pub(super) fn release(&mut self, process: Arc<Process>, now: Duration) -> (Option<Arc<Process>>, bool) {
        if !process.is_alive() {
            self.vacate();
            return (None, false);
        }
        let mut seat = Seat::Process(process);
        while let Some(turn) = self.waiting.pop_front() {
            match turn.send(seat) {
                Ok(()) => return (None, false),
                Err(back) => seat = back,
            }
        }
        let Seat::Process(process) = seat else { return (None, false) };
        if self.retired || self.closed {
            self.taken -= 1;
            return (Some(process), false);
        }
        self.idle.push((process, now));
        let sweep = !self.swept;
        self.swept = true;
        (None, sweep)
    }

    /// A place is free.
    pub(super) fn vacate(&mut self) {
        while let Some(turn) = self.waiting.pop_front() {
            // The place goes to whoever waits.
            if turn.send(Seat::Start).is_ok() {
                return;
            }
        }
        self.taken -= 1;
    }

    /// Those that have been idle for too long, and when to look again; never, where none is left.
    pub(super) fn expire(
        &mut self,
        now: Duration,
        patience: Duration,
    ) -> (Vec<Arc<Process>>, Option<Duration>) {
        let is_old = |since: &Duration| now.saturating_sub(*since) >= patience;
        let old = self.idle.iter().take_while(|(_, since)| is_old(since)).count();
        let ended: Vec<_> = self.idle.drain(..old).map(|(process, _)| process).collect();
        self.taken -= ended.len();
        let next = self.idle.first().map(|(_, since)| (*since + patience).saturating_sub(now));
        self.swept = next.is_some();
        (ended, next)
    }

    /// Nothing is kept idle any more; answers what is to end.
    pub(super) fn retire(&mut self) -> Vec<Arc<Process>> {
        self.retired = true;
        self.taken -= self.idle.len();
        self.idle.drain(..).map(|(process, _)| process).collect()
    }

    /// Nobody waits any more.
    pub(super) fn close(&mut self) -> Vec<Arc<Process>> {
        self.closed = true;
        self.waiting.clear();
        self.retire()
    }
}

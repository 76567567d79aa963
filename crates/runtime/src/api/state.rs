//! Where a process is in its life, as the Runtime API sees it; pure.

use crate::failure::Exit;
use crate::invocation::Piece;
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// A call on its way to the process.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Its id.
    pub(crate) request_id: String,
    /// The ARN by which it was called.
    pub(crate) invoked_arn: String,
    /// The event.
    pub(crate) payload: Bytes,
    /// The client context.
    pub(crate) client_context: Option<String>,
    /// Where an answer goes that is streamed, if it is not gathered.
    pub(crate) pieces: Option<Sender<Piece>>,
    /// When the call must have ended, in milliseconds since the epoch. Without it: so long after the process takes it.
    pub(crate) deadline: Deadline,
    /// What X-Ray would know it by.
    pub(crate) trace_id: String,
    /// Whether its owner waits for it to be taken.
    pub(crate) tells: bool,
}

/// When a call must have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// So long after the process has taken it, in milliseconds.
    After(u64),
    /// At this time of the machine's wall clock, in milliseconds since the epoch.
    At(u64),
}

/// What the process has said of a call, or of its own start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Its answer.
    Answer(Bytes),
    /// That it failed.
    Error(Bytes),
    /// That it has streamed its answer to the end.
    Streamed,
    /// An answer that is longer than it may be.
    TooLarge {
        /// How long it may be.
        bytes_max: usize,
    },
}

/// Why a request of a process is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not now.
    State,
    /// No such call.
    Id,
}

/// What happened up to now.
#[derive(Debug, Default)]
pub(crate) struct State {
    phase: Phase,
    /// A call that the process has not taken.
    work: Option<Work>,
    /// Where the answer to the call that runs goes, if it is streamed.
    pieces: Option<Sender<Piece>>,
    said: Option<Said>,
    ended: Option<Exit>,
    /// Whether a request for a call waits for its answer.
    asking: bool,
    /// When the last call was taken, and when it was answered.
    since: Option<Duration>,
    until: Option<Duration>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    /// It has not asked for a call yet.
    #[default]
    Starting,
    /// It has asked.
    Waiting,
    /// It has been given a call.
    Running { request_id: String },
    /// It streams its answer to the call.
    Streaming { request_id: String },
    /// It has said what came of the call, and not asked for another.
    Answered,
    /// It has said that it cannot start.
    Failed,
}

impl State {
    /// The process asks for a call. A connection that broke leaves nobody asking, and it may ask again.
    pub(crate) fn ask(&mut self) -> Result<(), Refusal> {
        let again = self.phase == Phase::Waiting && !self.asking;
        if !again && !matches!(self.phase, Phase::Starting | Phase::Answered) {
            return Err(Refusal::State);
        }
        self.phase = Phase::Waiting;
        self.asking = true;
        Ok(())
    }

    /// Whoever asked is gone.
    pub(crate) fn stop_asking(&mut self) {
        self.asking = false;
    }

    /// The process takes the call that waits, if there is one.
    pub(crate) fn take(&mut self, now: Duration) -> Option<Work> {
        if !self.asking {
            return None;
        }
        let work = self.work.take()?;
        self.asking = false;
        self.phase = Phase::Running { request_id: work.request_id.clone() };
        self.pieces = work.pieces.clone();
        self.since = Some(now);
        Some(work)
    }

    /// Whether a call of this id may be answered now.
    fn may_answer(&self, request_id: &str) -> Result<(), Refusal> {
        match &self.phase {
            Phase::Running { request_id: running } if running == request_id => Ok(()),
            _ => Err(Refusal::Id),
        }
    }

    /// The process begins to stream its answer to a call; tells where that goes, unless it is to be gathered.
    pub(crate) fn begin_stream(&mut self, request_id: &str) -> Result<Option<Sender<Piece>>, Refusal> {
        self.may_answer(request_id)?;
        let pieces = self.pieces.take();
        if pieces.is_some() {
            self.phase = Phase::Streaming { request_id: request_id.to_owned() };
        }
        Ok(pieces)
    }

    /// The process has streamed its answer to a call, or broken it off.
    pub(crate) fn end_stream(&mut self, request_id: &str, said: Said, now: Duration) -> Result<(), Refusal> {
        match &self.phase {
            Phase::Streaming { request_id: running } if running == request_id => {}
            _ => return Err(Refusal::Id),
        }
        self.settle(said, now);
        Ok(())
    }

    /// The process says what came of a call.
    pub(crate) fn answer(&mut self, request_id: &str, said: Said, now: Duration) -> Result<(), Refusal> {
        self.may_answer(request_id)?;
        self.settle(said, now);
        Ok(())
    }

    fn settle(&mut self, said: Said, now: Duration) {
        self.phase = Phase::Answered;
        self.pieces = None;
        self.until = Some(now);
        self.said = Some(said);
    }

    /// The process says that it cannot start.
    pub(crate) fn fail(&mut self, body: Bytes) -> Result<(), Refusal> {
        if self.phase != Phase::Starting {
            return Err(Refusal::State);
        }
        self.phase = Phase::Failed;
        self.said = Some(Said::Error(body));
        Ok(())
    }

    /// The process has ended, and nothing of it runs.
    pub(crate) fn end(&mut self, exit: Exit) {
        self.ended.get_or_insert(exit);
        self.asking = false;
        self.pieces = None;
    }

    /// A call for the process, which takes it when it asks.
    pub(crate) fn give(&mut self, work: Work) {
        (self.said, self.since, self.until) = (None, None, None);
        self.work = Some(work);
    }

    /// Whether it has taken the call that it was given last.
    pub(crate) fn is_taken(&self) -> bool {
        self.since.is_some()
    }

    /// Whether it waits for a call.
    pub(crate) fn is_waiting(&self) -> bool {
        self.phase == Phase::Waiting && self.asking
    }

    /// What it said, once.
    pub(crate) fn said(&mut self) -> Option<Said> {
        self.said.take()
    }

    /// Whether it said that it cannot start.
    pub(crate) fn has_failed(&self) -> bool {
        self.phase == Phase::Failed
    }

    /// How it ended.
    pub(crate) fn ended(&self) -> Option<Exit> {
        self.ended
    }

    /// Since when the call that was given last runs, if it was taken, and until when it ran.
    pub(crate) fn span(&self, now: Duration) -> Option<(Duration, Duration)> {
        self.since.map(|since| (since, self.until.unwrap_or(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(request_id: &str) -> Work {
        Work {
            request_id: request_id.to_owned(),
            invoked_arn: String::new(),
            payload: Bytes::new(),
            client_context: None,
            tells: false,
            pieces: None,
            deadline: Deadline::After(1),
            trace_id: String::new(),
        }
    }

    const AT: Duration = Duration::from_secs(1);
    const LATER: Duration = Duration::from_secs(3);

    fn answer(state: &mut State, id: &str) -> Result<(), Refusal> {
        state.answer(id, Said::Answer(Bytes::new()), LATER)
    }

    #[test]
    fn a_process_asks_takes_answers_and_asks_again() {
        let mut state = State::default();
        assert_eq!((state.is_waiting(), answer(&mut state, "a")), (false, Err(Refusal::Id)));
        state.ask().unwrap();
        assert_eq!((state.is_waiting(), state.ask()), (true, Err(Refusal::State)));
        assert!(state.take(AT).is_none());
        state.give(work("a"));
        assert_eq!(state.take(AT).map(|work| work.request_id), Some("a".to_owned()));
        assert_eq!((state.is_waiting(), state.ask()), (false, Err(Refusal::State)));
        assert_eq!(state.span(Duration::from_secs(2)), Some((AT, Duration::from_secs(2))));
        assert_eq!(answer(&mut state, "b"), Err(Refusal::Id));
        assert_eq!(answer(&mut state, "a"), Ok(()));
        assert_eq!(answer(&mut state, "a"), Err(Refusal::Id), "a call that was answered is finished");
        state.ask().unwrap();
        assert!(state.is_waiting() && state.said().is_some() && state.said().is_none());
        assert_eq!(state.span(LATER + AT), Some((AT, LATER)));
    }

    #[test]
    fn an_answer_that_is_streamed_ends_once_and_as_such_only() {
        let mut state = State::default();
        let (pieces, mut received) = tokio::sync::mpsc::channel(1);
        for streamed in [true, false] {
            state.ask().unwrap();
            state.give(Work { pieces: streamed.then(|| pieces.clone()), ..work("a") });
            state.take(AT).unwrap();
            assert_eq!(state.begin_stream("b").err(), Some(Refusal::Id));
            assert_eq!(state.end_stream("a", Said::Streamed, LATER), Err(Refusal::Id), "it has not begun");
            assert_eq!(state.begin_stream("a").unwrap().is_some(), streamed);
            if streamed {
                assert_eq!(state.begin_stream("a").err(), Some(Refusal::Id));
                assert_eq!((answer(&mut state, "a"), state.said()), (Err(Refusal::Id), None));
                assert_eq!(state.end_stream("b", Said::Streamed, LATER), Err(Refusal::Id));
                state.end_stream("a", Said::Streamed, LATER).unwrap();
                assert_eq!(state.said(), Some(Said::Streamed));
            } else {
                answer(&mut state, "a").unwrap();
            }
            assert_eq!(state.end_stream("a", Said::Streamed, LATER), Err(Refusal::Id));
        }
        drop((pieces, state));
        assert_eq!(received.try_recv(), Err(tokio::sync::mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn a_process_that_cannot_start_says_so_before_it_asks_only() {
        let mut state = State::default();
        state.fail(Bytes::from_static(b"{}")).unwrap();
        assert_eq!((state.has_failed(), state.ask()), (true, Err(Refusal::State)));
        let mut state = State::default();
        state.ask().unwrap();
        assert_eq!(state.fail(Bytes::new()), Err(Refusal::State));
    }

    #[test]
    fn a_connection_that_broke_may_be_replaced_and_a_dead_process_waits_for_nothing() {
        let mut state = State::default();
        state.ask().unwrap();
        state.stop_asking();
        state.give(work("a"));
        assert!(!state.is_waiting() && state.take(AT).is_none());
        state.ask().unwrap();
        assert!(state.is_waiting());
        state.end(Exit::Signal(9));
        state.end(Exit::Status(0));
        assert_eq!(
            (state.is_waiting(), state.take(AT).is_none(), state.ended()),
            (false, true, Some(Exit::Signal(9)))
        );
    }
}

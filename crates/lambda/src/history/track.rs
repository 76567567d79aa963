//! What one mapping did.

use super::Limits;
use super::attempt::{Attempt, AttemptId, Ended, Input, Known};
use super::progress::{Progress, Watch};
use super::questions::{Asker, Questions};
use super::refusals::{REFUSED_BYTES, Refusals, Refused};
use crate::status::Status;
use environment::Clock;
use filter::Refusal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an attempt takes besides its texts.
const ATTEMPT_BYTES: usize = size_of::<Known>();

/// What one mapping did. Clones are the same.
#[derive(Clone, Debug)]
pub struct Track {
    clock: Clock,
    limits: Limits,
    /// How many mappings share the memory.
    sharing: Arc<AtomicUsize>,
    /// When it was begun.
    since_ms: u64,
    state: Arc<Mutex<State>>,
    progress: Arc<Progress>,
}

#[derive(Debug, Default)]
struct State {
    attempts: VecDeque<Known>,
    /// Of the attempts alone.
    bytes: usize,
    refusals: Refusals,
    next: u64,
    /// The last attempt of each lane: whether the next is of the same batch says how often it was tried.
    last: BTreeMap<(Arc<str>, usize), (Input, u32)>,
    asker: Option<Asker>,
    /// When what is remembered begins: since when nothing was dropped.
    dropped: bool,
}

impl Track {
    pub(super) fn new(clock: Clock, limits: Limits, sharing: Arc<AtomicUsize>) -> Self {
        let since_ms = clock.now_ms();
        Self { clock, limits, sharing, since_ms, state: Arc::default(), progress: Arc::default() }
    }

    /// An attempt begins.
    #[must_use]
    pub fn begin(&self, attempt: Attempt) -> AttemptId {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        let id = AttemptId(state.next);
        state.next += 1;
        let lane = (Arc::clone(&attempt.shard), attempt.lane);
        let tried = match state.last.get(&lane) {
            Some((input, number)) if *input == attempt.input => *number,
            _ => 0,
        };
        state.last.insert(lane, (attempt.input.clone(), tried + 1));
        state.bytes += ATTEMPT_BYTES + attempt.input.size_bytes();
        state.attempts.push_back(Known { id, attempt, number: tried + 1, started_ms: now_ms, ended: None });
        self.bound(&mut state, now_ms);
        id
    }

    /// It has ended.
    pub fn end(&self, id: AttemptId, ended: Ended) {
        let mut state = self.state();
        let size_bytes = ended.size_bytes();
        let Ok(place) = state.attempts.binary_search_by_key(&id, |known| known.id) else { return };
        if let Some(known) = state.attempts.get_mut(place) {
            known.ended = Some(ended);
            state.bytes += size_bytes;
        }
    }

    /// The mapping's filters refused a record: one clause a filter, as [`filter::Filters::refusals`] gives them.
    pub fn refused(&self, sequence: u128, refusals: &[Refusal<'_>]) {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        state.refusals.push(sequence, refusals, now_ms);
        self.bound(&mut state, now_ms);
    }

    /// A shard is finished or gone: its lanes have no last attempt any more.
    pub fn finished(&self, shard: &str) {
        self.state().last.retain(|(known, _), _| &**known != shard);
    }

    /// Questions where the mapping stands, for the driver that runs it. They come to whoever called this last.
    #[must_use]
    pub fn questions(&self) -> Questions {
        let (asker, questions) = Asker::new();
        self.state().asker = Some(asker);
        questions
    }

    /// Where the mapping stands; `None` where no driver runs it.
    pub async fn status(&self) -> Option<Status> {
        let asker = self.state().asker.clone()?;
        asker.ask().await
    }

    /// The mapping has got on: whoever waits for that may look again.
    pub fn moved(&self) {
        self.progress.moved();
    }

    /// For waiting until the mapping has got on.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(Arc::clone(&self.progress))
    }

    /// The attempts that are remembered, oldest first, of which this is wanted.
    #[must_use]
    pub fn attempts(&self, wanted: impl Fn(&Known) -> bool) -> Vec<Known> {
        let mut state = self.state();
        self.bound(&mut state, self.clock.now_ms());
        state.attempts.iter().filter(|known| wanted(known)).cloned().collect()
    }

    /// The newest attempts, newest first.
    #[must_use]
    pub fn newest(&self, count: usize) -> Vec<Known> {
        self.state().attempts.iter().rev().take(count).cloned().collect()
    }

    /// Why the filters refused this record, if they did and it is remembered.
    #[must_use]
    pub fn refusal(&self, sequence: u128) -> Option<Refused> {
        self.state().refusals.find(sequence)
    }

    /// How many refused records are remembered.
    #[must_use]
    pub fn refused_count(&self) -> usize {
        self.state().refusals.len()
    }

    /// Since when things are remembered, in service time.
    #[must_use]
    pub fn since_ms(&self) -> u64 {
        self.since_ms
    }

    /// Whether something has been forgotten already, for age or size.
    #[must_use]
    pub fn has_forgotten(&self) -> bool {
        self.state().dropped
    }

    /// Forgets what is too old or too much: of both kinds, whichever takes more goes first.
    fn bound(&self, state: &mut State, now_ms: u64) {
        let share_bytes = self.limits.bytes / self.sharing.load(Ordering::Relaxed).max(1);
        let since_ms = now_ms.saturating_sub(self.limits.age_ms);
        while state.attempts.front().is_some_and(|known| known.started_ms < since_ms) {
            state.drop_attempt();
        }
        while state.refusals.oldest_ms().is_some_and(|time_ms| time_ms < since_ms) {
            state.drop_refusal();
        }
        loop {
            let refused_bytes = state.refusals.len() * REFUSED_BYTES;
            if state.bytes + refused_bytes <= share_bytes {
                return;
            }
            // The newest attempt stays, whatever its size.
            if state.bytes >= refused_bytes && state.attempts.len() > 1 {
                state.drop_attempt();
            } else if state.refusals.len() > 0 {
                state.drop_refusal();
            } else {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_attempt(&mut self) {
        let Some(known) = self.attempts.pop_front() else { return };
        let ended = known.ended.as_ref().map_or(0, Ended::size_bytes);
        let size_bytes = ATTEMPT_BYTES + known.attempt.input.size_bytes() + ended;
        self.bytes = self.bytes.saturating_sub(size_bytes);
        self.dropped = true;
    }

    fn drop_refusal(&mut self) {
        self.refusals.drop_oldest();
        self.dropped = true;
    }
}

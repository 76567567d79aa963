//! A lane: the records of a shard whose keys fall to it, one batch of them under way at a time.
//!
//! Failed batches are on a stack, the earliest on top; the next batch is made when the stack is empty. So order is
//! kept within the lane, and with it for each key.

use super::checkpoint::{LaneCheckpoint, Window};
use super::response::{Verdict, judge};
use super::rules::{PAYLOAD_LIMIT, STATE_LIMIT};
use super::{Condition, Failure, Outcome, Record, Rules, WindowCall};
use crate::status::Activity;
use std::collections::VecDeque;

/// `{"Records":[` and `]}`.
const ENVELOPE_BYTES: usize = 14;
/// What the members of a window take besides its state.
const WINDOW_BYTES: usize = 1_024;

/// One lane of one shard.
#[derive(Debug)]
pub(super) struct Lane<P> {
    /// Records below are done, wherever they come from.
    from: u128,
    queue: VecDeque<Record<P>>,
    queued_bytes: usize,
    stack: Vec<Batch<P>>,
    running: Option<u64>,
    not_before_ms: u64,
    throttles: u32,
    /// When the last invocation ended.
    ended_ms: u64,
    /// When the queue got its first record.
    queued_ms: u64,
    window: Option<Window>,
}

/// A batch, or what a failure left of one.
#[derive(Debug)]
struct Batch<P> {
    records: Vec<Record<P>>,
    /// Failures that count.
    failures: u32,
    invokes: u32,
    last: Option<Failure>,
    /// Whether it closes the window.
    closes: bool,
}

/// What a lane wants done.
#[derive(Debug)]
pub(super) enum Wish<P> {
    /// Call the function; the lane waits for the outcome.
    Invoke(Vec<Record<P>>, Option<WindowCall>),
    /// These records will not be delivered.
    Discard(Vec<Record<P>>, Condition, u32, Option<Failure>),
}

impl<P: Clone> Lane<P> {
    pub(super) fn new(stored: LaneCheckpoint) -> Self {
        Self {
            from: stored.next,
            queue: VecDeque::new(),
            queued_bytes: 0,
            stack: Vec::new(),
            running: None,
            not_before_ms: 0,
            throttles: 0,
            ended_ms: 0,
            queued_ms: 0,
            window: stored.window,
        }
    }

    /// How far it has come, when its shard has been read up to here.
    pub(super) fn checkpoint(&self, read_to: u128) -> LaneCheckpoint {
        let stacked = self.stack.iter().rev().find_map(|batch| batch.records.first());
        let next = stacked.or(self.queue.front()).map_or(read_to.max(self.from), |record| record.sequence);
        LaneCheckpoint { next, window: self.window.clone() }
    }

    /// The invocation under way.
    pub(super) fn running(&self) -> Option<u64> {
        self.running
    }

    /// Remembers the invocation that was made of a wish.
    pub(super) fn run(&mut self, invocation: u64) {
        self.running = Some(invocation);
    }

    /// Ends the wait before a retry.
    pub(super) fn retry(&mut self) {
        self.not_before_ms = 0;
    }

    /// Whether nothing is left to do.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none() && self.stack.is_empty() && self.queue.is_empty() && self.window.is_none()
    }

    /// How many records it holds, and how many bytes wait.
    pub(super) fn held(&self) -> (usize, usize) {
        let stacked: usize = self.stack.iter().map(|batch| batch.records.len()).sum();
        (stacked + self.queue.len(), self.queued_bytes)
    }

    /// Takes a record up; says whether it is new.
    pub(super) fn push(&mut self, record: Record<P>, now_ms: u64) -> bool {
        if record.sequence < self.from {
            return false;
        }
        if self.queue.is_empty() {
            self.queued_ms = now_ms;
        }
        self.queued_bytes += record.size_bytes + 1;
        self.queue.push_back(record);
        true
    }

    /// The next thing to do now; `ended` says that no records will come.
    pub(super) fn next(&mut self, rules: &Rules, now_ms: u64, ended: bool) -> Option<Wish<P>> {
        if self.running.is_some() || self.stack.is_empty() && !self.close_batch(rules, now_ms, ended) {
            return None;
        }
        if now_ms < self.not_before_ms {
            return None;
        }
        if let Some(aged) = self.cut_aged(rules, now_ms) {
            return Some(aged);
        }
        let batch = self.stack.last()?;
        let window = self.window.as_ref().filter(|_| rules.tumbling_window_ms.is_some());
        let call = window.map(|window| WindowCall {
            start_ms: window.start_ms,
            end_ms: window.start_ms + rules.tumbling_window_ms.unwrap_or_default(),
            state: window.state.clone(),
            is_final: batch.closes,
            is_terminated_early: batch.closes && window.early,
        });
        Some(Wish::Invoke(batch.records.clone(), call))
    }

    /// Takes what is too old from the front of the batch that is to be tried.
    fn cut_aged(&mut self, rules: &Rules, now_ms: u64) -> Option<Wish<P>> {
        let batch = self.stack.last_mut()?;
        let old = |time_ms: u64| now_ms.saturating_sub(time_ms) > rules.age_limit_ms;
        let cut = batch.records.iter().take_while(|record| old(record.time_ms)).count();
        let window_is_old = batch.closes
            && self.window.as_ref().is_none_or(|window| {
                old(window.start_ms.saturating_add(rules.tumbling_window_ms.unwrap_or_default()))
            });
        if cut == 0 && !window_is_old {
            return None;
        }
        let records = batch.records.drain(..cut).collect();
        let (invokes, last) = (batch.invokes.max(1), batch.last.clone());
        if window_is_old {
            self.window = None;
        }
        if batch.records.is_empty() {
            self.stack.pop();
            self.ended_ms = now_ms;
        }
        Some(Wish::Discard(records, Condition::RecordAgeExceeded, invokes, last))
    }

    /// Makes the next batch, if it is time.
    fn close_batch(&mut self, rules: &Rules, now_ms: u64, ended: bool) -> bool {
        if self.window_is_over(rules, now_ms, ended) {
            self.stack.push(Batch { records: Vec::new(), failures: 0, invokes: 0, last: None, closes: true });
            return true;
        }
        let Some(first) = self.queue.front() else { return false };
        let first_window_ms = rules.window_of(first.time_ms);
        let state_bytes = self.window.as_ref().map_or(0, |window| window.state.len());
        let overhead =
            ENVELOPE_BYTES + if rules.tumbling_window_ms.is_some() { WINDOW_BYTES + state_bytes } else { 0 };
        let due = ended || now_ms >= self.due_ms(rules);
        let full = self.queue.len() >= rules.batch_size || overhead + self.queued_bytes > PAYLOAD_LIMIT;
        if !due && !full && rules.tumbling_window_ms.is_none() {
            return false;
        }
        let window_ms = self.window.as_ref().map_or(first_window_ms, |window| window.start_ms);
        let (mut count, mut bytes) = (0, overhead);
        for record in self.queue.iter().take(rules.batch_size) {
            bytes += record.size_bytes + 1;
            if count > 0 && bytes > PAYLOAD_LIMIT || rules.window_of(record.time_ms) > window_ms {
                break;
            }
            count += 1;
        }
        if !due && count == self.queue.len() && count < rules.batch_size {
            return false;
        }
        if rules.tumbling_window_ms.is_some() && self.window.is_none() {
            self.window = Some(Window { start_ms: window_ms, state: b"{}".to_vec(), early: false });
        }
        let records: Vec<_> = self.queue.drain(..count).collect();
        self.queued_bytes -= records.iter().map(|record| record.size_bytes + 1).sum::<usize>();
        self.stack.push(Batch { records, failures: 0, invokes: 0, last: None, closes: false });
        true
    }

    /// Whether the open window is to be closed before anything else.
    fn window_is_over(&self, rules: &Rules, now_ms: u64, ended: bool) -> bool {
        let (Some(window), Some(length_ms)) = (&self.window, rules.tumbling_window_ms) else { return false };
        window.early
            || match self.queue.front() {
                Some(record) => rules.window_of(record.time_ms) > window.start_ms,
                None => ended || now_ms >= window.start_ms.saturating_add(length_ms),
            }
    }

    /// When the batching window ends.
    fn due_ms(&self, rules: &Rules) -> u64 {
        self.ended_ms.max(self.queued_ms).saturating_add(rules.batching_window_ms)
    }

    /// When there may be something to do though nothing happens.
    pub(super) fn deadline_ms(&self, rules: &Rules) -> Option<u64> {
        if self.running.is_some() {
            None
        } else if !self.stack.is_empty() {
            Some(self.not_before_ms)
        } else if !self.queue.is_empty() {
            Some(self.due_ms(rules).max(self.not_before_ms))
        } else {
            let window = self.window.as_ref()?;
            Some(window.start_ms.saturating_add(rules.tumbling_window_ms?).max(self.not_before_ms))
        }
    }

    /// What it does.
    pub(super) fn activity(&self, rules: &Rules, now_ms: u64) -> Activity {
        if self.running.is_some() {
            return Activity::Runs;
        }
        let Some(until_ms) = self.deadline_ms(rules) else { return Activity::Idle };
        let failures = self.stack.last().map_or(0, |batch| batch.failures);
        if self.not_before_ms > now_ms || failures > 0 || self.throttles > 0 {
            return Activity::BacksOff { until_ms, failures, not_invoked: self.throttles };
        }
        Activity::Fills { until_ms }
    }

    /// Takes the outcome of the invocation under way. Gives what is to be discarded after it.
    pub(super) fn outcome(&mut self, rules: &Rules, outcome: Outcome, now_ms: u64) -> Option<Wish<P>> {
        self.running = None;
        self.ended_ms = now_ms;
        let mut batch = self.stack.pop()?;
        let failure = match outcome {
            Outcome::NotInvoked => {
                self.throttles += 1;
                self.not_before_ms = now_ms.saturating_add(rules.backoff_after_ms(self.throttles));
                self.stack.push(batch);
                return None;
            }
            Outcome::FunctionError { request_id } => Failure { request_id, function_error: true },
            Outcome::Answered { request_id, body } => {
                let sequences: Vec<u128> = batch.records.iter().map(|record| record.sequence).collect();
                let (verdict, state) = judge(rules, &body, &sequences);
                if verdict != Verdict::Failed {
                    self.advanced(batch, verdict, state);
                    return None;
                }
                Failure { request_id, function_error: false }
            }
        };
        self.throttles = 0;
        batch.invokes += 1;
        batch.last = Some(failure);
        self.failed(rules, batch, now_ms)
    }

    /// All of a batch is done, or the first of its records.
    fn advanced(&mut self, mut batch: Batch<P>, verdict: Verdict, state: Option<Vec<u8>>) {
        self.throttles = 0;
        self.not_before_ms = 0;
        if batch.closes {
            self.window = None;
        } else if let (Some(window), Some(state)) = (&mut self.window, state) {
            window.early |= state.len() > STATE_LIMIT;
            window.state = state;
        }
        if let Verdict::From(index) = verdict {
            batch.records.drain(..index);
            self.stack.push(Batch { failures: 0, invokes: 0, last: None, ..batch });
        }
    }

    fn failed(&mut self, rules: &Rules, mut batch: Batch<P>, now_ms: u64) -> Option<Wish<P>> {
        self.not_before_ms = 0;
        if rules.bisects && batch.records.len() > 1 {
            let later = batch.records.split_off(batch.records.len().div_ceil(2));
            let earlier = batch.records;
            for records in [later, earlier] {
                self.stack.push(Batch { records, failures: 0, invokes: 0, last: None, closes: false });
            }
            return None;
        }
        batch.failures += 1;
        if rules.maximum_retries.is_some_and(|maximum| batch.failures > maximum) {
            if batch.closes {
                self.window = None;
            }
            let condition = Condition::RetryAttemptsExhausted;
            return Some(Wish::Discard(batch.records, condition, batch.invokes, batch.last));
        }
        self.not_before_ms = now_ms.saturating_add(rules.backoff_after_ms(batch.failures));
        self.stack.push(batch);
        None
    }
}

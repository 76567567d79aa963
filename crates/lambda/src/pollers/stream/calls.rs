//! Calling the function.

use super::{Done, Driver, Flight, Last};
use crate::event::{self, WindowOf};
use crate::history::{self, Attempt, Ended, Input};
use crate::invoke::{Call, InvokeError, Reply};
use crate::mapping::{self, Checkpoint, Event, Outcome, Record, ShardName, WindowCall};
use crate::pollers::status::{CALL_FAILED, NO_FUNCTION, OK, THROTTLED};
use bytes::Bytes;
use std::sync::Arc;

impl Driver<'_> {
    /// Begins an invocation.
    pub(super) fn invoke(
        &mut self,
        (invocation, lane): (u64, usize),
        shard: &ShardName,
        records: &[Record<Bytes>],
        window: Option<&WindowCall>,
    ) {
        self.watch();
        let window = window.map(|call| WindowOf { call, shard, stream_arn: &self.mapping.source_arn });
        let call = Call {
            function_arn: self.mapping.function_arn.clone(),
            payload: event::write(records.iter().map(|record| &record.payload[..]), window).into(),
            request_id: None,
            client_context: None,
            tail: false,
            mapping: Some(self.mapping.uuid.to_string()),
        };
        let sequences = || records.iter().map(|record| record.sequence);
        let answer_matters = self.rules.reports_item_failures || self.rules.tumbling_window_ms.is_some();
        let attempt = Attempt {
            shard: Arc::clone(shard),
            lane,
            input: Input::records(sequences(), self.rules.lanes),
            count: records.len(),
        };
        let again = self.again(&call, &attempt);
        let flight = Flight {
            invocation,
            shard: Arc::clone(shard),
            lane,
            count: records.len(),
            last_ms: records.last().map(|record| record.time_ms),
            rules: Box::new(self.rules),
            sequences: if answer_matters { sequences().collect() } else { Vec::new() },
            attempt: self.track.begin(attempt),
            again,
        };
        if let Some(run) = self.runs.get_mut(shard) {
            run.running += 1;
            if let (true, Some(last)) = (environment::planted("checkpoint_before_answer"), records.last()) {
                self.checkpoints.put(run.log, &Checkpoint::starting(last.sequence + 1));
            }
        }
        self.status.counters.invoked(records.len());
        let invoke = &*self.shared.parts.invoke;
        self.work.push(async move { Done::Invoked(flight, invoke.invoke(call).await) });
    }

    /// An invocation has ended.
    pub(super) fn invoked(&mut self, flight: Flight, called: Result<Reply, InvokeError>) {
        let Some((flight, called)) = self.struck(flight, called) else { return };
        let Flight { invocation, shard, lane, count, last_ms, rules, sequences, attempt, again: _ } = flight;
        let rules = self.rules.for_answers_to(&rules);
        let answer_matters = rules.reports_item_failures || rules.tumbling_window_ms.is_some();
        let mut ended = Ended::of(&called);
        if let Ok(reply) = called.as_ref().map(|reply| &reply.payload)
            && answer_matters
            && let Some((from, failed)) = mapping::failed(&rules, reply, &sequences)
        {
            ended = ended.partly(from, failed);
        }
        let result = match &called {
            Ok(_) if ended.result == history::Result::Done => OK,
            Ok(_) | Err(InvokeError::TooLarge(_) | InvokeError::Failed(_)) => CALL_FAILED,
            Err(InvokeError::NotFound(_)) => NO_FUNCTION,
            Err(InvokeError::Throttled { .. }) => THROTTLED,
        };
        if result != OK {
            self.status.counters.failed(count);
        }
        self.set_result(result);
        if let Some(last_ms) = last_ms {
            self.status.counters.finished(self.shared.now_ms().saturating_sub(last_ms));
        }
        if let Some(run) = self.runs.get_mut(&shard) {
            run.running = run.running.saturating_sub(1);
            let last = run.last.entry(lane).or_default();
            last.note(&called, &ended);
        }
        self.track.end(attempt, ended);
        let outcome = match called {
            Ok(reply) if reply.failed => Outcome::FunctionError { request_id: reply.request_id },
            Ok(reply) => {
                let body = if answer_matters { reply.payload.into() } else { Vec::new() };
                Outcome::Answered { request_id: reply.request_id, body }
            }
            Err(_) => Outcome::NotInvoked,
        };
        self.step(Event::Invoked { invocation, shard: Arc::clone(&shard), outcome });
        self.catch_up(&shard);
    }

    /// Watches the function from before the first call on, so that no change is missed that may mend what fails.
    pub(super) fn watch(&mut self) {
        if !self.watching {
            self.watching = true;
            let invoke = &*self.shared.parts.invoke;
            self.work.watch(invoke.changed(&self.mapping.function_arn));
        }
    }
}

impl Last {
    /// Remembers what a message about a discarded batch tells.
    fn note(&mut self, called: &Result<Reply, InvokeError>, ended: &Ended) {
        if let Ok(reply) = called
            && self.version != reply.executed_version
        {
            self.version.clone_from(&reply.executed_version);
        }
        self.error = match &ended.result {
            history::Result::Failed(text) | history::Result::NotInvoked(text) => Some(text.clone()),
            history::Result::Partly { .. } => Some("The function answered that records failed.".to_owned()),
            history::Result::Done => None,
        };
    }
}

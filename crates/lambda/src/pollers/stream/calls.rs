//! Calling the function.

use super::{Done, Driver, Flight};
use crate::event::{self, WindowOf};
use crate::invoke::{Call, InvokeError, Reply};
use crate::mapping::{Event, Outcome, Record, ShardName, WindowCall};
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
        };
        let flight = Flight {
            invocation,
            shard: Arc::clone(shard),
            lane,
            count: records.len(),
            last_ms: records.last().map(|record| record.time_ms),
            answer_matters: self.rules.reports_item_failures || self.rules.tumbling_window_ms.is_some(),
        };
        if let Some(run) = self.runs.get_mut(shard) {
            run.running += 1;
        }
        self.status.counters.invoked(records.len());
        let invoke = &*self.shared.parts.invoke;
        self.work.push(async move { Done::Invoked(flight, invoke.invoke(call).await) });
    }

    /// An invocation has ended.
    pub(super) fn invoked(&mut self, flight: Flight, called: Result<Reply, InvokeError>) {
        let Flight { invocation, shard, lane, count, last_ms, answer_matters } = flight;
        let result = match &called {
            Ok(reply) if !reply.failed => OK,
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
            if let Ok(reply) = &called
                && run.versions.get(&lane) != Some(&reply.executed_version)
            {
                run.versions.insert(lane, reply.executed_version.clone());
            }
        }
        let outcome = match called {
            Ok(reply) if reply.failed => Outcome::FunctionError { request_id: reply.request_id },
            Ok(reply) => {
                let body = if answer_matters { reply.payload.to_vec() } else { Vec::new() };
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

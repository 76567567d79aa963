//! The loop around a worker: makes its calls, runs the handler, and tells it what came of them.

use super::calls::Calls;
use super::{Batch, Consumer, ConsumerError, Handler, Outcome, ms};
use crate::transport::{CallError, Transport};
use crate::worker::{Action, Delivery, Ticket, Worker, WriteFailure};
use crate::{Measure, worker};
use environment::JoinHandle;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use worker::Event;

/// How long a call may take, in times of a lease and at least.
const CALL_LEASES: u64 = 1;
const CALL_MS_MIN: u64 = 5_000;

type Waiting = Pin<Box<dyn Future<Output = Option<Event>> + Send>>;

pub(super) struct Run<'a, T, H> {
    consumer: &'a Consumer<T>,
    calls: Calls<T>,
    handler: Arc<H>,
    worker: Worker,
    waiting: FuturesUnordered<Waiting>,
    handling: Handling,
}

/// The handlers that run. Dropping them ends them.
#[derive(Default)]
struct Handling(BTreeMap<Ticket, AbortHandle>);

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.values().for_each(AbortHandle::abort);
    }
}

impl<'a, T: Transport, H: Handler> Run<'a, T, H> {
    pub(super) fn new(consumer: &'a Consumer<T>, worker: Worker, handler: H) -> Self {
        let time_ms = (CALL_LEASES * consumer.settings.lease_ms).max(CALL_MS_MIN);
        let calls = Calls {
            transport: Arc::clone(&consumer.transport),
            stream_arn: consumer.stream_arn.as_str().into(),
            lease_table: consumer.lease_table.as_str().into(),
            batch_max: consumer.settings.batch_max,
            clock: consumer.environment.clock.clone(),
            time: Duration::from_millis(time_ms),
        };
        let waiting = FuturesUnordered::new();
        Self { consumer, calls, handler: Arc::new(handler), worker, waiting, handling: Handling::default() }
    }

    pub(super) async fn work(mut self, stop: impl Future<Output = ()>) -> Result<Outcome, ConsumerError> {
        let clock = self.consumer.environment.clock.clone();
        let mut stop = pin!(stop);
        let mut stops_ms = None;
        let mut event = Event::Tick;
        loop {
            self.check(&event)?;
            if let Some(outcome) = self.step(event) {
                return Ok(outcome);
            }
            let now_ms = self.consumer.now_ms();
            let wake_ms = [self.worker.wake_ms(), stops_ms].into_iter().flatten().min();
            let pause = Duration::from_millis(wake_ms.map_or(u64::MAX / 4, |ms| ms.saturating_sub(now_ms)));
            event = tokio::select! {
                Some(event) = self.waiting.next() => event.unwrap_or(Event::Tick),
                () = clock.sleep(pause) => Event::Tick,
                () = &mut stop, if stops_ms.is_none() => {
                    stops_ms = Some(self.consumer.now_ms().saturating_add(ms(self.consumer.patience)));
                    Event::Stop
                }
            };
            if stops_ms.is_some_and(|ms| ms <= self.consumer.now_ms()) {
                tracing::warn!("handlers did not finish in time; their leases will expire");
                return Ok(Outcome::Stopped);
            }
        }
    }

    /// What will never work is better said at once than tried for ever.
    fn check(&self, event: &Event) -> Result<(), ConsumerError> {
        match event {
            _ if self.worker.is_ready() => Ok(()),
            Event::Described(Err(error @ CallError::Refused(_))) => Err(ConsumerError::Stream(error.clone())),
            Event::Leases(Err(error @ CallError::Refused(_)))
            | Event::Written { answer: Err(WriteFailure::Call(error @ CallError::Refused(_))), .. } => {
                Err(ConsumerError::LeaseTable(error.clone()))
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, event: Event) -> Option<Outcome> {
        if let Event::Handled { ticket, .. } = &event {
            self.handling.0.remove(ticket);
        }
        for action in self.worker.step(event, self.consumer.now_ms()) {
            match action {
                Action::Measure(measure) => self.measure(&measure),
                Action::Handle { ticket, delivery } => self.handle(ticket, delivery),
                Action::Abandon { ticket } => {
                    if let Some(handler) = self.handling.0.remove(&ticket) {
                        handler.abort();
                    }
                }
                Action::Ended => return Some(Outcome::Ended),
                Action::Stopped => return Some(Outcome::Stopped),
                call => self.waiting.push(Box::pin(self.calls.clone().make(call))),
            }
        }
        None
    }

    fn measure(&self, measure: &Measure) {
        match measure {
            Measure::Gap(gap) => tracing::warn!(%gap, "a gap"),
            Measure::CallFailed { error } => tracing::warn!(error, "a call failed, and is made again"),
            other => tracing::debug!(?other, "consumer"),
        }
        self.consumer.record(measure);
    }

    /// Runs the handler in a task of its own, so that it holds up no renewal.
    fn handle(&mut self, ticket: Ticket, delivery: Delivery) {
        let (handler, shard_id) = (Arc::clone(&self.handler), ticket.shard_id.clone());
        let task: JoinHandle<Result<(), String>> = environment::spawn(async move {
            let done = match delivery {
                Delivery::Changes(changes) => handler.changes(Batch { shard_id, changes }).await,
                Delivery::Gap(gap) => handler.gap(gap).await,
            };
            done.map_err(|error| error.to_string())
        });
        self.handling.0.insert(ticket.clone(), task.abort_handle());
        self.waiting.push(Box::pin(async move {
            let done = match task.await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::warn!(shard_id = ticket.shard_id, error, "a batch was not handled");
                    false
                }
                Err(error) if error.is_cancelled() => return None,
                Err(_) => {
                    tracing::error!(shard_id = ticket.shard_id, "the handler panicked");
                    false
                }
            };
            Some(Event::Handled { ticket, done })
        }));
    }
}

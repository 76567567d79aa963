//! One attempt at an asynchronous call, and what follows from it.

use super::outcome::Outcome;
use super::{FIRST_WAIT_MS, Head, WAIT_MS_MAX, Waiting, decode, encode};
use crate::functions::Functions;
use crate::functions::name::{Arn, LATEST};
use crate::functions::record::{EventInvoke, Function};
use crate::invoke::{Call, InvokeError, Reply};
use bytes::Bytes;
use store::{Snapshot, Store};

/// How often a call that failed is tried again, where the function does not say.
const RETRIES: u32 = 2;

/// How old a call may get, where the function does not say, and at most.
const AGE_S: u32 = 21_600;

impl Functions {
    /// Tries a call; what is to be tried again is answered.
    pub(super) async fn attempt(&self, call: &Waiting) -> Option<Waiting> {
        let key = self.inner.keys.call(call.id);
        let stored = self.inner.runner.store().snapshot().get(&key);
        let value = match stored {
            Ok(stored) => stored?.value,
            Err(error) => {
                tracing::error!(%error, "an asynchronous call cannot be read");
                return Some(self.later(call));
            }
        };
        let (head, payload) = decode(&value)?;
        let found =
            self.get(&call.key).filter(|function| function.qualified(Some(&head.qualifier)).is_some());
        let Some(function) = found else {
            tracing::warn!(
                function = head.name,
                request_id = head.request_id,
                "an asynchronous call is dropped: its function is gone"
            );
            return self.forget(call).await;
        };
        let settings = settings(&function, &head.qualifier);
        let age_max_ms = u64::from(settings.age_max_s.unwrap_or(AGE_S)) * 1_000;
        let outcome = |condition, reply| Outcome {
            condition,
            reply,
            head: &head,
            payload: &payload,
            function: &function,
            settings: &settings,
        };
        if function.reserved_concurrency == Some(0) {
            self.deliver(outcome("ZeroReservedConcurrency", None)).await;
            return self.forget(call).await;
        }
        if self.now_ms().saturating_sub(head.made_ms) > age_max_ms {
            self.deliver(outcome("EventAgeExceeded", None)).await;
            return self.forget(call).await;
        }
        match self.run(of_call(&head, payload.clone())).await {
            Ok(reply) if !reply.failed => {
                let head = Head { attempts: head.attempts + 1, ..head.clone() };
                self.deliver(Outcome { head: &head, ..outcome("Success", Some(&reply)) }).await;
                self.forget(call).await
            }
            Ok(reply) => {
                let head = Head { attempts: head.attempts + 1, ..head.clone() };
                if head.attempts > settings.retries_max.unwrap_or(RETRIES) {
                    self.deliver(Outcome { head: &head, ..outcome("RetriesExhausted", Some(&reply)) }).await;
                    return self.forget(call).await;
                }
                self.retry(call, head, &payload, &reply).await
            }
            Err(InvokeError::Throttled { .. }) => Some(self.later(call)),
            Err(error) => {
                tracing::warn!(%error, function = head.name, "an asynchronous call could not be run");
                Some(self.later(call))
            }
        }
    }

    /// It failed, and is to be tried again.
    async fn retry(&self, call: &Waiting, head: Head, payload: &[u8], reply: &Reply) -> Option<Waiting> {
        let delays = &self.inner.options.retry_delays_ms;
        let place = (head.attempts as usize).saturating_sub(1).min(delays.len() - 1);
        let due_ms = self.now_ms() + delays[place];
        tracing::debug!(
            function = head.name,
            request_id = reply.request_id,
            due_ms,
            "an asynchronous call failed"
        );
        let head = Head { due_ms, ..head };
        let key = self.inner.keys.call(call.id);
        let stored = match encode(&head, payload) {
            Ok(value) => self.commit(vec![(key, Some(value))]).await,
            Err(error) => Err(crate::api::Failure::internal(error)),
        };
        if stored.is_err() {
            // After a restart it is tried once more than it should be; that is better than once less.
            tracing::error!(
                request_id = head.request_id,
                "an attempt at an asynchronous call could not be recorded"
            );
        }
        Some(Waiting { due_ms, refusals: 0, ..call.clone() })
    }

    /// It could not be run: it waits, longer each time.
    pub(super) fn later(&self, call: &Waiting) -> Waiting {
        let wait_ms = FIRST_WAIT_MS.saturating_mul(1 << call.refusals.min(10)).min(WAIT_MS_MAX);
        Waiting { due_ms: self.now_ms() + wait_ms, refusals: call.refusals + 1, ..call.clone() }
    }

    async fn forget(&self, call: &Waiting) -> Option<Waiting> {
        let key = self.inner.keys.call(call.id);
        match self.commit(vec![(key, None)]).await {
            Ok(()) => None,
            // The store takes no more writes; it is gone from memory, and run again after a restart.
            Err(_) => None,
        }
    }
}

fn of_call(head: &Head, payload: Bytes) -> Call {
    let Head { account, region, name, qualifier, .. } = head;
    // As it was called: without a qualifier, it is told none.
    let qualifier = Some(qualifier.as_str()).filter(|qualifier| *qualifier != LATEST);
    Call {
        function_arn: Arn { region, account, name, qualifier }.to_string(),
        payload,
        request_id: Some(head.request_id.clone()),
        client_context: None,
        tail: false,
        mapping: None,
    }
}

/// How a function's asynchronous calls by a qualifier are treated.
fn settings(function: &Function, qualifier: &str) -> EventInvoke {
    function.event_invoke.get(qualifier).cloned().unwrap_or_default()
}

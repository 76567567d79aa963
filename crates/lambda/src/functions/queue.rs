//! Asynchronous calls: kept in the store from when they are acknowledged until what came of them is delivered.
//!
//! A call is tried, and tried again after a failure, as often as its function says; one that could not be run (for
//! concurrency, or because no process starts) is tried again until it is too old, and at once when its function changes.
//! What came of it goes to a destination, and only then is it forgotten: a crash in between runs it again, never less often.
//! Of calls that wait, only their keys are in memory.

mod attempt;
mod outcome;

use super::invocation::ASYNCHRONOUS_EVENT_BYTES_MAX;
use super::name::{FunctionKey, LATEST};
use super::{Functions, WeakFunctions};
use crate::invoke::{Call, InvokeError};
use bytes::{BufMut, Bytes, BytesMut};
use environment::Clock;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many asynchronous calls of one function are under way at once.
const LANES_MAX: usize = 10;

/// How long a call waits at first, when it could not be run, before it is tried again; it doubles.
const FIRST_WAIT_MS: u64 = 500;

/// How long at most.
const WAIT_MS_MAX: u64 = 30_000;

/// What is known of a call beside its event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) qualifier: String,
    pub(super) request_id: String,
    /// When it was acknowledged.
    pub(super) made_ms: u64,
    /// When it is to be tried.
    pub(super) due_ms: u64,
    /// How often it was run.
    pub(super) attempts: u32,
}

/// A call's record.
pub(super) fn encode(head: &Head, payload: &[u8]) -> serde_json::Result<Bytes> {
    let head = serde_json::to_vec(head)?;
    let mut value = BytesMut::with_capacity(4 + head.len() + payload.len());
    value.put_u32(u32::try_from(head.len()).unwrap_or(u32::MAX));
    value.put_slice(&head);
    value.put_slice(payload);
    Ok(value.freeze())
}

/// The head and the event in a call's record.
pub(super) fn decode(value: &Bytes) -> Option<(Head, Bytes)> {
    let length = usize::try_from(u32::from_be_bytes(value.get(..4)?.try_into().ok()?)).ok()?;
    let head = serde_json::from_slice(value.get(4..4 + length)?).ok()?;
    Some((head, value.slice(4 + length..)))
}

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    id: u128,
    key: FunctionKey,
    due_ms: u64,
    /// How often in a row it could not be run.
    refusals: u32,
}

impl Waiting {
    pub(super) fn new(id: u128, head: &Head, shared: bool) -> Self {
        let (account, region) = if shared { ("", "") } else { (&*head.account, &*head.region) };
        let key = FunctionKey { account: account.into(), region: region.into(), name: head.name.clone() };
        Self { id, key, due_ms: head.due_ms, refusals: 0 }
    }
}

/// The calls.
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct State {
    calls: HashMap<u128, Waiting>,
    /// Those that wait for their time.
    due: BTreeSet<(u64, u128)>,
    /// Those whose time has come, by function, in order.
    ready: HashMap<FunctionKey, Lane>,
}

#[derive(Default)]
struct Lane {
    running: usize,
    waiting: VecDeque<u128>,
}

impl Queue {
    pub(super) fn new(calls: Vec<Waiting>) -> Self {
        let mut state = State::default();
        calls.into_iter().for_each(|call| state.put(call));
        Self { state: Mutex::new(state), wake: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, call: Waiting) {
        self.state().put(call);
        self.wake.notify_one();
    }

    /// Calls that could not be run may be tried at once.
    pub(super) fn function_changed(&self, key: &FunctionKey) {
        let mut state = self.state();
        // One that is not due any more is under way, or about to be.
        let waits = |call: &&Waiting| call.refusals > 0 && state.due.contains(&(call.due_ms, call.id));
        let of_function = state.calls.values().filter(|call| call.key == *key);
        let refused: Vec<Waiting> = of_function.filter(waits).cloned().collect();
        for call in &refused {
            state.due.remove(&(call.due_ms, call.id));
            state.put(Waiting { due_ms: 0, refusals: 0, ..call.clone() });
        }
        if !refused.is_empty() {
            self.wake.notify_one();
        }
    }

    /// The calls that are to be begun now, and when the next is due.
    fn next(&self, now_ms: u64) -> (Vec<Waiting>, Option<u64>) {
        let mut state = self.state();
        while let Some((due_ms, id)) = state.due.first().copied().filter(|(due_ms, _)| *due_ms <= now_ms) {
            state.due.remove(&(due_ms, id));
            if let Some(key) = state.calls.get(&id).map(|call| call.key.clone()) {
                state.ready.entry(key).or_default().waiting.push_back(id);
            }
        }
        let State { calls, due, ready } = &mut *state;
        let mut begun = Vec::new();
        ready.retain(|_, lane| {
            while lane.running < LANES_MAX
                && let Some(id) = lane.waiting.pop_front()
            {
                if let Some(call) = calls.get(&id) {
                    lane.running += 1;
                    begun.push(call.clone());
                }
            }
            lane.running > 0 || !lane.waiting.is_empty()
        });
        (begun, due.first().map(|(due_ms, _)| *due_ms))
    }

    /// A call is no longer under way: it waits again, or is forgotten.
    fn ended(&self, call: &Waiting, again: Option<Waiting>) {
        let mut state = self.state();
        state.calls.remove(&call.id);
        if let Some(lane) = state.ready.get_mut(&call.key) {
            lane.running = lane.running.saturating_sub(1);
        }
        if let Some(again) = again {
            state.put(again);
        }
        drop(state);
        self.wake.notify_one();
    }
}

impl State {
    fn put(&mut self, call: Waiting) {
        self.due.insert((call.due_ms, call.id));
        self.calls.insert(call.id, call);
    }
}

impl Functions {
    /// Keeps a call, durably, to be run later.
    pub(super) async fn enqueue_call(&self, call: Call) -> Result<(), InvokeError> {
        let not_found = || InvokeError::NotFound(call.function_arn.clone());
        let (function, _) = self.resolve(&call.function_arn).ok_or_else(not_found)?;
        if call.payload.len() > ASYNCHRONOUS_EVENT_BYTES_MAX {
            return Err(InvokeError::TooLarge(call.payload.len()));
        }
        let reference = super::name::Reference::parse(&call.function_arn).unwrap_or_default();
        let now_ms = self.now_ms();
        let head = Head {
            account: function.account.clone(),
            region: function.region.clone(),
            name: function.name.clone(),
            qualifier: reference.qualifier.unwrap_or_else(|| LATEST.to_owned()),
            request_id: call.request_id.clone().unwrap_or_else(|| self.uuid()),
            made_ms: now_ms,
            due_ms: now_ms,
            attempts: 0,
        };
        // The time in front, so that calls are taken up again in their order.
        let chance = u128::from(self.inner.environment.random.next_u64());
        let id = u128::from(now_ms) << 64 | chance;
        let failed = |error: &dyn std::fmt::Display| InvokeError::Failed(error.to_string());
        let value = encode(&head, &call.payload).map_err(|error| failed(&error))?;
        let this = self.clone();
        let kept = environment::spawn(async move {
            let key = this.inner.keys.call(id);
            this.commit(vec![(key, Some(value))]).await?;
            this.inner.queue.put(Waiting::new(id, &head, this.inner.options.shared));
            Ok::<_, crate::api::Failure>(())
        });
        let kept = kept.await.map_err(|error| failed(&error))?;
        kept.map_err(|failure| InvokeError::Failed(failure.message().to_owned()))
    }

    /// Starts the task that begins calls when they are due.
    pub(super) fn start_queue(&self) {
        let functions = self.downgrade();
        let (wake, clock) = (Arc::clone(&self.inner.queue.wake), self.inner.environment.clock.clone());
        let begin = move || begin_calls(functions.clone(), Arc::clone(&wake), clock.clone());
        self.inner.environment.background.keep("asynchronous calls", begin);
    }

    fn begin(&self, call: Waiting) {
        let this = self.clone();
        drop(environment::spawn(async move {
            let attempt = this.attempt(&call);
            let again = this.inner.environment.background.caught("asynchronous call", attempt).await;
            this.inner.queue.ended(&call, again.unwrap_or_else(|| Some(this.later(&call))));
        }));
    }
}

/// Begins calls when they are due, while there are functions.
async fn begin_calls(functions: WeakFunctions, wake: Arc<Notify>, clock: Clock) {
    loop {
        let woken = wake.notified();
        let Some(due_ms) = begin_due(&functions) else { return };
        match due_ms {
            // Whichever is first; both only make it look again.
            Some(due_ms) => {
                tokio::select! {
                    () = woken => {}
                    () = clock.service_sleep_until(due_ms) => {}
                }
            }
            None => woken.await,
        }
    }
}

/// Begins the calls that are due, and tells when the next is; `None` where the functions are gone.
fn begin_due(functions: &WeakFunctions) -> Option<Option<u64>> {
    let functions = functions.upgrade()?;
    let (begun, due_ms) = functions.inner.queue.next(functions.now_ms());
    begun.into_iter().for_each(|call| functions.begin(call));
    Some(due_ms)
}

impl Drop for Queue {
    fn drop(&mut self) {
        // The task that begins calls sees that there is nobody to begin them.
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_function_hurries_calls_that_wait_and_repeats_none_that_runs() {
        let key = FunctionKey { account: String::new(), region: String::new(), name: "f".into() };
        let call = |id: u128, due_ms| Waiting { id, key: key.clone(), due_ms, refusals: 1 };
        let queue = Queue::new(vec![call(1, 10), call(2, 99)]);
        let ids = |now_ms| queue.next(now_ms).0.iter().map(|call| call.id).collect::<Vec<_>>();
        assert_eq!(ids(10), [1]);
        queue.function_changed(&key);
        assert_eq!(ids(10), [2], "the first runs, and the second need not wait any longer");
        assert_eq!(queue.next(99), (vec![], None));
    }
}

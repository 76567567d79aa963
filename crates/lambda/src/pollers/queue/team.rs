//! The workers of a mapping of a queue.

use super::orders::Orders;
use crate::history::Track;
use crate::pollers::status::Status;
use crate::pollers::{Shared, StoredMapping};
use crate::status::{self, Activity, LaneStatus, ShardState, ShardStatus};
use environment::JoinHandle;
use services::queues::Queues;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many calls a mapping has at a time where it does not say: as many as AWS begins with.
const WORKERS: usize = 5;

/// How many messages of failed batches are remembered, to be tried again when the function is changed.
const FAILED_MAX: usize = 10_000;

/// The workers.
pub(super) struct Team {
    pub(super) shared: Arc<Shared>,
    pub(super) queues: Queues,
    pub(super) status: Arc<Status>,
    pub(super) track: Track,
    pub(super) orders: Arc<Orders>,
    state: Mutex<State>,
    left: Notify,
}

#[derive(Default)]
struct State {
    /// What each worker does.
    workers: BTreeMap<usize, (Activity, usize)>,
    tasks: BTreeMap<usize, JoinHandle<()>>,
    /// The receipts of messages that were failed, and until when these are not visible.
    failed: Vec<(String, u64)>,
}

impl Team {
    pub(super) fn new(
        shared: Arc<Shared>,
        queues: Queues,
        (status, track): (Arc<Status>, Track),
        orders: Arc<Orders>,
    ) -> Self {
        Self { shared, queues, status, track, orders, state: Mutex::default(), left: Notify::new() }
    }

    /// Lets one worker more wait for messages, where none does and there may be one.
    pub(super) fn recruit(self: &Arc<Self>) {
        let Some(mapping) = self.orders.mapping() else { return };
        let most = most(&mapping);
        let mut state = self.state();
        if state.workers.len() >= most || state.waits() > 0 {
            return;
        }
        let Some(lane) = (0..most).find(|lane| !state.workers.contains_key(lane)) else { return };
        state.workers.insert(lane, (Activity::Idle, 0));
        let team = Arc::clone(self);
        let background = &self.shared.parts.database.environment().background;
        let task = background.keep("worker of a mapping", move || Arc::clone(&team).work(lane));
        state.tasks.insert(lane, task);
    }

    /// Notes what a worker does, and with how many messages.
    pub(super) fn note(&self, lane: usize, activity: Activity, messages: usize) {
        self.state().workers.insert(lane, (activity, messages));
        self.track.moved();
    }

    /// A worker has nothing to do any longer. False where it is not needed: another one waits already, or there is no place
    /// for it.
    pub(super) fn rests(&self, lane: usize) -> bool {
        let mut state = self.state();
        let is_needed =
            state.waits() == 0 && self.orders.mapping().is_some_and(|mapping| lane < most(&mapping));
        if is_needed {
            state.workers.insert(lane, (Activity::Idle, 0));
            self.track.moved();
        }
        is_needed
    }

    /// A worker leaves. Where nobody waits for messages then, though somebody is to, another one begins: the order to leave
    /// may be an old one by now, and the limit that left no place for this one may leave one for others.
    pub(super) fn leave(self: &Arc<Self>, lane: usize) {
        self.remove(&mut self.state(), lane);
        self.recruit();
    }

    fn remove(&self, state: &mut State, lane: usize) {
        state.workers.remove(&lane);
        state.tasks.remove(&lane);
        self.left.notify_waiters();
        self.track.moved();
    }

    /// Returns when all have left.
    pub(super) async fn gone(&self) {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            left.as_mut().enable();
            if self.state().workers.is_empty() {
                return;
            }
            left.await;
        }
    }

    /// Ends those that are left.
    pub(super) fn dismiss(&self) {
        self.state().tasks.values().for_each(JoinHandle::abort);
    }

    /// The function failed these; they are not visible until then.
    pub(super) fn failed(&self, receipts: impl IntoIterator<Item = String>, until_ms: u64) {
        let now_ms = self.shared.now_ms();
        let mut state = self.state();
        state.failed.retain(|(_, until_ms)| *until_ms > now_ms);
        let room = FAILED_MAX.saturating_sub(state.failed.len());
        state.failed.extend(receipts.into_iter().take(room).map(|receipt| (receipt, until_ms)));
    }

    /// The function is another one: what it failed may be received at once.
    pub(super) async fn retry(&self, mapping: &StoredMapping) {
        let now_ms = self.shared.now_ms();
        let failed = std::mem::take(&mut self.state().failed);
        let failed = failed.into_iter().filter(|(_, until_ms)| *until_ms > now_ms);
        let receipts: Vec<_> = failed.map(|(receipt, _)| (receipt, 0)).collect();
        if !receipts.is_empty()
            && let Err(error) = self.queues.change_visibility(&mapping.source_arn, &receipts).await
        {
            tracing::warn!(%error, mapping = %mapping.uuid, "messages wait for their visibility timeout");
        }
    }

    /// Where the mapping stands.
    pub(super) fn status(&self, mapping: &StoredMapping) -> status::Status {
        let lane = |(activity, messages): &(Activity, usize)| LaneStatus {
            done_to: 0,
            records: *messages,
            activity: *activity,
        };
        let lanes = self.state().workers.values().map(lane).collect();
        let state = ShardState::Reads { read_to: 0, ended: false, lanes };
        let shard = ShardStatus { shard: mapping.source_arn.as_str().into(), state };
        status::Status { enabled: mapping.configuration.enabled, shards: vec![shard], discarding: Vec::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many workers a mapping has at most.
fn most(mapping: &StoredMapping) -> usize {
    mapping.configuration.maximum_concurrency.map_or(WORKERS, |most| most as usize)
}

impl State {
    /// How many workers wait for messages, or take them up.
    fn waits(&self) -> usize {
        let waits =
            |(activity, _): &&(Activity, usize)| matches!(activity, Activity::Idle | Activity::Fills { .. });
        self.workers.values().filter(waits).count()
    }
}

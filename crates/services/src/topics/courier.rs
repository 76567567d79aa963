//! Couriers: for each subscription with deliveries to be made, a task that makes them when they are due.
//!
//! A courier reads the store for what is due next, so that it holds no more in memory than what is under way. It sleeps
//! until something is due, and ends when nothing is left.

use super::change::Change;
use super::failure::Failure;
use super::keys;
use super::publishing::record;
use super::records::{Delivery, Posting, parsed};
use super::sending::Fate;
use super::{Inner, Topics};
use bytes::Bytes;
use environment::Clock;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use store::{Key, Snapshot, Store};
use tokio::sync::Notify;

/// How many deliveries of one subscription are under way at a time; of one to a FIFO topic, only one.
const AT_ONCE: usize = 8;

/// The couriers that are on their way.
#[derive(Debug, Default)]
pub(super) struct Couriers {
    lanes: Mutex<HashMap<String, Lane>>,
}

/// What is known of a courier.
#[derive(Debug, Default)]
struct Lane {
    /// How many deliveries there are to make, those that are being committed or made counted.
    pending: usize,
    /// Those that are being made.
    busy: HashSet<Bytes>,
    changed: Arc<Notify>,
}

/// What a courier does next.
enum Step {
    /// Look again.
    Go,
    /// Wait for something to change, or for this time.
    Wait(Option<u64>),
    /// Nothing is left.
    End,
}

impl Couriers {
    fn lanes(&self) -> MutexGuard<'_, HashMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics {
    /// So many deliveries more are about to be there for a subscription.
    pub(super) fn expect(&self, subscription: &str, count: usize) {
        let mut lanes = self.inner.couriers.lanes();
        if let Some(lane) = lanes.get_mut(subscription) {
            lane.pending += count;
            return;
        }
        let lane = Lane { pending: count, ..Lane::default() };
        let changed = Arc::clone(&lane.changed);
        lanes.insert(subscription.to_owned(), lane);
        let (topics, name) = (Arc::downgrade(&self.inner), subscription.to_owned());
        let clock = self.inner.environment.clock.clone();
        let courier = move || courier(topics.clone(), clock.clone(), name.clone(), Arc::clone(&changed));
        self.inner.environment.background.keep("courier of a subscription", courier);
    }

    /// Whether there are deliveries still to be made.
    pub(super) fn is_expecting(&self, subscription: &str) -> bool {
        self.inner.couriers.lanes().contains_key(subscription)
    }

    /// A delivery is there, or something about its subscription is new.
    pub(super) fn wake(&self, subscription: &str) {
        if let Some(lane) = self.inner.couriers.lanes().get(subscription) {
            lane.changed.notify_one();
        }
    }

    /// One delivery is not to be made any longer.
    pub(super) fn settle(&self, subscription: &str) {
        if let Some(lane) = self.inner.couriers.lanes().get_mut(subscription) {
            lane.pending = lane.pending.saturating_sub(1);
            lane.changed.notify_one();
        }
    }

    /// Begins the next delivery where one is due.
    fn step(&self, subscription: &str) -> Result<Step, Failure> {
        let found = self.state().subscription(subscription).map(|(live, _)| live.topic.is_fifo());
        let at_once = if found == Some(true) { 1 } else { AT_ONCE };
        let busy = {
            let mut lanes = self.inner.couriers.lanes();
            let Some(lane) = lanes.get(subscription) else { return Ok(Step::End) };
            if lane.pending == 0 {
                lanes.remove(subscription);
                return Ok(Step::End);
            }
            if lane.busy.len() >= at_once {
                return Ok(Step::Wait(None));
            }
            lane.busy.clone()
        };
        let Some((key, value)) = self.next(subscription, &busy)? else { return Ok(Step::Wait(None)) };
        let delivery: Delivery = parsed(&value)?;
        let due_ms = keys::delivery(&key.bytes).map_or(0, |(_, due_ms)| due_ms).max(delivery.due_ms);
        // What nobody subscribes to any longer is not waited for.
        if due_ms > self.now_ms() && found.is_some() {
            return Ok(Step::Wait(Some(due_ms)));
        }
        if let Some(lane) = self.inner.couriers.lanes().get_mut(subscription) {
            lane.busy.insert(key.bytes.clone());
        }
        let (topics, subscription) = (self.clone(), subscription.to_owned());
        let deliver = async move { topics.deliver(&subscription, key, delivery).await };
        self.inner.environment.background.once("delivery to a subscription", deliver);
        Ok(Step::Go)
    }

    /// The first delivery that is not being made.
    fn next(&self, subscription: &str, busy: &HashSet<Bytes>) -> Result<Option<(Key, Bytes)>, Failure> {
        let mut next = None;
        let range = self.inner.keys.deliveries(subscription);
        self.inner.runner.store().snapshot().range(&range, &mut |key, value| {
            if busy.contains(key) {
                return true;
            }
            next = Some((self.inner.keys.read(key), value.value.clone()));
            false
        })?;
        Ok(next)
    }

    async fn deliver(&self, subscription: &str, key: Key, delivery: Delivery) {
        match self.attempt(subscription, &key, delivery).await {
            Ok(ended) => {
                if let Some(lane) = self.inner.couriers.lanes().get_mut(subscription) {
                    lane.busy.remove(&key.bytes);
                    lane.pending = lane.pending.saturating_sub(usize::from(ended));
                    lane.changed.notify_one();
                }
            }
            // It stays busy: to be tried at once again would help nobody, and the next start goes on with it.
            Err(error) => tracing::error!(subscription, %error, "what became of a delivery was not recorded"),
        }
    }

    /// Makes a delivery; whether it is over.
    async fn attempt(&self, subscription: &str, key: &Key, delivery: Delivery) -> Result<bool, Failure> {
        let found = {
            let state = self.state();
            state.subscription(subscription).map(|(live, to)| (Arc::clone(live), Arc::clone(to)))
        };
        let over = Change::new().delete(key.clone());
        let Some((live, to)) = found else {
            return self.commit(over).await.map(|()| true);
        };
        let asked = matches!(delivery.what, Posting::Confirmation { .. });
        if asked == to.record.confirmed {
            return self.commit(over).await.map(|()| true);
        }
        let attempts = delivery.attempts.saturating_add(1);
        let fate = match self.send(&live, &to, &delivery.what).await {
            Ok(()) => Fate::Over,
            Err(error) => self.failed(&live, &to, (&delivery.what, attempts), error).await,
        };
        let Fate::Again { delay_ms } = fate else {
            return self.commit(over).await.map(|()| true);
        };
        let due_ms = self.now_ms().saturating_add(delay_ms);
        let (new, value) = record(self.inner.keys, subscription, (&delivery.what, attempts), due_ms)?;
        let change = if new == *key { Change::new() } else { over };
        self.commit(change.put(new, value)).await.map(|()| false)
    }
}

async fn courier(topics: Weak<Inner>, clock: Clock, subscription: String, changed: Arc<Notify>) {
    loop {
        let step = match topics.upgrade() {
            Some(inner) => Topics { inner }.step(&subscription),
            None => return,
        };
        match step {
            Ok(Step::Go) => {}
            Ok(Step::End) => return,
            Ok(Step::Wait(None)) => changed.notified().await,
            Ok(Step::Wait(Some(due_ms))) => tokio::select! {
                () = clock.service_sleep_until(due_ms) => {}
                () = changed.notified() => {}
            },
            // The next delivery, or the next start, tries again.
            Err(error) => {
                tracing::error!(subscription, %error, "deliveries could not be read");
                changed.notified().await;
            }
        }
    }
}

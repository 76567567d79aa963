//! What the workers of a mapping are told: the latest order counts, and each worker sees once that there is another.

use crate::pollers::StoredMapping;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What workers are told.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// Work as this mapping says.
    Run(Arc<StoredMapping>),
    /// End.
    Stop,
}

/// The latest order. Its waiters are woken in the order in which they came, so that a run of them can be repeated.
#[derive(Debug)]
pub(super) struct Orders {
    /// With its number.
    latest: Mutex<(u64, Order)>,
    given: Notify,
}

/// The number of the order that a worker has seen last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen(u64);

impl Orders {
    pub(super) fn new(order: Order) -> Self {
        Self { latest: Mutex::new((1, order)), given: Notify::new() }
    }

    /// Gives another order.
    pub(super) fn give(&self, order: Order) {
        {
            let mut latest = self.latest();
            *latest = (latest.0 + 1, order);
        }
        self.given.notify_waiters();
    }

    /// The mapping as it is now, where it is to be worked for.
    pub(super) fn mapping(&self) -> Option<Arc<StoredMapping>> {
        match &self.latest().1 {
            Order::Run(mapping) if mapping.configuration.enabled => Some(Arc::clone(mapping)),
            _ => None,
        }
    }

    /// The same, and that this order is seen.
    pub(super) fn see(&self, seen: &mut Seen) -> Option<Arc<StoredMapping>> {
        *seen = Seen(self.latest().0);
        self.mapping()
    }

    /// Whether this is the mapping that is to be worked for, as it is.
    pub(super) fn is_for(&self, mapping: &StoredMapping) -> bool {
        matches!(&self.latest().1, Order::Run(latest) if **latest == *mapping)
    }

    /// Returns once there is another order than the one seen, which it is then.
    pub(super) async fn changed(&self, seen: &mut Seen) {
        loop {
            let mut given = std::pin::pin!(self.given.notified());
            // Enlisted before the look, so that what is given between the look and the wait is not missed.
            given.as_mut().enable();
            let latest = self.latest().0;
            if latest != seen.0 {
                *seen = Seen(latest);
                return;
            }
            given.await;
        }
    }

    fn latest(&self) -> MutexGuard<'_, (u64, Order)> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

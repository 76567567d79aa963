//! Waiting until a mapping has got on. It costs the mapping one atomic load a step while nobody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Who waits for a mapping to get on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    watching: AtomicUsize,
    moved: Notify,
}

impl Progress {
    /// It has got on: with a batch, with its settings, or its end.
    pub(super) fn moved(&self) {
        // What has changed is ordered before the look, as a watcher's enlisting is before its question.
        fence(Ordering::SeqCst);
        if self.watching.load(Ordering::Relaxed) > 0 {
            self.moved.notify_waiters();
        }
    }
}

/// Somebody who wants to know when a mapping has got on. Dropping it ends that.
#[derive(Debug)]
pub struct Watch {
    progress: Arc<Progress>,
}

impl Watch {
    pub(super) fn new(progress: Arc<Progress>) -> Self {
        progress.watching.fetch_add(1, Ordering::SeqCst);
        Self { progress }
    }

    /// Ends when the mapping has got on since this was enabled ([`Notified::enable`]): do that before you ask where it
    /// stands.
    pub fn moved(&self) -> Notified<'_> {
        self.progress.moved.notified()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.progress.watching.fetch_sub(1, Ordering::SeqCst);
    }
}

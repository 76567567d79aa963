//! Waiting for the next record of a shard without asking for it again and again.
//!
//! A commit asks one atomic counter whether anybody waits at all, and only then looks who. A waiter enlists
//! before it looks at the log for the last time, so a commit between the look and the wait is not missed.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use store::{LogId, Position};

/// Those who wait for logs to grow.
#[derive(Debug, Default)]
pub struct Wakeups {
    /// How many wait, so that a commit that nobody waits for costs one load.
    waiting: AtomicUsize,
    waiters: Mutex<Waiters>,
}

#[derive(Debug, Default)]
struct Waiters {
    by_log: HashMap<LogId, Vec<Waiter>>,
    last_id: u64,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    after: Position,
    waker: Option<Waker>,
}

impl Wakeups {
    /// Tells of a commit that appended: the last position in each of its logs. To be called after its
    /// records are readable, as [`store::Runner::on_commit`] does.
    #[inline]
    pub fn committed(&self, last: &[(LogId, Position)]) {
        if self.anybody() {
            for &(log, position) in last {
                self.wake(log, |waiter| waiter.after < position);
            }
        }
    }

    /// Tells that a log was closed or is gone, so that its readers look for its children.
    pub fn closed(&self, log: LogId) {
        if self.anybody() {
            self.wake(log, |_| true);
        }
    }

    /// Whether anybody waits. The fence orders the look after the commit that it is about, as the waiter's
    /// own orders its look at the log after its enlisting: one of the two sees the other.
    #[inline]
    fn anybody(&self) -> bool {
        fence(Ordering::SeqCst);
        !environment::planted("lost_wake") && self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Waits until the log has a record after `after`, or is closed. `ready` is asked once this wait is
    /// enlisted, so that nothing is missed between the look and the wait: where it says `true`, the wait is
    /// over at once. A wait may end early; the caller reads again.
    pub fn wait(&self, log: LogId, after: Position, ready: impl FnOnce() -> bool) -> Wait<'_> {
        let mut waiters = self.lock();
        waiters.last_id += 1;
        let id = waiters.last_id;
        waiters.by_log.entry(log).or_default().push(Waiter { id, after, waker: None });
        self.waiting.fetch_add(1, Ordering::SeqCst);
        drop(waiters);
        fence(Ordering::SeqCst);
        let wait = Wait { wakeups: self, log, id };
        if ready() {
            wait.leave();
        }
        wait
    }

    fn wake(&self, log: LogId, concerned: impl Fn(&Waiter) -> bool) {
        let mut wakers = Vec::new();
        {
            let mut waiters = self.lock();
            let Some(of_log) = waiters.by_log.get_mut(&log) else { return };
            let before = of_log.len();
            of_log.retain_mut(|waiter| {
                let woken = concerned(waiter);
                if woken {
                    wakers.extend(waiter.waker.take());
                }
                !woken
            });
            self.waiting.fetch_sub(before - of_log.len(), Ordering::SeqCst);
            if of_log.is_empty() {
                waiters.by_log.remove(&log);
            }
        }
        for waker in wakers {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait for a shard; see [`crate::Streams::wait`]. Dropping it ends it.
#[derive(Debug)]
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Wait<'a> {
    wakeups: &'a Wakeups,
    log: LogId,
    id: u64,
}

impl Wait<'_> {
    /// Strikes this wait off the list, if it still stands there.
    fn leave(&self) {
        let mut waiters = self.wakeups.lock();
        let Some(of_log) = waiters.by_log.get_mut(&self.log) else { return };
        let Some(at) = of_log.iter().position(|waiter| waiter.id == self.id) else { return };
        of_log.swap_remove(at);
        if of_log.is_empty() {
            waiters.by_log.remove(&self.log);
        }
        self.wakeups.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waiters = self.wakeups.lock();
        let waiter = waiters
            .by_log
            .get_mut(&self.log)
            .and_then(|of_log| of_log.iter_mut().find(|waiter| waiter.id == self.id));
        match waiter {
            None => Poll::Ready(()),
            Some(waiter) => {
                waiter.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_left_on_the_list() {
        let wakeups = Wakeups::default();
        let waiting = || wakeups.waiting.load(Ordering::SeqCst);
        let wait = |log, after, ready| wakeups.wait(LogId(log), Position(after), || ready);
        let waits = [wait(1, 5, false), wait(1, 9, false), wait(2, 0, false), wait(2, 0, true)];
        assert_eq!(waiting(), 3);
        wakeups.committed(&[(LogId(1), Position(6))]);
        assert_eq!(waiting(), 2);
        wakeups.closed(LogId(1));
        assert_eq!(waiting(), 1);
        drop(waits);
        assert_eq!(waiting(), 0);
        assert!(wakeups.lock().by_log.is_empty());
    }
}

//! Service time and machine time, real and simulated.
//!
//! Service time is wall time plus an offset that only grows; should the wall clock be set back, service
//! time stands still until it has caught up. The offset is kept by whoever owns the data and given back at
//! the next start ([`Clock::set_offset_ms`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// How long a real wait for service time sleeps before it looks at the wall clock again, which may have been
/// set meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A pair of clocks. Clones are the same clocks.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: Source,
    /// Added to wall time to make service time.
    offset_ms: AtomicU64,
    /// The latest service time given out: it never falls below this.
    latest_ms: AtomicU64,
    /// Told whenever a clock is moved by hand.
    moved: Notify,
}

#[derive(Debug)]
enum Source {
    System { start: Instant },
    Simulated { start_ms: u64, passed_ns: AtomicU64 },
}

impl Clock {
    /// The machine's clocks.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the clock that the others are told to use")]
    pub fn system() -> Self {
        Self::new(Source::System { start: Instant::now() })
    }

    /// Clocks that stand still at `start_ms` (since the epoch) until they are moved.
    #[must_use]
    pub fn simulated(start_ms: u64) -> Self {
        Self::new(Source::Simulated { start_ms, passed_ns: AtomicU64::new(0) })
    }

    fn new(source: Source) -> Self {
        let (offset_ms, latest_ms) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { source, offset_ms, latest_ms, moved: Notify::new() }) }
    }

    /// Service time in milliseconds since the epoch. Never less than any service time given before.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let now_ms = self.wall_ms().saturating_add(self.offset_ms());
        let latest_ms = self.inner.latest_ms.load(Ordering::Acquire);
        if now_ms <= latest_ms {
            return latest_ms;
        }
        self.inner.latest_ms.fetch_max(now_ms, Ordering::AcqRel).max(now_ms)
    }

    /// Time on the machine since these clocks were made; monotonic, and never moved by [`Clock::advance`].
    #[must_use]
    pub fn machine(&self) -> Duration {
        match &self.inner.source {
            Source::System { start } => start.elapsed(),
            Source::Simulated { passed_ns, .. } => Duration::from_nanos(passed_ns.load(Ordering::Acquire)),
        }
    }

    /// The machine's wall clock in milliseconds since the epoch, as it is set: it may go back.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the clock that the others are told to use")]
    pub fn wall_ms(&self) -> u64 {
        match &self.inner.source {
            Source::System { .. } => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, whole_ms),
            Source::Simulated { start_ms, .. } => start_ms.saturating_add(whole_ms(self.machine())),
        }
    }

    /// How far service time is ahead of wall time.
    #[must_use]
    pub fn offset_ms(&self) -> u64 {
        self.inner.offset_ms.load(Ordering::Acquire)
    }

    /// Sets how far service time is ahead of wall time, when data are opened that were last used at this
    /// offset. A smaller offset does not take service time back; it stands still until it has caught up.
    pub fn set_offset_ms(&self, offset_ms: u64) {
        self.inner.offset_ms.store(offset_ms, Ordering::Release);
        self.inner.moved.notify_waiters();
    }

    /// Moves service time forward, and wakes whoever waits for it. Machine time does not move. Answers the
    /// new service time.
    pub fn advance(&self, ms: u64) -> u64 {
        let more = |offset_ms: u64| Some(offset_ms.saturating_add(ms));
        // The closure never declines, so neither result needs looking at.
        let _ = self.inner.offset_ms.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        self.inner.moved.notify_waiters();
        self.now_ms()
    }

    /// Lets time pass on simulated clocks: machine, wall and service time all move, and whoever sleeps till
    /// then wakes. Real time passes by itself, so on the machine's clocks this does nothing.
    pub fn pass(&self, duration: Duration) {
        let Source::Simulated { passed_ns, .. } = &self.inner.source else { return };
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let more = |passed: u64| Some(passed.saturating_add(ns));
        let _ = passed_ns.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        self.inner.moved.notify_waiters();
    }

    /// Sleeps for a span of machine time.
    pub async fn sleep(&self, duration: Duration) {
        if let Source::System { .. } = self.inner.source {
            return machine_sleep(duration).await;
        }
        let until = self.machine().saturating_add(duration);
        self.until_moved(|| self.machine() >= until).await;
    }

    /// Sleeps until service time gets to `ms`, be it that time passes or that it is advanced.
    pub async fn service_sleep_until(&self, ms: u64) {
        let reached = || self.now_ms() >= ms;
        if let Source::Simulated { .. } = self.inner.source {
            return self.until_moved(reached).await;
        }
        while !reached() {
            let left = Duration::from_millis(ms.saturating_sub(self.now_ms())).min(LOOK_AGAIN);
            // Whichever ends first: the sleep, or a move of the clock that gets there.
            let _ = tokio::time::timeout(left, self.until_moved(reached)).await;
        }
    }

    /// Waits until the condition holds, looking whenever a clock was moved by hand.
    async fn until_moved(&self, reached: impl Fn() -> bool) {
        loop {
            let mut moved = std::pin::pin!(self.inner.moved.notified());
            // Enlisted before the look, so that a move between the look and the wait is not missed.
            moved.as_mut().enable();
            if reached() {
                return;
            }
            moved.await;
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the sleep that the others are told to use")]
async fn machine_sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_moves_only_when_moved() {
        let clock = Clock::simulated(1_000);
        assert_eq!((clock.now_ms(), clock.wall_ms(), clock.machine()), (1_000, 1_000, Duration::ZERO));
        assert_eq!(clock.advance(500), 1_500);
        assert_eq!((clock.now_ms(), clock.wall_ms(), clock.offset_ms()), (1_500, 1_000, 500));
        clock.pass(Duration::from_millis(20));
        assert_eq!((clock.now_ms(), clock.wall_ms()), (1_520, 1_020));
        assert_eq!(clock.machine(), Duration::from_millis(20));
    }

    #[test]
    fn service_time_never_goes_back() {
        let clock = Clock::simulated(1_000);
        clock.set_offset_ms(700);
        assert_eq!(clock.now_ms(), 1_700);
        clock.set_offset_ms(100);
        assert_eq!((clock.now_ms(), clock.offset_ms()), (1_700, 100));
        clock.pass(Duration::from_secs(1));
        assert_eq!(clock.now_ms(), 2_100);
        assert_eq!(clock.advance(u64::MAX), u64::MAX);
    }

    #[test]
    fn clones_share_their_time() {
        let clock = Clock::system();
        let before_ms = clock.now_ms();
        clock.clone().advance(3_600_000);
        assert!(clock.now_ms() >= before_ms + 3_600_000);
        assert!(clock.wall_ms() < before_ms + 3_600_000);
    }

    #[tokio::test]
    async fn an_advance_wakes_a_sleeper_on_the_real_clock() {
        let clock = Clock::system();
        let target_ms = clock.now_ms() + 3_600_000;
        let sleeper = crate::spawn({
            let clock = clock.clone();
            async move { clock.service_sleep_until(target_ms).await }
        });
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(3_600_000);
        sleeper.await.unwrap();
        assert!(clock.now_ms() >= target_ms);
    }

    #[tokio::test]
    async fn real_service_time_gets_there_by_itself() {
        let clock = Clock::system();
        let target_ms = clock.now_ms() + 5;
        clock.service_sleep_until(target_ms).await;
        assert!(clock.now_ms() >= target_ms);
    }

    #[tokio::test]
    async fn a_simulated_machine_sleep_ends_when_its_time_has_passed() {
        let clock = Clock::simulated(0);
        let sleeper = crate::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(2)).await }
        });
        for part in 0..2 {
            tokio::task::yield_now().await;
            assert!(!sleeper.is_finished(), "woke after {part} s");
            clock.advance(10_000);
            clock.pass(Duration::from_secs(1));
        }
        sleeper.await.unwrap();
    }
}

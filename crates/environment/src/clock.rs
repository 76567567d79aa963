//! Service time and machine time, real and simulated.
//!
//! Service time is wall time plus an offset, and never goes back; should the wall clock be set back, service
//! time stands still until it has caught up. It can be moved ahead, and it can be frozen: then it stands still
//! until it is moved or resumed, and goes on from there, so that freezing takes from the offset, which may fall
//! below zero. Whoever owns the data keeps offset and frozen time, and gives them back at the next start
//! ([`Clock::restore`]).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Added to wall time to make service time, while that goes on.
    offset_ms: AtomicI64,
    /// Where service time stands still; [`RUNNING`] where it goes on.
    frozen_ms: AtomicU64,
    /// The latest service time given out: it never falls below this.
    latest_ms: AtomicU64,
    /// Told whenever a clock is moved by hand.
    moved: Notify,
    /// Held while a clock is moved by hand, so that moves come one after the other.
    moving: Mutex<()>,
}

/// What stands for no frozen time. No time is this late: service time ends with the year 9999.
const RUNNING: u64 = u64::MAX;

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
        let inner = Inner {
            source,
            offset_ms: AtomicI64::new(0),
            frozen_ms: AtomicU64::new(RUNNING),
            latest_ms: AtomicU64::new(0),
            moved: Notify::new(),
            moving: Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Service time in milliseconds since the epoch. Never less than any service time given before.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let frozen_ms = self.inner.frozen_ms.load(Ordering::Acquire);
        let now_ms = match frozen_ms {
            RUNNING => self.wall_ms().saturating_add_signed(self.inner.offset_ms.load(Ordering::Acquire)),
            frozen_ms => frozen_ms,
        };
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

    /// How far service time is ahead of wall time; below zero where it is behind. It shrinks while service time is frozen.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        match self.inner.frozen_ms.load(Ordering::Acquire) {
            RUNNING => self.inner.offset_ms.load(Ordering::Acquire),
            _ => self.ahead_ms(self.now_ms()),
        }
    }

    /// Whether service time stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.inner.frozen_ms.load(Ordering::Acquire) != RUNNING
    }

    /// Whether service time is the machine's: neither moved nor frozen.
    #[must_use]
    pub fn is_machines(&self) -> bool {
        !self.is_frozen() && self.inner.offset_ms.load(Ordering::Acquire) == 0
    }

    /// Sets how far service time is ahead of wall time, when data are opened that were last used at this
    /// offset. A smaller offset does not take service time back; it stands still until it has caught up.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        let _moving = self.moving();
        self.inner.offset_ms.store(offset_ms, Ordering::Release);
        self.inner.moved.notify_waiters();
    }

    /// Takes service time up as data were left that are opened now: how far it was ahead of wall time, what it was at
    /// least, and whether it stood still there. What the clock said before the data were known does not count.
    pub fn restore(&self, offset_ms: i64, latest_ms: u64, is_frozen: bool) {
        {
            let _moving = self.moving();
            self.inner.offset_ms.store(offset_ms, Ordering::Release);
            self.inner.latest_ms.store(latest_ms, Ordering::Release);
            let frozen_ms = if is_frozen { latest_ms.min(RUNNING - 1) } else { RUNNING };
            self.inner.frozen_ms.store(frozen_ms, Ordering::Release);
        }
        self.inner.moved.notify_waiters();
    }

    /// Moves service time forward, and wakes whoever waits for it; where it is frozen, it stands still there. Machine
    /// time does not move. Answers the new service time.
    pub fn advance(&self, ms: u64) -> u64 {
        {
            let _moving = self.moving();
            if self.is_frozen() {
                // One less than what stands for no frozen time.
                let frozen_ms = self.now_ms().saturating_add(ms).min(RUNNING - 1);
                self.inner.frozen_ms.store(frozen_ms, Ordering::Release);
            } else {
                let offset_ms = self.inner.offset_ms.load(Ordering::Acquire).saturating_add_unsigned(ms);
                self.inner.offset_ms.store(offset_ms, Ordering::Release);
            }
        }
        self.inner.moved.notify_waiters();
        self.now_ms()
    }

    /// Lets service time stand still from now on. Answers it.
    pub fn freeze(&self) -> u64 {
        {
            let _moving = self.moving();
            let at_ms = self.now_ms().min(RUNNING - 1);
            self.inner.frozen_ms.store(at_ms, Ordering::Release);
        }
        self.inner.moved.notify_waiters();
        self.now_ms()
    }

    /// Lets service time go on from where it stands still. Answers it.
    pub fn resume(&self) -> u64 {
        {
            let _moving = self.moving();
            if self.is_frozen() {
                self.inner.offset_ms.store(self.ahead_ms(self.now_ms()), Ordering::Release);
                self.inner.frozen_ms.store(RUNNING, Ordering::Release);
            }
        }
        self.inner.moved.notify_waiters();
        self.now_ms()
    }

    /// How far this time is ahead of wall time.
    fn ahead_ms(&self, ms: u64) -> i64 {
        let wall_ms = self.wall_ms();
        let span = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        if ms >= wall_ms { span(ms - wall_ms) } else { -span(wall_ms - ms) }
    }

    fn moving(&self) -> MutexGuard<'_, ()> {
        self.inner.moving.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Sleeps until service time gets to `ms`, be it that time passes or that it is advanced. Asleep while that is frozen.
    pub async fn service_sleep_until(&self, ms: u64) {
        let reached = || self.now_ms() >= ms;
        if let Source::Simulated { .. } = self.inner.source {
            return self.until_moved(reached).await;
        }
        while !reached() {
            if self.is_frozen() {
                // No time passes: only a move gets there, or lets it pass again.
                self.until_moved(|| reached() || !self.is_frozen()).await;
                continue;
            }
            let left = Duration::from_millis(ms.saturating_sub(self.now_ms())).min(LOOK_AGAIN);
            // Whichever ends first: the sleep, or a move of the clock that gets there, or stops it.
            let _ = tokio::time::timeout(left, self.until_moved(|| reached() || self.is_frozen())).await;
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
        assert!(clock.is_machines());
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
        assert!(clock.advance(u64::MAX) > i64::MAX.unsigned_abs());
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

    #[test]
    fn frozen_time_stands_still_moves_exactly_and_goes_on_from_there() {
        let clock = Clock::simulated(1_000);
        clock.advance(500);
        assert_eq!((clock.freeze(), clock.is_frozen(), clock.is_machines()), (1_500, true, false));
        clock.pass(Duration::from_secs(2));
        assert_eq!((clock.now_ms(), clock.wall_ms(), clock.offset_ms()), (1_500, 3_000, -1_500));
        assert_eq!(clock.advance(25), 1_525);
        clock.pass(Duration::from_secs(1));
        assert_eq!((clock.now_ms(), clock.machine()), (1_525, Duration::from_secs(3)));
        assert_eq!((clock.resume(), clock.is_frozen(), clock.offset_ms()), (1_525, false, -2_475));
        clock.pass(Duration::from_millis(10));
        assert_eq!(clock.now_ms(), 1_535);
        // Twice is as once.
        assert_eq!((clock.resume(), clock.offset_ms()), (1_535, -2_475));
        assert_eq!((clock.freeze(), clock.freeze()), (1_535, 1_535));
        assert_eq!(clock.advance(u64::MAX), u64::MAX - 1);
        assert!(clock.is_frozen());
    }

    #[test]
    fn a_frozen_clock_comes_back_as_it_was_left() {
        let clock = Clock::simulated(10_000);
        assert_eq!(clock.now_ms(), 10_000);
        // Behind the machine's, which nobody knew before the data were opened.
        clock.restore(-5_000, 4_000, false);
        assert_eq!((clock.now_ms(), clock.offset_ms()), (5_000, -5_000));
        clock.restore(-2_500, 7_000, true);
        clock.pass(Duration::from_secs(60));
        assert_eq!((clock.now_ms(), clock.is_frozen()), (7_000, true));
        assert_eq!(clock.resume(), 7_000);
        assert_eq!(clock.freeze(), 7_000);
    }

    #[tokio::test]
    async fn a_sleeper_on_the_real_clock_sleeps_through_frozen_time() {
        let clock = Clock::system();
        let sleeper = |ms: u64| {
            let (clock, target_ms) = (clock.clone(), clock.now_ms() + ms);
            crate::spawn(async move { clock.service_sleep_until(target_ms).await })
        };
        let asleep_before = sleeper(20);
        tokio::task::yield_now().await;
        let frozen_ms = clock.freeze();
        let asleep_after = sleeper(20);
        clock.sleep(Duration::from_millis(60)).await;
        assert_eq!(clock.now_ms(), frozen_ms);
        assert!(!asleep_before.is_finished() && !asleep_after.is_finished());
        assert_eq!(clock.advance(19), frozen_ms + 19);
        tokio::task::yield_now().await;
        assert!(!asleep_after.is_finished());
        assert_eq!(clock.advance(1), frozen_ms + 20);
        asleep_before.await.unwrap();
        asleep_after.await.unwrap();
        let asleep = sleeper(20);
        tokio::task::yield_now().await;
        assert!(clock.resume() >= frozen_ms + 20);
        asleep.await.unwrap();
        assert!(clock.now_ms() >= frozen_ms + 40 && clock.offset_ms() < 0);
    }
}

//! What runs in the background, supervised. A task that nobody waits for may panic and nobody would know: so each has a name,
//! and a panic in it is logged under that name, counted, and told of by `health`. A task that can take up its work from what
//! is stored is begun anew, after a while.

use crate::task::spawn;
use crate::{Clock, JoinHandle, planted, spawn_thread};
use std::any::Any;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// How long after a panic a task is begun anew; twice as long after each further one in a row.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(30);

/// What has not panicked for so long is well again. Longer than the longest wait, so that a task that panics whenever it is
/// begun is never taken to be well.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// The tasks of one server that nobody waits for. Clones share them.
#[derive(Clone, Debug)]
pub struct Background {
    clock: Clock,
    panicked: Arc<Mutex<BTreeMap<&'static str, Record>>>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    panics: u64,
    in_a_row: u32,
    last: Duration,
    lost: bool,
}

/// What is to be told of a task that has panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// The name of the task.
    pub name: &'static str,
    /// How often it did, since the server began.
    pub panics: u64,
    /// How it is now.
    pub condition: Condition,
}

/// How a task is that has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was begun anew, and has run for a minute since.
    Recovered,
    /// It is about to be begun anew, or was less than a minute ago.
    Restarted,
    /// It was not: what it was to do stays undone, at least until the next start.
    Lost,
}

impl Condition {
    /// What `health` calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Restarted => "restarted",
            Self::Lost => "lost",
        }
    }
}

impl Background {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, panicked: Arc::default() }
    }

    /// Runs what `begin` makes, and makes it anew after each panic: for tasks whose state is in the store, or survives a
    /// panic whole. It ends when the task does.
    pub fn keep<F>(&self, name: &'static str, mut begin: impl FnMut() -> F + Send + 'static) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let this = self.clone();
        spawn(async move {
            // What `begin` itself does may panic as well.
            while this.caught(name, async { begin().await }).await.is_none() {
                let wait = this.lock().get(name).map_or(WAIT_MAX, Record::wait);
                this.clock.sleep(wait).await;
            }
        })
    }

    /// Runs a task whose work stays undone where it panics, at least until the next start, which `health` tells of.
    pub fn once(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let this = self.clone();
        spawn(async move {
            if this.caught(name, future).await.is_none()
                && let Some(record) = this.lock().get_mut(name)
            {
                record.lost = true;
            }
        })
    }

    /// Runs a task that leaves nothing undone where it panics: whoever it works for sees that it ended, or it is done again.
    pub fn aside(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let this = self.clone();
        spawn(async move {
            let _ = this.caught(name, future).await;
        })
    }

    /// Does a piece of work within a task; `None` where it panicked, which the caller is to make a failure of.
    pub async fn caught<F: Future>(&self, name: &'static str, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        let planted =
            cfg!(debug_assertions) && planted(&format!("panic in {name}")) && !self.lock().contains_key(name);
        let poll = poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                assert!(!planted, "a planted panic");
                work.as_mut().poll(context)
            }));
            match polled {
                Ok(poll) => poll.map(Some),
                Err(panic) => {
                    self.note(name, &*panic);
                    Poll::Ready(None)
                }
            }
        });
        poll.await
    }

    /// The same of work that blocks.
    pub fn caught_blocking<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> Option<T> {
        catch_unwind(AssertUnwindSafe(work)).map_err(|panic| self.note(name, &*panic)).ok()
    }

    /// Starts a thread whose work is begun anew after each panic, at once: it must begin by waiting for something to do.
    ///
    /// # Errors
    /// When the operating system gives no more threads.
    pub fn keep_thread(
        &self,
        name: &'static str,
        mut work: impl FnMut() + Send + 'static,
    ) -> io::Result<thread::JoinHandle<()>> {
        let this = self.clone();
        spawn_thread(name, move || while this.caught_blocking(name, &mut work).is_none() {})
    }

    /// What has panicked since the server began.
    #[must_use]
    pub fn panicked(&self) -> Vec<Panicked> {
        let now = self.clock.machine();
        let told = |(name, record): (&&'static str, &Record)| Panicked {
            name,
            panics: record.panics,
            condition: match record {
                Record { lost: true, .. } => Condition::Lost,
                record if now.saturating_sub(record.last) < WELL_AFTER => Condition::Restarted,
                _ => Condition::Recovered,
            },
        };
        self.lock().iter().map(told).collect()
    }

    fn note(&self, name: &'static str, panic: &(dyn Any + Send)) {
        let now = self.clock.machine();
        tracing::error!(task = name, panic = text_of(panic), "a task in the background has panicked");
        let mut panicked = self.lock();
        let new = Record { panics: 0, in_a_row: 0, last: now, lost: false };
        let record = panicked.entry(name).or_insert(new);
        let is_well = now.saturating_sub(record.last) >= WELL_AFTER;
        record.in_a_row = if is_well { 1 } else { record.in_a_row.saturating_add(1) };
        record.panics += 1;
        record.last = now;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Record>> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    /// How long it is waited before the task is begun anew.
    fn wait(&self) -> Duration {
        let doubled = 1_u32.checked_shl(self.in_a_row.saturating_sub(1));
        doubled.map_or(WAIT_MAX, |factor| FIRST_WAIT.saturating_mul(factor)).min(WAIT_MAX)
    }
}

/// What a panic says.
fn text_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A simulated clock that goes on as long as somebody waits for the condition.
    async fn passes_until(clock: &Clock, condition: impl Fn() -> bool) {
        for _ in 0..10_000 {
            if condition() {
                return;
            }
            clock.pass(Duration::from_millis(10));
            crate::yield_now().await;
        }
        panic!("it has not come to pass");
    }

    fn conditions(background: &Background) -> Vec<(String, u64, Condition)> {
        let all = background.panicked().into_iter();
        all.map(|one| (one.name.to_owned(), one.panics, one.condition)).collect()
    }

    #[tokio::test]
    async fn a_task_that_panics_is_begun_anew_until_it_ends() {
        let clock = Clock::simulated(0);
        let background = Background::new(clock.clone());
        let begun = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&begun);
        let task = background.keep("ticking", move || {
            let count = counted.fetch_add(1, Ordering::SeqCst);
            // Once while it is made, once while it runs.
            assert!(count != 0, "not made");
            async move {
                crate::yield_now().await;
                assert!(count != 1, "not run");
            }
        });
        passes_until(&clock, || task.is_finished()).await;
        task.await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        assert_eq!(conditions(&background), [("ticking".to_owned(), 2, Condition::Restarted)]);
        clock.pass(WELL_AFTER);
        assert_eq!(conditions(&background), [("ticking".to_owned(), 2, Condition::Recovered)]);
    }

    #[tokio::test]
    async fn one_that_always_panics_is_begun_less_and_less_often_and_is_never_well() {
        let clock = Clock::simulated(0);
        let background = Background::new(clock.clone());
        let begun = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&begun);
        let task = background.keep("failing", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            async { panic!("always") }
        });
        let mut waited = Vec::new();
        for count in 1..=12 {
            let before = clock.machine();
            passes_until(&clock, || begun.load(Ordering::SeqCst) == count).await;
            waited.push(clock.machine() - before);
            assert!(background.panicked().iter().all(|one| one.condition == Condition::Restarted));
        }
        assert!(waited[3] > FIRST_WAIT * 2 && waited[11] >= WAIT_MAX, "{waited:?}");
        assert!(waited[11] < WAIT_MAX + Duration::from_secs(1), "{waited:?}");
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn what_is_lost_stays_lost() {
        let clock = Clock::simulated(0);
        let background = Background::new(clock.clone());
        background.once("copy", async { panic!("{}", "with text") }).await.unwrap();
        background.once("other copy", async {}).await.unwrap();
        background.aside("guess", async { panic!("nobody minds") }).await.unwrap();
        assert_eq!(background.caught("piece", async { 7 }).await, Some(7));
        assert_eq!(background.caught("piece", async { assert_eq!(1, 2) }).await, None);
        clock.pass(WELL_AFTER);
        let lost = ("copy".to_owned(), 1, Condition::Lost);
        let well = |name: &str| (name.to_owned(), 1, Condition::Recovered);
        assert_eq!(conditions(&background), [lost, well("guess"), well("piece")]);
    }

    #[test]
    fn a_thread_goes_on_after_a_panic() {
        let background = Background::new(Clock::simulated(0));
        let (sender, jobs) = std::sync::mpsc::channel();
        (1..=3).for_each(|job| sender.send(job).unwrap());
        drop(sender);
        let done = Arc::new(AtomicU32::new(0));
        let sum = Arc::clone(&done);
        let work = move || {
            for job in &jobs {
                assert_ne!(job, 2, "a bad job");
                sum.fetch_add(job, Ordering::SeqCst);
            }
        };
        background.keep_thread("worker", work).unwrap().join().unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 4);
        assert_eq!(conditions(&background), [("worker".to_owned(), 1, Condition::Restarted)]);
    }
}

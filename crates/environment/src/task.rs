//! Tasks and threads.

use std::cell::Cell;
use std::future::{Future, pending};
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::{io, thread};
use tokio::task::JoinError;

pub use tokio::task::JoinHandle;

/// Starts a task on the runtime of the caller, which must be inside one. Whoever starts it waits for it, and so learns of a panic
/// in it; what nobody waits for is started by [`crate::Background`].
#[must_use = "a panic in it is seen only by who waits for it: what nobody waits for is for Background"]
#[allow(clippy::disallowed_methods, reason = "this is the spawn that the others are told to use")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Runs work to its end, even where whoever waits for it stops waiting: for what must not be left half done. A panic in it
/// goes on in whoever waits.
pub async fn settled<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match spawn(work).await.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        // Its runtime ends, and with it whoever waits.
        Err(Err(_)) => pending().await,
    }
}

thread_local! {
    static AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// While this is there, [`offload`] on this thread does its work at once: what another thread does is done whenever that
/// likes, and a simulated run would not be the same twice.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct OffloadAtOnce {
    /// It is of one thread.
    _here: PhantomData<*const ()>,
}

impl OffloadAtOnce {
    /// From now on.
    pub fn begin() -> Self {
        AT_ONCE.set(true);
        Self { _here: PhantomData }
    }
}

impl Drop for OffloadAtOnce {
    fn drop(&mut self) {
        AT_ONCE.set(false);
    }
}

/// Runs work that waits for a disk beside the tasks, which must not wait. The hand-off costs tens of microseconds: for
/// pieces of files, not for operations on items.
#[allow(clippy::disallowed_methods, reason = "this is the hand-off that the others are told to use")]
pub fn offload<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if AT_ONCE.get() {
        let done = work();
        return tokio::spawn(async move { done });
    }
    tokio::task::spawn_blocking(work)
}

/// Lets the other tasks run.
pub async fn yield_now() {
    tokio::task::yield_now().await;
}

/// Starts a thread with a name, for work that blocks.
///
/// # Errors
/// When the operating system gives no more threads.
pub fn spawn_thread<F, T>(name: &str, work: F) -> io::Result<thread::JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    #[test]
    fn a_thread_carries_its_name() {
        let name = spawn_thread("committer", || thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(name.join().unwrap().as_deref(), Some("committer"));
    }

    #[tokio::test]
    async fn what_is_to_settle_goes_on_where_nobody_waits_and_panics_in_who_waits() {
        let (sender, mut done) = tokio::sync::oneshot::channel();
        {
            let mut work = std::pin::pin!(settled(async move {
                yield_now().await;
                sender.send(7).unwrap();
            }));
            let begun = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending()));
            assert!(begun.await);
        }
        assert_eq!((&mut done).await, Ok(7));
        assert_eq!(settled(async { 8 }).await, 8);
        let waits = spawn(settled::<()>(async { panic!("on purpose") }));
        assert!(waits.await.unwrap_err().is_panic());
    }

    #[tokio::test]
    async fn work_is_done_at_once_only_while_that_is_asked_for() {
        let here = thread::current().id();
        let at_once = OffloadAtOnce::begin();
        assert_eq!(offload(|| thread::current().id()).await.unwrap(), here);
        drop(at_once);
        assert_ne!(offload(|| thread::current().id()).await.unwrap(), here);
    }
}

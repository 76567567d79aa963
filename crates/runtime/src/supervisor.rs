//! The runtime of a server: what all pools share.

use crate::cgroup::Cgroups;
use crate::interpreter::Interpreters;
use crate::scratch::Scratch;
use crate::{LogSink, Pool, Revision, Settings};
use environment::Environment;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// How long a stop waits for processes to be gone.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// Starts processes for functions, and sees to it that none outlives it.
pub struct Runtime {
    shared: Arc<Shared>,
    pools: Mutex<Vec<Weak<Pool>>>,
}

/// What all pools and processes use.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) scratch: Scratch,
    pub(crate) logs: Arc<dyn LogSink>,
    pub(crate) environment: Environment,
    pub(crate) interpreters: Interpreters,
    /// What bounds the memory of processes, where that is wanted and can be done.
    pub(crate) cgroups: Option<Cgroups>,
    /// Whether the server is being stopped.
    pub(crate) closing: watch::Sender<bool>,
    /// How many processes there are.
    alive: watch::Sender<usize>,
    /// Numbers for directories.
    numbers: AtomicU64,
}

impl Shared {
    /// A number that was not given before.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn process_started(&self) {
        self.alive.send_modify(|alive| *alive += 1);
    }

    pub(crate) fn process_ended(&self) {
        self.alive.send_modify(|alive| *alive -= 1);
    }

    /// Returns when the server is being stopped.
    pub(crate) async fn closed(&self) {
        // The sender is as old as this.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }
}

/// What bounds the memory of processes, where that is wanted. Where nothing can, a warning says so, once.
fn find_cgroups(settings: &Settings) -> Option<Cgroups> {
    if !settings.enforce_memory || !settings.cgroups {
        return None;
    }
    let found = Cgroups::find();
    found
        .inspect_err(|why| {
            tracing::warn!(
                %why,
                "no cgroup can be made, so the memory of functions is bounded roughly: allocations of a process fail beyond its \
                 function's size and 64 MiB"
            );
        })
        .ok()
}

impl Runtime {
    /// A runtime with no processes yet. What an earlier one has left in the scratch directory is removed.
    ///
    /// # Errors
    /// When the scratch directory cannot be written.
    pub fn new(
        settings: Settings,
        logs: Arc<dyn LogSink>,
        environment: Environment,
    ) -> io::Result<Arc<Self>> {
        let scratch = match &settings.scratch {
            Some(path) => Scratch::at(path)?,
            None => Scratch::temporary(),
        };
        let shared = Shared {
            logs,
            environment,
            interpreters: Interpreters::default(),
            cgroups: find_cgroups(&settings),
            closing: watch::Sender::new(false),
            alive: watch::Sender::new(0),
            numbers: AtomicU64::new(0),
            scratch,
            settings,
        };
        Ok(Arc::new(Self { shared: Arc::new(shared), pools: Mutex::default() }))
    }

    /// A pool of processes for a revision. Each call makes another; nothing is started yet. Whoever drops it ends what is
    /// idle; calls under way go on.
    #[must_use]
    pub fn pool(self: &Arc<Self>, revision: Revision) -> Arc<Pool> {
        let pool = Arc::new(Pool::new(Arc::clone(&self.shared), revision));
        let mut pools = self.pools();
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(Arc::downgrade(&pool));
        pool
    }

    /// Ends all processes, and returns when they are gone. Calls under way, and those that come, end in
    /// [`crate::PoolError::ShuttingDown`].
    pub async fn shutdown(&self) {
        self.shared.closing.send_replace(true);
        for pool in self.pools().drain(..) {
            if let Some(pool) = pool.upgrade() {
                pool.close();
            }
        }
        let mut alive = self.shared.alive.subscribe();
        let gone = alive.wait_for(|alive| *alive == 0);
        if tokio::time::timeout(END_PATIENCE, gone).await.is_err() {
            tracing::warn!("processes of functions are still there");
        }
        if let Some(cgroups) = &self.shared.cgroups {
            cgroups.remove();
        }
        self.shared.scratch.close();
    }

    /// No code that holds the lock leaves it half changed, so poison means nothing here.
    fn pools(&self) -> MutexGuard<'_, Vec<Weak<Pool>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Runs transactions on a store, with the driver that suits it.
//!
//! It promises what the store's contract says of single commits for whole read-modify-writes: each happens
//! once, upon the values it was planned with; one that was answered before another began is before it; and
//! no answer rests on a write that a crash can still take back. A dropped future cancels nothing.

mod grouped;
mod inline;
mod running;
#[cfg(test)]
mod tests;

pub use running::Running;

use crate::log_head::{Refusal, check_fence};
use crate::transaction::Decided;
use crate::{
    AnyStore, Commit, CommitToken, Committed, Effect, LogId, Outcome, Position, RunError, Store, StoreError,
    Transaction, Version,
};
use environment::{Clock, Environment, Random};
use grouped::Grouped;
use inline::Stripes;
use std::future::Future;
use std::sync::{Arc, OnceLock};

/// How often a transaction is planned anew after a conflict, before it is given up. Only a test store, or
/// several writers of one store beside the runner, conflict at all.
const ATTEMPTS_MAX: usize = 100;

/// How often a commit with an unknown outcome is sent again.
const UNKNOWN_MAX: usize = 100;

/// Told of each commit that appended: the last position in each log, once its answers are on their way.
type Listener = Box<dyn Fn(&[(LogId, Position)]) + Send + Sync>;

/// Runs transactions. Clones share one driver.
#[derive(Clone)]
pub struct Runner {
    shared: Arc<Shared>,
    driver: Arc<Driver>,
}

enum Driver {
    Inline(Stripes),
    Grouped(Grouped),
}

/// What a driver needs.
struct Shared {
    store: Arc<AnyStore>,
    clock: Clock,
    random: Random,
    listener: OnceLock<Listener>,
}

/// Why a transaction was not committed, before it is handed back.
#[derive(Clone, Debug)]
enum Failure {
    Stale(LogId),
    Store(StoreError),
}

impl Failure {
    fn hand_back<T>(self, transaction: T) -> RunError<T> {
        match self {
            Self::Stale(log) => RunError::Stale(log, transaction),
            Self::Store(error) => RunError::Store(error),
        }
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl Runner {
    /// Runs on a store with the driver made for it: grouped for stores that sync, else inline.
    ///
    /// # Errors
    /// When the committer's thread cannot be started.
    pub fn new(store: Arc<AnyStore>, environment: &Environment) -> Result<Self, StoreError> {
        match *store {
            AnyStore::Memory(_) | AnyStore::Faulty(_) => Ok(Self::inline(store, environment)),
            AnyStore::Embedded(_) => Self::grouped(store, environment),
            AnyStore::Simulated(_) => Ok(Self::grouped_task(store, environment)),
        }
    }

    /// Runs each transaction on its caller's thread.
    #[must_use]
    pub fn inline(store: Arc<AnyStore>, environment: &Environment) -> Self {
        let shared = Shared::new(store, environment);
        Self { shared, driver: Arc::new(Driver::Inline(Stripes::new())) }
    }

    /// Runs transactions in groups, on one committer thread.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn grouped(store: Arc<AnyStore>, environment: &Environment) -> Result<Self, StoreError> {
        let shared = Shared::new(store, environment);
        let grouped = Grouped::start(Arc::clone(&shared), &environment.background)?;
        Ok(Self { shared, driver: Arc::new(Driver::Grouped(grouped)) })
    }

    /// Runs transactions in groups, as [`Runner::grouped`] does, on a task of the caller's runtime that pauses
    /// where the thread would wait for others: for runs that are repeated from their seed.
    #[must_use]
    pub fn grouped_task(store: Arc<AnyStore>, environment: &Environment) -> Self {
        let shared = Shared::new(store, environment);
        let grouped = Grouped::start_task(Arc::clone(&shared));
        Self { shared, driver: Arc::new(Driver::Grouped(grouped)) }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<AnyStore> {
        &self.shared.store
    }

    /// Runs a transaction. Its writes happen whether or not the future is awaited. Inline, the future is
    /// ready at once; grouped, the first reads happen before this returns.
    pub fn run<T: Transaction>(&self, transaction: T) -> Running<T> {
        match &*self.driver {
            Driver::Inline(stripes) => Running::ready(inline::run(&self.shared, stripes, transaction)),
            Driver::Grouped(grouped) => grouped.run(&self.shared, transaction),
        }
    }

    /// Commits what whoever alone writes these keys has decided, under no fence. Otherwise as [`Runner::run`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn write(&self, effect: Effect) -> impl Future<Output = Result<Committed, StoreError>> + use<> {
        let running = self.run(Decided(effect));
        async move {
            match running.await {
                Ok((_, committed)) => Ok(committed),
                Err(RunError::Store(error)) => Err(error),
                Err(RunError::Stale(log, _)) => Err(StoreError::Engine(format!(
                    "a write without a fence was fenced off by log {}",
                    log.0
                ))),
            }
        }
    }

    /// Runs a transaction and waits on this thread, which must not be one that runs tasks.
    ///
    /// # Errors
    /// As the future of [`Runner::run`].
    pub fn run_blocking<T: Transaction>(&self, transaction: T) -> Result<(T, Committed), RunError<T>> {
        self.run(transaction).wait()
    }

    /// Sets the function that is told of each commit that appended, with the last position in each of its
    /// logs, after the answers are on their way. It must be quick. Only the first call has an effect.
    pub fn on_commit(&self, listener: impl Fn(&[(LogId, Position)]) + Send + Sync + 'static) {
        let _ = self.shared.listener.set(Box::new(listener));
    }
}

impl Shared {
    fn new(store: Arc<AnyStore>, environment: &Environment) -> Arc<Self> {
        let (clock, random) = (environment.clock.clone(), environment.random.clone());
        Arc::new(Self { store, clock, random, listener: OnceLock::new() })
    }

    /// Commits until the outcome is known.
    fn commit(&self, mut commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        if !self.store.may_be_unknown() {
            return self.store.commit_seen(commit, seen);
        }
        commit.token = Some(CommitToken(self.random.next_u128()));
        let mut result = self.store.commit_seen(commit.clone(), seen);
        for _ in 0..UNKNOWN_MAX {
            if !matches!(result, Err(StoreError::Unknown(_))) {
                break;
            }
            result = self.store.commit_seen(commit.clone(), seen);
        }
        result
    }

    /// Whether the fences under which something was planned stand, and the logs it appends to are open.
    fn check_logs(&self, effect: &Effect) -> Result<(), LogId> {
        for (log, fence) in &effect.fences {
            if let Err(Refusal::Outcome(_) | Refusal::Error(_)) =
                check_fence(*log, *fence, self.store.log_state(*log))
            {
                return Err(*log);
            }
        }
        Ok(())
    }

    fn tell(&self, last: &[(LogId, Position)]) {
        if !last.is_empty()
            && let Some(listener) = self.listener.get()
        {
            listener(last);
        }
    }
}

/// Whether an effect changes anything.
fn changes_nothing(effect: &Effect) -> bool {
    effect.writes.is_empty() && effect.appends.is_empty() && effect.adds.is_empty() && effect.logs.is_empty()
}

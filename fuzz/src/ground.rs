//! What a service stands on here: a store in memory, clocks that stand still, a runtime of one thread.

use database::Caller;
use environment::Environment;
use std::future::Future;
use std::sync::Arc;
use store::{AnyStore, Memory, Runner, SpaceId, Store};

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

thread_local! {
    static RUNTIME: Option<tokio::runtime::Runtime> =
        tokio::runtime::Builder::new_current_thread().build().ok();
}

/// Runs it to its end.
pub(crate) fn run(future: impl Future<Output = ()>) {
    RUNTIME.with(|runtime| {
        let Some(runtime) = runtime else { panic!("there is no runtime") };
        runtime.block_on(future);
    });
}

/// A store with one space.
pub(crate) struct Ground {
    store: Arc<AnyStore>,
    pub(crate) environment: Environment,
    pub(crate) space: SpaceId,
    pub(crate) caller: Caller,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let environment = Environment::simulated(1, START_MS);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        let Ok(space) = store.create_space() else { panic!("there is no space") };
        Self { store, environment, space, caller: Caller::new("000000000000", "us-east-1") }
    }

    pub(crate) fn runner(&self) -> Runner {
        Runner::inline(Arc::clone(&self.store), &self.environment)
    }
}

/// What was opened, which cannot fail on what was written here.
pub(crate) fn opened<T, E: std::fmt::Display>(opened: Result<T, E>) -> T {
    opened.unwrap_or_else(|error| panic!("{error}"))
}

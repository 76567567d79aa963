//! What runs functions: the contract that this crate has with it, so that it can be tested without processes.

use runtime::{Finished, Invocation, Pool, PoolError, Revision, Runtime};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Runs functions.
pub trait Engine: Send + Sync + 'static {
    /// What runs one revision of a function.
    fn pool(&self, revision: Revision) -> Arc<dyn Processes>;
}

/// Runs one revision of a function.
pub trait Processes: Send + Sync + 'static {
    /// Runs a call; waits where as many are run as may be.
    fn invoke(&self, invocation: Invocation) -> Running<'_>;

    /// Starts a process, where none is idle.
    fn prewarm(&self);

    /// Ends the processes, each when its call has ended.
    fn retire(&self);
}

/// A call that is run.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Finished, PoolError>> + Send + 'a>>;

impl Engine for Arc<Runtime> {
    fn pool(&self, revision: Revision) -> Arc<dyn Processes> {
        Arc::new(OfRuntime(Runtime::pool(self, revision)))
    }
}

struct OfRuntime(Arc<Pool>);

impl Processes for OfRuntime {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(self.0.invoke(invocation))
    }

    fn prewarm(&self) {
        self.0.prewarm();
    }

    fn retire(&self) {
        self.0.retire();
    }
}

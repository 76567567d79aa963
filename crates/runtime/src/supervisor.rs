//! The runtime of a server: what all pools share.

use crate::{LogSink, Pool, Revision, Settings};
use environment::Environment;
use std::io;
use std::sync::Arc;

/// Starts processes for functions, and sees to it that none outlives it.
pub struct Runtime {
    _settings: Settings,
}

impl Runtime {
    /// A runtime with no processes yet.
    ///
    /// # Errors
    /// When the scratch directory cannot be written.
    pub fn new(
        settings: Settings,
        _logs: Arc<dyn LogSink>,
        _environment: Environment,
    ) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { _settings: settings }))
    }

    /// A pool of processes for a revision. Each call makes another; nothing is started yet.
    #[must_use]
    pub fn pool(self: &Arc<Self>, _revision: Revision) -> Arc<Pool> {
        Arc::new(Pool {})
    }

    /// Ends all processes, and returns when they are gone. Calls under way, and those that come, end in
    /// [`crate::PoolError::ShuttingDown`].
    pub async fn shutdown(&self) {}
}

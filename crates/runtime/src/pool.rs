//! The processes of one revision.

use crate::{Finished, Invocation, PoolError};
use std::sync::Arc;

/// The processes of one revision.
pub struct Pool {}

impl Pool {
    /// Runs a call, on a process that is idle or a new one; waits in order where there are as many as may be. The call goes
    /// on where the future is dropped.
    ///
    /// # Errors
    /// When no process can be started, or the server is being stopped. That the function fails is no error.
    pub async fn invoke(self: &Arc<Self>, _invocation: Invocation) -> Result<Finished, PoolError> {
        Err(PoolError::CannotStart("functions cannot be run yet".to_owned()))
    }

    /// Starts a process for the next call, where none is idle or being started.
    pub fn prewarm(self: &Arc<Self>) {}

    /// Ends the processes that are idle, and the others when their calls have ended. Calls that come nevertheless are run,
    /// each on a process of its own.
    pub fn retire(&self) {}
}

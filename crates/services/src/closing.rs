//! The end of long polls: a server that is being stopped answers those who wait for messages or log events at once, with
//! nothing, instead of waiting for them.

use std::sync::Arc;
use tokio::sync::watch;

/// Told once, and seen by everybody who waits or comes to wait. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Closing {
    closed: Arc<watch::Sender<bool>>,
}

impl Closing {
    /// Not closed.
    pub(crate) fn new() -> Self {
        Self { closed: Arc::new(watch::Sender::new(false)) }
    }

    /// From now on nobody waits.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Returns once it is closed.
    pub(crate) async fn closed(&self) {
        // The sender lives as long as this does, so that waiting ends for that one reason.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

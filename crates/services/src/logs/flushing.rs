//! Committing what has changed.

use super::{Inner, Logs, LogsError};
use environment::Clock;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;
use store::Effect;
use tokio::sync::Notify;

/// How long what functions print is gathered before it is committed.
const GATHER: Duration = Duration::from_millis(200);

/// How often, in service time, blocks that are expired are looked for.
const EXPIRY_INTERVAL_MS: u64 = 60_000;

impl Logs {
    /// Commits all that has changed until now, and returns when it is durable.
    ///
    /// # Errors
    /// When the store fails. It is tried again with the next change.
    pub async fn flush(&self) -> Result<(), LogsError> {
        self.inner.flush().await
    }

    /// Starts the task that commits what functions print; needs a runtime. It ends with the last clone.
    pub fn start(&self) {
        let (inner, work) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.work));
        let clock = self.inner.environment.clock.clone();
        let gather = move || gather(inner.clone(), Arc::clone(&work), clock.clone());
        self.inner.environment.background.keep("log events", gather);
    }
}

async fn gather(inner: Weak<Inner>, work: Arc<Notify>, clock: Clock) {
    let mut expiry_ms = 0;
    loop {
        work.notified().await;
        clock.sleep(GATHER).await;
        let Some(inner) = inner.upgrade() else { return };
        let now_ms = clock.now_ms();
        if now_ms >= expiry_ms {
            expiry_ms = now_ms + EXPIRY_INTERVAL_MS;
            inner.drop_expired(now_ms);
        }
        if let Err(error) = inner.flush().await {
            tracing::error!(%error, "log events could not be stored");
        }
    }
}

impl Inner {
    pub(super) fn drop_expired(&self, now_ms: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).drop_expired(now_ms, self.keys);
    }

    async fn flush(&self) -> Result<(), LogsError> {
        let _committing = self.committing.lock().await;
        let pending = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let gone_bytes = state.make_room(self.options.bytes_max, self.keys);
            if gone_bytes > 0 {
                let bytes_max = self.options.bytes_max;
                tracing::warn!(gone_bytes, bytes_max, "the oldest log events are gone: there are too many");
            }
            state.take_pending(self.keys)
        };
        if pending.records.is_empty() {
            return Ok(());
        }
        let writes = pending.records.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let written = self.runner.write(Effect { writes, ..Effect::default() }).await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &written {
            Ok(_) => state.committed(&pending),
            Err(_) => state.failed(pending),
        }
        drop(state);
        self.room.notify_waiters();
        written.map(drop).map_err(Into::into)
    }
}

//! What happens to queues by itself: messages outlive their time, deduplication ids may be used again, the records of what
//! was purged or deleted go. Nothing runs while nothing is due.

use super::queue::Queue;
use super::records::{Sent, parsed};
use super::sending::DEDUPLICATION_MS;
use super::{Change, Inner, Queues, QueuesError};
use environment::{Background, Clock};
use std::sync::{Arc, Weak};
use tokio::sync::Notify;

/// How many records are deleted by one commit.
const TOGETHER: usize = 256;

impl Queues {
    /// Starts what looks after the queues, beginning with the records of these messages, which are of no queue.
    pub(super) fn look_after(&self, orphans: Vec<(u64, u64)>) {
        let (inner, due) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.due));
        let clock = self.inner.environment.clock.clone();
        let mut orphans = Some(orphans);
        self.background().keep("upkeep of queues", move || {
            let (inner, due, clock) = (inner.clone(), Arc::clone(&due), clock.clone());
            // Those that are left where it panics are found at the next start.
            let orphans = orphans.take().unwrap_or_default();
            async move {
                if let Some(queues) = upgraded(&inner) {
                    queues.report(queues.delete_all(&orphans).await);
                }
                tidy(inner, due, clock).await;
            }
        });
    }

    /// What runs beside the requests.
    pub(super) fn background(&self) -> &Background {
        &self.inner.environment.background
    }

    /// Deletes what is due, and answers when something is due next.
    async fn expire(&self) -> Option<u64> {
        let mut next_ms = None;
        for queue in self.all() {
            self.drop_expired(&queue);
            self.report(self.forget_deduplicated(&queue).await);
            let due_ms = queue.due_ms().map(|due_ms| due_ms.max(self.now_ms() + 1));
            next_ms = next_ms.into_iter().chain(due_ms).min();
        }
        next_ms
    }

    /// Takes messages that have outlived their time out of the order at once; their records go in the background.
    pub(super) fn drop_expired(&self, queue: &Arc<Queue>) {
        let retention_ms = queue.current().settings.retention_ms;
        let before_ms = self.now_ms().saturating_sub(retention_ms);
        let expired = {
            let mut index = queue.index();
            if index.oldest_ms().is_none_or(|oldest_ms| oldest_ms >= before_ms) {
                return;
            }
            let expired = index.sent_before(before_ms, usize::MAX);
            expired.iter().for_each(|number| index.remove(*number));
            expired
        };
        self.delete_later(queue.id, expired);
    }

    /// Deletes the records of messages that are out of the order already.
    pub(super) fn delete_later(&self, queue: u64, numbers: Vec<u64>) {
        if numbers.is_empty() {
            return;
        }
        let queues = self.clone();
        self.background().once("messages that are gone", async move {
            let messages: Vec<_> = numbers.into_iter().map(|number| (queue, number)).collect();
            queues.report(queues.delete_all(&messages).await);
        });
    }

    /// Deletes the records of deduplication ids of a queue that is gone.
    pub(super) fn delete_sent_later(&self, keys: Vec<Vec<u8>>) {
        if keys.is_empty() {
            return;
        }
        let queues = self.clone();
        self.background().once("deduplication ids of a queue that is gone", async move {
            for keys in keys.chunks(TOGETHER) {
                let keys: Vec<_> = keys.iter().map(|key| queues.inner.keys.of(key)).collect();
                let writes: Vec<_> = keys.into_iter().map(|key| (key, None)).collect();
                let change = Change::new(Vec::new(), move |_, _| Ok((writes.clone(), ())));
                queues.report(change.run(&queues.inner.runner).await);
            }
        });
    }

    async fn delete_all(&self, messages: &[(u64, u64)]) -> Result<(), QueuesError> {
        for messages in messages.chunks(TOGETHER) {
            self.delete_records(messages.to_vec()).await?;
        }
        Ok(())
    }

    /// Deletes the records of deduplication ids that may be used again.
    async fn forget_deduplicated(&self, queue: &Queue) -> Result<(), QueuesError> {
        let now_ms = self.now_ms();
        loop {
            let due: Vec<_> = {
                let mut all = queue.deduplicated();
                let due: Vec<_> = all.range(..(now_ms, Vec::new())).take(TOGETHER).cloned().collect();
                due.iter().for_each(|one| {
                    all.remove(one);
                });
                due
            };
            if due.is_empty() {
                return Ok(());
            }
            let mut keys: Vec<_> = due.iter().map(|(_, key)| self.inner.keys.of(key)).collect();
            keys.sort();
            keys.dedup();
            self.forget(keys).await?;
        }
    }

    async fn forget(&self, keys: Vec<store::Key>) -> Result<(), QueuesError> {
        let change = Change::new(keys.clone(), move |old, now_ms| {
            let mut writes = Vec::new();
            for (key, old) in keys.iter().zip(old) {
                let Some(old) = old else { continue };
                // One that was used again since is not due.
                if parsed::<Sent>(&old.value)?.sent_ms + DEDUPLICATION_MS <= now_ms {
                    writes.push((key.clone(), None));
                }
            }
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await
    }

    /// What fails in the background fails in the store, which says so to everybody else too.
    pub(super) fn report(&self, result: Result<(), QueuesError>) {
        if let Err(error) = result {
            tracing::warn!(%error, "queues could not be tidied up");
        }
    }
}

/// Deletes what is due, again and again, while there are queues.
async fn tidy(inner: Weak<Inner>, due: Arc<Notify>, clock: Clock) {
    while let Some(queues) = upgraded(&inner) {
        let mut told = std::pin::pin!(due.notified());
        told.as_mut().enable();
        let next_ms = queues.expire().await;
        drop(queues);
        let wait = async {
            match next_ms {
                Some(next_ms) => clock.service_sleep_until(next_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = told => {}
            () = wait => {}
        }
    }
}

fn upgraded(inner: &Weak<Inner>) -> Option<Queues> {
    inner.upgrade().map(|inner| Queues { inner })
}

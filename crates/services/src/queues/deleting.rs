//! Deleting messages, and changing for how long they are not received again.

use super::error::ErrorCode;
use super::queue::Queue;
use super::receipt::Receipt;
use super::receiving::state_of;
use super::records::{State, parsed, stored};
use super::{Change, Queues, QueuesError};
use environment::settled;
use std::collections::BTreeSet;
use std::sync::Arc;

/// For how long a message may be invisible at most, from when it was received.
pub(super) const VISIBILITY_MAX_MS: u64 = 43_200_000;

/// What became of each of several, in their order.
pub(super) type Each = Vec<Result<(), QueuesError>>;

impl Queues {
    /// Deletes messages by their receipt handles, in one commit. Those that are gone already are deleted too.
    ///
    /// # Errors
    /// When there is no such queue, or the store fails. What is wrong with a handle is told in its place.
    pub async fn delete(
        &self,
        arn: &str,
        receipts: &[String],
    ) -> Result<Vec<Result<(), QueuesError>>, QueuesError> {
        let queue = self.by_arn(arn)?;
        self.delete_from(&queue, receipts).await
    }

    /// Lets messages be received again so long from now, by their receipt handles, in one commit.
    ///
    /// # Errors
    /// When there is no such queue, or the store fails. What is wrong with a handle is told in its place.
    pub async fn change_visibility(
        &self,
        arn: &str,
        receipts: &[(String, u64)],
    ) -> Result<Vec<Result<(), QueuesError>>, QueuesError> {
        let queue = self.by_arn(arn)?;
        self.change_visibility_in(&queue, receipts).await
    }

    pub(super) async fn delete_from(
        &self,
        queue: &Arc<Queue>,
        receipts: &[String],
    ) -> Result<Each, QueuesError> {
        let now_ms = self.now_ms();
        let mut numbers = BTreeSet::new();
        let mut results = Vec::with_capacity(receipts.len());
        for handle in receipts {
            results.push(deletable(queue, handle, now_ms).map(|number| {
                numbers.insert(number);
            }));
        }
        if !numbers.is_empty() {
            let (queues, queue) = (self.clone(), Arc::clone(queue));
            let numbers: Vec<_> = numbers.into_iter().collect();
            settled(async move { queues.delete_numbers(&queue, &numbers).await }).await?;
        }
        Ok(results)
    }

    /// Deletes messages by their numbers, in one commit.
    pub(super) async fn delete_numbers(&self, queue: &Queue, numbers: &[u64]) -> Result<(), QueuesError> {
        self.delete_records(numbers.iter().map(|number| (queue.id, *number)).collect()).await?;
        queue.change(self.now_ms(), |index| numbers.iter().for_each(|number| index.remove(*number)));
        Ok(())
    }

    /// Deletes the records of messages, by queue and number, in one commit.
    pub(super) async fn delete_records(&self, messages: Vec<(u64, u64)>) -> Result<(), QueuesError> {
        let keys = self.inner.keys;
        let states: Vec<_> = messages.iter().map(|(queue, number)| keys.state(*queue, *number)).collect();
        let change = Change::new(states.clone(), move |old, _| {
            let mut writes = Vec::new();
            for ((state, (queue, number)), old) in states.iter().zip(&messages).zip(old) {
                if old.is_some() {
                    writes.push((state.clone(), None));
                    writes.push((keys.message(*queue, *number), None));
                }
            }
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await
    }

    pub(super) async fn change_visibility_in(
        &self,
        queue: &Arc<Queue>,
        receipts: &[(String, u64)],
    ) -> Result<Each, QueuesError> {
        let now_ms = self.now_ms();
        let mut states = Vec::new();
        let mut results = Vec::with_capacity(receipts.len());
        for (handle, visibility_ms) in receipts {
            results.push(postpone(queue, handle, *visibility_ms, now_ms).map(|state| states.push(state)));
        }
        if !states.is_empty() {
            let (queues, id) = (self.clone(), queue.id);
            settled(async move { queues.store_states(id, states).await }).await?;
        }
        Ok(results)
    }

    /// Stores states that are newer than those that are stored, of messages that are still there.
    async fn store_states(&self, queue: u64, mut states: Vec<(u64, State)>) -> Result<(), QueuesError> {
        // Of several states of one message the newest counts.
        states.sort_by_key(|(number, state)| (*number, std::cmp::Reverse(state.changes)));
        states.dedup_by_key(|(number, _)| *number);
        let keys: Vec<_> = states.iter().map(|(number, _)| self.inner.keys.state(queue, *number)).collect();
        let change = Change::new(keys.clone(), move |old, _| {
            let mut writes = Vec::new();
            for ((key, (_, state)), old) in keys.iter().zip(&states).zip(old) {
                let Some(old) = old else { continue };
                if parsed::<State>(&old.value)?.changes < state.changes {
                    writes.push((key.clone(), Some(stored(state)?)));
                }
            }
            Ok((writes, ()))
        });
        change.run(&self.inner.runner).await
    }
}

/// The number of the message that a handle deletes. In a FIFO queue the receive that it is of must not be over.
fn deletable(queue: &Queue, handle: &str, now_ms: u64) -> Result<u64, QueuesError> {
    let receipt = Receipt::of(handle, queue.id)?;
    if queue.is_fifo {
        let index = queue.index();
        let is_over = index.get(receipt.number).is_some_and(|entry| {
            let is_of_it = entry.is_in_flight() && entry.receives == receipt.receives;
            !is_of_it || entry.until_ms() <= now_ms
        });
        if is_over {
            let reason = "The receipt handle has expired.";
            return Err(QueuesError::value(handle, "ReceiptHandle", reason));
        }
    }
    Ok(receipt.number)
}

/// Lets a message that is in flight be received again so long from now. Answers its number and its state.
fn postpone(
    queue: &Queue,
    handle: &str,
    visibility_ms: u64,
    now_ms: u64,
) -> Result<(u64, State), QueuesError> {
    let receipt = Receipt::of(handle, queue.id)?;
    queue.change(now_ms, |index| {
        let entry = index.get(receipt.number).filter(|entry| entry.receives == receipt.receives);
        let Some(entry) = entry else {
            let reason = "Message does not exist or is not available for visibility timeout change.";
            return Err(QueuesError::value(handle, "ReceiptHandle", reason));
        };
        if now_ms.saturating_sub(entry.received_ms).saturating_add(visibility_ms) > VISIBILITY_MAX_MS {
            let reason = format!(
                "Total VisibilityTimeout for the message is beyond the limit [{} seconds]",
                VISIBILITY_MAX_MS / 1_000
            );
            return Err(QueuesError::value(visibility_ms / 1_000, "VisibilityTimeout", reason));
        }
        let until_ms = now_ms.saturating_add(visibility_ms);
        let entry = index.set_visibility(receipt.number, until_ms, now_ms).ok_or_else(|| {
            let message = "The message referred to isn't in flight.";
            QueuesError::new(ErrorCode::MessageNotInflight, message)
        })?;
        Ok((receipt.number, state_of(&entry)))
    })
}

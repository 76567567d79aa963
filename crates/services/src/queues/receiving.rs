//! Receiving messages, and waiting for them.

use super::error::ErrorCode;
use super::index::{Entry, Taken, Taking};
use super::message::{Attribute, Message};
use super::moving::MOVED_TOGETHER;
use super::queue::Queue;
use super::receipt::Receipt;
use super::records::{State, parsed, stored};
use super::{Change, Queues, QueuesError, sequence_number};
use environment::settled;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How many messages may be in flight in one queue.
const IN_FLIGHT_MAX: usize = 120_000;

/// For how long the messages of an attempt are received again.
const ATTEMPT_MS: u64 = 5 * 60 * 1_000;

/// How many attempts of a queue are remembered.
const ATTEMPTS_MAX: usize = 10_000;

/// How to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    /// At most so many messages.
    pub max: usize,
    /// For how long they are not received again; what the queue says where this does not.
    pub visibility_ms: Option<u64>,
    /// How long to wait for the first of them.
    pub wait: Duration,
}

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// By which it is deleted, or its visibility changed.
    pub receipt: String,
    /// Its body.
    pub body: String,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Its system attributes as they were sent, by name.
    pub system_attributes: BTreeMap<String, Attribute>,
    /// The group that it is in.
    pub group: Option<String>,
    /// Its deduplication id.
    pub deduplication: Option<String>,
    /// Its number in a FIFO queue.
    pub sequence_number: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// When it was sent.
    pub sent_ms: u64,
    /// When it was first received.
    pub first_received_ms: u64,
    /// How often it was received, this time included.
    pub receives: u32,
    /// The ARN of the queue whose dead letter it is.
    pub source: Option<String>,
}

impl Queues {
    /// Receives messages: those that are there, or the first that arrive while it waits; none where none do.
    ///
    /// # Errors
    /// When there is no such queue, too many of its messages are in flight, or the store fails.
    pub async fn receive(&self, arn: &str, how: Receive) -> Result<Vec<Received>, QueuesError> {
        let queue = self.by_arn(arn)?;
        self.receive_from(&queue, how).await
    }

    /// Returns once there is something to receive. Whoever is woken by this must receive, since nobody else is told of it.
    ///
    /// # Errors
    /// When there is no such queue, or it is deleted.
    pub async fn ready(&self, arn: &str) -> Result<(), QueuesError> {
        let queue = self.by_arn(arn)?;
        loop {
            let mut arrival = std::pin::pin!(queue.arrival.notified());
            arrival.as_mut().enable();
            queue.looks.fetch_add(1, Ordering::Relaxed);
            let next_ms = {
                let mut index = queue.index();
                if index.is_ready(self.now_ms()) {
                    return Ok(());
                }
                index.next_ms()
            };
            if self.by_id(queue.id).is_none() {
                return Err(QueuesError::no_queue());
            }
            tokio::select! {
                biased;
                () = arrival => {}
                () = self.service_time(next_ms) => {}
            }
        }
    }

    /// Sleeps until service time gets there; without end where there is no time.
    async fn service_time(&self, time_ms: Option<u64>) {
        match time_ms {
            Some(time_ms) => self.inner.environment.clock.service_sleep_until(time_ms).await,
            None => std::future::pending().await,
        }
    }

    /// Receives under the id of an attempt: the same messages again, where they are still as they were received.
    pub(super) async fn receive_attempt(
        &self,
        queue: &Arc<Queue>,
        how: Receive,
        attempt: String,
    ) -> Result<Vec<Received>, QueuesError> {
        let again = self.take_again(queue, how, &attempt);
        if !again.messages.is_empty() {
            let (queues, queue) = (self.clone(), Arc::clone(queue));
            return settled(async move { queues.took(&queue, again).await }).await;
        }
        let received = self.receive_from(queue, how).await?;
        let receipts = received.iter().filter_map(|message| Receipt::of(&message.receipt, queue.id).ok());
        let until_ms = self.now_ms().saturating_add(ATTEMPT_MS);
        let mut attempts = queue.attempts();
        attempts.retain(|_, (until_ms, _)| *until_ms > self.now_ms());
        if !received.is_empty() && attempts.len() < ATTEMPTS_MAX {
            attempts.insert(attempt, (until_ms, receipts.collect()));
        }
        Ok(received)
    }

    /// Takes the messages of an attempt again; none where one of them is no longer as it was received.
    fn take_again(&self, queue: &Queue, how: Receive, attempt: &str) -> Taken {
        let now_ms = self.now_ms();
        let found = queue.attempts().get(attempt).filter(|(until_ms, _)| *until_ms > now_ms).cloned();
        let (Some((_, receipts)), mut taken) = (found, Taken::default()) else { return Taken::default() };
        let visibility_ms = how.visibility_ms.unwrap_or(queue.current().settings.visibility_ms);
        queue.change(now_ms, |index| {
            let is_same = |receipt: &Receipt| {
                let entry = index.get(receipt.number);
                entry.is_some_and(|entry| {
                    entry.is_in_flight() && entry.receives == receipt.receives && entry.until_ms() > now_ms
                })
            };
            if receipts.iter().all(is_same) {
                for receipt in &receipts {
                    let until_ms = now_ms.saturating_add(visibility_ms);
                    let entry = index.set_visibility(receipt.number, until_ms, now_ms);
                    taken.messages.extend(entry.map(|entry| (receipt.number, entry)));
                }
            }
        });
        taken
    }

    pub(super) async fn receive_from(
        &self,
        queue: &Arc<Queue>,
        how: Receive,
    ) -> Result<Vec<Received>, QueuesError> {
        let clock = &self.inner.environment.clock;
        let end = clock.machine().saturating_add(how.wait);
        loop {
            let mut arrival = std::pin::pin!(queue.arrival.notified());
            // Enlisted before the look, so that what arrives between the look and the wait is not missed.
            arrival.as_mut().enable();
            let (taken, next_ms) = self.take(queue, how)?;
            if !taken.messages.is_empty() || !taken.dead.is_empty() {
                let (queues, queue) = (self.clone(), Arc::clone(queue));
                let received = settled(async move { queues.took(&queue, taken).await }).await?;
                if !received.is_empty() {
                    return Ok(received);
                }
                // They were all dead, or deleted meanwhile: there may be others.
                continue;
            }
            let left = end.saturating_sub(clock.machine());
            if left.is_zero() || self.by_id(queue.id).is_none() {
                return Ok(Vec::new());
            }
            tokio::select! {
                biased;
                () = arrival => {}
                () = self.service_time(next_ms) => {}
                () = clock.sleep(left) => {}
                () = self.inner.closing.closed() => return Ok(Vec::new()),
            }
        }
    }

    /// Takes what may be received now, and tells when there may be more.
    fn take(&self, queue: &Arc<Queue>, how: Receive) -> Result<(Taken, Option<u64>), QueuesError> {
        queue.looks.fetch_add(1, Ordering::Relaxed);
        let current = queue.current();
        let dead_letters = current.settings.redrive.as_ref().filter(|redrive| self.exists(&redrive.target));
        let taking = Taking {
            max: how.max,
            visibility_ms: how.visibility_ms.unwrap_or(current.settings.visibility_ms),
            receives_max: dead_letters.map(|redrive| redrive.receives_max),
            dead_max: MOVED_TOGETHER,
            in_flight_max: IN_FLIGHT_MAX,
        };
        self.drop_expired(queue);
        let now_ms = self.now_ms();
        let (taken, next_ms) = queue.change(now_ms, |index| (index.take(taking, now_ms), index.next_ms()));
        if taken.is_full && taken.messages.is_empty() && taken.dead.is_empty() {
            let message = "Too many messages in flight.";
            return Err(QueuesError::new(ErrorCode::OverLimit, message));
        }
        Ok((taken, next_ms))
    }

    /// Stores that messages were received, and answers those that are still there; the dead are moved.
    async fn took(&self, queue: &Arc<Queue>, taken: Taken) -> Result<Vec<Received>, QueuesError> {
        if !taken.dead.is_empty() {
            self.bury(queue, &taken.dead).await?;
        }
        if taken.messages.is_empty() {
            return Ok(Vec::new());
        }
        let messages = self.store_received(queue, &taken.messages).await?;
        let mut received = Vec::with_capacity(messages.len());
        for ((number, entry), message) in taken.messages.into_iter().zip(messages) {
            match message {
                Some(message) => received.push(told(queue, number, &entry, message)),
                None => queue.change(self.now_ms(), |index| index.remove(number)),
            }
        }
        Ok(received)
    }

    async fn store_received(
        &self,
        queue: &Queue,
        taken: &[(u64, Entry)],
    ) -> Result<Vec<Option<Message>>, QueuesError> {
        let (keys, id) = (self.inner.keys, queue.id);
        let numbers = taken.iter().map(|(number, _)| *number);
        let read: Vec<_> =
            numbers.flat_map(|number| [keys.state(id, number), keys.message(id, number)]).collect();
        let states: Vec<_> = taken.iter().map(|(_, entry)| state_of(entry)).collect();
        let written = read.clone();
        let change = Change::new(read, move |old, _| {
            let (mut writes, mut messages) = (Vec::new(), Vec::new());
            for ((state, key), old) in states.iter().zip(written.chunks(2)).zip(old.chunks(2)) {
                let [Some(before), Some(message)] = old else {
                    messages.push(None);
                    continue;
                };
                messages.push(Some(parsed(&message.value)?));
                // What changed in the meantime is newer.
                if parsed::<State>(&before.value)?.changes < state.changes {
                    writes.push((key[0].clone(), Some(stored(state)?)));
                }
            }
            Ok((writes, messages))
        });
        change.run(&self.inner.runner).await
    }
}

/// The state of a message as it is stored.
pub(super) fn state_of(entry: &Entry) -> State {
    State {
        sent_ms: entry.sent_ms,
        until_ms: entry.until_ms(),
        receives: entry.receives,
        first_received_ms: entry.first_received_ms,
        received_ms: entry.received_ms,
        changes: entry.changes,
        group: entry.group.as_deref().map(str::to_owned),
    }
}

fn told(queue: &Queue, number: u64, entry: &Entry, message: Message) -> Received {
    Received {
        id: message.id,
        receipt: Receipt { queue: queue.id, number, receives: entry.receives }.handle(),
        body: message.body,
        attributes: message.attributes,
        system_attributes: message.system_attributes,
        group: message.group,
        deduplication: message.deduplication,
        sequence_number: queue.is_fifo.then(|| sequence_number(number)),
        sender: message.sender,
        sent_ms: entry.sent_ms,
        first_received_ms: entry.first_received_ms.unwrap_or_default(),
        receives: entry.receives,
        source: message.source,
    }
}

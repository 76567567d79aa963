//! Sending messages.

use super::index::Entry;
use super::queue::Queue;
use super::records::{self, Keys, State, parsed, stored};
use super::{Change, NewMessage, Queues, QueuesError, Sent, Settings, sequence_number};
use crate::hex::hex;
use bytes::Bytes;
use environment::settled;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use store::Key;

/// How long a message is not sent again under the same deduplication id.
pub(super) const DEDUPLICATION_MS: u64 = 5 * 60 * 1_000;

/// The longest delay of a message, in seconds.
const DELAY_MAX_S: i64 = 900;

/// A message that is about to be sent.
struct Draft {
    number: u64,
    id: String,
    sent_ms: u64,
    visible_ms: u64,
    message: (Key, Bytes),
    state: (Key, Bytes),
    /// Where what was sent under the same deduplication id stands, and what is to stand there.
    deduplication: Option<(Key, Bytes)>,
}

/// What became of a message.
enum Outcome {
    Sent,
    /// This one was sent before, under the same deduplication id.
    Before(records::Sent),
}

impl Queues {
    /// Sends a message to a queue; its limits are held against it.
    ///
    /// # Errors
    /// When there is no such queue, it does not take the message, or the store fails.
    pub async fn send(&self, arn: &str, message: NewMessage) -> Result<Sent, QueuesError> {
        let queue = self.by_arn(arn)?;
        let message = checked(message, &queue.current().settings)?;
        let sent = self.send_all(&queue, vec![message]).await?;
        sent.into_iter().next().ok_or_else(|| QueuesError::internal("a message was not sent"))
    }

    /// Sends messages that were checked, in one commit.
    pub(super) async fn send_all(
        &self,
        queue: &Arc<Queue>,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Sent>, QueuesError> {
        let (queues, queue) = (self.clone(), Arc::clone(queue));
        settled(async move { queues.send_settled(&queue, messages).await }).await
    }

    async fn send_settled(
        &self,
        queue: &Arc<Queue>,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Sent>, QueuesError> {
        let was_empty = queue.due_ms().is_none();
        let mut told = Vec::with_capacity(messages.len());
        let mut drafts = Vec::with_capacity(messages.len());
        for message in messages {
            let id = self.inner.environment.random.uuid();
            let sent = message.sent(id.clone(), None);
            told.push(sent);
            drafts.push(self.begin(queue, message, id)?);
        }
        let marks: Vec<_> = drafts
            .iter()
            .map(|draft| (draft.number, draft.visible_ms, draft.sent_ms, draft.deduplication.clone()))
            .collect();
        let outcomes = self.commit_drafts(queue, drafts).await;
        let now_ms = self.now_ms();
        let purged = queue.current().record.purged;
        queue.change(now_ms, |index| {
            for (place, (number, visible_ms, ..)) in marks.iter().enumerate() {
                let is_sent =
                    outcomes.as_ref().is_ok_and(|all| matches!(all.get(place), Some(Outcome::Sent)));
                match is_sent && *number >= purged {
                    true => index.committed(*number, *visible_ms, now_ms),
                    false => index.remove(*number),
                }
            }
        });
        for ((sent, outcome), (number, _, sent_ms, deduplication)) in
            told.iter_mut().zip(outcomes?).zip(marks)
        {
            let number = match outcome {
                Outcome::Before(before) => {
                    sent.id = before.id;
                    before.number
                }
                Outcome::Sent => {
                    if let Some((key, _)) = deduplication {
                        queue.deduplicated().insert((sent_ms + DEDUPLICATION_MS, key.bytes.to_vec()));
                    }
                    number
                }
            };
            sent.sequence_number = queue.is_fifo.then(|| sequence_number(number));
        }
        if was_empty {
            self.inner.due.notify_one();
        }
        Ok(told)
    }

    /// Gives a message its number and its place in the order, and makes its records.
    fn begin(&self, queue: &Queue, message: NewMessage, id: String) -> Result<Draft, QueuesError> {
        let (keys, settings) = (self.inner.keys, &queue.current().settings);
        let delay_ms = match message.delay_s.and_then(|seconds| u64::try_from(seconds).ok()) {
            Some(seconds) => seconds * 1_000,
            None => settings.delay_ms,
        };
        let (number, sent_ms) = {
            let mut index = queue.index();
            let now_ms = self.now_ms();
            let number = self.next_number(now_ms);
            index.begin(number, Entry::sent(message.group.as_deref(), now_ms));
            (number, now_ms)
        };
        let visible_ms = if delay_ms == 0 { 0 } else { sent_ms + delay_ms };
        let state = State { sent_ms, until_ms: visible_ms, group: message.group.clone(), ..State::default() };
        let records = || {
            let deduplication = match message.deduplication.as_deref().filter(|_| queue.is_fifo) {
                Some(known) => {
                    let sent = records::Sent { id: id.clone(), number, sent_ms };
                    Some((deduplication_key(keys, queue.id, settings, &message, known), stored(&sent)?))
                }
                None => None,
            };
            let state = (keys.state(queue.id, number), stored(&state)?);
            let message = (keys.message(queue.id, number), stored(&message.clone().stored(id.clone()))?);
            Ok(Draft { number, id: id.clone(), sent_ms, visible_ms, message, state, deduplication })
        };
        records().inspect_err(|_| queue.index().remove(number))
    }

    async fn commit_drafts(&self, queue: &Queue, drafts: Vec<Draft>) -> Result<Vec<Outcome>, QueuesError> {
        let mut keys = vec![self.inner.keys.queue(queue.id)];
        for (key, _) in drafts.iter().filter_map(|draft| draft.deduplication.as_ref()) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let read = keys.clone();
        let change = Change::new(keys, move |old, now_ms| {
            if old.first().is_none_or(Option::is_none) {
                return Err(QueuesError::no_queue());
            }
            let mut before: HashMap<&Key, records::Sent> = HashMap::new();
            for (key, value) in read.iter().zip(old).skip(1) {
                if let Some(value) = value {
                    before.insert(key, parsed(&value.value)?);
                }
            }
            before.retain(|_, sent| sent.sent_ms + DEDUPLICATION_MS > now_ms);
            let (mut writes, mut outcomes) = (Vec::new(), Vec::new());
            for draft in &drafts {
                if let Some((key, value)) = &draft.deduplication {
                    if let Some(before) = before.get(key) {
                        outcomes.push(Outcome::Before(before.clone()));
                        continue;
                    }
                    let sent =
                        records::Sent { id: draft.id.clone(), number: draft.number, sent_ms: draft.sent_ms };
                    before.insert(key, sent);
                    writes.push((key.clone(), Some(value.clone())));
                }
                for (key, value) in [&draft.message, &draft.state] {
                    writes.push((key.clone(), Some(value.clone())));
                }
                outcomes.push(Outcome::Sent);
            }
            Ok((writes, outcomes))
        });
        change.run(&self.inner.runner).await
    }
}

fn deduplication_key(keys: Keys, queue: u64, settings: &Settings, message: &NewMessage, id: &str) -> Key {
    let group = message.group.as_deref().filter(|_| settings.deduplicates_by_group);
    keys.sent(queue, group, id)
}

/// A message as it is sent to a queue of these settings, where the queue takes it.
pub(super) fn checked(mut message: NewMessage, settings: &Settings) -> Result<NewMessage, QueuesError> {
    message.check()?;
    if message.size() > settings.message_bytes_max {
        return Err(QueuesError::parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
            settings.message_bytes_max
        )));
    }
    if let Some(delay_s) = message.delay_s {
        if settings.is_fifo && delay_s != 0 {
            let reason = "The request include parameter that is not valid for this queue type.";
            return Err(QueuesError::value(delay_s, "DelaySeconds", reason));
        }
        if !(0..=DELAY_MAX_S).contains(&delay_s) {
            let reason = format!("DelaySeconds must be >= 0 and <= {DELAY_MAX_S}.");
            return Err(QueuesError::value(delay_s, "DelaySeconds", reason));
        }
    }
    if settings.is_fifo {
        message.delay_s = None;
        if message.group.is_none() {
            return Err(QueuesError::missing("MessageGroupId"));
        }
        if message.deduplication.is_none() && settings.deduplicates_by_content {
            message.deduplication = Some(hex(&Sha256::digest(&message.body)));
        }
        if message.deduplication.is_none() {
            return Err(QueuesError::parameter(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
                 explicitly",
            ));
        }
    } else if let Some(id) = &message.deduplication {
        let reason = "The request includes a parameter that is not valid for this queue type.";
        return Err(QueuesError::value(id, "MessageDeduplicationId", reason));
    }
    Ok(message)
}

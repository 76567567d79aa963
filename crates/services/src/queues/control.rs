//! Making, changing, purging and deleting queues.

use super::error::ErrorCode;
use super::queue::Queue;
use super::records::{QueueRecord, stored};
use super::{Arn, Change, Queues, QueuesError, attributes};
use environment::settled;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many tags a queue may have.
const TAGS_MAX: usize = 50;

/// A queue that is to be made.
#[derive(Clone, Debug)]
pub(super) struct NewQueue {
    pub(super) arn: Arn,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
}

impl Queues {
    /// Makes a queue, or answers the one there is of the same name, where it has these attributes.
    pub(super) async fn create(&self, new: NewQueue) -> Result<Arc<Queue>, QueuesError> {
        let is_fifo = new.attributes.get("FifoQueue").is_some_and(|fifo| fifo == "true");
        check_name(&new.arn.name, is_fifo)?;
        attributes::check(&new.attributes, is_fifo)?;
        check_tags(&new.tags)?;
        let queues = self.clone();
        settled(async move {
            let _control = queues.inner.control.lock().await;
            if let Some(queue) = queues.find(&new.arn) {
                return same(&queue, &new.attributes).map(|()| queue);
            }
            queues.check_redrive(&new.attributes, is_fifo, &new.arn)?;
            let (now_ms, mut set) = (queues.now_ms(), BTreeMap::new());
            attributes::set(&mut set, new.attributes);
            let record = QueueRecord {
                name: new.arn.name,
                account: new.arn.account,
                region: new.arn.region,
                created_ms: now_ms,
                modified_ms: now_ms,
                attributes: set,
                tags: new.tags,
                purged: 0,
            };
            let id = queues.inner.environment.random.next_u64();
            queues.store(id, &record, false).await?;
            let queue = Arc::new(Queue::new(id, record));
            queues.install(&queue);
            Ok(queue)
        })
        .await
    }

    /// Sets attributes of a queue over those it has.
    pub(super) async fn set_attributes(
        &self,
        queue: &Arc<Queue>,
        new: BTreeMap<String, String>,
    ) -> Result<(), QueuesError> {
        let (queues, queue) = (self.clone(), Arc::clone(queue));
        settled(async move {
            let _control = queues.inner.control.lock().await;
            let changed = |record: &mut QueueRecord| queues.set_in(&queue, record, new);
            queues.change_record(&queue, changed).await?;
            queues.apply(&queue);
            Ok(())
        })
        .await
    }

    /// Sets attributes in the record of a queue, where it can have them.
    fn set_in(
        &self,
        queue: &Queue,
        record: &mut QueueRecord,
        new: BTreeMap<String, String>,
    ) -> Result<(), QueuesError> {
        if new.contains_key("FifoQueue") {
            return Err(QueuesError::new(
                ErrorCode::InvalidAttributeName,
                "Unknown Attribute FifoQueue: it can only be set when the queue is created.",
            ));
        }
        let mut merged = record.attributes.clone();
        attributes::set(&mut merged, new.clone());
        attributes::check(&new, queue.is_fifo)?;
        attributes::check(&merged, queue.is_fifo)?;
        self.check_redrive(&new, queue.is_fifo, &queue.arn)?;
        record.attributes = merged;
        record.modified_ms = self.now_ms();
        Ok(())
    }

    /// Lets new settings count for the messages that are there: in a FIFO queue the delay, in any the retention.
    fn apply(&self, queue: &Queue) {
        let (now_ms, delay_ms) = (self.now_ms(), queue.current().settings.delay_ms);
        if queue.is_fifo {
            queue.change(now_ms, |index| {
                for (number, sent_ms) in index.delayed() {
                    index.delay(number, sent_ms.saturating_add(delay_ms), now_ms);
                }
            });
        }
        self.inner.due.notify_one();
    }

    /// Changes the tags of a queue.
    pub(super) async fn change_tags(
        &self,
        queue: &Arc<Queue>,
        change: impl Fn(&mut BTreeMap<String, String>) + Send + 'static,
    ) -> Result<(), QueuesError> {
        let changed = move |record: &mut QueueRecord| {
            change(&mut record.tags);
            check_tags(&record.tags)
        };
        self.modify(queue, changed).await
    }

    /// Takes all messages out of a queue. Their records go in the background.
    pub(super) async fn purge(&self, queue: &Arc<Queue>) -> Result<(), QueuesError> {
        let (queues, queue) = (self.clone(), Arc::clone(queue));
        settled(async move {
            let _control = queues.inner.control.lock().await;
            let purged = queues.next_number(queues.now_ms());
            let changed = |record: &mut QueueRecord| {
                record.purged = purged;
                Ok(())
            };
            queues.change_record(&queue, changed).await?;
            let numbers = queue.change(queues.now_ms(), |index| {
                let numbers = index.below(purged);
                numbers.iter().for_each(|number| index.remove(*number));
                numbers
            });
            queues.delete_later(queue.id, numbers);
            Ok(())
        })
        .await
    }

    /// Deletes a queue with its messages, whose records go in the background.
    pub(super) async fn remove(&self, queue: &Arc<Queue>) -> Result<(), QueuesError> {
        let (queues, queue) = (self.clone(), Arc::clone(queue));
        settled(async move {
            let _control = queues.inner.control.lock().await;
            let key = queues.inner.keys.queue(queue.id);
            let change = Change::new(vec![key.clone()], move |old, _| match old.first() {
                Some(Some(_)) => Ok((vec![(key.clone(), None)], ())),
                _ => Err(QueuesError::no_queue()),
            });
            change.run(&queues.inner.runner).await?;
            queues.uninstall(&queue);
            queue.arrival.notify_waiters();
            let numbers = queue.index().below(u64::MAX);
            queues.delete_later(queue.id, numbers);
            let sent: Vec<_> = std::mem::take(&mut *queue.deduplicated()).into_iter().collect();
            queues.delete_sent_later(sent.into_iter().map(|(_, key)| key).collect());
            Ok(())
        })
        .await
    }

    /// Changes the record of a queue.
    pub(super) async fn modify(
        &self,
        queue: &Arc<Queue>,
        change: impl FnOnce(&mut QueueRecord) -> Result<(), QueuesError> + Send + 'static,
    ) -> Result<(), QueuesError> {
        let (queues, queue) = (self.clone(), Arc::clone(queue));
        settled(async move {
            let _control = queues.inner.control.lock().await;
            queues.change_record(&queue, change).await
        })
        .await
    }

    /// Changes the record of a queue. Under the lock of control, and in what runs to its end.
    async fn change_record(
        &self,
        queue: &Queue,
        change: impl FnOnce(&mut QueueRecord) -> Result<(), QueuesError>,
    ) -> Result<(), QueuesError> {
        let mut record = queue.current().record.clone();
        change(&mut record)?;
        self.store(queue.id, &record, true).await?;
        queue.set_current(record);
        Ok(())
    }

    /// Stores the record of a queue, which is there already or not.
    async fn store(&self, id: u64, record: &QueueRecord, is_there: bool) -> Result<(), QueuesError> {
        let (key, value) = (self.inner.keys.queue(id), stored(record)?);
        let change = Change::new(vec![key.clone()], move |old, _| {
            if is_there != matches!(old.first(), Some(Some(_))) {
                return Err(QueuesError::no_queue());
            }
            Ok((vec![(key.clone(), Some(value.clone()))], ()))
        });
        change.run(&self.inner.runner).await
    }

    /// Refuses a redrive policy to a queue that does not exist, is of another kind, or does not allow it.
    fn check_redrive(
        &self,
        attributes: &BTreeMap<String, String>,
        is_fifo: bool,
        source: &Arn,
    ) -> Result<(), QueuesError> {
        let Some(policy) = attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()) else {
            return Ok(());
        };
        let wrong = |reason: &str| Err(QueuesError::value(policy, "RedrivePolicy", reason));
        let Some(redrive) = attributes::Settings::of(attributes).redrive else { return Ok(()) };
        let Ok(target) = self.by_arn(&redrive.target) else {
            return wrong("Dead letter target does not exist.");
        };
        if target.is_fifo != is_fifo {
            return wrong("Dead-letter queue must be same type of queue as the source.");
        }
        let allowed = target.current().settings.allowed_sources.clone();
        if allowed.is_some_and(|allowed| !allowed.contains(&source.to_string())) {
            return wrong(
                "The dead-letter queue does not allow this queue as its source: see its RedriveAllowPolicy.",
            );
        }
        Ok(())
    }
}

/// Whether a queue has these attributes.
fn same(queue: &Queue, wanted: &BTreeMap<String, String>) -> Result<(), QueuesError> {
    let has = attributes::shown(&queue.current().record.attributes);
    for (name, text) in wanted {
        if has.get(name).map_or("", String::as_str) != text {
            let message = format!(
                "A queue already exists with the same name and a different value for attribute {name}"
            );
            return Err(QueuesError::new(ErrorCode::QueueNameExists, message));
        }
    }
    Ok(())
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), QueuesError> {
    let stem = if is_fifo { name.strip_suffix(".fifo") } else { Some(name) };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let well_formed = stem.is_some_and(|stem| !stem.is_empty() && stem.bytes().all(allowed));
    if well_formed && name.len() <= 80 {
        return Ok(());
    }
    Err(QueuesError::parameter(match is_fifo {
        true => {
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with \
             .fifo suffix and be 1 to 80 in length."
        }
        false => "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    }))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), QueuesError> {
    if tags.len() > TAGS_MAX {
        let message = format!("Too many tags added for queue: a queue has at most {TAGS_MAX}.");
        return Err(QueuesError::parameter(message));
    }
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || key.starts_with("aws:") {
            let message =
                format!("Tag key '{key}' must be from 1 to 128 characters long and not begin with aws:.");
            return Err(QueuesError::parameter(message));
        }
        if value.chars().count() > 256 {
            let message = format!("The value of tag '{key}' must be at most 256 characters long.");
            return Err(QueuesError::parameter(message));
        }
    }
    Ok(())
}

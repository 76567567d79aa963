//! Publishing: from a message to what each subscriber is sent.

use super::arn::TopicArn;
use super::change::Change;
use super::failure::Failure;
use super::fifo::{self, Fifo};
use super::filter_policy::Seen;
use super::message::{Message, Notification, Published};
use super::records::{Deduplicated, Delivery, Posting, Protocol, stored};
use super::sending::Fate;
use super::state::{Live, Subscriber};
use super::structure::Texts;
use super::targets::TargetError;
use super::{Topics, keys::Keys, topic_attributes};
use std::sync::Arc;

/// To so many subscribers a message is given at a time.
const AT_ONCE: usize = 64;

/// So much is committed at a time of what is to be sent later, and one message more at most.
const COMMIT_BYTES: usize = 16 << 20;

/// A delivery that is still to be made, and to whom.
struct Kept {
    to: Arc<Subscriber>,
    attempts: u32,
    delay_ms: u64,
}

impl Topics {
    /// Publishes a message to a topic, for somebody in this server. It is durable, where it has a subscriber, once this
    /// answers.
    ///
    /// # Errors
    /// When there is no such topic, it does not take such a message, or the store fails.
    pub async fn publish(&self, topic_arn: &str, message: Message) -> Result<Published, Failure> {
        let arn = TopicArn::parse(topic_arn, "TopicArn")?;
        let live = self.live(&arn).ok_or_else(Failure::no_topic)?;
        let host = self.inner.options.host.to_string();
        self.publish_to(live, message, host).await
    }

    /// Publishes a message to a topic; links in it lead to this host.
    pub(super) async fn publish_to(
        &self,
        live: Arc<Live>,
        message: Message,
        host: String,
    ) -> Result<Published, Failure> {
        let by_content = live.topic.is_set("ContentBasedDeduplication");
        let texts = message.check(live.topic.is_fifo(), by_content)?;
        if message.bytes() > topic_attributes::message_bytes_max(&live.topic) {
            return Err(Failure::parameter("Message too long"));
        }
        let topics = self.clone();
        // On its own, since subscribers are to get all of it or nothing even if nobody waits for the answer.
        let publishing = environment::spawn(async move {
            match live.topic.is_fifo() {
                true => topics.publish_in_order(&live, message, texts, host).await,
                false => topics.publish_at_once(&live, message, texts, host).await,
            }
        });
        publishing.await.unwrap_or_else(|error| Err(Failure::internal(error)))
    }

    async fn publish_at_once(
        &self,
        live: &Arc<Live>,
        message: Message,
        texts: Texts,
        host: String,
    ) -> Result<Published, Failure> {
        let message_id = self.uuid();
        let notification = Notification {
            message_id: message_id.clone(),
            sequence_number: None,
            topic_arn: live.topic.arn(),
            subject: message.subject,
            texts,
            attributes: message.attributes,
            published_ms: self.now_ms(),
            group: message.group,
            deduplication: None,
            host,
        };
        self.distribute(live, notification, Change::new()).await?;
        Ok(Published { message_id, sequence_number: None })
    }

    /// One at a time for each topic, so that subscribers get messages in the order of their numbers.
    async fn publish_in_order(
        &self,
        live: &Arc<Live>,
        message: Message,
        texts: Texts,
        host: String,
    ) -> Result<Published, Failure> {
        let mut fifo = live.fifo.lock().await;
        // It may have been deleted, or have other subscriptions, since this one began to wait for those before it.
        let live = &self.current(live).ok_or_else(Failure::no_topic)?;
        let now_ms = self.now_ms();
        let id = fifo::deduplication_id(&message);
        let scope = live.topic.attributes.get("FifoThroughputScope");
        let by_group = scope.is_some_and(|scope| scope == "MessageGroup");
        let hash = fifo::hash(&id, message.group.as_deref().filter(|_| by_group));
        if let Some(known) = fifo.find(&hash, now_ms) {
            let sequence_number = Some(known.sequence_number.to_string());
            return Ok(Published { message_id: known.message_id.clone(), sequence_number });
        }
        let number = fifo.next_number(now_ms);
        let message_id = self.uuid();
        let known =
            Deduplicated { message_id: message_id.clone(), sequence_number: number, published_ms: now_ms };
        let notification = Notification {
            message_id: message_id.clone(),
            sequence_number: Some(number),
            topic_arn: live.topic.arn(),
            subject: message.subject,
            texts,
            attributes: message.attributes,
            published_ms: now_ms,
            group: message.group,
            deduplication: Some(id),
            host,
        };
        let change = self.remembering(&mut fifo, live.topic.id, (hash, &known))?;
        self.distribute(live, notification, change).await?;
        fifo.remember(hash, known);
        Ok(Published { message_id, sequence_number: Some(number.to_string()) })
    }

    /// A topic as it is now, where it is still there.
    fn current(&self, live: &Live) -> Option<Arc<Live>> {
        let state = self.state();
        let now = state.topic(&state.place_of(&live.topic))?;
        (now.topic.id == live.topic.id).then(|| Arc::clone(now))
    }

    /// The records of what is remembered, and of what is not any longer.
    fn remembering(
        &self,
        fifo: &mut Fifo,
        topic: u64,
        (hash, known): ([u8; 32], &Deduplicated),
    ) -> Result<Change, Failure> {
        let keys = self.inner.keys;
        let mut change = Change::new().put(keys.deduplicated(topic, &hash), stored(known)?);
        for forgotten in fifo.forget(known.published_ms) {
            if forgotten != hash {
                change = change.delete(keys.deduplicated(topic, &forgotten));
            }
        }
        Ok(change)
    }

    /// Gives a message to those subscribers that keep it themselves, and commits what is to be sent to the others.
    async fn distribute(
        &self,
        live: &Arc<Live>,
        notification: Notification,
        change: Change,
    ) -> Result<(), Failure> {
        let posting = Arc::new(Posting::Notification(Box::new(notification)));
        let Posting::Notification(notification) = &*posting else { return Ok(()) };
        let in_order = notification.sequence_number.is_some();
        let is_late = |to: &Subscriber| {
            to.record.protocol == Protocol::Http || in_order && self.is_expecting(&to.record.id)
        };
        let (later, now): (Vec<_>, Vec<_>) =
            wanted(live, notification).into_iter().partition(|to| is_late(to));
        let mut kept: Vec<Kept> = later.into_iter().map(|to| Kept { to, attempts: 0, delay_ms: 0 }).collect();
        kept.extend(self.give(live, now, &posting).await);
        self.keep(kept, &posting, change).await
    }

    /// Gives a message to queues and functions, to many of them at once; answers with those to try again.
    async fn give(&self, live: &Arc<Live>, to: Vec<Arc<Subscriber>>, posting: &Arc<Posting>) -> Vec<Kept> {
        let mut kept = Vec::new();
        for some in to.chunks(AT_ONCE) {
            let alone = some.len() == 1;
            let mut giving = Vec::new();
            for to in some {
                let (topics, live, to) = (self.clone(), Arc::clone(live), Arc::clone(to));
                let posting = Arc::clone(posting);
                let one = async move { topics.give_one(&live, to, &posting).await };
                match alone {
                    true => kept.extend(one.await),
                    false => giving.push(environment::spawn(one)),
                }
            }
            for given in giving {
                // A panic of who is given it is a failure like others, and nothing else there panics.
                kept.extend(given.await.ok().flatten());
            }
        }
        kept
    }

    async fn give_one(&self, live: &Live, to: Arc<Subscriber>, posting: &Posting) -> Option<Kept> {
        let error: TargetError = self.send(live, &to, posting).await.err()?;
        match self.failed(live, &to, (posting, 1), error).await {
            Fate::Over => None,
            Fate::Again { delay_ms } => Some(Kept { to, attempts: 1, delay_ms }),
        }
    }

    /// Commits deliveries that are to be made later, and has them made. They are one commit with the rest of the change, but
    /// for so many and so large ones that no memory is spent on all of them; then the change comes with the last.
    async fn keep(&self, kept: Vec<Kept>, posting: &Posting, change: Change) -> Result<(), Failure> {
        let mut rest = kept.as_slice();
        loop {
            let (mut some, mut bytes, mut count) = (Change::new(), 0, 0);
            let now_ms = self.now_ms();
            for Kept { to, attempts, delay_ms } in rest {
                if bytes >= COMMIT_BYTES {
                    break;
                }
                let due_ms = now_ms.saturating_add(*delay_ms);
                let (key, value) = record(self.inner.keys, &to.record.id, (posting, *attempts), due_ms)?;
                (bytes, count) = (bytes + value.len(), count + 1);
                some = some.put(key, value);
            }
            let (now, later) = rest.split_at(count);
            if later.is_empty() {
                return self.keep_some(now, some.and(change)).await;
            }
            self.keep_some(now, some).await?;
            rest = later;
        }
    }

    async fn keep_some(&self, kept: &[Kept], change: Change) -> Result<(), Failure> {
        // Before the commit, so that the courier counts no delivery down that was not counted up.
        kept.iter().for_each(|kept| self.expect(&kept.to.record.id, 1));
        let committed = self.commit(change).await;
        for kept in kept {
            match committed {
                Ok(()) => self.wake(&kept.to.record.id),
                Err(_) => self.settle(&kept.to.record.id),
            }
        }
        committed
    }

    /// Commits that an endpoint is to be asked to confirm, and has it asked.
    pub(super) async fn ask_to_confirm(
        &self,
        to: Arc<Subscriber>,
        host: String,
        change: Change,
    ) -> Result<(), Failure> {
        let posting = Posting::Confirmation { message_id: self.uuid(), host, asked_ms: self.now_ms() };
        self.keep(vec![Kept { to, attempts: 0, delay_ms: 0 }], &posting, change).await
    }
}

/// Those who are sent a message.
fn wanted(live: &Live, notification: &Notification) -> Vec<Arc<Subscriber>> {
    let seen = Seen::new(notification);
    let wants = |to: &&Arc<Subscriber>| {
        let filter = to.filter.as_ref();
        to.record.confirmed && filter.is_none_or(|filter| filter.matches(&seen, to.record.protocol.name()))
    };
    live.subscriptions.values().filter(wants).cloned().collect()
}

/// The record of a delivery: of a FIFO topic in the place of its message, else where it is due.
pub(super) fn record(
    keys: Keys,
    subscription: &str,
    (posting, attempts): (&Posting, u32),
    due_ms: u64,
) -> Result<(store::Key, bytes::Bytes), Failure> {
    let (message_id, place) = match posting {
        Posting::Notification(notification) => (&notification.message_id, notification.sequence_number),
        Posting::Confirmation { message_id, .. } => (message_id, None),
    };
    let mut delivery = Delivery { what: posting.clone(), attempts, due_ms: 0 };
    let key = match place {
        Some(number) => {
            delivery.due_ms = due_ms;
            keys.delivery(subscription, 0, number.into())
        }
        None => {
            let number = u128::from_str_radix(&message_id.replace('-', ""), 16).map_err(Failure::internal)?;
            keys.delivery(subscription, due_ms, number)
        }
    };
    Ok((key, stored(&delivery)?))
}

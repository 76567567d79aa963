//! PublishBatch: up to ten messages, each of which is taken or not.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::message::{MESSAGE_BYTES_MAX, Message, Published};
use crate::topics::request::{Request, message, required, result};
use crate::topics::state::Live;
use crate::topics::topic_attributes::message_bytes_max;
use std::collections::HashSet;
use std::sync::Arc;
use wire::query::{Answer, Members};

/// How many messages a batch has.
const ENTRIES_MAX: usize = 10;

/// How long an entry's id may be.
const ID_MAX: usize = 80;

impl Topics {
    pub(super) async fn publish_batch(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (_, live) = self.named_topic(request, "TopicArn")?;
        let entries = request.members.list("PublishBatchRequestEntries").unwrap_or_default();
        let ids = check_entries(&entries)?;
        let messages: Vec<Result<Message, Failure>> = entries.iter().map(|entry| message(entry)).collect();
        let bytes: usize = messages.iter().flatten().map(Message::bytes).sum();
        if bytes > message_bytes_max(&live.topic).max(MESSAGE_BYTES_MAX) {
            return Err(Failure::new(
                "BatchRequestTooLong",
                "The length of all the messages put together is more than the limit.",
            ));
        }
        let host = request.caller.host.to_string();
        let published = self.publish_entries(live, messages, host).await;
        let mut answer = result("PublishBatch");
        answer.open("Successful");
        for (id, published) in ids.iter().zip(&published) {
            let Ok(published) = published else { continue };
            answer.open("member").element("Id", id).element("MessageId", &published.message_id);
            answer.optional("SequenceNumber", published.sequence_number.as_deref()).close();
        }
        answer.close().open("Failed");
        for (id, published) in ids.iter().zip(&published) {
            let Err(failure) = published else { continue };
            let is_senders = if failure.status() < 500 { "true" } else { "false" };
            answer.open("member").element("Id", id).element("Code", failure.code());
            answer.element("Message", failure.message()).element("SenderFault", is_senders).close();
        }
        answer.close();
        Ok(answer)
    }

    /// Publishes what is a message: in order to a FIFO topic, all at once to another.
    async fn publish_entries(
        &self,
        live: Arc<Live>,
        messages: Vec<Result<Message, Failure>>,
        host: String,
    ) -> Vec<Result<Published, Failure>> {
        let in_order = live.topic.is_fifo();
        let (mut published, mut under_way) = (Vec::new(), Vec::new());
        for message in messages {
            let (topics, live, host) = (self.clone(), Arc::clone(&live), host.clone());
            let one = async move { topics.publish_to(live, message?, host).await };
            match in_order {
                true => published.push(one.await),
                false => under_way.push(environment::spawn(one)),
            }
        }
        for one in under_way {
            published.push(one.await.unwrap_or_else(|error| Err(Failure::internal(error))));
        }
        published
    }
}

/// The ids of the entries, which must be ids, and no two the same.
fn check_entries(entries: &[&Members]) -> Result<Vec<String>, Failure> {
    if entries.is_empty() {
        return Err(Failure::new("EmptyBatchRequest", "The batch request doesn't contain any entries."));
    }
    if entries.len() > ENTRIES_MAX {
        return Err(Failure::new(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ));
    }
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for entry in entries {
        let id = required(entry, "Id")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if id.is_empty() || id.len() > ID_MAX || !id.bytes().all(allowed) {
            return Err(Failure::new(
                "InvalidBatchEntryId",
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
            ));
        }
        if !seen.insert(id) {
            return Err(Failure::new(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            ));
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

//! SendMessage and SendMessageBatch.

use super::{Answered, batch, message_attributes};
use crate::queues::api::context::{Context, number};
use crate::queues::attributes::MESSAGE_SIZE_MAX;
use crate::queues::sending::checked;
use crate::queues::{ErrorCode, NewMessage, Queues, QueuesError, Sent};
use crate::request::Request;
use crate::value::Value;

impl Queues {
    pub(super) async fn send_message(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let message = read(&mut request, context.account())?;
        let message = checked(message, &queue.current().settings)?;
        let sent = self.send_all(&queue, vec![message]).await?.pop();
        let sent = sent.ok_or_else(|| QueuesError::internal("a message was not sent"))?;
        Ok(Value::structure(told(sent)))
    }

    pub(super) async fn send_message_batch(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let read = |entry: &mut Request| read(entry, context.account());
        let entries = batch::entries(&mut request, "SendMessageBatch", read)?;
        let size: usize =
            entries.iter().filter_map(|(_, message)| message.as_ref().ok()).map(NewMessage::size).sum();
        if size > MESSAGE_SIZE_MAX {
            let message = format!(
                "Batch requests cannot be longer than {MESSAGE_SIZE_MAX} bytes. You have sent {size} bytes."
            );
            return Err(QueuesError::new(ErrorCode::BatchRequestTooLong, message));
        }
        let settings = &queue.current().settings;
        let (mut messages, mut results) = (Vec::new(), Vec::new());
        for (id, message) in entries {
            match message.and_then(|message| checked(message, settings)) {
                Ok(message) => {
                    messages.push(message);
                    results.push((id, Ok(Vec::new())));
                }
                Err(error) => results.push((id, Err(error))),
            }
        }
        if !messages.is_empty() {
            let sent = self.send_all(&queue, messages).await?;
            let told = results.iter_mut().filter_map(|(_, result)| result.as_mut().ok()).zip(sent);
            told.for_each(|(result, sent)| *result = self::told(sent));
        }
        Ok(batch::answer(results))
    }
}

fn read(request: &mut Request, sender: &str) -> Result<NewMessage, QueuesError> {
    Ok(NewMessage {
        body: request.text("MessageBody")?.unwrap_or_default(),
        attributes: message_attributes::read(request, "MessageAttributes")?,
        system_attributes: message_attributes::read(request, "MessageSystemAttributes")?,
        delay_s: number(request, "DelaySeconds")?,
        group: request.text("MessageGroupId")?,
        deduplication: request.text("MessageDeduplicationId")?,
        sender: sender.to_owned(),
    })
}

fn told(sent: Sent) -> Vec<(&'static str, Value)> {
    let mut members = vec![("MD5OfMessageBody", Value::from(sent.body_md5))];
    let optional = [
        ("MD5OfMessageAttributes", sent.attributes_md5),
        ("MD5OfMessageSystemAttributes", sent.system_attributes_md5),
        ("MessageId", Some(sent.id)),
        ("SequenceNumber", sent.sequence_number),
    ];
    members.extend(optional.into_iter().filter_map(|(name, text)| Some((name, Value::from(text?)))));
    members
}

//! The server's own queues as subscribers and dead-letter queues.

use super::message::Attribute;
use super::targets::{Given, QueueMessage, Queues, TargetError};
use crate::queues::{self, NewMessage, QueuesError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl Queues for queues::Queues {
    fn send(&self, queue_arn: &str, message: QueueMessage) -> Given<'_> {
        let (queues, arn) = (self.clone(), queue_arn.to_owned());
        Box::pin(async move {
            match queues.send(&arn, new_message(&arn, message)).await {
                Ok(_) => Ok(()),
                Err(error) => Err(failed(&arn, &error)),
            }
        })
    }
}

/// As the queue takes it: only FIFO queues know deduplication.
fn new_message(queue_arn: &str, message: QueueMessage) -> NewMessage {
    let attributes = message.attributes.into_iter().map(|(name, attribute)| (name, of_queue(attribute)));
    NewMessage {
        attributes: attributes.collect(),
        group: message.group,
        deduplication: message.deduplication.filter(|_| super::arn::is_fifo(queue_arn)),
        ..NewMessage::new(message.body, &message.sender)
    }
}

fn of_queue(attribute: Attribute) -> queues::Attribute {
    let value = match attribute.logical_type() {
        // It was checked when it was published.
        "Binary" => queues::AttributeValue::Binary(STANDARD.decode(&attribute.value).unwrap_or_default()),
        _ => queues::AttributeValue::Text(attribute.value),
    };
    queues::Attribute { data_type: attribute.kind, value }
}

fn failed(queue_arn: &str, error: &QueuesError) -> TargetError {
    let why = format!("{queue_arn}: {error}");
    if error.code.is_senders() { TargetError::Refused(why) } else { TargetError::Failed(why) }
}

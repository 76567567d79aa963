//! Where batches that are given up, and the outcomes of asynchronous calls, are sent: queues, topics, buckets, functions.

use crate::invoke::{Call, Invoke};
use bytes::Bytes;
use services::objects::{Address, Attributes, BucketName, Condition, ObjectKey, Objects};
use services::queues::{Attribute, AttributeValue, NewMessage, Queues};
use services::topics::{Attribute as PublishedAttribute, Message, Topics};

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message, JSON.
    pub message: Bytes,
    /// The key of the object that is made of it, where it goes to a bucket.
    pub object_key: String,
    /// What that object holds, where it is more than the message.
    pub object: Option<Bytes>,
}

/// Why something could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// Nothing can be sent there.
    #[error("{0} is not the ARN of a queue, a topic, a bucket or a function that this server can send to")]
    Unsupported(String),
    /// It is not there, or refused what was sent.
    #[error("sending to {arn} failed: {reason}")]
    Failed {
        /// Where it was to go.
        arn: String,
        /// What was said.
        reason: String,
    },
}

/// A kind of destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A standard queue.
    Queue,
    /// A standard topic.
    Topic,
    /// A bucket.
    Bucket,
    /// A function, which is called asynchronously.
    Function,
}

impl Kind {
    /// What an ARN names; `None` where nothing can be sent to such. Queues and topics that keep an order cannot be
    /// destinations.
    #[must_use]
    pub fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, _account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        if prefix != "arn" || resource.is_empty() || resource.ends_with(".fifo") {
            return None;
        }
        match service {
            "sqs" => Some(Self::Queue),
            "sns" => Some(Self::Topic),
            "s3" => Some(Self::Bucket),
            "lambda" => resource.starts_with("function:").then_some(Self::Function),
            _ => None,
        }
    }
}

/// All that things can be sent to. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    objects: Option<Objects>,
    queues: Option<Queues>,
    topics: Option<Topics>,
}

impl Destinations {
    /// Nowhere yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also to buckets.
    #[must_use]
    pub fn with_objects(self, objects: Objects) -> Self {
        Self { objects: Some(objects), ..self }
    }

    /// Also to queues.
    #[must_use]
    pub fn with_queues(self, queues: Queues) -> Self {
        Self { queues: Some(queues), ..self }
    }

    /// Also to topics.
    #[must_use]
    pub fn with_topics(self, topics: Topics) -> Self {
        Self { topics: Some(topics), ..self }
    }

    /// Sends something on behalf of an account, and returns when it is there, durably.
    ///
    /// # Errors
    /// When the destination is not there, or refuses it.
    pub async fn deliver(
        &self,
        invoke: &dyn Invoke,
        account: &str,
        arn: &str,
        delivery: Delivery,
    ) -> Result<(), DestinationError> {
        let unsupported = || DestinationError::Unsupported(arn.to_owned());
        let sent = match Kind::of(arn).ok_or_else(unsupported)? {
            Kind::Function => call(invoke, arn, delivery).await,
            Kind::Queue => send(self.queues.as_ref().ok_or_else(unsupported)?, account, arn, delivery).await,
            Kind::Topic => publish(self.topics.as_ref().ok_or_else(unsupported)?, arn, delivery).await,
            Kind::Bucket => put(self.objects.as_ref().ok_or_else(unsupported)?, account, arn, delivery).await,
        };
        sent.map_err(|reason| DestinationError::Failed { arn: arn.to_owned(), reason })
    }

    /// Sends the event of an asynchronous call that failed to a queue or a topic, with attributes: names, types, values.
    ///
    /// # Errors
    /// When the destination is not there, or refuses it.
    pub async fn dead_letter(
        &self,
        account: &str,
        arn: &str,
        event: Bytes,
        attributes: &[(&str, &str, String)],
    ) -> Result<(), DestinationError> {
        let text = String::from_utf8_lossy(&event).into_owned();
        let sent = match (Kind::of(arn), &self.queues, &self.topics) {
            (Some(Kind::Queue), Some(queues), _) => {
                let mut message = NewMessage::new(text, account);
                for (name, data_type, text) in attributes {
                    let value = AttributeValue::Text(text.clone());
                    let attribute = Attribute { data_type: (*data_type).to_owned(), value };
                    message.attributes.insert((*name).to_owned(), attribute);
                }
                queues.send(arn, message).await.map(drop).map_err(|error| error.to_string())
            }
            (Some(Kind::Topic), _, Some(topics)) => {
                let mut message = Message { text, ..Message::default() };
                for (name, data_type, text) in attributes {
                    let attribute = PublishedAttribute { kind: (*data_type).to_owned(), value: text.clone() };
                    message.attributes.insert((*name).to_owned(), attribute);
                }
                topics.publish(arn, message).await.map(drop).map_err(|error| error.to_string())
            }
            _ => return Err(DestinationError::Unsupported(arn.to_owned())),
        };
        sent.map_err(|reason| DestinationError::Failed { arn: arn.to_owned(), reason })
    }
}

async fn call(invoke: &dyn Invoke, arn: &str, delivery: Delivery) -> Result<(), String> {
    let call = Call {
        function_arn: arn.to_owned(),
        payload: delivery.message,
        request_id: None,
        client_context: None,
        tail: false,
        mapping: None,
    };
    invoke.enqueue(call).await.map_err(|error| error.to_string())
}

async fn send(queues: &Queues, account: &str, arn: &str, delivery: Delivery) -> Result<(), String> {
    let body = String::from_utf8_lossy(&delivery.message).into_owned();
    queues.send(arn, NewMessage::new(body, account)).await.map(drop).map_err(|error| error.to_string())
}

async fn publish(topics: &Topics, arn: &str, delivery: Delivery) -> Result<(), String> {
    let text = String::from_utf8_lossy(&delivery.message).into_owned();
    let message = Message { text, ..Message::default() };
    topics.publish(arn, message).await.map(drop).map_err(|error| error.to_string())
}

async fn put(objects: &Objects, account: &str, arn: &str, delivery: Delivery) -> Result<(), String> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let bucket = BucketName::new(name).map_err(|error| error.to_string())?;
    let key = ObjectKey::new(&delivery.object_key).map_err(|error| error.to_string())?;
    let address = Address { account, bucket: &bucket, key: &key };
    let attributes = Attributes::content_type("application/json");
    let write = async {
        let mut writer = objects.create(None);
        writer.write(delivery.object.unwrap_or(delivery.message)).await?;
        let written = writer.finish().await?;
        objects.put(address, written, attributes, Condition::default()).await
    };
    write.await.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_arn_names() {
        let rows = [
            ("arn:aws:sqs:us-east-1:000000000000:q", Some(Kind::Queue)),
            ("arn:aws:sqs:us-east-1:000000000000:q.fifo", None),
            ("arn:aws:sns:us-east-1:000000000000:t", Some(Kind::Topic)),
            ("arn:aws:sns:us-east-1:000000000000:t.fifo", None),
            ("arn:aws:s3:::bucket", Some(Kind::Bucket)),
            ("arn:aws:s3:::", None),
            ("arn:aws:lambda:us-east-1:000000000000:function:f:1", Some(Kind::Function)),
            ("arn:aws:lambda:us-east-1:000000000000:layer:f", None),
            ("arn:aws:events:us-east-1:000000000000:event-bus/b", None),
            ("kafka://topic", None),
            ("", None),
        ];
        for (arn, kind) in rows {
            assert_eq!(Kind::of(arn), kind, "{arn}");
        }
    }
}

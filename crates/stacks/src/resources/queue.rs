//! `AWS::SQS::Queue`. It is known by its URL.

use super::handler::{Done, Handler, Place, document, made, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, TAGS, may};
use super::{Made, tags};
use serde_json::{Map, Value as Json, json};

/// The type.
pub(super) struct Queue;

/// The properties that are attributes of the same name, and what they are where nothing is said. None: nothing takes them
/// back.
const ATTRIBUTES: [(&str, Option<&str>); 13] = [
    ("ContentBasedDeduplication", Some("false")),
    ("DeduplicationScope", Some("queue")),
    ("DelaySeconds", Some("0")),
    ("FifoQueue", None),
    ("FifoThroughputLimit", Some("perQueue")),
    ("KmsDataKeyReusePeriodSeconds", Some("300")),
    ("KmsMasterKeyId", Some("")),
    ("MaximumMessageSize", Some("1048576")),
    ("MessageRetentionPeriod", Some("345600")),
    ("ReceiveMessageWaitTimeSeconds", Some("0")),
    ("RedriveAllowPolicy", Some("")),
    ("RedrivePolicy", Some("")),
    ("VisibilityTimeout", Some("30")),
];

/// Whether the queue is encrypted without a key of one's own: stored last, since it excludes such a key.
const MANAGED_ENCRYPTION: &str = "SqsManagedSseEnabled";

impl Handler for Queue {
    const TYPE: &'static str = "AWS::SQS::Queue";

    const PROPERTIES: &'static [Member] = &[
        may("ContentBasedDeduplication", Shape::Boolean),
        may("DeduplicationScope", Shape::Text),
        may("DelaySeconds", Shape::Integer),
        may("FifoQueue", Shape::Boolean),
        may("FifoThroughputLimit", Shape::Text),
        may("KmsDataKeyReusePeriodSeconds", Shape::Integer),
        may("KmsMasterKeyId", Shape::Text),
        may("MaximumMessageSize", Shape::Integer),
        may("MessageRetentionPeriod", Shape::Integer),
        may("QueueName", Shape::Text),
        may("ReceiveMessageWaitTimeSeconds", Shape::Integer),
        may("RedriveAllowPolicy", Shape::Json),
        may("RedrivePolicy", Shape::Json),
        may(MANAGED_ENCRYPTION, Shape::Boolean),
        may("Tags", TAGS),
        may("VisibilityTimeout", Shape::Integer),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        // SQS answers with a queue of the name that is alike, which is not one that this makes.
        match place.queues("GetQueueUrl", &json!({ "QueueName": name })).await {
            Ok(_) => return Err(Refusal::exists(Self::TYPE, name)),
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(refusal),
        }
        let tags = tags::object(&tags::wanted(place.scope, properties));
        let request = json!({ "QueueName": name, "Attributes": attributes(properties), "tags": tags });
        let made = place.queues("CreateQueue", &request).await?;
        Ok(text(&made, "QueueUrl").to_owned())
    }

    async fn found(&self, place: Place<'_>, name: &str, _: &Json) -> Done<String> {
        let found = place.queues("GetQueueUrl", &json!({ "QueueName": name })).await?;
        Ok(text(&found, "QueueUrl").to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let (was, mut now) = (attributes(before), attributes(after));
        for (name, default) in ATTRIBUTES {
            if let (true, false, Some(default)) = (was.contains_key(name), now.contains_key(name), default) {
                now.insert(name.to_owned(), json!(default));
            }
        }
        now.retain(|name, value| was.get(name) != Some(value));
        if !now.is_empty() {
            place.queues("SetQueueAttributes", &json!({ "QueueUrl": id, "Attributes": now })).await?;
        }
        let change = tags::Change::new(place, before, after);
        if !change.removed.is_empty() {
            let request = json!({ "QueueUrl": id, "TagKeys": change.removed });
            place.queues("UntagQueue", &request).await?;
        }
        if !change.set.is_empty() {
            let request = json!({ "QueueUrl": id, "Tags": tags::object(&change.set) });
            place.queues("TagQueue", &request).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.queues("DeleteQueue", &json!({ "QueueUrl": id })).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let request = json!({ "QueueUrl": id, "AttributeNames": ["QueueArn"] });
        let shown = place.queues("GetQueueAttributes", &request).await?;
        let arn = text(&shown["Attributes"], "QueueArn").to_owned();
        let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(made(id, [("Arn", arn), ("QueueName", name), ("QueueUrl", id.to_owned())]))
    }
}

/// Attributes are texts.
fn attributes(properties: &Json) -> Map<String, Json> {
    let names = ATTRIBUTES.iter().map(|(name, _)| *name).chain([MANAGED_ENCRYPTION]);
    let given = names.filter_map(|name| Some((name.to_owned(), json!(document(properties.get(name)?)))));
    let mut attributes: Map<String, Json> = given.collect();
    // A queue that is not to keep the order says nothing of that.
    if attributes.get("FifoQueue").is_some_and(|fifo| fifo == "false") {
        attributes.remove("FifoQueue");
    }
    attributes
}

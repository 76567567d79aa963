//! `AWS::SQS::QueuePolicy` and `AWS::SQS::QueueInlinePolicy`: the policies of queues.

use super::Made;
use super::handler::{Done, Handler, Place, document, made, text, texts};
use super::shape::{Member, Shape, TEXTS, must};
use serde_json::{Value as Json, json};

/// A policy of several queues.
pub(super) struct QueuePolicy;

impl Handler for QueuePolicy {
    const TYPE: &'static str = "AWS::SQS::QueuePolicy";

    const PROPERTIES: &'static [Member] = &[must("PolicyDocument", Shape::Json), must("Queues", TEXTS)];

    async fn make(&self, place: Place<'_>, _: &str, _: &Json) -> Done<String> {
        Ok(place.generated_id())
    }

    async fn finish(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        for queue in texts(properties, "Queues") {
            set(place, queue, &document(&properties["PolicyDocument"])).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let now = texts(after, "Queues");
        for queue in texts(before, "Queues").into_iter().filter(|queue| !now.contains(queue)) {
            clear(place, queue).await?;
        }
        self.finish(place, id, after).await
    }

    async fn remove(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        for queue in texts(properties, "Queues") {
            clear(place, queue).await?;
        }
        Ok(())
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Id", id.to_owned())]))
    }
}

/// A policy of one queue.
pub(super) struct QueueInlinePolicy;

impl Handler for QueueInlinePolicy {
    const TYPE: &'static str = "AWS::SQS::QueueInlinePolicy";

    const PROPERTIES: &'static [Member] = &[must("PolicyDocument", Shape::Json), must("Queue", Shape::Text)];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let queue = text(properties, "Queue");
        set(place, queue, &document(&properties["PolicyDocument"])).await?;
        Ok(queue.to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, _: &Json, after: &Json) -> Done<()> {
        set(place, id, &document(&after["PolicyDocument"])).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        clear(place, id).await
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}

async fn set(place: Place<'_>, queue: &str, policy: &str) -> Done<()> {
    let request = json!({ "QueueUrl": queue, "Attributes": { "Policy": policy } });
    place.queues("SetQueueAttributes", &request).await.map(drop)
}

/// Takes the policy from a queue; one that is gone has none.
async fn clear(place: Place<'_>, queue: &str) -> Done<()> {
    match set(place, queue, "").await {
        Err(refusal) if refusal.is_missing() => Ok(()),
        done => done,
    }
}

//! `AWS::SNS::TopicPolicy` and `AWS::SNS::TopicInlinePolicy`: the policies of topics.

use super::Made;
use super::handler::{Done, Handler, Place, document, made, text, texts};
use super::shape::{Member, Shape, TEXTS, must};
use super::topic::set;
use serde_json::Value as Json;

/// A policy of several topics.
pub(super) struct TopicPolicy;

impl Handler for TopicPolicy {
    const TYPE: &'static str = "AWS::SNS::TopicPolicy";

    const PROPERTIES: &'static [Member] = &[must("PolicyDocument", Shape::Json), must("Topics", TEXTS)];

    async fn make(&self, place: Place<'_>, _: &str, _: &Json) -> Done<String> {
        Ok(place.generated_id())
    }

    async fn finish(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        for topic in texts(properties, "Topics") {
            set(place, topic, ("Policy", &document(&properties["PolicyDocument"]))).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let now = texts(after, "Topics");
        for topic in texts(before, "Topics").into_iter().filter(|topic| !now.contains(topic)) {
            clear(place, topic).await?;
        }
        self.finish(place, id, after).await
    }

    async fn remove(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        for topic in texts(properties, "Topics") {
            clear(place, topic).await?;
        }
        Ok(())
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Id", id.to_owned())]))
    }
}

/// A policy of one topic.
pub(super) struct TopicInlinePolicy;

impl Handler for TopicInlinePolicy {
    const TYPE: &'static str = "AWS::SNS::TopicInlinePolicy";

    const PROPERTIES: &'static [Member] =
        &[must("PolicyDocument", Shape::Json), must("TopicArn", Shape::Text)];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let topic = text(properties, "TopicArn");
        set(place, topic, ("Policy", &document(&properties["PolicyDocument"]))).await?;
        Ok(topic.to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, _: &Json, after: &Json) -> Done<()> {
        set(place, id, ("Policy", &document(&after["PolicyDocument"]))).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        clear(place, id).await
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}

/// Gives a topic the policy back that it had at first; one that is gone has none.
async fn clear(place: Place<'_>, topic: &str) -> Done<()> {
    match set(place, topic, ("Policy", "")).await {
        Err(refusal) if refusal.is_missing() => Ok(()),
        done => done,
    }
}

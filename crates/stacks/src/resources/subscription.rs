//! `AWS::SNS::Subscription`. It is known by its ARN.

use super::Made;
use super::handler::{Done, Handler, Place, document, made, text};
use super::shape::{Member, Shape, may, must, never};
use database::Caller;
use serde_json::Value as Json;
use services::objects::s3::xml::Node;
use std::collections::BTreeMap;

/// The type.
pub(super) struct Subscription;

/// The properties that are attributes of the same name, and what they are where nothing is said.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("DeliveryPolicy", ""),
    ("FilterPolicy", ""),
    ("FilterPolicyScope", "MessageAttributes"),
    ("RawMessageDelivery", "false"),
    ("RedrivePolicy", ""),
];

impl Handler for Subscription {
    const TYPE: &'static str = "AWS::SNS::Subscription";

    const PROPERTIES: &'static [Member] = &[
        may("DeliveryPolicy", Shape::Json),
        may("Endpoint", Shape::Text),
        may("FilterPolicy", Shape::Json),
        may("FilterPolicyScope", Shape::Text),
        must("Protocol", Shape::Text),
        may("RawMessageDelivery", Shape::Boolean),
        may("RedrivePolicy", Shape::Json),
        may("Region", Shape::Text),
        never("ReplayPolicy"),
        never("SubscriptionRoleArn"),
        must("TopicArn", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let text = |name: &str| text(properties, name).to_owned();
        let mut members = vec![
            ("TopicArn".to_owned(), text("TopicArn")),
            ("Protocol".to_owned(), text("Protocol")),
            ("Endpoint".to_owned(), text("Endpoint")),
            ("ReturnSubscriptionArn".to_owned(), "true".to_owned()),
        ];
        for (place, (name, value)) in attributes(properties).into_iter().enumerate() {
            members.push((format!("Attributes.entry.{}.key", place + 1), name.to_owned()));
            members.push((format!("Attributes.entry.{}.value", place + 1), value));
        }
        let members: Vec<(&str, &str)> =
            members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let made = place.topics_of(&caller(place, properties), "Subscribe", &members).await?;
        Ok(made.value("SubscriptionArn").unwrap_or_default().to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let caller = caller(place, after);
        let (was, mut now) = (attributes(before), attributes(after));
        for (name, default) in ATTRIBUTES {
            if was.contains_key(name) && !now.contains_key(name) {
                now.insert(name, default.to_owned());
            }
        }
        // What a policy means follows its scope, so one that changes with it is taken away meanwhile.
        let mut steps: Vec<(&str, &str)> = Vec::new();
        let scope = "FilterPolicyScope";
        let changed = |name: &str| now.get(name).is_some_and(|value| was.get(name) != Some(value));
        if changed(scope) {
            steps.push(("FilterPolicy", ""));
            steps.push((scope, &now[scope]));
        }
        let others = now.iter().filter(|(name, _)| **name != scope);
        let again = |name: &str| name == "FilterPolicy" && changed(scope);
        steps.extend(
            others
                .filter(|(name, _)| changed(name) || again(name))
                .map(|(name, value)| (*name, value.as_str())),
        );
        for (name, value) in steps {
            let members = [("SubscriptionArn", id), ("AttributeName", name), ("AttributeValue", value)];
            place.topics_of(&caller, "SetSubscriptionAttributes", &members).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        let caller = caller(place, properties);
        place.topics_of(&caller, "Unsubscribe", &[("SubscriptionArn", id)]).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Arn", id.to_owned())]))
    }
}

/// A topic may be in another region than the stack.
fn caller(place: Place<'_>, properties: &Json) -> Caller {
    let mut caller = place.caller();
    if let Some(region) = properties["Region"].as_str() {
        caller.region = region.into();
    }
    caller
}

fn attributes(properties: &Json) -> BTreeMap<&'static str, String> {
    ATTRIBUTES.iter().filter_map(|(name, _)| Some((*name, document(properties.get(*name)?)))).collect()
}

/// Subscribes to a topic, as a topic's own properties say it.
pub(super) async fn subscribe(place: Place<'_>, topic: &str, (protocol, endpoint): (&str, &str)) -> Done<()> {
    let members = [("TopicArn", topic), ("Protocol", protocol), ("Endpoint", endpoint)];
    place.topics("Subscribe", &members).await.map(drop)
}

/// Takes such a subscription back.
pub(super) async fn unsubscribe(
    place: Place<'_>,
    topic: &str,
    (protocol, endpoint): (&str, &str),
) -> Done<()> {
    let mut token = None::<String>;
    loop {
        let mut members = vec![("TopicArn", topic)];
        members.extend(token.as_deref().map(|token| ("NextToken", token)));
        let page = place.topics("ListSubscriptionsByTopic", &members).await?;
        let all = page.child("Subscriptions").map(|list| list.children.as_slice()).unwrap_or_default();
        let is_it =
            |one: &&Node| one.value("Protocol") == Some(protocol) && one.value("Endpoint") == Some(endpoint);
        if let Some(arn) = all.iter().find(is_it).and_then(|one| one.value("SubscriptionArn")) {
            // One that was never confirmed has no ARN yet, and gets no messages.
            if !arn.starts_with("arn:") {
                return Ok(());
            }
            return place.topics("Unsubscribe", &[("SubscriptionArn", arn)]).await.map(drop);
        }
        match page.value("NextToken") {
            Some(next) if !next.is_empty() => token = Some(next.to_owned()),
            _ => return Ok(()),
        }
    }
}

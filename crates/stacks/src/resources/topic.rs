//! `AWS::SNS::Topic`. It is known by its ARN.

use super::handler::{Done, Handler, Place, differs, document, made, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, TAGS, may, must};
use super::{Made, subscription, tags};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The type.
pub(super) struct Topic;

/// The properties that are attributes of the same name.
const ATTRIBUTES: [&str; 9] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "SignatureVersion",
    "TracingConfig",
];

/// What the attributes that say how deliveries are logged begin with, by protocol.
const FEEDBACK: [(&str, &str); 6] = [
    ("http", "HTTP"),
    ("http/s", "HTTP"),
    ("sqs", "SQS"),
    ("lambda", "Lambda"),
    ("firehose", "Firehose"),
    ("application", "Application"),
];

impl Handler for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";

    const PROPERTIES: &'static [Member] = &[
        may("ArchivePolicy", Shape::Json),
        may("ContentBasedDeduplication", Shape::Boolean),
        may("DataProtectionPolicy", Shape::Json),
        may(
            "DeliveryStatusLogging",
            Shape::List(&Shape::Structure(&[
                may("FailureFeedbackRoleArn", Shape::Text),
                must("Protocol", Shape::Text),
                may("SuccessFeedbackRoleArn", Shape::Text),
                may("SuccessFeedbackSampleRate", Shape::Text),
            ])),
        ),
        may("DisplayName", Shape::Text),
        may("FifoThroughputScope", Shape::Text),
        may("FifoTopic", Shape::Boolean),
        may("KmsMasterKeyId", Shape::Text),
        may("MaximumMessageSize", Shape::Integer),
        may("SignatureVersion", Shape::Text),
        may(
            "Subscription",
            Shape::List(&Shape::Structure(&[must("Endpoint", Shape::Text), must("Protocol", Shape::Text)])),
        ),
        may("Tags", TAGS),
        may("TopicName", Shape::Text),
        may("TracingConfig", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        // SNS answers with a topic of the name that is alike, which is not one that this makes.
        let arn = place.arn("sns", name);
        match place.topics("GetTopicAttributes", &[("TopicArn", &arn)]).await {
            Ok(_) => return Err(Refusal::exists(Self::TYPE, &arn)),
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(refusal),
        }
        let mut members = vec![("Name".to_owned(), name.to_owned())];
        for (place, (name, value)) in attributes(properties)?.into_iter().enumerate() {
            members.push((format!("Attributes.entry.{}.key", place + 1), name));
            members.push((format!("Attributes.entry.{}.value", place + 1), value));
        }
        if let Some(policy) = properties.get("DataProtectionPolicy") {
            members.push(("DataProtectionPolicy".to_owned(), document(policy)));
        }
        members.extend(tags::members(&tags::wanted(place.scope, properties)));
        let members: Vec<(&str, &str)> =
            members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let made = place.topics("CreateTopic", &members).await?;
        Ok(made.value("TopicArn").unwrap_or_default().to_owned())
    }

    async fn found(&self, place: Place<'_>, name: &str, _: &Json) -> Done<String> {
        Ok(place.arn("sns", name))
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        for (protocol, endpoint) in subscribers(properties) {
            subscription::subscribe(place, id, (protocol, endpoint)).await?;
        }
        Ok(())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let (was, now) = (attributes(before)?, attributes(after)?);
        for name in was.keys().filter(|name| !now.contains_key(*name)) {
            set(place, id, (name, "")).await?;
        }
        for (name, value) in now.iter().filter(|(name, value)| was.get(*name) != Some(*value)) {
            set(place, id, (name, value)).await?;
        }
        if differs(before, after, "DataProtectionPolicy") {
            let policy = after.get("DataProtectionPolicy").map(document).unwrap_or_default();
            let members = [("ResourceArn", id), ("DataProtectionPolicy", &policy)];
            place.topics("PutDataProtectionPolicy", &members).await?;
        }
        let (was, now) = (subscribers(before), subscribers(after));
        for (protocol, endpoint) in now.iter().filter(|to| !was.contains(to)) {
            subscription::subscribe(place, id, (protocol, endpoint)).await?;
        }
        for gone in was.iter().filter(|to| !now.contains(to)) {
            subscription::unsubscribe(place, id, *gone).await?;
        }
        retag(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.topics("DeleteTopic", &[("TopicArn", id)]).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let name = id.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(made(id, [("TopicArn", id.to_owned()), ("TopicName", name)]))
    }
}

pub(super) async fn set(place: Place<'_>, arn: &str, (name, value): (&str, &str)) -> Done<()> {
    let members = [("TopicArn", arn), ("AttributeName", name), ("AttributeValue", value)];
    place.topics("SetTopicAttributes", &members).await.map(drop)
}

/// Attributes are texts.
fn attributes(properties: &Json) -> Done<BTreeMap<String, String>> {
    let given =
        ATTRIBUTES.iter().filter_map(|name| Some(((*name).to_owned(), document(properties.get(*name)?))));
    let mut attributes: BTreeMap<String, String> = given.collect();
    if attributes.get("FifoTopic").is_some_and(|fifo| fifo == "false") {
        attributes.remove("FifoTopic");
    }
    for logging in properties["DeliveryStatusLogging"].as_array().into_iter().flatten() {
        let protocol = text(logging, "Protocol");
        let prefix = FEEDBACK.iter().find(|(known, _)| *known == protocol).map(|(_, prefix)| prefix);
        let unknown = || Refusal::invalid(format!("Invalid protocol of DeliveryStatusLogging: {protocol}"));
        let prefix = prefix.ok_or_else(unknown)?;
        for name in ["FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate"] {
            if let Some(value) = logging[name].as_str() {
                attributes.insert(format!("{prefix}{name}"), value.to_owned());
            }
        }
    }
    Ok(attributes)
}

/// The subscriptions that stand in the topic: protocols and endpoints.
fn subscribers(properties: &Json) -> Vec<(&str, &str)> {
    let list = properties["Subscription"].as_array();
    list.into_iter().flatten().map(|to| (text(to, "Protocol"), text(to, "Endpoint"))).collect()
}

async fn retag(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let change = tags::Change::new(place, before, after);
    let requests =
        [("UntagResource", tags::key_members(&change.removed)), ("TagResource", tags::members(&change.set))];
    for (operation, members) in requests {
        if members.is_empty() {
            continue;
        }
        let resource = std::iter::once(("ResourceArn", id));
        let members = members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        place.topics(operation, &resource.chain(members).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

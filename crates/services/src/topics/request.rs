//! A request as operations read it, and their answers.

use super::arn::TopicArn;
use super::failure::Failure;
use super::message::{Attribute, AttributeValue, Message};
use database::Caller;
use std::collections::BTreeMap;
use wire::query::{Answer, Members};

/// The name space of SNS's elements.
pub(super) const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// How many tags a topic has at most.
pub(super) const TAGS_MAX: usize = 50;

/// A request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) members: Members,
    pub(super) caller: &'a Caller,
    /// Whether it says who it is from; only a link that was sent to an endpoint does not.
    pub(super) signed: bool,
}

/// A member that must be there is not.
fn missing(name: &str) -> Failure {
    let mut path = name.to_owned();
    if let Some(first) = path.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    Failure::new(
        "ValidationError",
        format!(
            "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
        ),
    )
}

/// A text that must be there.
pub(super) fn required<'m>(members: &'m Members, name: &str) -> Result<&'m str, Failure> {
    members.text(name).ok_or_else(|| missing(name))
}

/// A text, where one was given.
pub(super) fn optional(members: &Members, name: &str) -> Option<String> {
    members.text(name).map(str::to_owned)
}

/// What is said of a message, to be published alone or in a batch.
pub(super) fn message(members: &Members) -> Result<Message, Failure> {
    let by_protocol = match members.text("MessageStructure") {
        None => false,
        Some("json") => true,
        Some(_) => return Err(Failure::parameter("Message Structure - only json is known")),
    };
    let mut attributes = BTreeMap::new();
    for (name, value) in members.map("MessageAttributes", ("Name", "Value")).unwrap_or_default() {
        let given = match (value.text("StringValue"), value.text("BinaryValue")) {
            (Some(text), _) => Some(AttributeValue::Text(text.to_owned())),
            (None, Some(base64)) => Some(AttributeValue::Base64(checked_base64(name, base64)?)),
            (None, None) => None,
        };
        let attribute = Attribute::new(name, value.text("DataType").unwrap_or_default(), given)?;
        if attributes.insert(name.to_owned(), attribute).is_some() {
            return Err(Failure::value(format!("The message attribute '{name}' is there twice.")));
        }
    }
    Ok(Message {
        text: required(members, "Message")?.to_owned(),
        subject: optional(members, "Subject"),
        by_protocol,
        attributes,
        group: optional(members, "MessageGroupId"),
        deduplication: optional(members, "MessageDeduplicationId"),
    })
}

fn checked_base64(name: &str, text: &str) -> Result<String, Failure> {
    use base64::Engine as _;
    let read = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = read.map_err(|_| {
        Failure::value(format!("The message attribute '{name}' has a binary value that is not base64."))
    })?;
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Starts the answer to an operation, with a result.
pub(super) fn result(operation: &str) -> Answer {
    Answer::with_result(operation, NAMESPACE)
}

/// The answer to an operation that says nothing more.
pub(super) fn done(operation: &str) -> Answer {
    Answer::without_result(operation, NAMESPACE)
}

/// Writes attributes as the map of an answer.
pub(super) fn write_attributes(answer: &mut Answer, attributes: &BTreeMap<String, String>) {
    answer.open("Attributes");
    for (name, value) in attributes {
        answer.open("entry").element("key", name).element("value", value).close();
    }
    answer.close();
}

impl Request<'_> {
    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        required(&self.members, name)
    }

    /// The ARN of the topic that it is about, which is the caller's own.
    pub(super) fn topic_arn(&self, member: &str) -> Result<TopicArn, Failure> {
        TopicArn::parse(self.required(member)?, member)
    }

    /// The map of attributes.
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        let pairs = self.members.map("Attributes", ("key", "value")).unwrap_or_default();
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.value().unwrap_or_default().to_owned()))
            .collect()
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Failure> {
        let list = self.members.list(name).ok_or_else(|| missing(name))?;
        Ok(list.into_iter().filter_map(Members::value).collect())
    }

    /// The tags that are given; `None` where there is no such member.
    pub(super) fn tags(&self) -> Result<Option<BTreeMap<String, String>>, Failure> {
        let Some(list) = self.members.list("Tags") else { return Ok(None) };
        let mut tags = BTreeMap::new();
        for tag in list {
            let (key, value) = (required(tag, "Key")?, required(tag, "Value")?);
            let system = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
            let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
            if !lengths || system {
                return Err(Failure::parameter("Tags Reason: a key or a value of a tag is not valid"));
            }
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(Failure::parameter("Tags Reason: Duplicated keys are not allowed."));
            }
        }
        check_tag_count(&tags)?;
        Ok(Some(tags))
    }
}

/// Refuses more tags than there may be.
pub(super) fn check_tag_count(tags: &BTreeMap<String, String>) -> Result<(), Failure> {
    if tags.len() > TAGS_MAX {
        return Err(Failure::new(
            "TagLimitExceeded",
            "Could not complete request: tag quota of per resource exceeded",
        ));
    }
    Ok(())
}

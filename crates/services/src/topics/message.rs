//! A message as it is published, checked; and as it goes out.

use super::failure::Failure;
use super::structure::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The largest message, attributes and all, unless the topic says otherwise.
pub(super) const MESSAGE_BYTES_MAX: usize = 262_144;

/// The largest message that a topic can be told to take.
pub(super) const MESSAGE_BYTES_LIMIT: usize = 1_048_576;

/// How long an attribute's name and an id of FIFO topics may be.
const NAME_MAX: usize = 256;
const ID_MAX: usize = 128;

/// A message that somebody publishes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The text; with [`Message::by_protocol`] a JSON object of one for each protocol.
    pub text: String,
    /// The subject.
    pub subject: Option<String>,
    /// Whether each protocol has a text of its own (`MessageStructure` json).
    pub by_protocol: bool,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Of a FIFO topic: messages of a group stay in order. Of another, it is passed on to queues.
    pub group: Option<String>,
    /// Of a FIFO topic: a message with an id that was there within five minutes is dropped.
    pub deduplication: Option<String>,
}

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// `String`, `String.Array`, `Number` or `Binary`, maybe with a label of the publisher's own behind a dot.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value; of a binary one, base64.
    pub value: String,
}

/// What is published was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The id of the message.
    pub message_id: String,
    /// Of a FIFO topic: its place in the order.
    pub sequence_number: Option<String>,
}

/// A message under way to subscribers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Notification {
    pub(super) message_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sequence_number: Option<u64>,
    pub(super) topic_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    pub(super) texts: Texts,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, Attribute>,
    pub(super) published_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deduplication: Option<String>,
    /// The host that links in it lead to.
    pub(super) host: String,
}

impl Attribute {
    /// Of this type and value, checked.
    pub(super) fn new(name: &str, kind: &str, value: Option<AttributeValue>) -> Result<Self, Failure> {
        check_attribute_name(name)?;
        if kind.is_empty() {
            return Err(Failure::value(format!(
                "The message attribute '{name}' must contain non-empty message attribute type."
            )));
        }
        let logical = kind.split('.').next().unwrap_or_default();
        if !matches!(logical, "String" | "Number" | "Binary") || kind.len() > NAME_MAX {
            return Err(Failure::value(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            )));
        }
        let (field, value) = match value {
            Some(AttributeValue::Text(value)) => ("StringValue", value),
            Some(AttributeValue::Base64(value)) => ("BinaryValue", value),
            None => ("", String::new()),
        };
        if value.is_empty() {
            return Err(Failure::value(format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute \
                 type '{kind}'."
            )));
        }
        let wanted = if logical == "Binary" { "BinaryValue" } else { "StringValue" };
        if field != wanted {
            return Err(Failure::value(format!(
                "The message attribute '{name}' with type '{kind}' must use field '{wanted}'."
            )));
        }
        if logical == "Number" && !is_number(&value) {
            return Err(Failure::value(format!(
                "Could not cast message attribute '{name}' value to number."
            )));
        }
        Ok(Self { kind: kind.into(), value })
    }

    /// The type without the publisher's own label.
    pub(super) fn logical_type(&self) -> &str {
        self.kind.split('.').next().unwrap_or_default()
    }
}

/// The value of an attribute as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AttributeValue {
    Text(String),
    Base64(String),
}

/// A number as JSON has it, so that filters read it as subscribers do.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok_and(|number| number.as_f64().is_some())
}

fn check_attribute_name(name: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
    let reserved = ["aws.", "amazon."]
        .iter()
        .any(|prefix| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)));
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(allowed) && !dots && !reserved {
        return Ok(());
    }
    Err(Failure::value(format!(
        "The message attribute name '{name}' is not valid: it has 1 to {NAME_MAX} characters out of A-Z, a-z, 0-9, \
         underscore, hyphen and period, no period at an end or after another, and does not begin with AWS. or Amazon."
    )))
}

impl Message {
    /// The bytes that count towards the limit: text, attributes' names, types and values.
    pub(super) fn bytes(&self) -> usize {
        let attribute = |(name, attribute): (&String, &Attribute)| {
            let value = match attribute.logical_type() {
                "Binary" => attribute.value.len() / 4 * 3,
                _ => attribute.value.len(),
            };
            name.len() + attribute.kind.len() + value
        };
        self.text.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// What each protocol is sent, where the message can be published to a topic that is FIFO or not.
    pub(super) fn check(&self, fifo: bool, content_deduplication: bool) -> Result<Texts, Failure> {
        if self.text.is_empty() {
            return Err(Failure::parameter("Empty message"));
        }
        if let Some(subject) = &self.subject {
            let bad = subject.chars().any(char::is_control) || subject.starts_with(' ');
            if subject.is_empty() || subject.chars().count() > 100 || bad {
                return Err(Failure::parameter("Subject"));
            }
        }
        for (member, id) in [("MessageGroupId", &self.group), ("MessageDeduplicationId", &self.deduplication)]
        {
            let printable = |id: &str| id.bytes().all(|byte| byte.is_ascii_graphic());
            if id.as_deref().is_some_and(|id| id.is_empty() || id.len() > ID_MAX || !printable(id)) {
                return Err(Failure::parameter(format!(
                    "{member} Reason: it has 1 to {ID_MAX} characters, letters, digits and punctuation"
                )));
            }
        }
        match (fifo, &self.group, &self.deduplication) {
            (true, None, _) => {
                return Err(Failure::parameter("The MessageGroupId parameter is required for FIFO topics"));
            }
            (true, _, None) if !content_deduplication => {
                return Err(Failure::parameter(
                    "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
                     provided explicitly",
                ));
            }
            (false, _, Some(_)) => {
                return Err(Failure::parameter(
                    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is \
                     not valid for this topic type",
                ));
            }
            _ => {}
        }
        Texts::of(&self.text, self.by_protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Option<AttributeValue> {
        Some(AttributeValue::Text(value.into()))
    }

    #[test]
    fn attributes_are_of_the_types_that_sns_knows() {
        for (kind, value) in [
            ("String", text("x")),
            ("String.Array", text("[1]")),
            ("Number", text("-1.5e3")),
            ("Number.float", text("0")),
            ("Binary.png", Some(AttributeValue::Base64("AA==".into()))),
        ] {
            assert!(Attribute::new("a", kind, value).is_ok(), "{kind}");
        }
        let refused: [(&str, &str, Option<AttributeValue>, &str); 6] = [
            ("a", "", text("x"), "The message attribute 'a' must contain non-empty message attribute type."),
            (
                "a",
                "Float",
                text("1"),
                "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes \
                 is Binary, Number, and String.",
            ),
            (
                "a",
                "String",
                None,
                "The message attribute 'a' must contain non-empty message attribute value for message attribute type \
                 'String'.",
            ),
            (
                "a",
                "Binary",
                text("x"),
                "The message attribute 'a' with type 'Binary' must use field 'BinaryValue'.",
            ),
            ("a", "Number", text("12x"), "Could not cast message attribute 'a' value to number."),
            (
                "AWS.a",
                "String",
                text("x"),
                "The message attribute name 'AWS.a' is not valid: it has 1 to 256 characters out of A-Z, a-z, 0-9, \
                 underscore, hyphen and period, no period at an end or after another, and does not begin with AWS. or \
                 Amazon.",
            ),
        ];
        for (name, kind, value, message) in refused {
            let failure = Attribute::new(name, kind, value).unwrap_err();
            assert_eq!((failure.code(), failure.message()), ("ParameterValueInvalid", message));
        }
    }

    #[test]
    fn a_message_is_checked_against_the_kind_of_its_topic() {
        let plain = Message { text: "x".into(), ..Message::default() };
        let grouped = Message { group: Some("g".into()), ..plain.clone() };
        let named = Message { deduplication: Some("d".into()), ..grouped.clone() };
        assert!(plain.check(false, false).is_ok());
        assert!(grouped.check(false, false).is_ok());
        assert!(named.check(false, false).is_err());
        assert!(plain.check(true, true).is_err());
        assert!(grouped.check(true, false).is_err());
        assert!(grouped.check(true, true).is_ok());
        assert!(named.check(true, false).is_ok());
        let spaced = Message { group: Some("g h".into()), ..named };
        assert!(spaced.check(true, false).is_err());
    }

    #[test]
    fn subjects_are_one_line_of_a_hundred_characters() {
        let with =
            |subject: &str| Message { text: "x".into(), subject: Some(subject.into()), ..Message::default() };
        assert!(with(&"é".repeat(100)).check(false, false).is_ok());
        for subject in ["", " x", "a\nb", &"a".repeat(101)] {
            assert!(with(subject).check(false, false).is_err(), "{subject:?}");
        }
    }

    #[test]
    fn attributes_count_towards_the_size() {
        let attribute = Attribute { kind: "Binary".into(), value: "AAAA".into() };
        let attributes = BTreeMap::from([("name".to_owned(), attribute)]);
        let message = Message { text: "12345".into(), attributes, ..Message::default() };
        assert_eq!(message.bytes(), 5 + 4 + 6 + 3);
    }
}

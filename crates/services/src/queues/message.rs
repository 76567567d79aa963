//! A message: its body and attributes, their limits, and the digests that clients hold them against.

use super::error::ErrorCode;
use super::{QueuesError, Received};
use crate::hex::hex;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many attributes a message may have.
const ATTRIBUTES_MAX: usize = 10;

/// The longest name of an attribute.
const NAME_MAX: usize = 256;

/// The longest id of a group, a deduplication or an attempt.
const ID_MAX: usize = 128;

/// The only system attribute that may be sent.
pub(super) const TRACE_HEADER: &str = "AWSTraceHeader";

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, with a dot and a label where the sender wants one.
    pub data_type: String,
    /// The value.
    pub value: AttributeValue,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// A text, or a number as text.
    Text(String),
    /// Bytes.
    Binary(#[serde(with = "binary")] Vec<u8>),
}

/// Bytes as base64 in records.
mod binary {
    use super::STANDARD;
    use base64::Engine as _;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A message that is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The body.
    pub body: String,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Its system attributes, by name.
    pub system_attributes: BTreeMap<String, Attribute>,
    /// How long it is not to be received; the queue's delay where it does not say.
    pub delay_s: Option<i64>,
    /// The group that it is in.
    pub group: Option<String>,
    /// What it is known by where it is sent again.
    pub deduplication: Option<String>,
    /// Who sends it: an account.
    pub sender: String,
}

/// What of a message does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, Attribute>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) system_attributes: BTreeMap<String, Attribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deduplication: Option<String>,
    pub(super) sender: String,
    /// The ARN of the queue that it was moved from as dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
}

/// What a sender is told of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's id.
    pub id: String,
    /// The MD5 of its body, in hexadecimal.
    pub body_md5: String,
    /// The MD5 of its attributes, where it has some.
    pub attributes_md5: Option<String>,
    /// The MD5 of its system attributes, where it has some.
    pub system_attributes_md5: Option<String>,
    /// Its number in a FIFO queue.
    pub sequence_number: Option<String>,
}

impl NewMessage {
    /// A message of this body, from this account.
    #[must_use]
    pub fn new(body: impl Into<String>, sender: &str) -> Self {
        Self { body: body.into(), sender: sender.to_owned(), ..Self::default() }
    }

    /// How many bytes it counts for.
    pub(super) fn size(&self) -> usize {
        let attribute = |(name, attribute): (&String, &Attribute)| {
            let value = match &attribute.value {
                AttributeValue::Text(text) => text.len(),
                AttributeValue::Binary(bytes) => bytes.len(),
            };
            name.len() + attribute.data_type.len() + value
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// Refuses what no queue takes.
    pub(super) fn check(&self) -> Result<(), QueuesError> {
        if self.body.is_empty() {
            return Err(QueuesError::missing("MessageBody"));
        }
        check_characters(&self.body)?;
        if self.attributes.len() > ATTRIBUTES_MAX {
            return Err(QueuesError::parameter(format!(
                "Number of message attributes [{}] exceeds the allowed maximum [{ATTRIBUTES_MAX}].",
                self.attributes.len()
            )));
        }
        for (name, attribute) in &self.attributes {
            check_name(name)?;
            check_attribute(name, attribute)?;
        }
        for (name, attribute) in &self.system_attributes {
            if name != TRACE_HEADER {
                return Err(QueuesError::parameter(format!(
                    "Message system attribute name '{name}' is not supported. The supported name is: {TRACE_HEADER}."
                )));
            }
            check_attribute(name, attribute)?;
        }
        check_id("MessageGroupId", self.group.as_deref())?;
        check_id("MessageDeduplicationId", self.deduplication.as_deref())
    }

    /// What is told of it under an id.
    pub(super) fn sent(&self, id: String, sequence_number: Option<String>) -> Sent {
        let digest = |attributes: &BTreeMap<_, _>| match attributes.is_empty() {
            true => None,
            false => Some(attributes_md5(attributes)),
        };
        Sent {
            id,
            body_md5: hex(&Md5::digest(&self.body)),
            attributes_md5: digest(&self.attributes),
            system_attributes_md5: digest(&self.system_attributes),
            sequence_number,
        }
    }

    /// What is stored of it.
    pub(super) fn stored(self, id: String) -> Message {
        Message {
            id,
            body: self.body,
            attributes: self.attributes,
            system_attributes: self.system_attributes,
            group: self.group,
            deduplication: self.deduplication,
            sender: self.sender,
            source: None,
        }
    }
}

fn check_characters(text: &str) -> Result<(), QueuesError> {
    let allowed = |character: char| match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    };
    if text.chars().all(allowed) {
        return Ok(());
    }
    let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD \
                   | #x10000 to #x10FFFF";
    Err(QueuesError::new(ErrorCode::InvalidMessageContents, message))
}

fn check_name(name: &str) -> Result<(), QueuesError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let lower = name.to_ascii_lowercase();
    let problem = if name.is_empty() || name.len() > NAME_MAX {
        "Name must be from 1 to 256 characters long."
    } else if !name.bytes().all(allowed) {
        "The name can only include alphanumeric characters, hyphens, underscores and dots."
    } else if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        "The name must not begin or end with a dot, or have dots one after the other."
    } else if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        "The name must not begin with AWS. or Amazon., which are reserved."
    } else {
        return Ok(());
    };
    Err(QueuesError::parameter(format!("The message attribute name '{name}' is invalid. {problem}")))
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), QueuesError> {
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    let well_typed = match &attribute.value {
        AttributeValue::Text(_) => matches!(kind, "String" | "Number"),
        AttributeValue::Binary(_) => kind == "Binary",
    };
    if !matches!(kind, "String" | "Number" | "Binary") || attribute.data_type.len() > NAME_MAX {
        return Err(QueuesError::parameter(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes \
             is Binary, Number, and String."
        )));
    }
    if !well_typed {
        return Err(QueuesError::parameter(format!(
            "The message attribute '{name}' with type '{kind}' must use field '{}'.",
            if kind == "Binary" { "Binary" } else { "String" }
        )));
    }
    match &attribute.value {
        AttributeValue::Text(text) if text.is_empty() => Err(empty(name, kind)),
        AttributeValue::Binary(bytes) if bytes.is_empty() => Err(empty(name, kind)),
        AttributeValue::Text(text) if kind == "Number" && !is_number(text) => Err(QueuesError::parameter(
            format!("Can't cast the value of message attribute '{name}' to a number."),
        )),
        AttributeValue::Text(text) => check_characters(text),
        AttributeValue::Binary(_) => Ok(()),
    }
}

/// Whether a text is a number, which `NaN` and `inf` are not.
fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

fn empty(name: &str, kind: &str) -> QueuesError {
    QueuesError::parameter(format!(
        "Message attribute '{name}' must contain a non-empty value of type '{kind}'."
    ))
}

/// Refuses what is no id of a group, a deduplication or an attempt.
pub(super) fn check_id(parameter: &str, id: Option<&str>) -> Result<(), QueuesError> {
    let Some(id) = id else { return Ok(()) };
    let well_formed = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if well_formed {
        return Ok(());
    }
    let reason = format!(
        "{parameter} can only include alphanumeric and punctuation characters. 1 to {ID_MAX} in length."
    );
    Err(QueuesError::value(id, parameter, reason))
}

/// The MD5 of attributes as SQS computes it: in the order of names, each name, type and value with its length before it, and
/// a byte that tells text from bytes.
pub(super) fn attributes_md5<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>,
) -> String {
    let mut hasher = Md5::new();
    let part = |hasher: &mut Md5, bytes: &[u8]| {
        hasher.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(bytes);
    };
    for (name, attribute) in attributes {
        part(&mut hasher, name.as_bytes());
        part(&mut hasher, attribute.data_type.as_bytes());
        match &attribute.value {
            AttributeValue::Text(text) => {
                hasher.update([1]);
                part(&mut hasher, text.as_bytes());
            }
            AttributeValue::Binary(bytes) => {
                hasher.update([2]);
                part(&mut hasher, bytes);
            }
        }
    }
    hex(&hasher.finalize())
}

impl Received {
    /// The MD5 of the body.
    #[must_use]
    pub fn body_md5(&self) -> String {
        hex(&Md5::digest(&self.body))
    }

    /// The MD5 of all attributes, where there are some.
    #[must_use]
    pub fn attributes_md5(&self) -> Option<String> {
        if self.attributes.is_empty() { None } else { Some(attributes_md5(&self.attributes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data_type: &str, text: &str) -> Attribute {
        Attribute { data_type: data_type.to_owned(), value: AttributeValue::Text(text.to_owned()) }
    }

    #[test]
    fn digests_are_those_that_clients_compute() {
        // Of the SDK for Python, for the attributes that it sends.
        let attributes = BTreeMap::from([("timestamp".to_owned(), text("Number", "1493147359900"))]);
        assert_eq!(attributes_md5(&attributes), "235c5c510d26fb653d073faed50ae77c");
        assert_eq!(
            NewMessage::new("hello", "0").sent("i".into(), None).body_md5,
            "5d41402abc4b2a76b9719d911017c592"
        );
    }

    #[test]
    fn what_no_queue_takes_is_refused() {
        let with = |name: &str, attribute: Attribute| {
            let mut message = NewMessage::new("x", "0");
            message.attributes.insert(name.to_owned(), attribute);
            message.check()
        };
        let binary = |data_type: &str, bytes: &[u8]| Attribute {
            data_type: data_type.to_owned(),
            value: AttributeValue::Binary(bytes.to_vec()),
        };
        assert!(with("a.b-c_1", text("String.json", "x")).is_ok());
        assert!(with("a", text("Number", "-1.5e3")).is_ok());
        assert!(with("a", binary("Binary.gif", b"\0")).is_ok());
        for name in ["", ".a", "a.", "a..b", "a b", "aws.x", "Amazon.y", &"a".repeat(257)] {
            assert!(with(name, text("String", "x")).is_err(), "{name}");
        }
        let wrong = [
            text("String", ""),
            text("Number", "x"),
            text("Number", "NaN"),
            text("Number", "-inf"),
            text("Binary", "x"),
            text("Bool", "true"),
            text("", "x"),
            text("String", "\u{1}"),
            binary("String", b"x"),
            binary("Binary", b""),
        ];
        for attribute in wrong {
            assert!(with("a", attribute.clone()).is_err(), "{attribute:?}");
        }
        assert!(NewMessage::new("", "0").check().is_err());
        assert!(NewMessage::new("\u{ffff}", "0").check().is_err());
        assert!(NewMessage::new("\t\r\n \u{10ffff}", "0").check().is_ok());
        for id in ["", "a b", "ä", &"a".repeat(129)] {
            let message = NewMessage { group: Some(id.to_owned()), ..NewMessage::new("x", "0") };
            assert!(message.check().is_err(), "{id}");
        }
    }
}

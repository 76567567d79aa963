//! The attributes of a queue: what clients set as texts, what these mean, and what is shown.

use super::error::ErrorCode;
use super::{Arn, QueuesError};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The largest message of a queue where nobody says, and the largest that anybody may allow.
pub(super) const MESSAGE_SIZE_MAX: usize = 1_048_576;

/// How often a dead letter was received at most, where the policy does not say.
const RECEIVES_MAX: u32 = 10;

/// How many queues a redrive allow policy may name.
const SOURCES_MAX: usize = 10;

/// Attributes that are shown and cannot be set.
pub(super) const SHOWN: [&str; 6] = [
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
];

/// Attributes that are whole numbers: least, most, what they are where nobody says.
const NUMBERS: [(&str, u64, u64, u64); 6] = [
    ("VisibilityTimeout", 0, 43_200, 30),
    ("MaximumMessageSize", 1_024, MESSAGE_SIZE_MAX as u64, MESSAGE_SIZE_MAX as u64),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("DelaySeconds", 0, 900, 0),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
];

/// Attributes of FIFO queues, with the texts that they may have, the one first that they have where nobody says.
const OF_FIFO: [(&str, &[&str]); 4] = [
    ("FifoQueue", &["true"]),
    ("ContentBasedDeduplication", &["false", "true"]),
    ("DeduplicationScope", &["queue", "messageGroup"]),
    ("FifoThroughputLimit", &["perQueue", "perMessageGroupId"]),
];

/// Attributes that an empty text takes away.
const REMOVABLE: [&str; 4] = ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"];

/// What the attributes of a queue mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a message that was received is not received again.
    pub visibility_ms: u64,
    /// How long a message that was sent is not received.
    pub delay_ms: u64,
    /// The largest message.
    pub message_bytes_max: usize,
    /// How long a message is kept.
    pub retention_ms: u64,
    /// How long a receive waits for messages.
    pub wait_ms: u64,
    /// Where messages go that are received in vain.
    pub redrive: Option<Redrive>,
    /// Which queues may send their dead letters here; all where it does not say.
    pub(super) allowed_sources: Option<Vec<String>>,
    /// Whether messages keep their order.
    pub is_fifo: bool,
    /// Whether a message without a deduplication id is known by its body.
    pub(super) deduplicates_by_content: bool,
    /// Whether deduplication ids are those of one group each.
    pub(super) deduplicates_by_group: bool,
}

/// A redrive policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The ARN of the dead-letter queue.
    pub target: String,
    /// How often a message is received before it goes there.
    pub receives_max: u32,
}

impl Settings {
    /// What checked attributes mean.
    pub(super) fn of(attributes: &BTreeMap<String, String>) -> Self {
        let number = |wanted: &str| {
            let set = attributes.get(wanted).and_then(|text| text.parse().ok());
            let default = NUMBERS.iter().find(|(name, ..)| *name == wanted).map(|(.., default)| *default);
            set.or(default).unwrap_or_default()
        };
        let is = |name: &str, text: &str| attributes.get(name).is_some_and(|set| set == text);
        let policy = |name: &str| attributes.get(name).filter(|text| !text.is_empty());
        Self {
            visibility_ms: number("VisibilityTimeout") * 1_000,
            delay_ms: number("DelaySeconds") * 1_000,
            message_bytes_max: usize::try_from(number("MaximumMessageSize")).unwrap_or(MESSAGE_SIZE_MAX),
            retention_ms: number("MessageRetentionPeriod") * 1_000,
            wait_ms: number("ReceiveMessageWaitTimeSeconds") * 1_000,
            redrive: policy("RedrivePolicy").and_then(|policy| redrive(policy).ok()),
            allowed_sources: policy("RedriveAllowPolicy").and_then(|policy| allowed(policy).ok()).flatten(),
            is_fifo: is("FifoQueue", "true"),
            deduplicates_by_content: is("ContentBasedDeduplication", "true"),
            deduplicates_by_group: is("DeduplicationScope", "messageGroup"),
        }
    }
}

/// Refuses attributes that cannot be set on a queue of this kind.
pub(super) fn check(attributes: &BTreeMap<String, String>, is_fifo: bool) -> Result<(), QueuesError> {
    for (name, text) in attributes {
        check_one(name, text, is_fifo)?;
    }
    let by_group = attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
    let limit = attributes.get("FifoThroughputLimit").is_some_and(|limit| limit == "perMessageGroupId");
    if limit && !by_group {
        let message = "The value perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.";
        return Err(QueuesError::new(ErrorCode::InvalidAttributeValue, message));
    }
    Ok(())
}

fn check_one(name: &str, text: &str, is_fifo: bool) -> Result<(), QueuesError> {
    let well_formed = if let Some((_, min, max, _)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        text.parse::<u64>().is_ok_and(|number| (*min..=*max).contains(&number))
    } else if let Some((_, texts)) = OF_FIFO.iter().find(|(of_fifo, _)| *of_fifo == name) {
        if !is_fifo {
            return Err(unknown(name));
        }
        texts.contains(&text)
    } else {
        match name {
            "SqsManagedSseEnabled" => matches!(text, "true" | "false"),
            "Policy" => {
                text.is_empty() || serde_json::from_str::<Json>(text).is_ok_and(|json| json.is_object())
            }
            "KmsMasterKeyId" => true,
            "RedrivePolicy" if !text.is_empty() => return redrive(text).map(|_| ()),
            "RedriveAllowPolicy" if !text.is_empty() => return allowed(text).map(|_| ()),
            "RedrivePolicy" | "RedriveAllowPolicy" => true,
            _ => return Err(unknown(name)),
        }
    };
    match well_formed {
        true => Ok(()),
        false => Err(QueuesError::new(
            ErrorCode::InvalidAttributeValue,
            format!("Invalid value for the parameter {name}."),
        )),
    }
}

/// There is no such attribute, or it cannot be set.
pub(super) fn unknown(name: &str) -> QueuesError {
    QueuesError::new(ErrorCode::InvalidAttributeName, format!("Unknown Attribute {name}."))
}

/// Whether there is an attribute of this name.
pub(super) fn is_known(name: &str) -> bool {
    let numbers = NUMBERS.iter().map(|(name, ..)| *name);
    let of_fifo = OF_FIFO.iter().map(|(name, _)| *name);
    let others =
        ["All", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"];
    numbers.chain(of_fifo).chain(SHOWN).chain(others).any(|known| known == name)
}

/// Sets attributes over others; an empty text takes away what can be.
pub(super) fn set(attributes: &mut BTreeMap<String, String>, new: BTreeMap<String, String>) {
    for (name, text) in new {
        match text.is_empty() && REMOVABLE.contains(&name.as_str()) {
            true => attributes.remove(&name),
            false => attributes.insert(name, text),
        };
    }
}

/// What is shown of a queue with these attributes set, besides what nobody can set.
pub(super) fn shown(attributes: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut shown = attributes.clone();
    let is_encrypted = attributes.contains_key("KmsMasterKeyId");
    for (name, .., default) in NUMBERS {
        if name != "KmsDataKeyReusePeriodSeconds" || is_encrypted {
            shown.entry(name.to_owned()).or_insert_with(|| default.to_string());
        }
    }
    if attributes.contains_key("FifoQueue") {
        for (name, texts) in OF_FIFO {
            let default = texts.first().copied().unwrap_or_default();
            shown.entry(name.to_owned()).or_insert_with(|| default.to_owned());
        }
    }
    shown.entry("SqsManagedSseEnabled".to_owned()).or_insert_with(|| (!is_encrypted).to_string());
    shown
}

/// Reads a redrive policy.
fn redrive(text: &str) -> Result<Redrive, QueuesError> {
    let wrong = |reason: String| QueuesError::value(text, "RedrivePolicy", reason);
    let Ok(Json::Object(policy)) = serde_json::from_str(text) else {
        return Err(wrong("Redrive policy is not a valid JSON map.".to_owned()));
    };
    let Some(Json::String(target)) = policy.get("deadLetterTargetArn") else {
        let absent = "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.";
        return Err(wrong(absent.to_owned()));
    };
    if Arn::parse(target).is_none() {
        return Err(wrong("Invalid value for deadLetterTargetArn.".to_owned()));
    }
    let receives_max = match policy.get("maxReceiveCount") {
        None | Some(Json::Null) => RECEIVES_MAX,
        Some(given) => {
            let number = match given {
                Json::String(text) => text.parse().ok(),
                other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
            };
            number.filter(|number| (1..=1_000).contains(number)).ok_or_else(|| {
                let given = given.to_string();
                let given = given.trim_matches('"');
                wrong(format!(
                    "Invalid value for maxReceiveCount: {given}, valid values are from 1 to 1000 both inclusive."
                ))
            })?
        }
    };
    Ok(Redrive { target: target.clone(), receives_max })
}

/// Reads a redrive allow policy: the queues that it allows, or none where it allows all.
fn allowed(text: &str) -> Result<Option<Vec<String>>, QueuesError> {
    let wrong = |reason: &str| QueuesError::value(text, "RedriveAllowPolicy", reason);
    let Ok(Json::Object(policy)) = serde_json::from_str(text) else {
        return Err(wrong(
            "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.",
        ));
    };
    let sources = policy.get("sourceQueueArns").and_then(Json::as_array);
    match policy.get("redrivePermission").and_then(Json::as_str) {
        Some("allowAll") if sources.is_none() => Ok(None),
        Some("denyAll") if sources.is_none() => Ok(Some(Vec::new())),
        Some("byQueue") => {
            let sources = sources.filter(|sources| (1..=SOURCES_MAX).contains(&sources.len()));
            let texts = sources
                .and_then(|sources| sources.iter().map(|arn| arn.as_str().map(str::to_owned)).collect());
            texts.map(Some).ok_or_else(|| {
                wrong("Amazon SQS can't create the redrive allow policy. Specify from 1 to 10 ARNs in sourceQueueArns.")
            })
        }
        _ => Err(wrong(
            "Amazon SQS can't create the redrive allow policy. Check redrivePermission and sourceQueueArns.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), text.to_owned())])
    }

    #[test]
    fn each_attribute_in_its_range() {
        let target = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d","maxReceiveCount":"#;
        let rows = [
            ("VisibilityTimeout", "0", true),
            ("VisibilityTimeout", "43200", true),
            ("VisibilityTimeout", "43201", false),
            ("VisibilityTimeout", "-1", false),
            ("VisibilityTimeout", "x", false),
            ("MaximumMessageSize", "1023", false),
            ("MaximumMessageSize", "1048576", true),
            ("MessageRetentionPeriod", "59", false),
            ("DelaySeconds", "900", true),
            ("ReceiveMessageWaitTimeSeconds", "21", false),
            ("FifoQueue", "true", false),
            ("QueueArn", "x", false),
            ("Foo", "x", false),
            ("Policy", "", true),
            ("Policy", "{}", true),
            ("Policy", "x", false),
            ("RedrivePolicy", "", true),
            ("RedrivePolicy", &format!("{target}1}}"), true),
            ("RedrivePolicy", &format!("{target}\"1000\"}}"), true),
            ("RedrivePolicy", &format!("{target}0}}"), false),
            ("RedrivePolicy", &format!("{target}1001}}"), false),
            ("RedrivePolicy", "{}", false),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"x","maxReceiveCount":1}"#, false),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"allowAll"}"#, true),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"byQueue"}"#, false),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"byQueue","sourceQueueArns":["a"]}"#, true),
        ];
        for (name, text, is_right) in rows {
            assert_eq!(check(&one(name, text), false).is_ok(), is_right, "{name} {text}");
        }
        assert!(check(&one("FifoQueue", "false"), true).is_err());
        assert!(check(&one("FifoThroughputLimit", "perMessageGroupId"), true).is_err());
    }

    #[test]
    fn what_nobody_set_is_shown_too() {
        let standard = shown(&BTreeMap::new());
        assert_eq!(standard["VisibilityTimeout"], "30");
        assert_eq!(standard["SqsManagedSseEnabled"], "true");
        assert!(
            !standard.contains_key("DeduplicationScope")
                && !standard.contains_key("KmsDataKeyReusePeriodSeconds")
        );
        assert_eq!(shown(&one("FifoQueue", "true"))["DeduplicationScope"], "queue");
        let encrypted = shown(&one("KmsMasterKeyId", "k"));
        assert_eq!(
            (encrypted["SqsManagedSseEnabled"].as_str(), encrypted["KmsDataKeyReusePeriodSeconds"].as_str()),
            ("false", "300")
        );
    }
}

//! The attributes of topics: which there are, what they may be, and what they are where nobody set them.

use super::failure::Failure;
use super::message::{MESSAGE_BYTES_LIMIT, MESSAGE_BYTES_MAX};
use super::records::Topic;
use super::retries::{self, Retries};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Attributes that say where AWS would log deliveries: stored and shown.
const FEEDBACK: [&str; 5] = ["HTTP", "Firehose", "Lambda", "Application", "SQS"];
const FEEDBACK_KINDS: [&str; 3] =
    ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"];

/// The longest value of one, be it a document.
pub(super) const VALUE_BYTES_MAX: usize = 30_720;

fn refused(name: &str, why: &str) -> Failure {
    Failure::parameter(format!("Attributes Reason: {name}: {why}"))
}

/// Checks the value of an attribute that is to be set.
pub(super) fn check(name: &str, value: &str, fifo: bool) -> Result<(), Failure> {
    let of = |texts: &[&str]| match texts.contains(&value) {
        true => Ok(()),
        false => Err(refused(name, &format!("Invalid value [{value}]. Must be {}.", texts.join(" or ")))),
    };
    if !fifo && matches!(name, "ContentBasedDeduplication" | "FifoThroughputScope" | "ArchivePolicy") {
        return Err(refused(name, "it is an attribute of FIFO topics only"));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(refused(name, &format!("at most {VALUE_BYTES_MAX} bytes")));
    }
    match name {
        "DisplayName" if value.chars().count() > 100 => Err(refused(name, "at most 100 characters")),
        "DisplayName" | "KmsMasterKeyId" => Ok(()),
        "Policy" => check_policy(value),
        "DeliveryPolicy" => policy_of_topic(value).map(drop),
        "TracingConfig" => of(&["PassThrough", "Active"]),
        "SignatureVersion" => of(&["1", "2"]),
        "ContentBasedDeduplication" => of(&["true", "false"]),
        "FifoThroughputScope" => of(&["Topic", "MessageGroup"]),
        "MaximumMessageSize" => match value.parse::<usize>() {
            Ok(bytes) if (1_024..=MESSAGE_BYTES_LIMIT).contains(&bytes) => Ok(()),
            _ => Err(refused(name, "an integer from 1024 to 1048576")),
        },
        "ArchivePolicy" => Err(refused(name, "archives of messages are not supported by this server")),
        _ if is_feedback(name) => Ok(()),
        _ => Err(Failure::parameter("AttributeName")),
    }
}

fn is_feedback(name: &str) -> bool {
    let kind = FEEDBACK.iter().find_map(|prefix| name.strip_prefix(prefix));
    kind.is_some_and(|kind| FEEDBACK_KINDS.contains(&kind))
}

fn check_policy(text: &str) -> Result<(), Failure> {
    let document: Option<Value> = serde_json::from_str(text).ok();
    let statements = document.as_ref().map(|document| &document["Statement"]);
    let is_policy = statements.is_some_and(|statements| statements.is_array() || statements.is_object());
    if is_policy { Ok(()) } else { Err(Failure::parameter("Policy Reason: Policy document is not valid")) }
}

/// What a delivery policy says of HTTP endpoints.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HttpPolicy {
    pub(super) retries: Option<Retries>,
    pub(super) content_type: Option<String>,
}

/// The `http` of a topic's delivery policy.
fn policy_of_topic(text: &str) -> Result<HttpPolicy, Failure> {
    let document = object(text)?;
    let http = &document["http"];
    read_http(http, "defaultHealthyRetryPolicy", "defaultRequestPolicy")
}

/// A subscription's delivery policy.
pub(super) fn policy_of_subscription(text: &str) -> Result<HttpPolicy, Failure> {
    read_http(&object(text)?, "healthyRetryPolicy", "requestPolicy")
}

fn object(text: &str) -> Result<Value, Failure> {
    let document: Option<Value> = serde_json::from_str(text).ok();
    let document = document.filter(Value::is_object);
    document.ok_or_else(|| Failure::parameter("DeliveryPolicy: failed to parse JSON."))
}

fn read_http(policy: &Value, retries: &str, request: &str) -> Result<HttpPolicy, Failure> {
    let healthy = Some(&policy[retries]).filter(|retries| !retries.is_null());
    let content_type = &policy[request]["headerContentType"];
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    match content_type.as_str() {
        None if !content_type.is_null() => {
            return Err(Failure::parameter("DeliveryPolicy: headerContentType must be a string"));
        }
        Some(text) if !plain(text) => {
            return Err(Failure::parameter("DeliveryPolicy: headerContentType is not a content type"));
        }
        _ => {}
    }
    Ok(HttpPolicy {
        retries: healthy.map(Retries::parse).transpose()?,
        content_type: content_type.as_str().map(str::to_owned),
    })
}

/// What holds for an HTTP endpoint: what its subscription says, or else what its topic does.
pub(super) fn effective(topic: &Topic, subscription: Option<&str>) -> HttpPolicy {
    let set = topic.attributes.get("DeliveryPolicy").map(String::as_str);
    let of_topic = set.and_then(|text| policy_of_topic(text).ok()).unwrap_or_default();
    let fixed = set
        .and_then(|text| object(text).ok())
        .is_some_and(|document| document["http"]["disableSubscriptionOverrides"] == Value::Bool(true));
    let own = subscription.filter(|_| !fixed).and_then(|text| policy_of_subscription(text).ok());
    let own = own.unwrap_or_default();
    HttpPolicy {
        retries: own.retries.or(of_topic.retries),
        content_type: own.content_type.or(of_topic.content_type),
    }
}

/// The content type of what HTTP endpoints are sent.
pub(super) const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";

/// How large a message may be.
pub(super) fn message_bytes_max(topic: &Topic) -> usize {
    let set = topic.attributes.get("MaximumMessageSize");
    set.and_then(|text| text.parse().ok()).unwrap_or(MESSAGE_BYTES_MAX)
}

/// The access policy of a topic that was given none.
fn default_policy(topic: &Topic) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": [
                "SNS:GetTopicAttributes",
                "SNS:SetTopicAttributes",
                "SNS:AddPermission",
                "SNS:RemovePermission",
                "SNS:DeleteTopic",
                "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic",
                "SNS:Publish",
            ],
            "Resource": topic.arn(),
            "Condition": { "StringEquals": { "AWS:SourceOwner": topic.account } },
        }],
    })
}

/// The access policy.
pub(super) fn policy(topic: &Topic) -> String {
    topic.attributes.get("Policy").cloned().unwrap_or_else(|| default_policy(topic).to_string())
}

fn effective_delivery_policy(topic: &Topic) -> String {
    let policy = effective(topic, None);
    let fixed = topic.attributes.get("DeliveryPolicy").and_then(|text| object(text).ok());
    let fixed =
        fixed.is_some_and(|policy| policy["http"]["disableSubscriptionOverrides"] == Value::Bool(true));
    json!({
        "http": {
            "defaultHealthyRetryPolicy": policy.retries.unwrap_or(retries::ENDPOINT).told(),
            "disableSubscriptionOverrides": fixed,
            "defaultRequestPolicy": {
                "headerContentType": policy.content_type.as_deref().unwrap_or(CONTENT_TYPE),
            },
        },
    })
    .to_string()
}

/// Everything that GetTopicAttributes tells, but for the numbers of subscriptions.
pub(super) fn told(topic: &Topic) -> BTreeMap<String, String> {
    let mut told = BTreeMap::from([
        ("TopicArn".to_owned(), topic.arn()),
        ("Owner".to_owned(), topic.account.clone()),
        ("DisplayName".to_owned(), String::new()),
        ("EffectiveDeliveryPolicy".to_owned(), effective_delivery_policy(topic)),
        ("Policy".to_owned(), policy(topic)),
    ]);
    if topic.is_fifo() {
        told.insert("FifoTopic".into(), "true".into());
        told.insert("ContentBasedDeduplication".into(), "false".into());
        told.insert("FifoThroughputScope".into(), "Topic".into());
    }
    told.extend(topic.attributes.clone());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(attributes: &[(&str, &str)]) -> Topic {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Topic {
            id: 1,
            account: "000000000000".into(),
            region: "us-east-1".into(),
            name: "t".into(),
            created_ms: 0,
            attributes,
            tags: BTreeMap::new(),
            data_protection: None,
            unsubscribed: 0,
        }
    }

    #[test]
    fn attributes_are_checked() {
        let taken = [
            ("DisplayName", "News", false),
            ("DisplayName", "", false),
            ("Policy", r#"{"Statement":[]}"#, false),
            ("TracingConfig", "Active", false),
            ("SQSSuccessFeedbackRoleArn", "arn", false),
            ("ContentBasedDeduplication", "true", true),
            ("FifoThroughputScope", "MessageGroup", true),
            ("MaximumMessageSize", "1048576", false),
            ("DeliveryPolicy", r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}"#, false),
        ];
        for (name, value, fifo) in taken {
            assert_eq!(check(name, value, fifo), Ok(()), "{name}");
        }
        let refused = [
            ("Policy", "{}", false),
            ("TracingConfig", "No", false),
            ("FaxSuccessFeedbackRoleArn", "arn", false),
            ("ContentBasedDeduplication", "true", false),
            ("ContentBasedDeduplication", "yes", true),
            ("MaximumMessageSize", "1023", false),
            ("ArchivePolicy", "{}", true),
            ("DeliveryPolicy", r#"{"http":{"defaultRequestPolicy":{"headerContentType":"a\nb"}}}"#, false),
            ("TopicArn", "x", false),
            ("KmsMasterKeyId", &"k".repeat(VALUE_BYTES_MAX + 1), false),
        ];
        for (name, value, fifo) in refused {
            assert!(check(name, value, fifo).is_err(), "{name}");
        }
    }

    #[test]
    fn a_subscription_overrides_its_topic_unless_that_forbids_it() {
        let retries = |number: u32| Retries::parse(&json!({ "numRetries": number })).unwrap();
        let own = r#"{"healthyRetryPolicy":{"numRetries":1}}"#;
        let of_topic = |fixed: bool| {
            let policy = json!({ "http": {
                "defaultHealthyRetryPolicy": { "numRetries": 9 },
                "disableSubscriptionOverrides": fixed,
            }});
            topic(&[("DeliveryPolicy", &policy.to_string())])
        };
        assert_eq!(effective(&topic(&[]), None), HttpPolicy::default());
        assert_eq!(effective(&of_topic(false), None).retries, Some(retries(9)));
        assert_eq!(effective(&of_topic(false), Some(own)).retries, Some(retries(1)));
        assert_eq!(effective(&of_topic(true), Some(own)).retries, Some(retries(9)));
    }
}

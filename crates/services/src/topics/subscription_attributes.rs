//! The attributes of subscriptions: which there are, and what they may be.

use super::arn;
use super::failure::Failure;
use super::filter_policy::{FilterPolicy, Scope};
use super::records::{Protocol, Subscription, Topic};
use super::retries;
use super::topic_attributes::{self, VALUE_BYTES_MAX, policy_of_subscription};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Checks the attributes that a subscription of this protocol is to have, all of them.
pub(super) fn check(
    attributes: &BTreeMap<String, String>,
    protocol: Protocol,
    fifo: bool,
) -> Result<(), Failure> {
    let scope =
        attributes.get("FilterPolicyScope").map_or(Ok(Scope::default()), |text| Scope::parse(text))?;
    for (name, value) in attributes {
        // A filter policy has a limit of its own.
        if name != "FilterPolicy" && value.len() > VALUE_BYTES_MAX {
            return Err(Failure::parameter(format!(
                "Attributes Reason: {name}: at most {VALUE_BYTES_MAX} bytes"
            )));
        }
        match name.as_str() {
            "RawMessageDelivery" => check_raw(value, protocol)?,
            "FilterPolicy" => drop(FilterPolicy::parse(value, scope)?),
            "FilterPolicyScope" => {}
            "RedrivePolicy" => check_redrive(value, fifo)?,
            "DeliveryPolicy" => drop(policy_of_subscription(value)?),
            "SubscriptionRoleArn" | "ReplayPolicy" => {
                return Err(Failure::parameter(format!(
                    "Attributes Reason: {name} is not supported by this server"
                )));
            }
            _ => return Err(Failure::parameter("AttributeName")),
        }
    }
    Ok(())
}

fn check_raw(value: &str, protocol: Protocol) -> Result<(), Failure> {
    match (value.to_ascii_lowercase().as_str(), protocol) {
        ("true", Protocol::Sqs | Protocol::Http) | ("false", _) => Ok(()),
        ("true", other) => Err(Failure::parameter(format!(
            "Attributes Reason: RawMessageDelivery: Delivery protocol [{}] does not support raw message delivery.",
            other.name()
        ))),
        _ => Err(Failure::parameter(format!(
            "Attributes Reason: RawMessageDelivery: Invalid value [{value}]. Must be true or false."
        ))),
    }
}

/// The queue that a redrive policy names.
pub(super) fn dead_letters(policy: &str) -> Result<String, Failure> {
    let refused = |why: &str| Failure::parameter(format!("RedrivePolicy: {why}"));
    let policy: Value = serde_json::from_str(policy).map_err(|_| refused("failed to parse JSON."))?;
    let target = policy["deadLetterTargetArn"].as_str();
    match target.filter(|target| arn::resource(target).is_some_and(|(service, _)| service == "sqs")) {
        Some(target) => Ok(target.to_owned()),
        None => Err(refused("deadLetterTargetArn must be an SQS ARN")),
    }
}

fn check_redrive(policy: &str, fifo: bool) -> Result<(), Failure> {
    // Nothing clears it.
    if policy.is_empty() || policy == "{}" {
        return Ok(());
    }
    let target = dead_letters(policy)?;
    if arn::is_fifo(&target) && !fifo {
        return Err(Failure::parameter(
            "RedrivePolicy: the dead-letter queue of a subscription to a standard topic must be a standard queue",
        ));
    }
    Ok(())
}

/// As they are kept: flags in lower case, and nothing where an empty policy clears one.
pub(super) fn kept(attributes: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let cleared = |name: &str, value: &str| {
        let clearable = matches!(name, "FilterPolicy" | "RedrivePolicy" | "DeliveryPolicy");
        clearable && (value.is_empty() || value.trim() == "{}")
    };
    let kept = attributes.iter().filter(|(name, value)| !cleared(name, value));
    kept.map(|(name, value)| {
        let value = if name == "RawMessageDelivery" { value.to_ascii_lowercase() } else { value.clone() };
        (name.clone(), value)
    })
    .collect()
}

/// Everything that GetSubscriptionAttributes tells.
pub(super) fn told(subscription: &Subscription, topic: &Topic) -> BTreeMap<String, String> {
    let flag = |set: bool| if set { "true" } else { "false" }.to_owned();
    let mut told = BTreeMap::from([
        ("SubscriptionArn".to_owned(), subscription.arn()),
        ("TopicArn".to_owned(), subscription.topic_arn.clone()),
        ("Owner".to_owned(), subscription.account.clone()),
        ("Protocol".to_owned(), subscription.protocol.name().to_owned()),
        ("Endpoint".to_owned(), subscription.endpoint.clone()),
        ("PendingConfirmation".to_owned(), flag(!subscription.confirmed)),
        ("ConfirmationWasAuthenticated".to_owned(), flag(subscription.authenticated)),
        ("RawMessageDelivery".to_owned(), flag(false)),
        ("SubscriptionPrincipal".to_owned(), format!("arn:aws:iam::{}:root", subscription.account)),
    ]);
    if subscription.attributes.contains_key("FilterPolicy") {
        told.insert("FilterPolicyScope".into(), "MessageAttributes".into());
    }
    if subscription.protocol == Protocol::Http {
        let own = subscription.attributes.get("DeliveryPolicy").map(String::as_str);
        let policy = topic_attributes::effective(topic, own);
        let effective = json!({
            "healthyRetryPolicy": policy.retries.unwrap_or(retries::ENDPOINT).told(),
            "sicklyRetryPolicy": null,
            "throttlePolicy": null,
            "requestPolicy": {
                "headerContentType": policy.content_type.as_deref().unwrap_or(topic_attributes::CONTENT_TYPE),
            },
            "guaranteed": false,
        });
        told.insert("EffectiveDeliveryPolicy".into(), effective.to_string());
    }
    told.extend(subscription.attributes.clone());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}"#;

    fn one(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn attributes_are_checked() {
        for (name, value, protocol) in [
            ("RawMessageDelivery", "True", Protocol::Sqs),
            ("RawMessageDelivery", "false", Protocol::Lambda),
            ("FilterPolicy", r#"{"a":["b"]}"#, Protocol::Sqs),
            ("FilterPolicy", "{}", Protocol::Sqs),
            ("FilterPolicyScope", "MessageBody", Protocol::Http),
            ("RedrivePolicy", QUEUE, Protocol::Lambda),
            ("DeliveryPolicy", r#"{"healthyRetryPolicy":{"numRetries":1}}"#, Protocol::Http),
        ] {
            assert_eq!(check(&one(name, value), protocol, false), Ok(()), "{name}");
        }
        for (name, value, protocol) in [
            ("RawMessageDelivery", "true", Protocol::Lambda),
            ("RawMessageDelivery", "1", Protocol::Sqs),
            ("FilterPolicy", "[]", Protocol::Sqs),
            ("FilterPolicyScope", "Message", Protocol::Sqs),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000000:t"}"#,
                Protocol::Sqs,
            ),
            ("ReplayPolicy", "{}", Protocol::Sqs),
            ("RedrivePolicy", &format!("{QUEUE}{}", " ".repeat(VALUE_BYTES_MAX)), Protocol::Sqs),
            ("Colour", "red", Protocol::Sqs),
        ] {
            assert!(check(&one(name, value), protocol, false).is_err(), "{name}");
        }
    }

    #[test]
    fn the_scope_decides_what_policies_are_taken() {
        let mut attributes = one("FilterPolicy", r#"{"a":{"b":["c"]}}"#);
        assert!(check(&attributes, Protocol::Sqs, false).is_err());
        attributes.insert("FilterPolicyScope".into(), "MessageBody".into());
        assert_eq!(check(&attributes, Protocol::Sqs, false), Ok(()));
    }

    #[test]
    fn an_empty_policy_clears() {
        assert!(kept(&one("FilterPolicy", "{}")).is_empty());
        assert_eq!(kept(&one("RawMessageDelivery", "TRUE"))["RawMessageDelivery"], "true");
    }
}

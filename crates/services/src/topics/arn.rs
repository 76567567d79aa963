//! The names of topics and subscriptions.

use super::failure::Failure;
use std::fmt;

/// Names a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TopicArn {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
}

/// How many parts an ARN has at least.
const PARTS_MIN: usize = 6;

/// What a name without `.fifo` is made of.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=256).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a name is that of a FIFO topic or queue.
pub(super) fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

/// Checks the name of a topic that is to be made.
pub(super) fn check_name(name: &str, fifo: bool) -> Result<(), Failure> {
    if fifo {
        let stem = name.strip_suffix(".fifo").unwrap_or_default();
        if !is_name(stem) || name.len() > 256 {
            return Err(Failure::parameter(
                "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII \
                 letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
            ));
        }
    } else if !is_name(name) {
        return Err(Failure::parameter("Topic Name"));
    }
    Ok(())
}

/// The parts of an ARN of SNS, from the region on.
fn parts<'a>(text: &'a str, member: &str) -> Result<Vec<&'a str>, Failure> {
    let parts: Vec<&str> = text.splitn(9, ':').collect();
    if parts.len() < PARTS_MIN {
        return Err(Failure::parameter(format!(
            "{member} Reason: An ARN must have at least {PARTS_MIN} elements, not {}",
            parts.len()
        )));
    }
    if parts[0] != "arn" || !parts[1].starts_with("aws") || parts[2] != "sns" {
        return Err(Failure::parameter(member));
    }
    Ok(parts)
}

impl TopicArn {
    /// Reads one that is the value of this member.
    pub(super) fn parse(text: &str, member: &str) -> Result<Self, Failure> {
        let parts = parts(text, member)?;
        let [_, _, _, region, account, name] = parts[..] else { return Err(Failure::parameter(member)) };
        let name_only = name.strip_suffix(".fifo").unwrap_or(name);
        if !is_name(name_only) || region.is_empty() || region.contains('\0') || account.contains('\0') {
            return Err(Failure::parameter(member));
        }
        Ok(Self { account: account.into(), region: region.into(), name: name.into() })
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "arn:aws:sns:{}:{}:{}", self.region, self.account, self.name)
    }
}

/// The topic and the id in the ARN of a subscription.
pub(super) fn parse_subscription(text: &str) -> Result<(TopicArn, &str), Failure> {
    let member = "SubscriptionArn";
    if matches!(text, "PendingConfirmation" | "pending confirmation") {
        return Err(Failure::parameter("SubscriptionArn Reason: the subscription is pending confirmation"));
    }
    let parts = parts(text, member)?;
    let [_, _, _, region, account, name, id] = parts[..] else { return Err(Failure::parameter(member)) };
    let topic = TopicArn { account: account.into(), region: region.into(), name: name.into() };
    Ok((topic, id))
}

/// The service, and what follows the account, of an ARN; `None` where it is none.
pub(super) fn resource(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(6, ':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = arn == "arn" && partition.starts_with("aws") && !region.is_empty();
    let owned = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (whole && owned && !resource.is_empty()).then_some((service, resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_arn_is_read_and_written() {
        let text = "arn:aws:sns:eu-west-1:123456789012:news.fifo";
        let arn = TopicArn::parse(text, "TopicArn").unwrap();
        assert_eq!((arn.region.as_str(), arn.account.as_str()), ("eu-west-1", "123456789012"));
        assert!(is_fifo(&arn.name));
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn other_arns_are_refused() {
        let message = |text| TopicArn::parse(text, "TopicArn").unwrap_err().message().to_owned();
        assert_eq!(
            message("news"),
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
        );
        for text in [
            "arn:aws:sqs:eu-west-1:123456789012:news",
            "arn:aws:sns:eu-west-1:123456789012:news:id",
            "arn:aws:sns:eu-west-1:123456789012:",
            "arn:aws:sns::123456789012:news",
            "arn:aws:sns:a\0b:123456789012:news",
        ] {
            assert_eq!(message(text), "Invalid parameter: TopicArn", "{text}");
        }
    }

    #[test]
    fn names_are_checked_by_kind() {
        for (name, fifo) in [("a", false), (&"a".repeat(256), false), ("a_-9.fifo", true)] {
            assert_eq!(check_name(name, fifo), Ok(()), "{name}");
        }
        let long = "a".repeat(257);
        for (name, fifo) in
            [("", false), ("a.b", false), ("a.fifo", false), (&long, false), ("a", true), (".fifo", true)]
        {
            assert!(check_name(name, fifo).is_err(), "{name}");
        }
    }

    #[test]
    fn a_subscription_names_its_topic() {
        let (topic, id) = parse_subscription("arn:aws:sns:us-east-1:000000000000:t:0a-1").unwrap();
        assert_eq!((topic.name.as_str(), id), ("t", "0a-1"));
        assert!(parse_subscription("arn:aws:sns:us-east-1:000000000000:t").is_err());
    }

    #[test]
    fn the_resource_of_an_arn_follows_its_account() {
        assert_eq!(resource("arn:aws:sqs:us-east-1:000000000000:q"), Some(("sqs", "q")));
        assert_eq!(
            resource("arn:aws:lambda:us-east-1:000000000000:function:f:1"),
            Some(("lambda", "function:f:1"))
        );
        assert_eq!(resource("arn:aws:sqs:us-east-1:0:q"), None);
        assert_eq!(resource("q"), None);
    }
}

//! The names of resources for which a template gives none.
//!
//! They are `stack-resource-CHANCE`, such as `OrdersStack-OrdersTable315BB997-IJQEOGVDW0VM`. What is too long for the type is
//! cut: of stack and resource each keeps up to half of the room, and the other gets what one leaves. Bucket names are lower
//! case.

#[cfg(test)]
mod tests;

use crate::Value;

/// How a type names its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The property that names a resource.
    pub property: &'static str,
    /// The longest name.
    pub length_max: usize,
    /// Whether names are lower case.
    pub lower_case: bool,
}

/// How many characters of chance a name ends in.
pub const CHANCE_LENGTH: usize = 12;

/// How the types that name themselves do; none for types whose identifiers come from their service.
#[must_use]
pub fn naming(resource_type: &str) -> Option<Naming> {
    let (property, length_max, lower_case) = match resource_type {
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => ("TableName", 255, false),
        "AWS::Lambda::Function" => ("FunctionName", 64, false),
        "AWS::Lambda::LayerVersion" => ("LayerName", 140, false),
        "AWS::SQS::Queue" => ("QueueName", 80, false),
        "AWS::SNS::Topic" => ("TopicName", 256, false),
        "AWS::Kinesis::Stream" => ("Name", 128, false),
        "AWS::Logs::LogGroup" => ("LogGroupName", 512, false),
        "AWS::Logs::LogStream" => ("LogStreamName", 512, false),
        "AWS::S3::Bucket" => ("BucketName", 63, true),
        "AWS::SSM::Parameter" => ("Name", 1_011, false),
        "AWS::IAM::Role" => ("RoleName", 64, false),
        "AWS::IAM::ManagedPolicy" => ("ManagedPolicyName", 128, false),
        "AWS::IAM::InstanceProfile" => ("InstanceProfileName", 128, false),
        "AWS::IAM::User" => ("UserName", 64, false),
        "AWS::IAM::Group" => ("GroupName", 128, false),
        _ => return None,
    };
    Some(Naming { property, length_max, lower_case })
}

/// Characters for the end of a name, from a random number each: capital letters and digits.
pub fn chance(numbers: impl IntoIterator<Item = u64>) -> String {
    const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let pick = |number: u64| char::from(ALPHABET[(number % ALPHABET.len() as u64) as usize]);
    numbers.into_iter().take(CHANCE_LENGTH).map(pick).collect()
}

/// A name for a resource: the one that its properties give, or one made from stack, resource and chance. None where the type
/// does not name its resources.
#[must_use]
pub fn physical_name(
    resource_type: &str,
    properties: &Value,
    (stack, resource): (&str, &str),
    chance: &str,
) -> Option<String> {
    let naming = naming(resource_type)?;
    if let Some(name) = properties.get(naming.property).and_then(Value::text) {
        return Some(name.into_owned());
    }
    let suffix = if is_first_in_first_out(resource_type, properties) { ".fifo" } else { "" };
    let room = naming.length_max.saturating_sub(chance.len() + suffix.len() + 2);
    let half = room / 2;
    let stack_length = stack.len().min(half.max(room.saturating_sub(resource.len())));
    let resource_length = resource.len().min(room - stack_length);
    // Names of stacks and resources are ASCII; whatever is not is left out rather than cut in two.
    let cut =
        |name: &str, length: usize| name.chars().filter(char::is_ascii).take(length).collect::<String>();
    let name = format!("{}-{}-{chance}{suffix}", cut(stack, stack_length), cut(resource, resource_length));
    Some(if naming.lower_case { name.to_lowercase() } else { name })
}

/// Queues and topics that keep the order must say so in their names.
fn is_first_in_first_out(resource_type: &str, properties: &Value) -> bool {
    let property = match resource_type {
        "AWS::SQS::Queue" => "FifoQueue",
        "AWS::SNS::Topic" => "FifoTopic",
        _ => return false,
    };
    properties.get(property).and_then(Value::text).as_deref() == Some("true")
}

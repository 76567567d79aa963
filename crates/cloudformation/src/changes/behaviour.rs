//! What an update of a property does to its resource, by type: from the "Update requires" of AWS's template reference.
//!
//! Types that are only recorded here are replaced by nothing; properties that are not named are changed in place.

use super::Recreation;
use crate::Value;

/// What an update of a property does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It is changed in place.
    NoInterruption,
    /// It is changed in place, and may be away for a while.
    SomeInterruptions,
    /// A new resource takes the place of the old one.
    Replacement,
    /// A new resource, for some changes.
    Conditional,
}

/// The properties of a type whose update makes a new resource.
fn replacing(resource_type: &str) -> &'static [&'static str] {
    match resource_type {
        // Of local indexes the reference says that they cannot be updated: only a new table can have others.
        "AWS::DynamoDB::Table" => {
            &["ImportSourceSpecification", "KeySchema", "LocalSecondaryIndexes", "TableName"]
        }
        "AWS::DynamoDB::GlobalTable" => &["KeySchema", "LocalSecondaryIndexes", "TableName"],
        "AWS::Lambda::Function" => &["FunctionName", "PackageType", "TenancyConfig"],
        "AWS::Lambda::Version" => {
            &["CodeSha256", "Description", "FunctionName", "ProvisionedConcurrencyConfig", "RuntimePolicy"]
        }
        "AWS::Lambda::Alias" => &["FunctionName", "Name"],
        "AWS::Lambda::Permission" => &[
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ],
        "AWS::Lambda::LayerVersion" => &[
            "CompatibleArchitectures",
            "CompatibleRuntimes",
            "Content",
            "Description",
            "LayerName",
            "LicenseInfo",
        ],
        "AWS::Lambda::LayerVersionPermission" => {
            &["Action", "LayerVersionArn", "OrganizationId", "Principal"]
        }
        "AWS::Lambda::EventSourceMapping" => &[
            "AmazonManagedKafkaEventSourceConfig",
            "EventSourceArn",
            "SelfManagedEventSource",
            "SelfManagedKafkaEventSourceConfig",
            "StartingPosition",
            "StartingPositionTimestamp",
        ],
        "AWS::Lambda::EventInvokeConfig" => &["FunctionName", "Qualifier"],
        "AWS::Lambda::Url" => &["Qualifier", "TargetFunctionArn"],
        "AWS::SQS::Queue" => &["FifoQueue", "QueueName"],
        "AWS::SNS::Topic" => &["FifoTopic", "TopicName"],
        "AWS::SQS::QueueInlinePolicy" => &["Queue"],
        "AWS::SNS::Subscription" => &["Endpoint", "Protocol", "Region", "TopicArn"],
        "AWS::SNS::TopicInlinePolicy" => &["TopicArn"],
        "AWS::Logs::LogGroup" => &["LogGroupName"],
        "AWS::Logs::LogStream" => &["LogGroupName", "LogStreamName"],
        "AWS::S3::Bucket" => &["BucketName", "BucketNamePrefix", "BucketNamespace", "ObjectLockEnabled"],
        "AWS::S3::BucketPolicy" => &["Bucket"],
        "AWS::SSM::Parameter" | "AWS::Kinesis::Stream" => &["Name"],
        "AWS::IAM::Role" => &["Path", "RoleName"],
        "AWS::IAM::ManagedPolicy" => &["Description", "ManagedPolicyName", "Path"],
        "AWS::IAM::InstanceProfile" => &["InstanceProfileName", "Path"],
        "AWS::IAM::RolePolicy" => &["PolicyName", "RoleName"],
        _ => &[],
    }
}

/// What an update of a property does.
#[must_use]
pub fn behaviour(resource_type: &str, property: &str) -> Behaviour {
    if replacing(resource_type).contains(&property) {
        return Behaviour::Replacement;
    }
    match (resource_type, property) {
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "AttributeDefinitions") => {
            Behaviour::Conditional
        }
        ("AWS::DynamoDB::Table", "SSESpecification") => Behaviour::SomeInterruptions,
        _ => Behaviour::NoInterruption,
    }
}

/// Whether properties of a resource become others only in a new resource; both are known.
#[must_use]
pub fn replaces(resource_type: &str, before: &Value, after: &Value) -> bool {
    let names = [before, after].into_iter().filter_map(Value::as_map).flat_map(|map| map.keys());
    names.into_iter().any(|name| {
        let (before, after) = (before.get(name), after.get(name));
        let same = match (before, after) {
            (Some(before), Some(after)) => before.same(after),
            (before, after) => before.is_none() && after.is_none(),
        };
        !same
            && match behaviour(resource_type, name) {
                Behaviour::NoInterruption | Behaviour::SomeInterruptions => false,
                Behaviour::Replacement => true,
                Behaviour::Conditional => decided(resource_type, name, before, after) == Recreation::Always,
            }
    })
}

/// Decides about a conditional update, where before and after are known.
pub(super) fn decided(
    resource_type: &str,
    property: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Recreation {
    debug_assert_eq!(behaviour(resource_type, property), Behaviour::Conditional);
    let (Some(Value::List(before)), Some(Value::List(after))) = (before, after) else {
        return Recreation::Conditionally;
    };
    // A new table, if an attribute that is there becomes one of another type; others may come and go with indexes.
    let definition = |value: &Value| {
        let text = |name: &str| value.get(name).and_then(Value::text).map(std::borrow::Cow::into_owned);
        Some((text("AttributeName")?, text("AttributeType")?))
    };
    let (before, after): (Vec<_>, Vec<_>) =
        (before.iter().map(definition).collect(), after.iter().map(definition).collect());
    if before.iter().chain(&after).any(Option::is_none) {
        return Recreation::Conditionally;
    }
    let edited = before.iter().flatten().any(|(name, attribute_type)| {
        after.iter().flatten().any(|(other, other_type)| name == other && attribute_type != other_type)
    });
    if edited { Recreation::Always } else { Recreation::Never }
}

/// The attributes that an update in place may alter.
pub(super) fn altered_attributes(resource_type: &str, property: &str) -> &'static [&'static str] {
    match (resource_type, property) {
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamSpecification") => &["StreamArn"],
        ("AWS::IAM::ManagedPolicy", "PolicyDocument") => &["DefaultVersionId", "UpdateDate"],
        ("AWS::IAM::ManagedPolicy", "Roles") => &["AttachmentCount"],
        ("AWS::Lambda::Function", "SnapStart") => {
            &["SnapStartResponse.ApplyOn", "SnapStartResponse.OptimizationStatus"]
        }
        ("AWS::SSM::Parameter", "Value") => &["Value"],
        ("AWS::SSM::Parameter", "Type") => &["Type"],
        _ => &[],
    }
}

//! The role of a function that names none.
//!
//! Roles and policies are recorded here and never asked, so a policy template becomes a policy that allows its service all,
//! under the template's name.

use super::{Source, invalid};
use crate::{Map, TemplateError, Value};

/// The services that policy templates begin with, and what their actions begin with.
const SERVICES: &[(&str, &str)] = &[
    ("DynamoDB", "dynamodb"),
    ("SQS", "sqs"),
    ("SNS", "sns"),
    ("S3", "s3"),
    ("Kinesis", "kinesis"),
    ("Lambda", "lambda"),
    ("SSM", "ssm"),
    ("CloudWatch", "cloudwatch"),
    ("EventBridge", "events"),
    ("StepFunctions", "states"),
    ("SES", "ses"),
    ("KMS", "kms"),
    ("AWSSecretsManager", "secretsmanager"),
];

/// The role's properties. `of_events` are the managed policies that the function's events need.
pub(super) fn properties(source: &Source<'_>, of_events: &[&str]) -> Result<Map, TemplateError> {
    let mut managed = vec!["service-role/AWSLambdaBasicExecutionRole"];
    if source.properties.get("Tracing").and_then(Value::as_str) == Some("Active") {
        managed.push("AWSXrayWriteOnlyAccess");
    }
    if source.properties.contains_key("VpcConfig") {
        managed.push("service-role/AWSLambdaVPCAccessExecutionRole");
    }
    managed.extend(of_events);
    managed.dedup();
    let mut arns: Vec<Value> = managed.into_iter().map(managed_policy).collect();
    let mut policies = Vec::new();
    let given = match source.properties.get("Policies") {
        None => Vec::new(),
        Some(Value::List(given)) => given.clone(),
        Some(one) => vec![one.clone()],
    };
    for policy in given {
        let name = format!("{}RolePolicy{}", source.name, arns.len() + policies.len() - 1);
        match policy {
            Value::String(arn) if arn.starts_with("arn:") => arns.push(Value::String(arn)),
            Value::String(name) => arns.push(managed_policy(&path_of(&name))),
            Value::Map(members) => match inline(&name, &members) {
                Inline::Policy(policy) => policies.push(policy),
                Inline::Function => arns.push(Value::Map(members)),
                Inline::Nothing => return Err(invalid(source.name, "A policy in 'Policies' is none.")),
            },
            _ => return Err(invalid(source.name, "A policy in 'Policies' is none.")),
        }
    }
    let mut properties = source.passed(&["PermissionsBoundary"]);
    if let Some(path) = source.properties.get("RolePath") {
        properties.insert("Path".to_owned(), path.clone());
    }
    let assumed = source.properties.get("AssumeRolePolicyDocument").cloned().unwrap_or_else(trust);
    properties.insert("AssumeRolePolicyDocument".to_owned(), assumed);
    properties.insert("ManagedPolicyArns".to_owned(), Value::List(arns));
    if !policies.is_empty() {
        properties.insert("Policies".to_owned(), Value::List(policies));
    }
    Ok(properties)
}

fn trust() -> Value {
    let statement = Value::map([
        ("Action", Value::List(vec![Value::string("sts:AssumeRole")])),
        ("Effect", Value::string("Allow")),
        ("Principal", Value::map([("Service", Value::List(vec![Value::string("lambda.amazonaws.com")]))])),
    ]);
    Value::map([("Version", Value::string("2012-10-17")), ("Statement", Value::List(vec![statement]))])
}

fn managed_policy(path: &str) -> Value {
    Value::map([("Fn::Sub", Value::String(format!("arn:${{AWS::Partition}}:iam::aws:policy/{path}")))])
}

/// Managed policies that functions' roles are made for lie below `service-role`.
fn path_of(name: &str) -> String {
    let of_role = name.starts_with("AWSLambda") && name.ends_with("ExecutionRole");
    if of_role { format!("service-role/{name}") } else { name.to_owned() }
}

enum Inline {
    Policy(Value),
    Function,
    Nothing,
}

fn inline(name: &str, members: &Map) -> Inline {
    let policy = |name: &str, document: Value| {
        Inline::Policy(Value::map([("PolicyName", Value::string(name)), ("PolicyDocument", document)]))
    };
    if members.contains_key("Statement") {
        return policy(name, Value::Map(members.clone()));
    }
    if crate::evaluate::function(members).is_some() {
        return Inline::Function;
    }
    let Some((template, _)) = members.iter().next().filter(|_| members.len() == 1) else {
        return Inline::Nothing;
    };
    let service = SERVICES.iter().find(|(prefix, _)| template.starts_with(prefix));
    let action = service.map_or_else(|| "*".to_owned(), |(_, service)| format!("{service}:*"));
    let statement = Value::map([
        ("Sid", Value::string(template)),
        ("Effect", Value::string("Allow")),
        ("Action", Value::String(action)),
        ("Resource", Value::string("*")),
    ]);
    let document =
        Value::map([("Version", Value::string("2012-10-17")), ("Statement", Value::List(vec![statement]))]);
    policy(name, document)
}

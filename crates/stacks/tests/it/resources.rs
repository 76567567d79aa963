//! Each type of resource: made, shown, changed in place property by property, deleted and deleted again, with its own service
//! as the witness.

mod bucket;
mod function;
mod messages;
mod resumed;
mod roles;
mod streams_and_logs;
mod table;
mod tags;

use crate::services::{ACCOUNT, HOST, REGION, services};
use cloudformation::Value as Template;
use serde_json::{Value, json};
use stacks::resources::{Made, Providers, ResourceError, Scope, Services};
use std::collections::BTreeMap;

/// Providers, and the services behind them.
struct Rig {
    services: Services,
    providers: Providers,
}

fn rig() -> Rig {
    let services = services();
    Rig { providers: Providers::new(services.clone()), services }
}

fn scope() -> Scope {
    Scope {
        account: ACCOUNT.into(),
        region: REGION.into(),
        host: HOST.into(),
        stack_name: "Stack".into(),
        stack_id: format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Stack/1"),
        logical_id: "Thing".into(),
        tags: BTreeMap::from([
            ("team".to_owned(), "blue".to_owned()),
            ("aws:cloudformation:stack-name".to_owned(), "Stack".to_owned()),
        ]),
        tags_before: BTreeMap::new(),
        token: "0a1b2c3d-0000-4000-8000-000000000000".into(),
        resumed: false,
    }
}

/// The same once resources are made, whose stack's tags stay.
fn scope_of_update() -> Scope {
    Scope { tags_before: BTreeMap::from([("team".to_owned(), "blue".to_owned())]), ..scope() }
}

/// A value as a template has it.
fn template(json: &Value) -> Template {
    match json {
        Value::Null => Template::Null,
        Value::Bool(boolean) => Template::Boolean(*boolean),
        Value::Number(number) => Template::Number(number.to_string()),
        Value::String(text) => Template::String(text.clone()),
        Value::Array(elements) => Template::List(elements.iter().map(template).collect()),
        Value::Object(members) => {
            Template::Map(members.iter().map(|(name, member)| (name.clone(), template(member))).collect())
        }
    }
}

/// The same, with all numbers and booleans as texts, as templates often have them.
fn texts(json: &Value) -> Value {
    match json {
        Value::Bool(_) | Value::Number(_) => Value::String(json.to_string()),
        Value::Array(elements) => elements.iter().map(texts).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), texts(member))).collect())
        }
        other => other.clone(),
    }
}

impl Rig {
    async fn create(&self, kind: &str, name: &str, properties: &Value) -> Result<Made, ResourceError> {
        let provider = self.providers.of(kind).unwrap();
        let name = Some(name).filter(|name| !name.is_empty());
        provider.create(&scope(), name, &template(properties)).await
    }

    /// Makes one that must succeed.
    async fn made(&self, kind: &str, name: &str, properties: &Value) -> String {
        match self.create(kind, name, properties).await {
            Ok(made) => made.reference.unwrap_or(made.physical_id),
            Err(error) => panic!("{kind} {properties}: {error}"),
        }
    }

    async fn update(
        &self,
        kind: &str,
        id: &str,
        before: &Value,
        after: &Value,
    ) -> Result<Made, ResourceError> {
        let provider = self.providers.of(kind).unwrap();
        provider.update(&scope_of_update(), id, &template(before), &template(after)).await
    }

    /// Changes one, which must succeed and stay the same resource.
    async fn updated(&self, kind: &str, id: &str, before: &Value, after: &Value) {
        match self.update(kind, id, before, after).await {
            Ok(made) => assert_eq!(made.physical_id, id),
            Err(error) => panic!("{kind} {before} -> {after}: {error}"),
        }
    }

    async fn delete(&self, kind: &str, id: &str, properties: &Value) -> Result<(), ResourceError> {
        let provider = self.providers.of(kind).unwrap();
        provider.delete(&scope(), id, &template(properties)).await
    }

    /// Deletes one, and once more.
    async fn deleted(&self, kind: &str, id: &str, properties: &Value) {
        for time in ["first", "second"] {
            let done = self.delete(kind, id, properties).await;
            assert_eq!(done, Ok(()), "{kind} {id}, {time} time");
        }
    }

    /// Why one cannot be made.
    async fn refused(&self, kind: &str, name: &str, properties: &Value) -> String {
        self.create(kind, name, properties).await.expect_err(&format!("{kind} {properties}")).to_string()
    }
}

/// The attributes of a resource.
fn attributes(made: &Made) -> Value {
    serde_json::from_str(&Template::Map(made.attributes.clone()).to_json()).unwrap()
}

/// Properties with others over them; null takes one away.
fn with(properties: &Value, others: Value) -> Value {
    let mut properties = properties.clone();
    for (name, value) in others.as_object().unwrap() {
        match value {
            Value::Null => drop(properties.as_object_mut().unwrap().remove(name)),
            value => properties[name] = value.clone(),
        }
    }
    properties
}

/// Whether all that is expected is there.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| holds(actual.get(name).unwrap_or(&Value::Null), expected))
        }
        (Value::Array(actual), Value::Array(expected)) => {
            actual.len() == expected.len()
                && actual.iter().zip(expected).all(|(actual, expected)| holds(actual, expected))
        }
        (actual, expected) => actual == expected,
    }
}

#[track_caller]
fn assert_holds(actual: &Value, expected: &Value) {
    assert!(holds(actual, expected), "expected {expected}\nin {actual}");
}

#[tokio::test]
async fn what_no_type_has_is_refused_everywhere() {
    let rig = rig();
    let types = [
        "AWS::DynamoDB::Table",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Kinesis::Stream",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Permission",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Url",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SQS::QueueInlinePolicy",
        "AWS::SNS::Topic",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SNS::TopicInlinePolicy",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SSM::Parameter",
        "AWS::IAM::Role",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::ManagedPolicy",
    ];
    for kind in types {
        let told = rig.refused(kind, "name", &json!({ "Nonsense": 1 })).await;
        assert!(
            told.starts_with("Properties validation failed for resource Thing with message: ["),
            "{told}"
        );
        assert!(told.contains("#: extraneous key [Nonsense] is not permitted"), "{told}");
    }
    assert!(rig.providers.of("AWS::CloudWatch::Alarm").is_none());
}

//! AddPermission and RemovePermission: statements of the access policy, which is stored and shown.

use crate::topics::Topics;
use crate::topics::failure::Failure;
use crate::topics::records::Topic;
use crate::topics::request::{Request, done};
use crate::topics::topic_attributes::{check, policy};
use serde_json::{Value, json};
use wire::query::Answer;

/// What a permission may be for.
const ACTIONS: [&str; 9] = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
    "Receive",
];

/// The policy of a topic, and its statements.
fn statements(topic: &Topic) -> Result<(Value, Vec<Value>), Failure> {
    let policy: Value = serde_json::from_str(&policy(topic)).map_err(Failure::internal)?;
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        other => vec![other.clone()],
    };
    Ok((policy, statements))
}

fn set(topic: &mut Topic, mut policy: Value, statements: Vec<Value>) -> Result<(), Failure> {
    policy["Statement"] = Value::Array(statements);
    let policy = policy.to_string();
    check("Policy", &policy, topic.is_fifo())?;
    topic.attributes.insert("Policy".to_owned(), policy);
    Ok(())
}

impl Topics {
    pub(super) async fn add_permission(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let label = request.required("Label")?;
        let (accounts, actions) = (request.texts("AWSAccountId")?, request.texts("ActionName")?);
        if let Some(action) = actions.iter().find(|action| !ACTIONS.contains(action)) {
            return Err(Failure::parameter(format!(
                "Policy statement action out of service scope! Reason: there is no action {action}"
            )));
        }
        let is_account =
            |account: &&&str| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if label.is_empty()
            || actions.is_empty()
            || accounts.is_empty()
            || !accounts.iter().all(|account| is_account(&account))
        {
            return Err(Failure::parameter("a permission has a label, actions and ids of accounts"));
        }
        let change = self.change_topic(request, "TopicArn", |topic| {
            let (policy, mut statements) = statements(topic)?;
            if statements.iter().any(|statement| statement["Sid"] == label) {
                return Err(Failure::parameter("Statement already exists"));
            }
            let accounts: Vec<String> =
                accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
            let actions: Vec<String> = actions.iter().map(|action| format!("SNS:{action}")).collect();
            statements.push(json!({
                "Sid": label,
                "Effect": "Allow",
                "Principal": { "AWS": one_or_all(accounts) },
                "Action": one_or_all(actions),
                "Resource": topic.arn(),
            }));
            set(topic, policy, statements)
        });
        change.await?;
        Ok(done("AddPermission"))
    }

    pub(super) async fn remove_permission(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let label = request.required("Label")?;
        let change = self.change_topic(request, "TopicArn", |topic| {
            let (policy, mut statements) = statements(topic)?;
            statements.retain(|statement| statement["Sid"] != label);
            set(topic, policy, statements)
        });
        change.await?;
        Ok(done("RemovePermission"))
    }
}

/// A single text stands alone in a policy.
fn one_or_all(mut texts: Vec<String>) -> Value {
    match texts.len() {
        1 => Value::from(texts.remove(0)),
        _ => Value::from(texts),
    }
}

//! Permissions: statements of a queue's policy, by their labels. Stored and shown; nobody is refused by one.

use super::error::ErrorCode;
use super::queue::Queue;
use super::{Queues, QueuesError};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// The attribute that holds the policy.
const POLICY: &str = "Policy";

/// How many statements a policy may have where one is to be added.
const STATEMENTS_MAX: usize = 20;

/// A permission that is to be given.
#[derive(Clone, Debug)]
pub(super) struct Permission {
    pub(super) label: String,
    pub(super) accounts: Vec<String>,
    pub(super) actions: Vec<String>,
}

impl Queues {
    pub(super) async fn add_permission(
        &self,
        queue: &Arc<Queue>,
        new: Permission,
    ) -> Result<(), QueuesError> {
        let arn = queue.arn.to_string();
        self.modify(queue, move |record| {
            let mut policy = policy_of(record.attributes.get(POLICY), &arn);
            let mut statements = statements(&mut policy);
            if statements.iter().any(|statement| has_label(statement, &new.label)) {
                let reason = "Already exists.";
                return Err(QueuesError::value(&new.label, "Label", reason));
            }
            if statements.len() >= STATEMENTS_MAX {
                let message = format!("A policy has at most {STATEMENTS_MAX} statements.");
                return Err(QueuesError::new(ErrorCode::OverLimit, message));
            }
            statements.push(statement(&new, &arn));
            record.attributes.insert(POLICY.to_owned(), with(policy, statements));
            Ok(())
        })
        .await
    }

    pub(super) async fn remove_permission(
        &self,
        queue: &Arc<Queue>,
        label: String,
    ) -> Result<(), QueuesError> {
        let arn = queue.arn.to_string();
        self.modify(queue, move |record| {
            let mut policy = policy_of(record.attributes.get(POLICY), &arn);
            let mut statements = statements(&mut policy);
            let before = statements.len();
            statements.retain(|statement| !has_label(statement, &label));
            if statements.len() == before {
                let reason = "can't find label on existing policy.";
                return Err(QueuesError::value(&label, "Label", reason));
            }
            match statements.is_empty() {
                true => record.attributes.remove(POLICY),
                false => record.attributes.insert(POLICY.to_owned(), with(policy, statements)),
            };
            Ok(())
        })
        .await
    }
}

fn policy_of(text: Option<&String>, arn: &str) -> Map<String, Json> {
    match text.and_then(|text| serde_json::from_str(text).ok()) {
        Some(Json::Object(policy)) => policy,
        _ => Map::from_iter([
            ("Version".to_owned(), json!("2008-10-17")),
            ("Id".to_owned(), json!(format!("{arn}/SQSDefaultPolicy"))),
        ]),
    }
}

/// Takes the statements out of a policy. A single one may stand there without a list.
fn statements(policy: &mut Map<String, Json>) -> Vec<Json> {
    match policy.remove("Statement") {
        Some(Json::Array(statements)) => statements,
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
}

/// A policy with these statements, as text.
fn with(mut policy: Map<String, Json>, statements: Vec<Json>) -> String {
    policy.insert("Statement".to_owned(), Json::Array(statements));
    Json::Object(policy).to_string()
}

fn has_label(statement: &Json, label: &str) -> bool {
    statement.get("Sid").and_then(Json::as_str) == Some(label)
}

fn statement(new: &Permission, arn: &str) -> Json {
    let of_account = |account: &String| json!(format!("arn:aws:iam::{account}:root"));
    let principals: Vec<_> = new.accounts.iter().map(of_account).collect();
    let actions: Vec<_> = new.actions.iter().map(|action| json!(format!("SQS:{action}"))).collect();
    let one = |mut all: Vec<Json>| if all.len() == 1 { all.remove(0) } else { Json::Array(all) };
    json!({
        "Sid": new.label,
        "Effect": "Allow",
        "Principal": { "AWS": one(principals) },
        "Action": one(actions),
        "Resource": arn,
    })
}

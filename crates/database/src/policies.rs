//! Resource policies: stored and shown for tables and their streams. Nobody is refused by them.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use crate::descriptor::{Policy, TableDescriptor};
use crate::schema::invalid;
use serde_json::Value;
use std::sync::Arc;
use wire::ApiError;

/// The longest policy.
const POLICY_BYTES_MAX: usize = 20_480;

/// What an `ExpectedRevisionId` says where no policy is expected.
const NO_POLICY: &str = "NO_POLICY";

impl Database {
    /// The table of a policy's ARN, which is its own or that of one of its streams.
    pub(crate) fn table_of_resource(&self, caller: &Caller, arn: &str) -> Result<Arc<Entry>, ApiError> {
        if !arn.starts_with("arn:") {
            return Err(invalid(format!("ARNs must start with 'arn:': {arn}")));
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, "dynamodb", region, account, resource] = parts[..] else {
            return Err(invalid(format!("Provided Arn is not a DynamoDB resource arn: {arn}")));
        };
        let shared = self.options.shared_tables;
        if account != caller.account && !shared {
            return Err(ApiError::validation(
                "This action is only supported by accounts that match the resource owner\u{2019}s account.",
            ));
        }
        if !partition.starts_with("aws") || (region != caller.region && !shared) {
            return Err(invalid(format!("Invalid resource Arn: {arn}")));
        }
        let parts: Vec<&str> = resource.split('/').collect();
        let (table, label) = match parts[..] {
            ["table", table] => (table, None),
            ["table", table, "stream", label] => (table, Some(label)),
            ["table", _, "index", _] => {
                return Err(invalid(format!(
                    "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
                )));
            }
            _ => return Err(invalid(format!("Provided Arn is not a DynamoDB resource arn: {arn}"))),
        };
        let entry = self.catalog.entry(caller, table)?;
        if let Some(label) = label
            && self.streams.get(arn).is_none()
        {
            return Err(ApiError::resource_not_found(format!(
                "Requested resource not found: Stream: {label} not found for Table: {table}"
            )));
        }
        Ok(entry)
    }
}

/// The policy of a resource.
pub(crate) fn of<'a>(table: &'a TableDescriptor, arn: &str) -> Option<&'a Policy> {
    table.policies.iter().find(|policy| policy.resource == arn)
}

/// The answer where there is none.
pub(crate) fn not_found(arn: &str) -> ApiError {
    refused(arn)
}

fn refused(detail: &str) -> ApiError {
    ApiError::policy_not_found(format!(
        "Resource-based policy not found for the provided ResourceArn: {detail}"
    ))
}

/// Refuses to change a policy that is not the one expected.
pub(crate) fn check_revision(
    now: Option<&Policy>,
    table: &str,
    expected: Option<&str>,
) -> Result<(), ApiError> {
    match (expected, now) {
        (None, _) | (Some(NO_POLICY), None) => Ok(()),
        (Some(NO_POLICY), Some(now)) => Err(refused(&format!(
            "Requested policy update expecting none to be present for table {table}, but a policy exists with revision \
             id {}.",
            now.revision
        ))),
        (Some(expected), Some(now)) if now.revision.to_string() == expected => Ok(()),
        (Some(expected), Some(now)) => Err(refused(&format!(
            "Requested update for policy with revision id {expected}, but the policy associated to target table \
             {table} has revision id {}.",
            now.revision
        ))),
        (Some(expected), None) => Err(refused(&format!(
            "Requested update for policy with revision id {expected}, but there is no policy associated to target \
             table {table}."
        ))),
    }
}

/// Reads a policy: it must be a JSON object, and have statements that name resources.
pub(crate) fn parsed(document: &str) -> Result<Value, ApiError> {
    if document.len() > POLICY_BYTES_MAX {
        return Err(invalid(format!("Maximum policy size of {POLICY_BYTES_MAX} bytes exceeded")));
    }
    let wrong = |text: &str| Err(invalid(format!("Invalid policy document: {text}")));
    let Some(policy) = serde_json::from_str::<Value>(document).ok().filter(Value::is_object) else {
        return wrong("This policy contains invalid Json");
    };
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        statement @ Value::Object(_) => vec![statement],
        _ => return wrong("Missing required field Statement"),
    };
    if statements.is_empty() {
        return wrong("Could not parse the policy: Statement is empty!");
    }
    let names_none =
        |statement: &&Value| statement["Resource"].is_null() && statement["NotResource"].is_null();
    if statements.iter().any(names_none) {
        return wrong("Missing required field Resource");
    }
    Ok(policy)
}

/// Puts a policy in the place of the one before, unless it says the same. Gives its revision, and whether it is new.
pub(crate) fn put(
    table: &mut TableDescriptor,
    arn: &str,
    document: &str,
    now_ms: u64,
) -> Result<(u64, bool), ApiError> {
    let new = parsed(document)?;
    let now = of(table, arn);
    if let Some(now) = now
        && parsed(&now.document)? == new
    {
        return Ok((now.revision, false));
    }
    let revision = now.map_or(now_ms, |now| now_ms.max(now.revision + 1));
    table.policies.retain(|policy| policy.resource != arn);
    let document = wire::json::compact(document);
    table.policies.push(Policy { resource: arn.to_owned(), document, revision });
    Ok((revision, true))
}

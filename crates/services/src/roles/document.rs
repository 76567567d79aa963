//! The documents of policies: what is stored as one must look like one.

use crate::query::{Failure, required};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use wire::query::Members;

/// The longest document that is read at all, in bytes.
const BYTES_MAX: usize = 131_072;

/// What a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Who may have a role.
    Trust,
    /// What whoever has it may do.
    Permissions,
}

/// The document that a member is.
pub(super) fn read<'m>(members: &'m Members, name: &str, kind: Kind) -> Result<&'m str, Failure> {
    let text = required(members, name)?;
    if text.len() > BYTES_MAX {
        let constraint = format!("Member must have length less than or equal to {BYTES_MAX}");
        return Err(Failure::constraint(Some("..."), name, &constraint));
    }
    check(text, kind)?;
    Ok(text)
}

/// How many characters of a document count against the limits: all but white space.
pub(super) fn counted(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

/// A document as it stands in answers: percent-encoded.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn check(text: &str, kind: Kind) -> Result<(), Failure> {
    let json: Value =
        serde_json::from_str(text).map_err(|_| Failure::document("This policy contains invalid Json"))?;
    let Value::Object(policy) = json else {
        return Err(Failure::document("Syntax errors in policy."));
    };
    match policy.get("Version") {
        None => {}
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(_) => return Err(Failure::document("The policy is not in the valid JSON format.")),
    }
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        Some(_) => return Err(Failure::document("Syntax errors in policy.")),
        None => return Err(Failure::document("Missing required field Statement")),
    };
    statements.iter().try_for_each(|statement| match statement {
        Value::Object(statement) => check_statement(statement, kind),
        _ => Err(Failure::document("Syntax errors in policy.")),
    })
}

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), Failure> {
    let has = |names: [&str; 2]| names.iter().any(|name| statement.contains_key(*name));
    match statement.get("Effect").map(Value::as_str) {
        None => return Err(Failure::document("Missing required field Effect")),
        Some(Some("Allow" | "Deny")) => {}
        Some(_) => {
            return Err(Failure::document("Invalid effect: it must be Allow or Deny"));
        }
    }
    if !has(["Action", "NotAction"]) {
        return Err(Failure::document("Missing required field Action"));
    }
    let (needed, forbidden) = match kind {
        Kind::Trust => (["Principal", "NotPrincipal"], ["Resource", "NotResource"]),
        Kind::Permissions => (["Resource", "NotResource"], ["Principal", "NotPrincipal"]),
    };
    if has(forbidden) {
        let message = match kind {
            Kind::Trust => "Has prohibited field Resource",
            Kind::Permissions => "Policy document should not specify a principal.",
        };
        return Err(Failure::document(message));
    }
    if has(needed) {
        return Ok(());
    }
    Err(Failure::document(match kind {
        Kind::Trust => "Missing required field Principal",
        Kind::Permissions => "Policy statement must contain resources.",
    }))
}

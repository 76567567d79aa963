//! AddPermission, RemovePermission and GetPolicy: stored, not enforced.

use crate::api::call::{Call, check_revision, not_found};
use crate::api::members::{Members, Pattern};
use crate::api::{Answer, Failure};
use crate::functions::name::{LATEST, is_word};
use crate::functions::record::{Function, Policy};
use serde_json::{Value, json};

/// The longest policy, in bytes.
const POLICY_BYTES_MAX: usize = 20_480;

pub(super) const STATEMENT_ID: Pattern = Pattern { text: "([a-zA-Z0-9-_]+)", satisfied: is_word };

const ACTION: Pattern = Pattern {
    text: "(lambda:[*]|lambda:[a-zA-Z]+|[*])",
    satisfied: |text| {
        let named = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        text == "*" || text.strip_prefix("lambda:").is_some_and(|name| name == "*" || named(name))
    },
};

/// A statement as IAM writes it.
fn statement(members: &mut Members, resource: &str) -> Result<(String, Value), Failure> {
    let id = members.pattern("StatementId", STATEMENT_ID)?;
    let id = members.required("StatementId", id).unwrap_or_default();
    let action = members.pattern("Action", ACTION)?;
    let action = members.required("Action", action).unwrap_or_default();
    let principal = members.text("Principal")?;
    let principal = members.required("Principal", principal).unwrap_or_default();
    members.finish()?;
    let principal = match principal.as_str() {
        "*" => json!("*"),
        service if service.ends_with(".amazonaws.com") => json!({ "Service": service }),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({ "AWS": format!("arn:aws:iam::{account}:root") })
        }
        arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
        _ => {
            return Err(Failure::invalid(
                "The provided principal was invalid. Please check the principal and try again.",
            ));
        }
    };
    let mut out = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
    });
    let mut condition = json!({});
    for (member, operator, name) in [
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ] {
        if let Some(text) = members.text(member)? {
            condition[operator][name] = json!(text);
        }
    }
    if let Some(given) = members.boolean("InvokedViaFunctionUrl")? {
        condition["Bool"]["lambda:InvokedViaFunctionUrl"] = json!(given.to_string());
    }
    if condition != json!({}) {
        out["Condition"] = condition;
    }
    Ok((id, out))
}

/// The qualifier of a policy, where the function has what it names.
fn place(function: &Function, qualifier: Option<&str>) -> Result<String, Failure> {
    if qualifier == Some(LATEST) {
        return Err(Failure::invalid("We currently do not support adding policies for $LATEST."));
    }
    match function.qualified(qualifier) {
        Some(_) => Ok(qualifier.unwrap_or_default().to_owned()),
        None => Err(not_found(function, qualifier)),
    }
}

impl Call {
    pub(super) async fn add_permission(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.function()?;
        let place = place(&function, qualifier.as_deref())?;
        let mut members = self.members()?;
        let (id, statement) = statement(&mut members, &function.arn(qualifier.as_deref()))?;
        let (revision, revision_id) = (members.text("RevisionId")?, self.functions.uuid());
        let edit = self.functions.edit(&function, move |function, _| {
            let policy = function
                .policies
                .entry(place)
                .or_insert_with(|| Policy { revision_id: revision_id.clone(), statements: Vec::new() });
            check_revision(revision.as_deref(), &policy.revision_id)?;
            if policy.statements.iter().any(|known| known["Sid"] == id.as_str()) {
                return Err(Failure::conflict(format!(
                    "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
                     existing statement."
                )));
            }
            policy.statements.push(statement.clone());
            policy.revision_id = revision_id;
            if json!(policy.statements).to_string().len() > POLICY_BYTES_MAX {
                return Err(Failure::new(
                    400,
                    "PolicyLengthExceededException",
                    "The final policy size is bigger than the limit (20480).",
                ));
            }
            Ok(statement)
        });
        let (statement, _) = edit.await?;
        Ok(Answer::json(201, &json!({ "Statement": statement.to_string() })))
    }

    pub(super) async fn remove_permission(self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.function()?;
        let place = qualifier.unwrap_or_default();
        let (id, revision_id) = (self.parameter(1).to_owned(), self.functions.uuid());
        let revision = self.query("RevisionId").map(str::to_owned);
        let edit = self.functions.edit(&function, move |function, _| {
            let missing = || Failure::not_found("No policy is associated with the given resource.");
            let policy = function.policies.get_mut(&place).ok_or_else(missing)?;
            check_revision(revision.as_deref(), &policy.revision_id)?;
            let count = policy.statements.len();
            policy.statements.retain(|statement| statement["Sid"] != id.as_str());
            if policy.statements.len() == count {
                return Err(Failure::not_found(format!("Statement {id} is not found in resource policy.")));
            }
            policy.revision_id = revision_id;
            if policy.statements.is_empty() {
                function.policies.remove(&place);
            }
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) fn get_policy(&self) -> Result<Answer, Failure> {
        let (function, qualifier) = self.function()?;
        let policy = function.policies.get(qualifier.as_deref().unwrap_or_default());
        let missing = || Failure::not_found("The resource you requested does not exist.");
        let policy = policy.ok_or_else(missing)?;
        let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": policy.statements });
        let answer = json!({ "Policy": document.to_string(), "RevisionId": policy.revision_id });
        Ok(Answer::json(200, &answer))
    }
}

//! The operations: what each is asked and answers. One file an operation, but for those that mirror each other.

mod change_sets;
mod create_change_set;
mod create_stack;
mod delete_stack;
mod describe_change_set;
mod describe_stack_events;
mod describe_stacks;
mod execute_change_set;
mod exports;
mod get_template;
mod get_template_summary;
mod list_stacks;
mod planning;
mod rollbacks;
mod settings;
mod stack_resources;
mod starting;
mod update_stack;

use crate::Stacks;
use crate::failure::Failure;
use crate::keys::StackKey;
use crate::records::{Stack, key_of};
use crate::request::Request;
use wire::query::Answer;

/// How many entries a page of a list has.
const PAGE: usize = 100;

impl Stacks {
    /// Runs the operation that a request names.
    pub(crate) async fn run(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        match request.text("Action").unwrap_or_default() {
            "CancelUpdateStack" => self.cancel_update_stack(request).await,
            "ContinueUpdateRollback" => self.continue_update_rollback(request).await,
            "CreateChangeSet" => self.create_change_set(request).await,
            "CreateStack" => self.create_stack(request).await,
            "DeleteChangeSet" => self.delete_change_set(request).await,
            "DeleteStack" => self.delete_stack(request).await,
            "DescribeChangeSet" => self.describe_change_set(request),
            "DescribeEvents" => self.describe_events(request),
            "DescribeStackEvents" => self.describe_stack_events(request),
            "DescribeStackResource" => self.describe_stack_resource(request),
            "DescribeStackResources" => self.describe_stack_resources(request),
            "DescribeStacks" => self.describe_stacks(request),
            "ExecuteChangeSet" => self.execute_change_set(request).await,
            "GetStackPolicy" => self.get_stack_policy(request),
            "GetTemplate" => self.get_template(request),
            "GetTemplateSummary" => self.get_template_summary(request).await,
            "ListChangeSets" => self.list_change_sets(request),
            "ListExports" => self.list_exports(request),
            "ListImports" => self.list_imports(request),
            "ListStackResources" => self.list_stack_resources(request),
            "ListStacks" => self.list_stacks(request),
            "RollbackStack" => self.rollback_stack(request).await,
            "SetStackPolicy" => self.set_stack_policy(request).await,
            "UpdateStack" => self.update_stack(request).await,
            "UpdateTerminationProtection" => self.update_termination_protection(request).await,
            "ValidateTemplate" => self.validate_template(request).await,
            "" => Err(Failure::new("MissingAction", "The request has no Action")),
            other if !other.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Err(Failure::new("InvalidAction", "The Action of the request is no operation's name"))
            }
            other => Err(Failure::new("InvalidAction", format!("{other} is not supported by this server"))),
        }
    }

    /// The stack that has a name now.
    pub(crate) fn named(&self, account: &str, region: &str, name: &str) -> Result<Option<Stack>, Failure> {
        let ledger = &self.inner.ledger;
        let key: Option<StackKey> =
            ledger.get(&ledger.keys.name(&self.inner.place(account, region), name))?;
        key.map(|key| ledger.known_stack(key)).transpose()
    }

    /// The stack of a name or an ARN; by its ARN also one that is deleted.
    pub(crate) fn found(&self, request: &Request<'_>, name: &str) -> Result<Stack, Failure> {
        let caller = request.caller;
        let found = match name.starts_with("arn:") {
            true => {
                let stack = key_of(name).map(|key| self.inner.ledger.stack(key)).transpose()?.flatten();
                let is_seen = |stack: &Stack| {
                    let place = self.inner.place(&caller.account, &caller.region);
                    stack.id == name && self.inner.place(&stack.account, &stack.region) == place
                };
                stack.filter(is_seen)
            }
            false => self.named(&caller.account, &caller.region, name)?,
        };
        found.ok_or_else(|| Failure::no_stack(name))
    }

    /// The stack that a request is about.
    pub(crate) fn stack_of(&self, request: &Request<'_>) -> Result<Stack, Failure> {
        self.found(request, request.required("StackName")?)
    }

    /// The stack that a request is about, which is not deleted.
    pub(crate) fn live_stack_of(&self, request: &Request<'_>) -> Result<Stack, Failure> {
        let name = request.required("StackName")?;
        let stack = self.found(request, name)?;
        if stack.is_deleted() {
            Err(Failure::validation(format!("Stack [{name}] does not exist")))
        } else {
            Ok(stack)
        }
    }

    /// The stacks of an account and region that have their names now.
    pub(crate) fn all_live(&self, request: &Request<'_>) -> Result<Vec<Stack>, Failure> {
        let (ledger, caller) = (&self.inner.ledger, request.caller);
        let place = self.inner.place(&caller.account, &caller.region);
        let keys: Vec<StackKey> = ledger.all(&ledger.keys.names(&place))?;
        keys.into_iter().map(|key| ledger.known_stack(key)).collect()
    }
}

/// Where a page begins: how many entries are before it.
fn first(request: &Request<'_>) -> Result<usize, Failure> {
    match request.text("NextToken") {
        None => Ok(0),
        Some(token) => token.parse().map_err(|_| Failure::validation("NextToken is not valid")),
    }
}

/// What the next page begins with, where there is one.
fn next_token(first: usize, count: usize) -> Option<String> {
    let next = first.saturating_add(PAGE);
    (count > next).then(|| next.to_string())
}

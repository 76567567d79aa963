//! DeleteStack: deletes what a stack has made, in the reverse order.

use super::starting::{Start, user_initiated};
use crate::Stacks;
use crate::engine::{listed, users_of_exports};
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{OnFailure, Stack};
use crate::request::{Request, done};
use crate::status::StackStatus;
use std::collections::{BTreeMap, BTreeSet};
use wire::query::Answer;

impl Stacks {
    pub(super) async fn delete_stack(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("StackName")?;
        let operation = self.operation(request, "DELETE_STACK")?;
        let kept: BTreeSet<String> = request.texts("RetainResources")?.into_iter().collect();
        let forced = request.one_of("DeletionMode", &["STANDARD", "FORCE_DELETE_STACK"])?;
        let _alone = self.inner.control.lock().await;
        let mut stack = match self.found(request, name) {
            Ok(stack) if !stack.is_deleted() => stack,
            // What is not there is deleted.
            Ok(_) => return Ok(done("DeleteStack")),
            Err(failure) if failure.status() < 500 => return Ok(done("DeleteStack")),
            Err(failure) => return Err(failure),
        };
        if stack.protected {
            return Err(Failure::validation(format!(
                "Stack [{}] cannot be deleted while TerminationProtection is enabled",
                stack.name
            )));
        }
        if Self::is_repeated(&mut stack, &operation)? || stack.status == StackStatus::DeleteInProgress {
            return Ok(done("DeleteStack"));
        }
        if !kept.is_empty() {
            self.check_retained(&stack, &kept)?;
        }
        if stack.status == StackStatus::CreateInProgress {
            self.abandon(stack).await?;
            return Ok(done("DeleteStack"));
        }
        if stack.status.is_in_progress() {
            return Err(Failure::validation(format!(
                "Stack [{}] cannot be deleted while in status {}",
                stack.name,
                stack.status.name()
            )));
        }
        if let Some((export, users)) = users_of_exports(&self.inner, &stack, &BTreeMap::new())? {
            let reason = format!(
                "Delete canceled. Cannot delete export {export} as it is in use by {}.",
                listed(&users)
            );
            let mut change = Change::new();
            stack.reason = Some(reason);
            self.tell_stack(&mut change, &stack, &operation)?;
            change.put(self.inner.ledger.keys.stack(stack.key()), &stack)?;
            self.inner.ledger.commit(change).await?;
            return Ok(done("DeleteStack"));
        }
        let mut operation = operation;
        operation.skip = kept;
        if forced.as_deref() == Some("FORCE_DELETE_STACK") {
            operation.skip.extend(self.undeletable(&stack)?);
        }
        let start = Start {
            operation,
            revision: None,
            status: StackStatus::DeleteInProgress,
            reason: user_initiated(),
        };
        self.begin(Change::new(), stack, start).await?;
        Ok(done("DeleteStack"))
    }

    /// Ends the making of a stack, which is deleted after that.
    async fn abandon(&self, mut stack: Stack) -> Result<(), Failure> {
        let key = stack.key();
        if let Some(operation) = &mut stack.operation {
            (operation.cancelled, operation.on_failure) = (true, OnFailure::Delete);
        }
        let mut change = Change::new();
        change.put(self.inner.ledger.keys.stack(key), &stack)?;
        self.inner.ledger.commit(change).await
    }

    /// Resources can be left only by the deletion after one that they made fail.
    fn check_retained(&self, stack: &Stack, kept: &BTreeSet<String>) -> Result<(), Failure> {
        if stack.status != StackStatus::DeleteFailed {
            return Err(Failure::validation(format!(
                "Invalid operation on stack [{}]. Specify resources to retain only when deleting a stack in DELETE_FAILED status",
                stack.id
            )));
        }
        let known = self.inner.ledger.resources(stack.key())?;
        match kept.iter().find(|name| !known.contains_key(*name)) {
            None => Ok(()),
            Some(_) => Err(Failure::validation(format!(
                "The specified resources to retain must be in a valid state. Resources to retain: [{}]",
                kept.iter().cloned().collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// What could not be deleted before.
    fn undeletable(&self, stack: &Stack) -> Result<Vec<String>, Failure> {
        let resources = self.inner.ledger.resources(stack.key())?;
        let failed = resources
            .into_iter()
            .filter(|(_, resource)| resource.status == crate::status::ResourceStatus::DeleteFailed);
        Ok(failed.map(|(name, _)| name).collect())
    }
}

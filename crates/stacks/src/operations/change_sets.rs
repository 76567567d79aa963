//! Change sets: how they are found; DeleteChangeSet, ListChangeSets.

use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{ChangeSet, Stack, uuid_of};
use crate::request::{Request, result};
use crate::status::ExecutionStatus;
use environment::calendar::iso;
use wire::query::Answer;

/// A change set, with its stack.
pub(super) struct Found {
    pub(super) stack: Stack,
    pub(super) change_set: ChangeSet,
}

impl Stacks {
    /// The change set that a request names: by its ARN, or by its name and the stack.
    pub(super) fn change_set_of(&self, request: &Request<'_>) -> Result<Found, Failure> {
        let name = request.required("ChangeSetName")?;
        let unknown = || Failure::no_change_set(name);
        if !name.starts_with("arn:") {
            if request.text("StackName").is_none() {
                return Err(Failure::validation(
                    "StackName must be specified if ChangeSetName is not specified as an ARN.",
                ));
            }
            // Where there is no stack there is no change set of it.
            let stack = self.stack_of(request).map_err(|error| match error.status() {
                400 => unknown(),
                _ => error,
            })?;
            let found = self.change_sets(&stack)?.into_iter().find(|found| found.name == name);
            return Ok(Found { stack, change_set: found.ok_or_else(unknown)? });
        }
        let stacks = match request.text("StackName") {
            Some(_) => vec![self.stack_of(request)?],
            None => self.all_live(request)?,
        };
        let id = uuid_of(name).ok_or_else(unknown)?;
        let ledger = &self.inner.ledger;
        for stack in stacks {
            let found: Option<ChangeSet> = ledger.get(&ledger.keys.change_set(stack.key(), id))?;
            if let Some(change_set) = found.filter(|found| found.id == name) {
                return Ok(Found { stack, change_set });
            }
        }
        Err(unknown())
    }

    /// The change sets of a stack.
    pub(super) fn change_sets(&self, stack: &Stack) -> Result<Vec<ChangeSet>, Failure> {
        self.inner.ledger.all(&self.inner.ledger.keys.change_sets(stack.key()))
    }

    /// Records a change set.
    pub(super) fn put_change_set(
        &self,
        change: &mut Change,
        stack: &Stack,
        change_set: &ChangeSet,
    ) -> Result<(), Failure> {
        let id = uuid_of(&change_set.id).unwrap_or_default();
        change.put(self.inner.ledger.keys.change_set(stack.key(), id), change_set)
    }

    pub(super) async fn delete_change_set(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let found = match self.change_set_of(request) {
            Ok(found) => found,
            // What is not there is deleted.
            Err(failure) if failure.status() == 404 => return Ok(result("DeleteChangeSet")),
            Err(failure) => return Err(failure),
        };
        if found.change_set.execution == ExecutionStatus::InProgress {
            return Err(Failure::new(
                "InvalidChangeSetStatus",
                format!("ChangeSet [{}] cannot be deleted while it is executed", found.change_set.id),
            ));
        }
        let id = uuid_of(&found.change_set.id).unwrap_or_default();
        let mut change = Change::new();
        change.delete(self.inner.ledger.keys.change_set(found.stack.key(), id));
        self.inner.ledger.commit(change).await?;
        Ok(result("DeleteChangeSet"))
    }

    pub(super) fn list_change_sets(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = self.stack_of(request)?;
        let first = first(request)?;
        let mut all = self.change_sets(&stack)?;
        all.sort_by_key(|change_set| change_set.created_ms);
        let mut answer = result("ListChangeSets");
        answer.open("Summaries");
        for change_set in all.iter().skip(first).take(PAGE) {
            answer.open("member");
            answer.element("StackId", &stack.id).element("StackName", &stack.name);
            answer.element("ChangeSetId", &change_set.id).element("ChangeSetName", &change_set.name);
            answer.element("ExecutionStatus", change_set.execution.name());
            answer.element("Status", change_set.status.name());
            answer.optional("StatusReason", change_set.reason.as_ref());
            answer.element("CreationTime", iso(change_set.created_ms));
            answer.optional("Description", change_set.description.as_ref());
            answer.element("IncludeNestedStacks", change_set.include_nested.to_string());
            answer.close();
        }
        answer.close();
        answer.optional("NextToken", next_token(first, all.len()));
        Ok(answer)
    }
}

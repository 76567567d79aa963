//! ExecuteChangeSet: does what a change set says.

use super::starting::Start;
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{ChangeType, OnFailure, uuid_of};
use crate::request::{Request, result};
use crate::status::{ExecutionStatus, StackStatus};
use wire::query::Answer;

impl Stacks {
    pub(super) async fn execute_change_set(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let disabled = request.boolean("DisableRollback")?;
        let mut operation = self.operation(request, "UPDATE_STACK")?;
        let _alone = self.inner.control.lock().await;
        let found = self.change_set_of(request)?;
        let (mut stack, change_set) = (found.stack, found.change_set);
        if stack.status == StackStatus::ReviewInProgress {
            "CREATE_STACK".clone_into(&mut operation.kind);
        }
        let done = Some(&change_set.id) == stack.change_set.as_ref();
        if done && Self::is_repeated(&mut stack.clone(), &operation)? {
            return Ok(result("ExecuteChangeSet"));
        }
        if change_set.execution != ExecutionStatus::Available {
            return Err(Failure::new(
                "InvalidChangeSetStatus",
                format!(
                    "ChangeSet [{}] cannot be executed in its current status of [{}]",
                    change_set.id,
                    match change_set.execution {
                        ExecutionStatus::Unavailable => change_set.status.name(),
                        execution => execution.name(),
                    }
                ),
            ));
        }
        let is_new = stack.status == StackStatus::ReviewInProgress;
        if !is_new {
            super::update_stack::check_updatable(&stack)?;
        }
        Self::is_repeated(&mut stack, &operation)?;
        operation.on_failure = match (disabled, change_set.on_failure) {
            (Some(true), _) => OnFailure::Nothing,
            (_, Some(on_failure)) => on_failure,
            _ => OnFailure::Rollback,
        };
        operation.import = change_set.change_type == ChangeType::Import;
        operation.imported.clone_from(&change_set.imported);
        let status = match (change_set.change_type, is_new) {
            (ChangeType::Import, _) => StackStatus::ImportInProgress,
            (_, true) => StackStatus::CreateInProgress,
            (_, false) => StackStatus::UpdateInProgress,
        };
        // One change set is executed, and with that all others are of a stack that is no more.
        let mut change = Change::new();
        for other in self.change_sets(&stack)? {
            let id = uuid_of(&other.id).unwrap_or_default();
            if other.id == change_set.id {
                let executed = crate::records::ChangeSet { execution: ExecutionStatus::Complete, ..other };
                self.put_change_set(&mut change, &stack, &executed)?;
            } else {
                change.delete(self.inner.ledger.keys.change_set(stack.key(), id));
            }
        }
        stack.change_set = Some(change_set.id);
        let reason = super::starting::user_initiated();
        let start = Start { operation, revision: Some(change_set.revision), status, reason };
        self.begin(change, stack, start).await?;
        Ok(result("ExecuteChangeSet"))
    }
}

//! CancelUpdateStack, ContinueUpdateRollback, RollbackStack.

use super::starting::{Start, user_initiated};
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::request::{Request, done, result};
use crate::status::{ResourceStatus, StackStatus};
use std::collections::BTreeSet;
use wire::query::Answer;

impl Stacks {
    pub(super) async fn cancel_update_stack(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let mut stack = self.live_stack_of(request)?;
        if stack.status != StackStatus::UpdateInProgress {
            return Err(Failure::validation(
                "CancelUpdateStack cannot be called from current stack status".to_owned(),
            ));
        }
        if let Some(operation) = &mut stack.operation {
            operation.cancelled = true;
        }
        let mut change = Change::new();
        change.put(self.inner.ledger.keys.stack(stack.key()), &stack)?;
        self.inner.ledger.commit(change).await?;
        Ok(done("CancelUpdateStack"))
    }

    pub(super) async fn continue_update_rollback(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let mut operation = self.operation(request, "CONTINUE_ROLLBACK")?;
        operation.skip = request.texts("ResourcesToSkip")?.into_iter().collect();
        let _alone = self.inner.control.lock().await;
        let mut stack = self.live_stack_of(request)?;
        if Self::is_repeated(&mut stack, &operation)? {
            return Ok(result("ContinueUpdateRollback"));
        }
        if stack.status != StackStatus::UpdateRollbackFailed {
            let (id, status) = (&stack.id, stack.status.name());
            return Err(Failure::validation(format!(
                "Stack:{id} is in {status} state and can not continue UPDATE ROLLBACK."
            )));
        }
        let resources = self.inner.ledger.resources(stack.key())?;
        let failed: BTreeSet<&String> = resources
            .iter()
            .filter(|(_, resource)| resource.status == ResourceStatus::UpdateFailed)
            .map(|(name, _)| name)
            .collect();
        if let Some(wrong) = operation.skip.iter().find(|name| !failed.contains(name)) {
            return Err(Failure::validation(format!(
                "The following resource(s) cannot be skipped, since they are not in UPDATE_FAILED state: [{wrong}]"
            )));
        }
        let status = StackStatus::UpdateRollbackInProgress;
        let start = Start { operation, revision: None, status, reason: user_initiated() };
        self.begin(Change::new(), stack, start).await?;
        Ok(result("ContinueUpdateRollback"))
    }

    pub(super) async fn rollback_stack(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let operation = self.operation(request, "ROLLBACK")?;
        let _alone = self.inner.control.lock().await;
        let mut stack = self.live_stack_of(request)?;
        let mut answer = result("RollbackStack");
        answer.element("StackId", &stack.id).element("OperationId", &operation.id);
        if Self::is_repeated(&mut stack, &operation)? {
            return Ok(answer);
        }
        let status = match stack.status {
            StackStatus::CreateFailed => StackStatus::RollbackInProgress,
            StackStatus::UpdateFailed => StackStatus::UpdateRollbackInProgress,
            other => {
                let (id, status) = (&stack.id, other.name());
                return Err(Failure::validation(format!(
                    "Stack:{id} is in {status} state and can not be rolled back."
                )));
            }
        };
        let start = Start { operation, revision: None, status, reason: user_initiated() };
        self.begin(Change::new(), stack, start).await?;
        Ok(answer)
    }
}

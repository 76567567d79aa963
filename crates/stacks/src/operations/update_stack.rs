//! UpdateStack: brings a stack to another template or other parameters.

use super::create_stack::on_failure;
use super::starting::{Start, user_initiated};
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::{Revision, Stack};
use crate::request::{Request, result};
use crate::status::{ExecutionStatus, StackStatus};
use wire::query::Answer;

impl Stacks {
    pub(super) async fn update_stack(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.required("StackName")?;
        let missing = |_| Failure::validation(format!("Stack [{name}] does not exist"));
        let stack = self.live_stack_of(request).map_err(missing)?;
        let mut operation = self.operation(request, "UPDATE_STACK")?;
        operation.on_failure = on_failure(request)?;
        let mut answer = result("UpdateStack");
        answer.element("StackId", &stack.id).element("OperationId", &operation.id);
        if Self::is_repeated(&mut stack.clone(), &operation)? {
            return Ok(answer);
        }
        check_updatable(&stack)?;
        let previous = self.revision_of(&stack)?;
        let proposal = self.propose(request, &stack, previous.as_ref()).await?;
        proposal.check_capabilities(false)?;
        let policy = request.bounded("StackPolicyBody", 16_384)?;
        let _alone = self.inner.control.lock().await;
        let mut stack = self.inner.ledger.known_stack(stack.key())?;
        check_updatable(&stack)?;
        let plan = self.plan(&stack, previous.as_ref(), &proposal, &operation.imported)?;
        if !plan.changes_something {
            return Err(Failure::validation("No updates are to be performed."));
        }
        Self::is_repeated(&mut stack, &operation)?;
        if policy.is_some() {
            stack.policy = policy;
        }
        stack.change_set = None;
        let start = Start {
            operation,
            revision: Some(proposal.revision),
            status: StackStatus::UpdateInProgress,
            reason: user_initiated(),
        };
        let change = self.obsolete_change_sets(&stack)?;
        self.begin(change, stack, start).await?;
        Ok(answer)
    }

    /// Marks a stack's change sets: once it is updated otherwise, they would not do what they tell.
    fn obsolete_change_sets(&self, stack: &Stack) -> Result<Change, Failure> {
        let mut change = Change::new();
        for mut change_set in self.change_sets(stack)? {
            if change_set.execution == ExecutionStatus::Available {
                change_set.execution = ExecutionStatus::Obsolete;
                self.put_change_set(&mut change, stack, &change_set)?;
            }
        }
        Ok(change)
    }

    /// The revision that a stack has: the one in force, or where there is none the one that failed.
    pub(crate) fn revision_of(&self, stack: &Stack) -> Result<Option<Revision>, Failure> {
        let number = stack.revision.or_else(|| stack.operation.as_ref()?.target);
        number.map(|number| self.inner.ledger.revision(stack.key(), number)).transpose()
    }
}

/// Refuses a stack that cannot be updated now.
pub(super) fn check_updatable(stack: &Stack) -> Result<(), Failure> {
    if stack.status.may_be_updated() {
        return Ok(());
    }
    let (id, status) = (&stack.id, stack.status.name());
    Err(Failure::validation(format!("Stack:{id} is in {status} state and can not be updated.")))
}

//! CreateStack: a stack from a template, made in the background.

use super::starting::{Start, user_initiated};
use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::OnFailure;
use crate::request::{Request, result};
use crate::status::StackStatus;
use wire::query::Answer;

/// How many stacks an account and region may have, as on AWS.
const STACKS_MAX: usize = 2_000;

impl Stacks {
    pub(super) async fn create_stack(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.new_stack_name()?;
        let mut operation = self.operation(request, "CREATE_STACK")?;
        operation.on_failure = on_failure(request)?;
        let place = (request.caller.account.as_str(), request.caller.region.as_str());
        let mut stack = self.new_stack(place, name);
        let proposal = match self.known(request, name, &operation)? {
            Some(answer) => return Ok(answer),
            None => self.propose(request, &stack, None).await?,
        };
        proposal.check_capabilities(false)?;
        stack.protected = request.boolean("EnableTerminationProtection")?.unwrap_or(false);
        stack.policy = request.bounded("StackPolicyBody", 16_384)?;
        let _alone = self.inner.control.lock().await;
        if let Some(answer) = self.known(request, name, &operation)? {
            return Ok(answer);
        }
        self.check_count(request)?;
        Self::is_repeated(&mut stack, &operation)?;
        let mut change = Change::new();
        let place = self.inner.place(&stack.account, &stack.region);
        change.put(self.inner.ledger.keys.name(&place, name), &stack.key())?;
        let mut answer = result("CreateStack");
        answer.element("StackId", &stack.id).element("OperationId", &operation.id);
        let start = Start {
            operation,
            revision: Some(proposal.revision),
            status: StackStatus::CreateInProgress,
            reason: user_initiated(),
        };
        self.begin(change, stack, start).await?;
        Ok(answer)
    }

    /// Refuses one stack more than an account and region may have.
    pub(super) fn check_count(&self, request: &Request<'_>) -> Result<(), Failure> {
        if self.all_live(request)?.len() < STACKS_MAX {
            return Ok(());
        }
        let message = format!("Limit for stack has been exceeded: {STACKS_MAX}");
        Err(Failure::new("LimitExceededException", message))
    }

    /// The answer where the stack is there already: the same as before, to the same request.
    fn known(
        &self,
        request: &Request<'_>,
        name: &str,
        operation: &crate::records::Operation,
    ) -> Result<Option<Answer>, Failure> {
        let Some(mut known) = self.named(&request.caller.account, &request.caller.region, name)? else {
            return Ok(None);
        };
        if !Self::is_repeated(&mut known, operation)? {
            return Err(Failure::new("AlreadyExistsException", format!("Stack [{name}] already exists")));
        }
        let mut answer = result("CreateStack");
        answer.element("StackId", &known.id);
        Ok(Some(answer))
    }
}

/// What is to be done when a creation fails.
pub(super) fn on_failure(request: &Request<'_>) -> Result<OnFailure, Failure> {
    let named = request.one_of("OnFailure", &["DO_NOTHING", "ROLLBACK", "DELETE"])?;
    let disabled = request.boolean("DisableRollback")?;
    let configured =
        request.members.member("DeploymentConfig").and_then(|config| config.text("DisableRollback"));
    match (named.as_deref(), disabled) {
        (Some(_), Some(_)) => {
            Err(Failure::validation("You can specify either DisableRollback or OnFailure, but not both."))
        }
        (Some("DO_NOTHING"), None) | (None, Some(true)) => Ok(OnFailure::Nothing),
        (Some("DELETE"), None) => Ok(OnFailure::Delete),
        (None, None) if configured == Some("true") => Ok(OnFailure::Nothing),
        _ => Ok(OnFailure::Rollback),
    }
}

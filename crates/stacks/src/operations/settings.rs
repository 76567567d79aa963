//! What is set of a stack beside its template: UpdateTerminationProtection, SetStackPolicy, GetStackPolicy.

use crate::Stacks;
use crate::failure::Failure;
use crate::ledger::Change;
use crate::records::Stack;
use crate::request::{Request, done, result};
use wire::query::Answer;

impl Stacks {
    pub(super) async fn update_termination_protection(
        &self,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        let protected = request.boolean("EnableTerminationProtection")?;
        let Some(protected) = protected else {
            return Err(Failure::constraint(
                "null",
                "enableTerminationProtection",
                "Member must not be null",
            ));
        };
        let stack = self.set(request, |stack| stack.protected = protected).await?;
        let mut answer = result("UpdateTerminationProtection");
        answer.element("StackId", stack.id);
        Ok(answer)
    }

    pub(super) async fn set_stack_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let policy = match (request.bounded("StackPolicyBody", 16_384)?, request.text("StackPolicyURL")) {
            (Some(policy), None) => Some(policy),
            (None, Some(url)) => Some(self.fetch(url, &request.caller.account, &request.caller.host).await?),
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(Failure::validation(
                    "You cannot specify both StackPolicyURL and StackPolicyBody",
                ));
            }
        };
        self.set(request, |stack| stack.policy = policy).await?;
        Ok(done("SetStackPolicy"))
    }

    pub(super) fn get_stack_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = self.stack_of(request)?;
        let mut answer = result("GetStackPolicy");
        answer.optional("StackPolicyBody", stack.policy);
        Ok(answer)
    }

    async fn set(&self, request: &Request<'_>, set: impl FnOnce(&mut Stack)) -> Result<Stack, Failure> {
        let _alone = self.inner.control.lock().await;
        let mut stack = self.live_stack_of(request)?;
        set(&mut stack);
        let mut change = Change::new();
        change.put(self.inner.ledger.keys.stack(stack.key()), &stack)?;
        self.inner.ledger.commit(change).await?;
        Ok(stack)
    }
}

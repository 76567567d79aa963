//! ListStacks: all stacks in short, those that are deleted too.

use super::describe_stacks::description;
use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::records::Stack;
use crate::request::{Request, result};
use crate::status::StackStatus;
use environment::calendar::iso;
use wire::query::Answer;

/// For so long deleted stacks are told of, as on AWS.
const DELETED_MS: u64 = 90 * 86_400_000;

impl Stacks {
    pub(super) fn list_stacks(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let mut wanted = Vec::new();
        for name in request.texts("StackStatusFilter")? {
            wanted.push(StackStatus::named(&name).ok_or_else(|| {
                Failure::constraint(
                    format!("'[{name}]'"),
                    "stackStatusFilter",
                    "Member must satisfy constraint: [Member must be a status of a stack]",
                )
            })?);
        }
        let first = first(request)?;
        let (caller, now_ms) = (request.caller, self.inner.now_ms());
        let place = self.inner.place(&caller.account, &caller.region);
        let mut stacks: Vec<Stack> = self.inner.ledger.all(&self.inner.ledger.keys.stacks())?;
        stacks.retain(|stack| {
            self.inner.place(&stack.account, &stack.region) == place
                && (wanted.is_empty() || wanted.contains(&stack.status))
                && stack.deleted_ms.is_none_or(|deleted_ms| deleted_ms + DELETED_MS > now_ms)
        });
        stacks.sort_by(|left, right| (right.created_ms, &left.id).cmp(&(left.created_ms, &right.id)));
        let mut answer = result("ListStacks");
        answer.open("StackSummaries");
        for stack in stacks.iter().skip(first).take(PAGE) {
            answer.open("member");
            answer.element("StackId", &stack.id).element("StackName", &stack.name);
            let revision = self.revision_of(stack)?;
            answer.optional("TemplateDescription", revision.as_ref().and_then(description));
            answer.element("CreationTime", iso(stack.created_ms));
            answer.optional("LastUpdatedTime", stack.updated_ms.map(iso));
            answer.optional("DeletionTime", stack.deleted_ms.map(iso));
            answer.element("StackStatus", stack.status.name());
            answer.optional("StackStatusReason", stack.reason.as_ref());
            answer.optional("ParentId", stack.parent.as_ref());
            answer.optional("RootId", stack.root.as_ref());
            answer.open("DriftInformation").element("StackDriftStatus", "NOT_CHECKED").close();
            answer.close();
        }
        answer.close();
        answer.optional("NextToken", next_token(first, stacks.len()));
        Ok(answer)
    }
}

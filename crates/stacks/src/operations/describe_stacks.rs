//! DescribeStacks: what stacks are, with their parameters and outputs.

use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::records::{OnFailure, Revision, Stack};
use crate::request::{Request, result};
use cloudformation::template::Document;
use environment::calendar::iso;
use std::collections::BTreeMap;
use wire::query::Answer;

/// What is told of a parameter that is never shown.
const HIDDEN: &str = "****";

impl Stacks {
    pub(super) fn describe_stacks(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stacks = match request.text("StackName") {
            Some(_) => vec![self.stack_of(request)?],
            None => self.all_live(request)?,
        };
        let first = first(request)?;
        let mut answer = result("DescribeStacks");
        answer.open("Stacks");
        for stack in stacks.iter().skip(first).take(PAGE) {
            self.write_stack(&mut answer, stack)?;
        }
        answer.close();
        answer.optional("NextToken", next_token(first, stacks.len()));
        Ok(answer)
    }

    fn write_stack(&self, answer: &mut Answer, stack: &Stack) -> Result<(), Failure> {
        let revision = self.revision_of(stack)?.unwrap_or_default();
        answer.open("member");
        answer.element("StackId", &stack.id).element("StackName", &stack.name);
        answer.optional("ChangeSetId", stack.change_set.as_ref());
        answer.optional("Description", description(&revision));
        write_parameters(answer, &revision)?;
        answer.element("CreationTime", iso(stack.created_ms));
        answer.optional("DeletionTime", stack.deleted_ms.map(iso));
        answer.optional("LastUpdatedTime", stack.updated_ms.map(iso));
        answer.open("RollbackConfiguration").close();
        answer.element("StackStatus", stack.status.name());
        answer.optional("StackStatusReason", stack.reason.as_ref());
        let on_failure = stack.operation.as_ref().map(|operation| operation.on_failure);
        answer.element("DisableRollback", (on_failure == Some(OnFailure::Nothing)).to_string());
        answer.texts("NotificationARNs", "member", &revision.notification_arns);
        answer.optional("TimeoutInMinutes", revision.timeout_minutes.map(|minutes| minutes.to_string()));
        answer.texts("Capabilities", "member", &revision.capabilities);
        answer.open("Outputs");
        for output in &stack.outputs {
            answer.open("member");
            answer.element("OutputKey", &output.key).element("OutputValue", &output.value);
            answer.optional("Description", output.description.as_ref());
            answer.optional("ExportName", output.export.as_ref());
            answer.close();
        }
        answer.close();
        answer.optional("RoleARN", revision.role_arn.as_ref());
        write_tags(answer, &revision.tags);
        answer.element("EnableTerminationProtection", stack.protected.to_string());
        answer.optional("ParentId", stack.parent.as_ref());
        answer.optional("RootId", stack.root.as_ref());
        answer.open("DriftInformation").element("StackDriftStatus", "NOT_CHECKED").close();
        if let Some(operation) = &stack.operation {
            answer.open("LastOperations").open("member");
            answer.element("OperationType", &operation.kind).element("OperationId", &operation.id);
            answer.close().close();
        }
        answer.close();
        Ok(())
    }
}

/// Writes the parameters of a revision. Those that are not to be shown are not.
pub(super) fn write_parameters(answer: &mut Answer, revision: &Revision) -> Result<(), Failure> {
    let declared = match revision.parameters.is_empty() {
        true => BTreeMap::new(),
        false => Document::read(&revision.body).map(|document| document.parameters)?,
    };
    answer.open("Parameters");
    for (name, value) in &revision.parameters {
        let hidden = declared.get(name).is_some_and(|declaration| declaration.no_echo);
        answer.open("member").element("ParameterKey", name);
        answer.element("ParameterValue", if hidden { HIDDEN } else { value });
        if let Some(found) = revision.looked_up.get(value).filter(|_| !hidden) {
            answer.element("ResolvedValue", found);
        }
        answer.close();
    }
    answer.close();
    Ok(())
}

/// What a template says of itself.
pub(super) fn description(revision: &Revision) -> Option<String> {
    Document::read(&revision.body).ok()?.description()
}

/// Writes tags.
pub(super) fn write_tags(answer: &mut Answer, tags: &BTreeMap<String, String>) {
    answer.open("Tags");
    for (key, value) in tags {
        answer.open("member").element("Key", key).element("Value", value).close();
    }
    answer.close();
}

//! DescribeChangeSet: what a change set would do.

use super::change_sets::Found;
use super::describe_stacks::{write_parameters, write_tags};
use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::records::{Change, ChangeSet, Detail, OnFailure};
use crate::request::{Request, result};
use environment::calendar::iso;
use wire::query::Answer;

impl Stacks {
    pub(super) fn describe_change_set(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let Found { stack, change_set } = self.change_set_of(request)?;
        let with_values = request.boolean("IncludePropertyValues")?.unwrap_or(false);
        let first = first(request)?;
        let mut answer = result("DescribeChangeSet");
        answer.element("ChangeSetName", &change_set.name).element("ChangeSetId", &change_set.id);
        answer.element("StackId", &stack.id).element("StackName", &stack.name);
        answer.optional("Description", change_set.description.as_ref());
        write_parameters(&mut answer, &change_set.revision)?;
        answer.element("CreationTime", iso(change_set.created_ms));
        answer.element("ExecutionStatus", change_set.execution.name());
        answer.element("Status", change_set.status.name());
        answer.optional("StatusReason", change_set.reason.as_ref());
        write_settings(&mut answer, &change_set);
        answer.open("Changes");
        for change in change_set.changes.iter().skip(first).take(PAGE) {
            write_change(&mut answer, change, with_values);
        }
        answer.close();
        answer.optional("NextToken", next_token(first, change_set.changes.len()));
        Ok(answer)
    }
}

fn write_settings(answer: &mut Answer, change_set: &ChangeSet) {
    let revision = &change_set.revision;
    answer.texts("NotificationARNs", "member", &revision.notification_arns);
    answer.open("RollbackConfiguration").close();
    answer.texts("Capabilities", "member", &revision.capabilities);
    write_tags(answer, &revision.tags);
    answer.element("IncludeNestedStacks", change_set.include_nested.to_string());
    answer.element("ImportExistingResources", change_set.import_existing.to_string());
    let on_failure = change_set.on_failure.map(|on_failure| match on_failure {
        OnFailure::Rollback => "ROLLBACK",
        OnFailure::Nothing => "DO_NOTHING",
        OnFailure::Delete => "DELETE",
    });
    answer.optional("OnStackFailure", on_failure);
}

fn write_change(answer: &mut Answer, change: &Change, with_values: bool) {
    answer.open("member").element("Type", "Resource").open("ResourceChange");
    answer.optional("PolicyAction", change.policy_action.as_ref());
    answer.element("Action", &change.action);
    answer.element("LogicalResourceId", &change.logical_id);
    answer.optional("PhysicalResourceId", change.physical_id.as_ref());
    answer.element("ResourceType", &change.resource_type);
    answer.optional("Replacement", change.replacement.as_ref());
    answer.texts("Scope", "member", &change.scope);
    answer.open("Details");
    for detail in &change.details {
        write_detail(answer, detail, with_values);
    }
    answer.close();
    if with_values {
        answer.optional("BeforeContext", change.before.as_ref());
        answer.optional("AfterContext", change.after.as_ref());
    }
    answer.close().close();
}

fn write_detail(answer: &mut Answer, detail: &Detail, with_values: bool) {
    answer.open("member").open("Target");
    answer.element("Attribute", &detail.attribute);
    answer.optional("Name", detail.name.as_ref());
    answer.element("RequiresRecreation", &detail.recreation);
    if with_values {
        answer.optional("Path", detail.path.as_ref());
        answer.optional("BeforeValue", detail.before.as_ref());
        answer.optional("AfterValue", detail.after.as_ref());
        answer.element("AttributeChangeType", &detail.change_type);
    }
    answer.close();
    answer.element("Evaluation", &detail.evaluation);
    answer.element("ChangeSource", &detail.source);
    answer.optional("CausingEntity", detail.causing_entity.as_ref());
    answer.close();
}

//! DescribeStackEvents and DescribeEvents: what happened to a stack, the last first.

use super::PAGE;
use crate::Stacks;
use crate::failure::Failure;
use crate::keys::number;
use crate::records::{Event, STACK_TYPE, Stack};
use crate::request::{Request, result};
use environment::calendar::iso;
use wire::query::Answer;

impl Stacks {
    pub(super) fn describe_stack_events(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = self.stack_of(request)?;
        let (events, next) = self.events(request, &stack, |_| true)?;
        let mut answer = result("DescribeStackEvents");
        answer.open("StackEvents");
        for event in &events {
            answer.open("member");
            answer.element("StackId", &stack.id).element("EventId", &event.id);
            answer.element("StackName", &stack.name);
            answer.optional("OperationId", event.operation.as_ref().map(|(id, _)| id));
            write_event(&mut answer, event);
            answer.close();
        }
        answer.close();
        answer.optional("NextToken", next);
        Ok(answer)
    }

    pub(super) fn describe_events(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = match request.text("ChangeSetName") {
            Some(_) => self.change_set_of(request)?.stack,
            None => self.stack_of(request)?,
        };
        let operation = request.text("OperationId");
        let only_failed = request.members.member("Filters").and_then(|filters| filters.text("FailedEvents"));
        let only_failed = only_failed == Some("true");
        let (events, next) = self.events(request, &stack, |event| {
            let id = event.operation.as_ref().map(|(id, _)| id.as_str());
            (operation.is_none() || id == operation) && (!only_failed || event.status.ends_with("_FAILED"))
        })?;
        let mut answer = result("DescribeEvents");
        answer.open("OperationEvents");
        for event in &events {
            answer.open("member");
            answer.element("EventId", &event.id).element("StackId", &stack.id);
            if let Some((id, kind)) = &event.operation {
                answer.element("OperationId", id).element("OperationType", kind);
            }
            let failed = event.status.ends_with("_FAILED");
            let of_stack = event.resource_type == STACK_TYPE && event.logical_id == stack.name;
            let kind = match (failed, of_stack) {
                (true, false) => "PROVISIONING_ERROR",
                _ => "STACK_EVENT",
            };
            answer.element("EventType", kind);
            write_event(&mut answer, event);
            answer.close();
        }
        answer.close();
        answer.optional("NextToken", next);
        Ok(answer)
    }

    /// A page of events, and what the next begins with.
    fn events(
        &self,
        request: &Request<'_>,
        stack: &Stack,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<(Vec<Event>, Option<String>), Failure> {
        let below: Option<u64> = match request.text("NextToken") {
            None => None,
            Some(token) => Some(token.parse().map_err(|_| Failure::validation("NextToken is not valid"))?),
        };
        let (mut events, mut next) = (Vec::new(), None);
        self.inner.ledger.each(&self.inner.ledger.keys.events(stack.key()), |key, event: Event| {
            let number = number(key).unwrap_or_default();
            if below.is_some_and(|below| number >= below) || !wanted(&event) {
                return true;
            }
            if events.len() == PAGE {
                next = Some((number + 1).to_string());
                return false;
            }
            events.push(event);
            true
        })?;
        Ok((events, next))
    }
}

fn write_event(answer: &mut Answer, event: &Event) {
    answer.element("LogicalResourceId", &event.logical_id);
    answer.element("PhysicalResourceId", &event.physical_id);
    answer.element("ResourceType", &event.resource_type);
    answer.element("Timestamp", iso(event.time_ms));
    answer.element("ResourceStatus", &event.status);
    answer.optional("ResourceStatusReason", event.reason.as_ref());
    answer.optional("ResourceProperties", event.properties.as_ref());
    answer.optional("ClientRequestToken", event.token.as_ref());
}

//! ListStackResources, DescribeStackResources, DescribeStackResource.

use super::{PAGE, first, next_token};
use crate::Stacks;
use crate::failure::Failure;
use crate::records::{Resource, Stack};
use crate::request::{Request, result};
use environment::calendar::iso;
use wire::query::Answer;

impl Stacks {
    pub(super) fn list_stack_resources(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = self.stack_of(request)?;
        let first = first(request)?;
        let resources = self.inner.ledger.resources(stack.key())?;
        let mut answer = result("ListStackResources");
        answer.open("StackResourceSummaries");
        for (name, resource) in resources.iter().skip(first).take(PAGE) {
            answer.open("member");
            write_resource(&mut answer, name, resource, "LastUpdatedTimestamp");
            answer.close();
        }
        answer.close();
        answer.optional("NextToken", next_token(first, resources.len()));
        Ok(answer)
    }

    pub(super) fn describe_stack_resources(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = match (request.text("StackName"), request.text("PhysicalResourceId")) {
            (Some(_), _) => self.stack_of(request)?,
            (None, Some(physical_id)) => self.stack_with(request, physical_id)?,
            (None, None) => {
                return Err(Failure::validation("Either StackName or PhysicalResourceId must be specified"));
            }
        };
        let wanted = request.text("LogicalResourceId");
        let resources = self.inner.ledger.resources(stack.key())?;
        let mut answer = result("DescribeStackResources");
        answer.open("StackResources");
        let wanted = |name: &str| wanted.is_none_or(|wanted| wanted == name);
        for (name, resource) in resources.iter().filter(|(name, _)| wanted(name)).take(PAGE) {
            answer.open("member").element("StackName", &stack.name).element("StackId", &stack.id);
            write_resource(&mut answer, name, resource, "Timestamp");
            answer.close();
        }
        answer.close();
        Ok(answer)
    }

    pub(super) fn describe_stack_resource(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let stack = self.stack_of(request)?;
        let name = request.required("LogicalResourceId")?;
        let resources = self.inner.ledger.resources(stack.key())?;
        let Some(resource) = resources.get(name) else {
            return Err(Failure::validation(format!(
                "Resource {name} does not exist for stack {}",
                stack.name
            )));
        };
        let mut answer = result("DescribeStackResource");
        answer.open("StackResourceDetail");
        answer.element("StackName", &stack.name).element("StackId", &stack.id);
        write_resource(&mut answer, name, resource, "LastUpdatedTimestamp");
        let metadata = resource.present.as_ref().map(|present| present.shape.metadata.0.to_json());
        answer.element("Metadata", metadata.unwrap_or_else(|| "{}".to_owned()));
        answer.close();
        Ok(answer)
    }

    /// The stack that has a resource.
    fn stack_with(&self, request: &Request<'_>, physical_id: &str) -> Result<Stack, Failure> {
        for stack in self.all_live(request)? {
            let resources = self.inner.ledger.resources(stack.key())?;
            if resources.values().any(|resource| resource.physical_id() == physical_id) {
                return Ok(stack);
            }
        }
        Err(Failure::validation(format!("Stack for {physical_id} does not exist")))
    }
}

fn write_resource(answer: &mut Answer, name: &str, resource: &Resource, time: &str) {
    answer.element("LogicalResourceId", name);
    if !resource.physical_id().is_empty() {
        answer.element("PhysicalResourceId", resource.physical_id());
    }
    answer.element("ResourceType", &resource.resource_type);
    answer.element(time, iso(resource.updated_ms));
    answer.element("ResourceStatus", resource.status.name());
    answer.optional("ResourceStatusReason", resource.reason.as_ref());
    answer.open("DriftInformation").element("StackResourceDriftStatus", "NOT_CHECKED").close();
}

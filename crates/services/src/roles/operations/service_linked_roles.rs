//! CreateServiceLinkedRole, DeleteServiceLinkedRole and GetServiceLinkedRoleDeletionStatus: the roles that AWS's services
//! have for themselves.

use crate::query::{Failure, check_length};
use crate::roles::request::{ROLE_NAME_MAX, Request};
use crate::roles::role::{Role, SERVICE_PATH, SESSION_S};
use crate::roles::{Roles, result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use wire::query::Answer;

/// What the roles of services are called whose own name does not say it.
const NAMES: [(&str, &str); 4] = [
    ("replication.dynamodb.amazonaws.com", "DynamoDBReplication"),
    ("dynamodb.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_DynamoDBTable"),
    ("kinesisreplication.dynamodb.amazonaws.com", "DynamoDBKinesisDataStreamsReplication"),
    ("contributorinsights.dynamodb.amazonaws.com", "DynamoDBCloudWatchContributorInsights"),
];

/// What the ids of deletions begin with.
const TASK: &str = "task/aws-service-role/";

impl Roles {
    pub(super) async fn create_service_linked_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let service = request.name("AWSServiceName", 128)?;
        let suffix = match request.members.text("CustomSuffix") {
            Some(_) => format!("_{}", request.name("CustomSuffix", ROLE_NAME_MAX)?),
            None => String::new(),
        };
        let name = format!("AWSServiceRoleFor{}{suffix}", called(service));
        check_length("RoleName", &name, (1, ROLE_NAME_MAX))?;
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]}]});
        let role = Role {
            account: request.caller.account.to_string(),
            path: format!("{SERVICE_PATH}{service}/"),
            id: self.id("AROA"),
            created_ms: self.now_ms(),
            trust: trust.to_string(),
            description: request.description()?,
            session_s: SESSION_S,
            boundary: None,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            tags: BTreeMap::new(),
            name,
        };
        let _alone = self.inner.control.lock().await;
        if let Some(there) = self.find_role(request.caller, &role.name) {
            let message = format!(
                "Service role name {} has been taken in this account, please try a different suffix.",
                there.name
            );
            return Err(Failure::new("InvalidInput", message));
        }
        let role = self.store_role(request.caller, role).await?;
        let mut answer = result("CreateServiceLinkedRole");
        role.write(&mut answer);
        Ok(answer)
    }

    /// No service needs its role here, so that every deletion is done when it is answered.
    pub(super) async fn delete_service_linked_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let role = self.named_role(request)?;
        if !role.is_protected() {
            return Err(Failure::no_role(&role.name));
        }
        self.remove_role(request.caller, &role).await?;
        let service = role.path.strip_prefix(SERVICE_PATH).unwrap_or_default();
        let mut answer = result("DeleteServiceLinkedRole");
        answer.element("DeletionTaskId", format!("{TASK}{service}{}/{}", role.name, role.id));
        Ok(answer)
    }

    pub(super) fn get_service_linked_role_deletion_status(request: &Request<'_>) -> Result<Answer, Failure> {
        let task = request.required("DeletionTaskId")?;
        check_length("DeletionTaskId", task, (1, 1_000))?;
        if !task.starts_with(TASK) {
            return Err(Failure::no_such_entity(format!("Deletion task {task} cannot be found.")));
        }
        let mut answer = result("GetServiceLinkedRoleDeletionStatus");
        answer.element("Status", "SUCCEEDED");
        Ok(answer)
    }
}

/// What the role of a service is called: `lambda.amazonaws.com` has `Lambda`.
fn called(service: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == service) {
        return (*name).to_owned();
    }
    let own = service.split('.').next().unwrap_or_default();
    let (first, rest) = own.split_at(own.len().min(1));
    first.to_ascii_uppercase() + rest
}

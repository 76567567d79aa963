//! The operations: what each is asked and answers. One file an operation, but for those that mirror each other.

mod attachments;
mod create_policy;
mod create_role;
mod delete_policy;
mod delete_role;
mod get_policy;
mod get_role;
mod list_policies;
mod list_roles;
mod nothing_there;
mod permissions_boundary;
mod policy_versions;
mod role_policies;
mod service_linked_roles;
mod tags;
mod update_assume_role_policy;
mod update_role;

use super::Roles;
use super::policy::{Policy, Uses};
use super::request::Request;
use super::role::Role;
use crate::query::Failure;
use database::Caller;
use std::sync::Arc;
use wire::query::Answer;

impl Roles {
    /// Runs the operation that a request names.
    pub(super) async fn run(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let action = request.members.text("Action").unwrap_or_default();
        match action {
            "AttachRolePolicy" => self.attach_role_policy(request).await,
            "CreatePolicy" => self.create_policy(request).await,
            "CreatePolicyVersion" => self.create_policy_version(request).await,
            "CreateRole" => self.create_role(request).await,
            "CreateServiceLinkedRole" => self.create_service_linked_role(request).await,
            "DeletePolicy" => self.delete_policy(request).await,
            "DeletePolicyVersion" => self.delete_policy_version(request).await,
            "DeleteRole" => self.delete_role(request).await,
            "DeleteRolePermissionsBoundary" => self.delete_role_permissions_boundary(request).await,
            "DeleteRolePolicy" => self.delete_role_policy(request).await,
            "DeleteServiceLinkedRole" => self.delete_service_linked_role(request).await,
            "DetachRolePolicy" => self.detach_role_policy(request).await,
            "GetPolicy" => self.get_policy(request),
            "GetPolicyVersion" => self.get_policy_version(request),
            "GetRole" => self.get_role(request),
            "GetRolePolicy" => self.get_role_policy(request),
            "GetServiceLinkedRoleDeletionStatus" => Self::get_service_linked_role_deletion_status(request),
            "ListAttachedRolePolicies" => self.list_attached_role_policies(request),
            "ListEntitiesForPolicy" => self.list_entities_for_policy(request),
            "ListInstanceProfilesForRole" => self.list_instance_profiles_for_role(request),
            "ListPolicies" => self.list_policies(request),
            "ListPolicyTags" => self.list_policy_tags(request),
            "ListPolicyVersions" => self.list_policy_versions(request),
            "ListRolePolicies" => self.list_role_policies(request),
            "ListRoles" => self.list_roles(request),
            "ListRoleTags" => self.list_role_tags(request),
            "PutRolePermissionsBoundary" => self.put_role_permissions_boundary(request).await,
            "PutRolePolicy" => self.put_role_policy(request).await,
            "SetDefaultPolicyVersion" => self.set_default_policy_version(request).await,
            "TagPolicy" => self.tag_policy(request).await,
            "TagRole" => self.tag_role(request).await,
            "UntagPolicy" => self.untag_policy(request).await,
            "UntagRole" => self.untag_role(request).await,
            "UpdateAssumeRolePolicy" => self.update_assume_role_policy(request).await,
            "UpdateRole" => self.update_role(request).await,
            "UpdateRoleDescription" => self.update_role_description(request).await,
            other => nothing_there::run(other, request),
        }
    }

    /// The role that a request is about.
    fn named_role(&self, request: &Request<'_>) -> Result<Arc<Role>, Failure> {
        let name = request.role_name()?;
        self.find_role(request.caller, name).ok_or_else(|| Failure::no_role(name))
    }

    /// The managed policy that a request is about.
    fn named_policy(&self, request: &Request<'_>) -> Result<Arc<Policy>, Failure> {
        let arn = request.policy_arn()?;
        self.find_policy(request.caller, arn).ok_or_else(|| Failure::no_policy(arn))
    }

    /// Changes the role that a request is about; what services made for themselves is theirs.
    async fn change_role(
        &self,
        request: &Request<'_>,
        change: impl FnOnce(&mut Role) -> Result<(), Failure>,
    ) -> Result<Arc<Role>, Failure> {
        let _alone = self.inner.control.lock().await;
        let mut role = Role::clone(&*self.named_role(request)?);
        if role.is_protected() {
            return Err(Failure::protected(&role.name));
        }
        change(&mut role)?;
        self.store_role(request.caller, role).await
    }

    /// Changes the policy that a request is about, which must be the caller's own.
    async fn change_policy(
        &self,
        request: &Request<'_>,
        change: impl FnOnce(&mut Policy, u64) -> Result<(), Failure>,
    ) -> Result<Arc<Policy>, Failure> {
        let _alone = self.inner.control.lock().await;
        let mut policy = Policy::clone(&*self.own_policy(request)?);
        change(&mut policy, self.now_ms())?;
        self.store_policy(request.caller, policy).await
    }

    /// The policy that a request is about, which must be the caller's own.
    fn own_policy(&self, request: &Request<'_>) -> Result<Arc<Policy>, Failure> {
        let policy = self.named_policy(request)?;
        if !policy.is_aws() {
            return Ok(policy);
        }
        let (account, action) = (&request.caller.account, request.members.text("Action").unwrap_or_default());
        let message = format!(
            "User: arn:aws:iam::{account}:root is not authorized to perform: iam:{action} on resource: policy {}",
            policy.arn()
        );
        Err(Failure::new("AccessDenied", message).with_status(403))
    }

    /// Where a policy is used.
    fn uses(&self, caller: &Caller, arn: &str) -> Uses {
        Uses {
            attachments: self.roles_with(caller, |role| role.attached.contains(arn)).len(),
            boundaries: self.roles_with(caller, |role| role.boundary.as_deref() == Some(arn)).len(),
        }
    }
}

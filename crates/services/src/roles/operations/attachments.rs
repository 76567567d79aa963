//! AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies and ListEntitiesForPolicy: which roles have which managed
//! policies.

use crate::query::Failure;
use crate::roles::page::Page;
use crate::roles::request::Request;
use crate::roles::{Roles, done, result};
use wire::query::Answer;

/// How many policies can be attached to a role.
const ATTACHED_MAX: usize = 20;

impl Roles {
    /// The ARN in a member, which must be that of a policy.
    pub(super) fn attachable(&self, request: &Request<'_>, member: &str) -> Result<String, Failure> {
        let arn = request.arn(member)?;
        match self.find_policy(request.caller, arn) {
            Some(policy) => Ok(policy.arn()),
            None => {
                Err(Failure::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
            }
        }
    }

    pub(super) async fn attach_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        request.role_name()?;
        self.change_role(request, |role| {
            // Under the lock of changes, so that the policy is not deleted meanwhile.
            role.attached.insert(self.attachable(request, "PolicyArn")?);
            if role.attached.len() > ATTACHED_MAX {
                return Err(Failure::limit(format!(
                    "Cannot exceed quota for PoliciesPerRole: {ATTACHED_MAX}"
                )));
            }
            Ok(())
        })
        .await?;
        Ok(done("AttachRolePolicy"))
    }

    pub(super) async fn detach_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        request.role_name()?;
        let arn = request.policy_arn()?;
        let detached = self.change_role(request, |role| {
            if role.attached.remove(arn) {
                return Ok(());
            }
            Err(Failure::no_policy(arn))
        });
        detached.await?;
        Ok(done("DetachRolePolicy"))
    }

    pub(super) fn list_attached_role_policies(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        let (role, prefix) = (self.named_role(request)?, request.path_prefix());
        let below = |arn: &&String| {
            arn.split_once(":policy").is_some_and(|(_, path_and_name)| path_and_name.starts_with(prefix))
        };
        let attached = role.attached.iter().filter(below).map(|arn| (arn.clone(), ()));
        let mut answer = result("ListAttachedRolePolicies");
        page.write(&mut answer, "AttachedPolicies", attached, |answer, arn, ()| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            answer.open("member").element("PolicyName", name).element("PolicyArn", arn).close();
        });
        Ok(answer)
    }

    pub(super) fn list_entities_for_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        let (arn, prefix) = (self.named_policy(request)?.arn(), request.path_prefix());
        let members = &request.members;
        let wanted = members.text("EntityFilter").is_none_or(|kind| kind == "Role");
        let bounds = members.text("PolicyUsageFilter") == Some("PermissionsBoundary");
        let roles = self.roles_with(request.caller, |role| {
            let has =
                if bounds { role.boundary.as_ref() == Some(&arn) } else { role.attached.contains(&arn) };
            has && wanted && role.path.starts_with(prefix)
        });
        let roles = roles.into_iter().map(|role| (role.name.to_ascii_lowercase(), role));
        let mut answer = result("ListEntitiesForPolicy");
        answer.open("PolicyGroups").close().open("PolicyUsers").close();
        page.write(&mut answer, "PolicyRoles", roles, |answer, _, role| {
            answer.open("member").element("RoleName", &role.name).element("RoleId", &role.id).close();
        });
        Ok(answer)
    }
}

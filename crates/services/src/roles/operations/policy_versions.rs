//! CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, DeletePolicyVersion and SetDefaultPolicyVersion.

use super::create_policy::permissions;
use crate::query::Failure;
use crate::roles::page::Page;
use crate::roles::policy::{Policy, Version};
use crate::roles::request::Request;
use crate::roles::{Roles, done, result};
use wire::query::Answer;

/// How many versions a policy has at most.
const VERSIONS_MAX: usize = 5;

/// The number of the version that a request names.
fn named(policy: &Policy, request: &Request<'_>) -> Result<u64, Failure> {
    let id = request.required("VersionId")?;
    policy.version(id).map(|(number, _)| number).ok_or_else(|| {
        let message = format!("Policy {} version {id} does not exist or is not attachable.", policy.arn());
        Failure::no_such_entity(message)
    })
}

impl Roles {
    pub(super) async fn create_policy_version(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let document = permissions(&request.members)?;
        let is_default = request.members.text("SetAsDefault") == Some("true");
        let policy = self.change_policy(request, |policy, now_ms| {
            if policy.versions.len() >= VERSIONS_MAX {
                return Err(Failure::limit(format!(
                    "A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version."
                )));
            }
            policy.last_version += 1;
            policy.versions.insert(policy.last_version, Version { document, created_ms: now_ms });
            policy.updated_ms = now_ms;
            if is_default {
                policy.default_version = policy.last_version;
            }
            Ok(())
        });
        let policy = policy.await?;
        let mut answer = result("CreatePolicyVersion");
        policy.write_version(&mut answer, "PolicyVersion", policy.last_version, false);
        Ok(answer)
    }

    pub(super) fn get_policy_version(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let policy = self.named_policy(request)?;
        let number = named(&policy, request)?;
        let mut answer = result("GetPolicyVersion");
        policy.write_version(&mut answer, "PolicyVersion", number, true);
        Ok(answer)
    }

    /// The latest first.
    pub(super) fn list_policy_versions(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        let policy = self.named_policy(request)?;
        // The names by which they are in order are not shown.
        let versions =
            policy.versions.keys().rev().map(|number| (format!("{:020}", u64::MAX - number), *number));
        let mut answer = result("ListPolicyVersions");
        page.write(&mut answer, "Versions", versions, |answer, _, number| {
            policy.write_version(answer, "member", number, false);
        });
        Ok(answer)
    }

    pub(super) async fn delete_policy_version(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let deleted = self.change_policy(request, |policy, _| {
            let number = named(policy, request)?;
            if number == policy.default_version {
                return Err(Failure::conflict("Cannot delete the default version of a policy."));
            }
            policy.versions.remove(&number);
            Ok(())
        });
        deleted.await?;
        Ok(done("DeletePolicyVersion"))
    }

    pub(super) async fn set_default_policy_version(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let changed = self.change_policy(request, |policy, now_ms| {
            policy.default_version = named(policy, request)?;
            policy.updated_ms = now_ms;
            Ok(())
        });
        changed.await?;
        Ok(done("SetDefaultPolicyVersion"))
    }
}

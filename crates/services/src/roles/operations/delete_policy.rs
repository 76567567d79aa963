//! DeletePolicy.

use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::{Roles, done};
use wire::query::Answer;

impl Roles {
    pub(super) async fn delete_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let policy = self.own_policy(request)?;
        let uses = self.uses(request.caller, &policy.arn());
        if uses.attachments + uses.boundaries > 0 {
            return Err(Failure::conflict("Cannot delete a policy attached to entities."));
        }
        if policy.versions.len() > 1 {
            return Err(Failure::conflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
            ));
        }
        let name = policy.name.to_ascii_lowercase();
        let deleted = self.inner.policies.delete(&[&[self.place(request.caller), &name]]).await;
        deleted.map_err(Failure::internal)?;
        Ok(done("DeletePolicy"))
    }
}

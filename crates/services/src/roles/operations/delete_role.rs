//! DeleteRole.

use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::role::Role;
use crate::roles::{Roles, done};
use database::Caller;
use wire::query::Answer;

impl Roles {
    pub(super) async fn delete_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let _alone = self.inner.control.lock().await;
        let role = self.named_role(request)?;
        if role.is_protected() {
            return Err(Failure::protected(&role.name));
        }
        if !role.attached.is_empty() {
            return Err(Failure::conflict("Cannot delete entity, must detach all policies first."));
        }
        if !role.inline.is_empty() {
            return Err(Failure::conflict("Cannot delete entity, must delete policies first."));
        }
        self.remove_role(request.caller, &role).await?;
        Ok(done("DeleteRole"))
    }

    /// Deletes a role. Under the lock of changes.
    pub(super) async fn remove_role(&self, caller: &Caller, role: &Role) -> Result<(), Failure> {
        let name = role.name.to_ascii_lowercase();
        self.inner.roles.delete(&[&[self.place(caller), &name]]).await.map_err(Failure::internal)
    }
}

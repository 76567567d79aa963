//! PutRolePermissionsBoundary and DeleteRolePermissionsBoundary.

use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::{Roles, done};
use wire::query::Answer;

impl Roles {
    pub(super) async fn put_role_permissions_boundary(
        &self,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        request.role_name()?;
        self.change_role(request, |role| {
            role.boundary = Some(self.attachable(request, "PermissionsBoundary")?);
            Ok(())
        })
        .await?;
        Ok(done("PutRolePermissionsBoundary"))
    }

    pub(super) async fn delete_role_permissions_boundary(
        &self,
        request: &Request<'_>,
    ) -> Result<Answer, Failure> {
        self.change_role(request, |role| {
            role.boundary = None;
            Ok(())
        })
        .await?;
        Ok(done("DeleteRolePermissionsBoundary"))
    }
}

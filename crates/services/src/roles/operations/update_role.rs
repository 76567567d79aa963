//! UpdateRole, and UpdateRoleDescription, which was there before it.

use super::create_role::session_s;
use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::role::SESSION_S;
use crate::roles::{Roles, result};
use wire::query::Answer;

impl Roles {
    pub(super) async fn update_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let description = request.description()?;
        let session_s = session_s(&request.members)?;
        self.change_role(request, |role| {
            // What is not given is what it is without it.
            role.description = description;
            role.session_s = session_s.unwrap_or(SESSION_S);
            Ok(())
        })
        .await?;
        Ok(result("UpdateRole"))
    }

    pub(super) async fn update_role_description(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        request.required("Description")?;
        let description = request.description()?;
        let role = self.change_role(request, |role| {
            role.description = description;
            Ok(())
        });
        let role = role.await?;
        let mut answer = result("UpdateRoleDescription");
        role.write(&mut answer);
        Ok(answer)
    }
}

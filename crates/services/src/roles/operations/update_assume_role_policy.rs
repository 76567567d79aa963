//! UpdateAssumeRolePolicy.

use super::create_role::trust;
use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::{Roles, done};
use wire::query::Answer;

impl Roles {
    pub(super) async fn update_assume_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let trust = trust(&request.members, "PolicyDocument")?;
        self.change_role(request, |role| {
            role.trust = trust;
            Ok(())
        })
        .await?;
        Ok(done("UpdateAssumeRolePolicy"))
    }
}

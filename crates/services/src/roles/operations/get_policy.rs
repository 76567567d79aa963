//! GetPolicy.

use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::{Roles, result};
use wire::query::Answer;

impl Roles {
    pub(super) fn get_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let policy = self.named_policy(request)?;
        let mut answer = result("GetPolicy");
        policy.write(&mut answer, self.uses(request.caller, &policy.arn()));
        Ok(answer)
    }
}

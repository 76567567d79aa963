//! GetRole.

use crate::query::Failure;
use crate::roles::request::Request;
use crate::roles::{Roles, result};
use wire::query::Answer;

impl Roles {
    pub(super) fn get_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let role = self.named_role(request)?;
        let mut answer = result("GetRole");
        role.write(&mut answer);
        Ok(answer)
    }
}

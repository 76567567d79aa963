//! ListRoles.

use crate::query::Failure;
use crate::roles::page::Page;
use crate::roles::request::Request;
use crate::roles::{Roles, result};
use wire::query::Answer;

impl Roles {
    pub(super) fn list_roles(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        let prefix = request.path_prefix();
        let roles = self.roles_with(request.caller, |role| role.path.starts_with(prefix));
        let roles = roles.into_iter().map(|role| (role.name.to_ascii_lowercase(), role));
        let mut answer = result("ListRoles");
        page.write(&mut answer, "Roles", roles, |answer, _, role| {
            answer.open("member");
            role.write_listed(answer);
            answer.close();
        });
        Ok(answer)
    }
}

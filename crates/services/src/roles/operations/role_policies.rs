//! PutRolePolicy, GetRolePolicy, ListRolePolicies and DeleteRolePolicy: the policies within a role.

use crate::query::Failure;
use crate::roles::document::{self, Kind};
use crate::roles::page::Page;
use crate::roles::request::{POLICY_NAME_MAX, Request};
use crate::roles::{Roles, done, result};
use wire::query::Answer;

/// How many characters all policies within a role have at most.
const CHARACTERS_MAX: usize = 10_240;

impl Roles {
    pub(super) async fn put_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        request.role_name()?;
        let name = request.name("PolicyName", POLICY_NAME_MAX)?;
        let text = document::read(&request.members, "PolicyDocument", Kind::Permissions)?;
        self.change_role(request, |role| {
            role.inline.insert(name.to_owned(), text.to_owned());
            let characters: usize = role.inline.values().map(|text| document::counted(text)).sum();
            if characters > CHARACTERS_MAX {
                return Err(Failure::limit(format!(
                    "Maximum policy size of {CHARACTERS_MAX} bytes exceeded for role {}",
                    role.name
                )));
            }
            Ok(())
        })
        .await?;
        Ok(done("PutRolePolicy"))
    }

    pub(super) fn get_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let role = self.named_role(request)?;
        let name = request.name("PolicyName", POLICY_NAME_MAX)?;
        let text = role.inline.get(name).ok_or_else(|| Failure::no_role_policy(name))?;
        let mut answer = result("GetRolePolicy");
        answer.element("RoleName", &role.name).element("PolicyName", name);
        answer.element("PolicyDocument", document::encoded(text));
        Ok(answer)
    }

    pub(super) fn list_role_policies(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        let role = self.named_role(request)?;
        let names = role.inline.keys().map(|name| (name.clone(), ()));
        let mut answer = result("ListRolePolicies");
        page.write(&mut answer, "PolicyNames", names, |answer, name, ()| {
            answer.element("member", name);
        });
        Ok(answer)
    }

    pub(super) async fn delete_role_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        request.role_name()?;
        let name = request.name("PolicyName", POLICY_NAME_MAX)?;
        let deleted = self.change_role(request, |role| {
            role.inline.remove(name).map(drop).ok_or_else(|| Failure::no_role_policy(name))
        });
        deleted.await?;
        Ok(done("DeleteRolePolicy"))
    }
}

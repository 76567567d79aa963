//! What is asked of things that this server never has: users, groups, instance profiles, providers.

use crate::query::{Failure, time};
use crate::roles::page::Page;
use crate::roles::request::Request;
use crate::roles::{Roles, result};
use wire::query::Answer;

/// Lists that are empty, and what they are called in the answer.
const EMPTY: [(&str, &str); 9] = [
    ("ListAccountAliases", "AccountAliases"),
    ("ListGroups", "Groups"),
    ("ListInstanceProfiles", "InstanceProfiles"),
    ("ListMFADevices", "MFADevices"),
    ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    ("ListSAMLProviders", "SAMLProviderList"),
    ("ListServerCertificates", "ServerCertificateMetadataList"),
    ("ListUsers", "Users"),
    ("ListVirtualMFADevices", "VirtualMFADevices"),
];

/// Answers an operation that is not about roles and policies.
pub(super) fn run(action: &str, request: &Request<'_>) -> Result<Answer, Failure> {
    if let Some((_, list)) = EMPTY.iter().find(|(operation, _)| *operation == action) {
        let page = Page::read(&request.members)?;
        let mut answer = result(action);
        page.write(&mut answer, list, std::iter::empty::<(String, ())>(), |_, _, ()| {});
        return Ok(answer);
    }
    match action {
        "GetUser" => get_user(request),
        "" => Err(Failure::new("MissingAction", "Could not find operation in the request.")),
        other => Err(Failure::new("InvalidAction", format!("{other} is not supported by this server"))),
    }
}

/// Whoever asks is the root of its account; there are no other users.
fn get_user(request: &Request<'_>) -> Result<Answer, Failure> {
    if let Some(name) = request.members.text("UserName") {
        return Err(Failure::no_such_entity(format!("The user with name {name} cannot be found.")));
    }
    let account = &request.caller.account;
    let mut answer = result("GetUser");
    answer.open("User").element("Path", "/").element("UserName", "root");
    answer.element("UserId", account).element("Arn", format!("arn:aws:iam::{account}:root"));
    answer.element("CreateDate", time(0)).close();
    Ok(answer)
}

impl Roles {
    /// None: there are no machines that could have a role.
    pub(super) fn list_instance_profiles_for_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let page = Page::read(&request.members)?;
        self.named_role(request)?;
        let mut answer = result("ListInstanceProfilesForRole");
        page.write(&mut answer, "InstanceProfiles", std::iter::empty::<(String, ())>(), |_, _, ()| {});
        Ok(answer)
    }
}

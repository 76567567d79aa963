//! CreateRole.

use crate::query::{Failure, integer};
use crate::roles::document::{self, Kind};
use crate::roles::request::Request;
use crate::roles::role::{Role, SERVICE_PATH, SESSION_S};
use crate::roles::{Roles, result};
use std::collections::{BTreeMap, BTreeSet};
use wire::query::{Answer, Members};

/// The shortest and the longest time that the sessions of a role may be allowed to last.
const SESSION_S_BOUNDS: (u64, u64) = (3_600, 43_200);

/// The longest document that says who may have a role.
const TRUST_MAX: usize = 4_096;

impl Roles {
    pub(super) async fn create_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.role_name()?;
        let path = request.path()?;
        if path.starts_with(SERVICE_PATH) {
            let message = format!("Role path {path} is reserved for the roles of AWS's services.");
            return Err(Failure::new("InvalidInput", message));
        }
        let role = Role {
            account: request.caller.account.to_string(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: self.id("AROA"),
            created_ms: self.now_ms(),
            trust: trust(&request.members, "AssumeRolePolicyDocument")?,
            description: request.description()?,
            session_s: session_s(&request.members)?.unwrap_or(SESSION_S),
            boundary: None,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            tags: request.tags()?,
        };
        let _alone = self.inner.control.lock().await;
        let boundary = match request.members.text("PermissionsBoundary") {
            Some(_) => Some(self.attachable(request, "PermissionsBoundary")?),
            None => None,
        };
        if let Some(there) = self.find_role(request.caller, name) {
            return Err(Failure::exists(format!("Role with name {} already exists.", there.name)));
        }
        let role = self.store_role(request.caller, Role { boundary, ..role }).await?;
        let mut answer = result("CreateRole");
        role.write(&mut answer);
        Ok(answer)
    }
}

/// How long sessions may last, where that is given.
pub(super) fn session_s(members: &Members) -> Result<Option<u64>, Failure> {
    integer(members, "MaxSessionDuration", SESSION_S_BOUNDS)
}

/// The document that says who may have a role.
pub(super) fn trust(members: &Members, member: &str) -> Result<String, Failure> {
    let trust = document::read(members, member, Kind::Trust)?;
    if document::counted(trust) > TRUST_MAX {
        return Err(Failure::limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_MAX}")));
    }
    Ok(trust.to_owned())
}

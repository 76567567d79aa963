//! CreatePolicy.

use crate::query::Failure;
use crate::roles::document::{self, Kind};
use crate::roles::policy::{Policy, Uses, Version};
use crate::roles::request::{POLICY_NAME_MAX, Request};
use crate::roles::{Roles, result};
use std::collections::BTreeMap;
use wire::query::{Answer, Members};

/// How many characters a managed policy has at most.
const CHARACTERS_MAX: usize = 6_144;

impl Roles {
    pub(super) async fn create_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let name = request.name("PolicyName", POLICY_NAME_MAX)?;
        let now_ms = self.now_ms();
        let version = Version { document: permissions(&request.members)?, created_ms: now_ms };
        let policy = Policy {
            account: request.caller.account.to_string(),
            name: name.to_owned(),
            path: request.path()?.to_owned(),
            id: self.id("ANPA"),
            created_ms: now_ms,
            updated_ms: now_ms,
            description: request.description()?,
            versions: BTreeMap::from([(1, version)]),
            default_version: 1,
            last_version: 1,
            tags: request.tags()?,
        };
        let _alone = self.inner.control.lock().await;
        let there = self.inner.policies.get(&[self.place(request.caller), &name.to_ascii_lowercase()]);
        if there.is_some() {
            let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
            return Err(Failure::exists(message));
        }
        let policy = self.store_policy(request.caller, policy).await?;
        let mut answer = result("CreatePolicy");
        policy.write(&mut answer, Uses::default());
        Ok(answer)
    }
}

/// The document of a managed policy.
pub(super) fn permissions(members: &Members) -> Result<String, Failure> {
    let text = document::read(members, "PolicyDocument", Kind::Permissions)?;
    if document::counted(text) > CHARACTERS_MAX {
        return Err(Failure::limit(format!("Cannot exceed quota for PolicySize: {CHARACTERS_MAX}")));
    }
    Ok(text.to_owned())
}

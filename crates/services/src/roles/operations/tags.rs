//! TagRole, UntagRole, ListRoleTags, and the same of policies.

use crate::query::Failure;
use crate::roles::page::Page;
use crate::roles::request::{Request, check_tag_count};
use crate::roles::{Roles, done, result};
use std::collections::BTreeMap;
use wire::query::Answer;

impl Roles {
    pub(super) async fn tag_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let tags = request.tags()?;
        self.change_role(request, |role| {
            role.tags.extend(tags);
            check_tag_count(&role.tags)
        })
        .await?;
        Ok(done("TagRole"))
    }

    pub(super) async fn untag_role(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let keys = request.tag_keys()?;
        self.change_role(request, |role| {
            role.tags.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(())
        })
        .await?;
        Ok(done("UntagRole"))
    }

    pub(super) fn list_role_tags(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        list(request, "ListRoleTags", &self.named_role(request)?.tags)
    }

    pub(super) async fn tag_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let tags = request.tags()?;
        self.change_policy(request, |policy, _| {
            policy.tags.extend(tags);
            check_tag_count(&policy.tags)
        })
        .await?;
        Ok(done("TagPolicy"))
    }

    pub(super) async fn untag_policy(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let keys = request.tag_keys()?;
        self.change_policy(request, |policy, _| {
            policy.tags.retain(|key, _| !keys.contains(&key.as_str()));
            Ok(())
        })
        .await?;
        Ok(done("UntagPolicy"))
    }

    pub(super) fn list_policy_tags(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        list(request, "ListPolicyTags", &self.named_policy(request)?.tags)
    }
}

fn list(request: &Request<'_>, operation: &str, tags: &BTreeMap<String, String>) -> Result<Answer, Failure> {
    let page = Page::read(&request.members)?;
    let tags = tags.iter().map(|(key, value)| (key.clone(), value));
    let mut answer = result(operation);
    page.write(&mut answer, "Tags", tags, |answer, key, value| {
        answer.open("member").element("Key", key).element("Value", value).close();
    });
    Ok(answer)
}

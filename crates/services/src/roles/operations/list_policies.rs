//! ListPolicies.

use crate::query::Failure;
use crate::roles::page::Page;
use crate::roles::policy::Policy;
use crate::roles::request::Request;
use crate::roles::{Roles, managed, result};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::query::Answer;

impl Roles {
    /// The caller's own, and those of AWS's that are known or attached.
    pub(super) fn list_policies(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let (page, prefix, members) =
            (Page::read(&request.members)?, request.path_prefix(), &request.members);
        let only_attached = members.text("OnlyAttached") == Some("true");
        let (own, aws) = match members.text("Scope").unwrap_or("All") {
            "All" => (true, true),
            "Local" => (true, false),
            "AWS" => (false, true),
            other => {
                let constraint = "Member must satisfy enum value set: [All, AWS, Local]";
                return Err(Failure::constraint(Some(other), "scope", constraint));
            }
        };
        let mut policies = BTreeMap::<String, Arc<Policy>>::new();
        if own {
            let own = self.inner.policies.below(&[self.place(request.caller)]);
            policies.extend(own.into_iter().map(|policy| (policy.arn(), policy)));
        }
        if aws {
            let roles = self.roles_with(request.caller, |_| true);
            let attached = roles.iter().flat_map(|role| &role.attached);
            let attached = attached.filter_map(|arn| managed::policy(arn.strip_prefix(managed::ARN_PREFIX)?));
            let all = managed::listed().into_iter().chain(attached);
            policies.extend(all.map(|policy| (policy.arn(), Arc::new(policy))));
        }
        let listed = policies.into_iter().filter_map(|(arn, policy)| {
            let uses = self.uses(request.caller, &arn);
            let wanted = policy.path.starts_with(prefix) && (!only_attached || uses.attachments > 0);
            wanted.then_some((arn, (policy, uses)))
        });
        let mut answer = result("ListPolicies");
        page.write(&mut answer, "Policies", listed, |answer, _, (policy, uses)| {
            answer.open("member");
            policy.write_listed(answer, uses);
            answer.close();
        });
        Ok(answer)
    }
}

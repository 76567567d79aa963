//! A role, as it is kept and as it is shown.

use super::{document, write_tags};
use crate::query::time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wire::query::Answer;

/// The path of the roles that AWS's services make for themselves.
pub(super) const SERVICE_PATH: &str = "/aws-service-role/";

/// How long sessions last at most, where nobody says how long.
pub(super) const SESSION_S: u64 = 3_600;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    pub(super) account: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created_ms: u64,
    /// Who may have it.
    pub(super) trust: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) session_s: u64,
    /// The ARN of the policy that bounds its permissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) boundary: Option<String>,
    /// The policies within it: name and document.
    #[serde(default)]
    pub(super) inline: BTreeMap<String, String>,
    /// The ARNs of the policies that are attached to it.
    #[serde(default)]
    pub(super) attached: BTreeSet<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

impl Role {
    pub(super) fn arn(&self) -> String {
        let Self { account, path, name, .. } = self;
        format!("arn:aws:iam::{account}:role{path}{name}")
    }

    /// Whether only a service changes it.
    pub(super) fn is_protected(&self) -> bool {
        self.path.starts_with(SERVICE_PATH)
    }

    /// Writes what lists of roles show: all but tags, boundary and use.
    pub(super) fn write_listed(&self, answer: &mut Answer) {
        answer
            .element("Path", &self.path)
            .element("RoleName", &self.name)
            .element("RoleId", &self.id)
            .element("Arn", self.arn())
            .element("CreateDate", time(self.created_ms))
            .element("AssumeRolePolicyDocument", document::encoded(&self.trust))
            .optional("Description", self.description.as_ref())
            .element("MaxSessionDuration", self.session_s.to_string());
    }

    /// Writes all of it, as an element of its own.
    pub(super) fn write(&self, answer: &mut Answer) {
        answer.open("Role");
        self.write_listed(answer);
        if let Some(boundary) = &self.boundary {
            answer.open("PermissionsBoundary").element("PermissionsBoundaryType", "Policy");
            answer.element("PermissionsBoundaryArn", boundary).close();
        }
        if !self.tags.is_empty() {
            write_tags(answer, &self.tags);
        }
        answer.open("RoleLastUsed").close().close();
    }
}

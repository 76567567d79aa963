//! A managed policy, as it is kept and as it is shown.

use super::{document, write_tags};
use crate::query::time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::query::Answer;

/// A policy that roles share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) account: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created_ms: u64,
    pub(super) updated_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) versions: BTreeMap<u64, Version>,
    pub(super) default_version: u64,
    /// The highest number that a version has had; none is given twice.
    pub(super) last_version: u64,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

/// A version of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) document: String,
    pub(super) created_ms: u64,
}

impl Policy {
    pub(super) fn arn(&self) -> String {
        let Self { account, path, name, .. } = self;
        format!("arn:aws:iam::{account}:policy{path}{name}")
    }

    /// Whether it is one that AWS manages.
    pub(super) fn is_aws(&self) -> bool {
        self.account == super::managed::ACCOUNT
    }

    /// The number and the version that an id such as `v1` names.
    pub(super) fn version(&self, id: &str) -> Option<(u64, &Version)> {
        let number = id.strip_prefix('v')?.parse().ok()?;
        self.versions.get(&number).map(|version| (number, version))
    }

    /// Writes what lists of policies show, and where it is used.
    pub(super) fn write_listed(&self, answer: &mut Answer, uses: Uses) {
        answer
            .element("PolicyName", &self.name)
            .element("PolicyId", &self.id)
            .element("Arn", self.arn())
            .element("Path", &self.path)
            .element("DefaultVersionId", format!("v{}", self.default_version))
            .element("AttachmentCount", uses.attachments.to_string())
            .element("PermissionsBoundaryUsageCount", uses.boundaries.to_string())
            .element("IsAttachable", "true")
            .element("CreateDate", time(self.created_ms))
            .element("UpdateDate", time(self.updated_ms));
    }

    /// Writes all of it, as an element of its own.
    pub(super) fn write(&self, answer: &mut Answer, uses: Uses) {
        answer.open("Policy");
        self.write_listed(answer, uses);
        answer.optional("Description", self.description.as_ref());
        write_tags(answer, &self.tags);
        answer.close();
    }

    /// Writes a version, within an element of this name; with its document, or without.
    pub(super) fn write_version(&self, answer: &mut Answer, element: &str, number: u64, with_document: bool) {
        let Some(version) = self.versions.get(&number) else { return };
        answer.open(element);
        if with_document {
            answer.element("Document", document::encoded(&version.document));
        }
        answer
            .element("VersionId", format!("v{number}"))
            .element("IsDefaultVersion", (number == self.default_version).to_string())
            .element("CreateDate", time(version.created_ms))
            .close();
    }
}

/// In how many roles a policy is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    pub(super) attachments: usize,
    pub(super) boundaries: usize,
}

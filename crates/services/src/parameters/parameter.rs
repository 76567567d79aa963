//! A parameter, as it is kept and as it is shown.

use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The types of values.
pub(super) const TYPES: [&str; 3] = ["String", "StringList", "SecureString"];

/// Whose parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) account: String,
    pub(super) region: String,
}

impl Owner {
    /// The name of a parameter among all of them.
    pub(super) fn key<'a>(&'a self, name: &'a str) -> [&'a str; 3] {
        [&self.account, &self.region, name]
    }
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parameter {
    pub(super) owner: Owner,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) version: u64,
    pub(super) modified_ms: u64,
    pub(super) data_type: String,
    pub(super) tier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) allowed_pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
}

impl Parameter {
    /// A first version of a string.
    pub(super) fn text(owner: Owner, name: &str, value: &str, now_ms: u64) -> Self {
        Self {
            owner,
            name: name.to_owned(),
            kind: "String".to_owned(),
            value: value.to_owned(),
            version: 1,
            modified_ms: now_ms,
            data_type: "text".to_owned(),
            tier: "Standard".to_owned(),
            description: None,
            allowed_pattern: None,
            key_id: None,
            tags: BTreeMap::new(),
        }
    }

    fn arn(&self) -> String {
        let (Owner { account, region }, name) = (&self.owner, self.name.trim_start_matches('/'));
        format!("arn:aws:ssm:{region}:{account}:parameter/{name}")
    }

    /// It with its value. What is secret is a digest, where no decryption is asked for.
    pub(super) fn shown(&self, decrypted: bool, selector: Option<&str>) -> Value {
        let value = if self.kind == "SecureString" && !decrypted {
            STANDARD.encode(Sha256::digest(self.value.as_bytes()))
        } else {
            self.value.clone()
        };
        let mut members = self.identity();
        members.push(("Value", Value::from(value)));
        if let Some(selector) = selector {
            members.push(("Selector", Value::from(format!(":{selector}"))));
        }
        Value::structure(members)
    }

    /// What it is, without its value.
    pub(super) fn described(&self) -> Value {
        let mut members = self.identity();
        members.push(("Tier", Value::from(self.tier.as_str())));
        members.push(("Policies", Value::List(Vec::new())));
        members.push(("LastModifiedUser", Value::from(format!("arn:aws:iam::{}:root", self.owner.account))));
        let optional = [
            ("Description", &self.description),
            ("AllowedPattern", &self.allowed_pattern),
            ("KeyId", &self.key_id),
        ];
        members.extend(
            optional.into_iter().filter_map(|(name, value)| Some((name, Value::from(value.as_deref()?)))),
        );
        Value::structure(members)
    }

    fn identity(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Name", Value::from(self.name.as_str())),
            ("Type", Value::from(self.kind.as_str())),
            ("Version", Value::Integer(i64::try_from(self.version).unwrap_or(i64::MAX))),
            ("LastModifiedDate", Value::Time(self.modified_ms)),
            ("ARN", Value::from(self.arn())),
            ("DataType", Value::from(self.data_type.as_str())),
        ]
    }
}

//! A lease of a group, as the item of its table that it is: the layout of the Kinesis Client Library, to which
//! `tailwater-consumer` adds a few attributes.

use serde_json::Value;
use std::fmt;

/// The name under which `seek` takes leases. Nobody renews them for it, so others take them before long.
pub(super) const TAKER: &str = "tailwater-consumers-seek";

/// One lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) shard_id: String,
    pub(crate) owner: Option<String>,
    /// Its digits: whoever writes expects exactly these.
    pub(crate) counter: String,
    pub(crate) checkpoint: Checkpoint,
    /// The owner before, which has not let go yet.
    pub(crate) checkpoint_owner: Option<String>,
    /// Where the shard is begun, and the iterator of a place that has no number. Of `tailwater-consumer`.
    pub(crate) shard_start: Option<String>,
    pub(crate) bookmark: Option<String>,
    /// Whether `tailwater-consumer` made it.
    pub(crate) ours: bool,
}

/// How far a shard was processed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Checkpoint {
    #[default]
    TrimHorizon,
    Latest,
    ShardEnd,
    /// Up to and with this number.
    After(String),
    /// Something that only the library that wrote it knows.
    Other(String),
}

impl Checkpoint {
    pub(crate) fn of(text: &str) -> Self {
        match text {
            "TRIM_HORIZON" => Self::TrimHorizon,
            "LATEST" => Self::Latest,
            "SHARD_END" => Self::ShardEnd,
            number if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self::After(number.to_owned())
            }
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
            Self::ShardEnd => "SHARD_END",
            Self::After(text) | Self::Other(text) => text,
        })
    }
}

/// Attributes that only `tailwater-consumer` writes.
const OURS: [&str; 4] = ["shardStart", "bookmark", "initial", "orphan"];

impl Lease {
    /// The lease in an item; none if it is something else.
    pub(crate) fn of(item: &Value) -> Option<Self> {
        let text = |name: &str| item[name]["S"].as_str().map(str::to_owned);
        Some(Self {
            shard_id: text("leaseKey")?,
            owner: text("leaseOwner"),
            counter: item["leaseCounter"]["N"].as_str()?.to_owned(),
            checkpoint: Checkpoint::of(&text("checkpoint")?),
            checkpoint_owner: text("checkpointOwner"),
            shard_start: text("shardStart"),
            bookmark: text("bookmark"),
            ours: OURS.iter().any(|name| item.get(name).is_some()),
        })
    }

    /// Whether `seek` has taken it from whoever had it.
    pub(super) fn is_taken(&self) -> bool {
        self.owner.as_deref() == Some(TAKER)
    }

    /// The worker that may set its checkpoint, if any.
    pub(crate) fn worker(&self) -> Option<&str> {
        self.checkpoint_owner.as_deref().or(self.owner.as_deref())
    }
}

/// Whether a table, as DescribeTable shows it, has the key of lease tables.
pub(super) fn is_lease_table(table: &Value) -> bool {
    let keys = table["KeySchema"].as_array().map_or(&[][..], Vec::as_slice);
    let is_string =
        |attribute: &Value| attribute["AttributeName"] == "leaseKey" && attribute["AttributeType"] == "S";
    let attributes = table["AttributeDefinitions"].as_array();
    keys.len() == 1
        && keys[0]["AttributeName"] == "leaseKey"
        && attributes.is_some_and(|all| all.iter().any(is_string))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leases_of_both_libraries_are_read() {
        let mut item = json!({
            "leaseKey": {"S": "shard"}, "leaseCounter": {"N": "42"}, "checkpoint": {"S": "100"},
            "leaseOwner": {"S": "host:1"}, "checkpointSubSequenceNumber": {"N": "0"},
        });
        let lease = Lease::of(&item).unwrap();
        assert_eq!((lease.worker(), lease.counter.as_str(), lease.ours), (Some("host:1"), "42", false));
        assert_eq!(lease.checkpoint, Checkpoint::After("100".to_owned()));
        item["shardStart"] = json!({"S": "7"});
        item["checkpoint"] = json!({"S": "AT_TIMESTAMP"});
        let lease = Lease::of(&item).unwrap();
        assert_eq!((lease.checkpoint.to_string().as_str(), lease.ours), ("AT_TIMESTAMP", true));
        assert_eq!(Lease::of(&json!({"leaseKey": {"S": "leader"}})), None);
    }

    #[test]
    fn a_table_is_told_by_its_key() {
        let table = |key: &str, kind: &str| {
            json!({
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": kind}],
            })
        };
        assert!(is_lease_table(&table("leaseKey", "S")));
        assert!(!is_lease_table(&table("leaseKey", "N")) && !is_lease_table(&table("pk", "S")));
        assert!(!is_lease_table(&json!({})));
    }
}

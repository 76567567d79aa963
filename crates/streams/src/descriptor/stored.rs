//! How descriptors are stored: JSON, hashes as 32 hex digits, checked when they are read back.

use super::{StreamDescriptor, StreamStatus};

/// A stored descriptor that cannot be what was stored.
#[derive(Debug, thiserror::Error)]
#[error("a stored stream descriptor is damaged: {0}")]
pub struct Damaged(String);

impl StreamDescriptor {
    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, integers and lists of them always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When the bytes are not a descriptor, or one whose shards do not fit together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let descriptor: Self = serde_json::from_slice(bytes).map_err(|error| Damaged(error.to_string()))?;
        match descriptor.inconsistency() {
            None => Ok(descriptor),
            Some(what) => Err(Damaged(format!("{what} in {}", descriptor.arn))),
        }
    }

    /// What is wrong with the shards, if anything is.
    pub(crate) fn inconsistency(&self) -> Option<&'static str> {
        if !self.shards.is_sorted_by(|one, next| one.id.created_ms < next.id.created_ms) {
            return Some("shards out of order");
        }
        if self.shards.iter().any(|shard| shard.first > shard.last) {
            return Some("an empty hash range");
        }
        if self.shards.iter().any(|shard| shard.parent.is_some_and(|parent| parent >= shard.id)) {
            return Some("a parent younger than its child");
        }
        let open = self.open_shards();
        match self.status {
            StreamStatus::Disabled if !open.is_empty() => Some("an open shard of a disabled stream"),
            StreamStatus::Disabled if self.closed_ms.is_none() => Some("no time of closing"),
            StreamStatus::Disabled => None,
            StreamStatus::Enabled => {
                let mut next = Some(0);
                for shard in open {
                    if next != Some(shard.first) {
                        return Some("open shards that do not partition the hash space");
                    }
                    next = shard.last.checked_add(1);
                }
                next.map(|_| "open shards that do not cover the hash space")
            }
        }
    }
}

/// A log id as a number.
pub(crate) mod log {
    use serde::{Deserialize, Deserializer, Serializer};
    use store::LogId;

    pub(crate) fn serialize<S: Serializer>(log: &LogId, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(log.0)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<LogId, D::Error> {
        u64::deserialize(from).map(LogId)
    }
}

/// A partition hash as 32 hex digits: not every reader of JSON has 128-bit integers.
pub(crate) mod hash {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(hash: &u128, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&format_args!("{hash:032x}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = String::deserialize(from)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

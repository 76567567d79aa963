//! Shard ids: `shardId-`, 20 digits of epoch milliseconds, `-`, 8 hex digits.
//!
//! In one stream the milliseconds of a new shard are always greater than those of every shard before it, so
//! that the order of the texts is the order of creation and children come after their parents.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The length of a shard id's text.
pub(crate) const TEXT_LEN: usize = 37;

/// Identifies a shard within its stream. Displays as the wire shows it; orders as the text does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ShardId {
    /// About when it was created, in service time; unique in the stream.
    pub created_ms: u64,
    /// Looks like AWS's; says nothing.
    pub suffix: u32,
}

impl ShardId {
    /// Reads the text of a shard id exactly as it was written.
    #[must_use]
    pub fn parse(text: &str) -> Option<ShardId> {
        let rest = text.strip_prefix("shardId-").filter(|_| text.len() == TEXT_LEN)?;
        let (created_ms, suffix) = rest.split_once('-')?;
        let digits = created_ms.len() == 20 && created_ms.bytes().all(|byte| byte.is_ascii_digit());
        let hex = suffix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !digits || !hex {
            return None;
        }
        Some(ShardId { created_ms: created_ms.parse().ok()?, suffix: u32::from_str_radix(suffix, 16).ok()? })
    }
}

impl fmt::Display for ShardId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "shardId-{:020}-{:08x}", self.created_ms, self.suffix)
    }
}

impl From<ShardId> for String {
    fn from(id: ShardId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for ShardId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        ShardId::parse(&text).ok_or("not a shard id")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_aws_does() {
        let id = ShardId { created_ms: 1_571_767_321_804, suffix: 0x0bad_cafe };
        assert_eq!(id.to_string(), "shardId-00000001571767321804-0badcafe");
        assert_eq!(ShardId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn only_its_own_text_is_read() {
        let texts = [
            "",
            "shardId-",
            "shardId-00000001571767321804-0BADCAFE",
            "shardId-00000001571767321804-0badcaf",
            "shardId-00000001571767321804-0badcafe0",
            "shardId-0000000157176732180-00badcafe",
            "shardId-+0000001571767321804-0badcafe",
            "shardId-99999999999999999999-0badcafe",
            "shardid-00000001571767321804-0badcafe",
        ];
        for text in texts {
            assert_eq!(ShardId::parse(text), None, "{text}");
        }
    }
}

//! Who calls, and what is answered.

use compact_str::CompactString;

/// Whose tables a request is about: the account and region of its credential scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account, 12 digits.
    pub account: CompactString,
    /// The region.
    pub region: CompactString,
    /// The host and port that the client called, for DescribeEndpoints.
    pub host: CompactString,
}

impl Caller {
    /// The server's usual address.
    pub const USUAL_HOST: CompactString = CompactString::const_new("localhost:4566");

    /// A caller of this account and region, at the server's usual address.
    #[must_use]
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.into(), region: region.into(), host: Self::USUAL_HOST }
    }
}

/// The answer to an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// JSON; empty for the few operations that answer nothing.
    pub body: Vec<u8>,
    /// Where the records of a write are: `shardId:sequenceNumber`, the highest of each changed shard, separated
    /// by commas. For the `x-tailwater-sequence-number` header.
    pub positions: Option<String>,
}

impl Reply {
    /// A body without positions.
    #[must_use]
    pub fn new(body: Vec<u8>) -> Self {
        Self { body, positions: None }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::new(value.to_string().into_bytes())
    }
}

//! DescribeLimits: AWS's default limits; nothing here enforces them.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;

impl Database {
    /// DescribeLimits.
    #[must_use]
    pub fn describe_limits(&self) -> Reply {
        Reply::json(&json!({
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        }))
    }
}

//! DescribeLimits: AWS's default limits; nothing here enforces them.

use crate::Database;
use crate::caller::Reply;
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeLimits;

impl Database {
    /// DescribeLimits.
    ///
    /// # Errors
    /// When the request is not JSON.
    pub fn describe_limits(&self, body: &[u8]) -> Result<Reply, ApiError> {
        DescribeLimits::decode(body)?;
        Ok(Reply::json(&json!({
            "AccountMaxReadCapacityUnits": 80_000,
            "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000,
            "TableMaxWriteCapacityUnits": 40_000,
        })))
    }
}

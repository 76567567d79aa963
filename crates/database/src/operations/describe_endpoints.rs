//! DescribeEndpoints: the address that the client called.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeEndpoints;

const CACHE_MINUTES: u32 = 1440;

impl Database {
    /// DescribeEndpoints.
    ///
    /// # Errors
    /// When the request is not JSON.
    pub fn describe_endpoints(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        DescribeEndpoints::decode(body)?;
        Ok(Reply::json(&json!({
            "Endpoints": [{ "Address": caller.host.as_str(), "CachePeriodInMinutes": CACHE_MINUTES }],
        })))
    }
}

//! DescribeEndpoints: the address that the client called.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::json;

const CACHE_MINUTES: u32 = 1440;

impl Database {
    /// DescribeEndpoints.
    #[must_use]
    pub fn describe_endpoints(&self, caller: &Caller) -> Reply {
        Reply::json(&json!({
            "Endpoints": [{ "Address": caller.host.as_str(), "CachePeriodInMinutes": CACHE_MINUTES }],
        }))
    }
}

//! DescribeTimeToLive.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeTimeToLive;

impl Database {
    /// DescribeTimeToLive.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn describe_time_to_live(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeTimeToLive::decode(body)?;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        let description = match &entry.descriptor.time_to_live {
            None => json!({ "TimeToLiveStatus": "DISABLED" }),
            Some(enabled) => json!({
                // Items from before it was enabled expire when the back-fill has come to them.
                "TimeToLiveStatus": if enabled.filled { "ENABLED" } else { "ENABLING" },
                "AttributeName": enabled.attribute,
            }),
        };
        Ok(Reply::json(&json!({ "TimeToLiveDescription": description })))
    }
}

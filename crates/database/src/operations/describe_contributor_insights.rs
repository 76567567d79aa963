//! DescribeContributorInsights.

use crate::caller::{Caller, Reply};
use crate::description::timestamp;
use crate::{Database, insights};
use wire::ApiError;
use wire::dynamodb::DescribeContributorInsights;

impl Database {
    /// DescribeContributorInsights.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table or global index.
    pub fn describe_contributor_insights(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeContributorInsights::decode(body)?;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        let (table, index) = (&entry.descriptor, request.index_name.as_deref());
        let Some(stored) = insights::of(table, insights::index_id(table, index)?) else {
            return Ok(Reply::json(&insights::answer(table, index, "DISABLED", None)));
        };
        let status = if stored.enabled { "ENABLED" } else { "DISABLED" };
        let mut answer = insights::answer(table, index, status, Some(&stored.mode));
        answer["LastUpdateDateTime"] = timestamp(stored.changed_ms);
        Ok(Reply::json(&answer))
    }
}

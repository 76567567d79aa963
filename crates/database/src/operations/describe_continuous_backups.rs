//! DescribeContinuousBackups: none are made, which Terraform asks of every table.

use crate::Database;
use crate::caller::{Caller, Reply};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeContinuousBackups;

impl Database {
    /// DescribeContinuousBackups.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn describe_continuous_backups(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeContinuousBackups::decode(body)?;
        if self.catalog.find(caller, &request.table_name).is_none() {
            return Err(ApiError::table_not_found(format!("Table not found: {}", request.table_name)));
        }
        Ok(Reply::json(&json!({
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
            },
        })))
    }
}

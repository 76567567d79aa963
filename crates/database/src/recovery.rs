//! What is answered of continuous backups.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use crate::description::timestamp;
use crate::descriptor::Recovery;
use serde_json::{Value, json};
use std::sync::Arc;
use wire::ApiError;

impl Database {
    /// The table of an operation on continuous backups.
    pub(crate) fn backed_up(&self, caller: &Caller, name: &str) -> Result<Arc<Entry>, ApiError> {
        self.catalog
            .find(caller, name)
            .ok_or_else(|| ApiError::table_not_found(format!("Table not found: {name}")))
    }
}

/// `ContinuousBackupsDescription`. Only the present state can be restored, so the earliest time is the latest.
pub(crate) fn describe_recovery(recovery: Option<&Recovery>, now_ms: u64) -> Value {
    let description = match recovery {
        None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
        Some(recovery) => json!({
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.period_days,
            "EarliestRestorableDateTime": timestamp(now_ms),
            "LatestRestorableDateTime": timestamp(now_ms),
        }),
    };
    json!({
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": description,
        },
    })
}

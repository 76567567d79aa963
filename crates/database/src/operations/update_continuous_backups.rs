//! UpdateContinuousBackups: says whether the table may be restored to other times.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::descriptor::Recovery;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::UpdateContinuousBackups;

/// How far back, where nobody said.
const PERIOD_DAYS: u32 = 35;

impl Database {
    /// UpdateContinuousBackups.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub async fn update_continuous_backups(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = UpdateContinuousBackups::decode(body)?;
        if !request.enabled && request.recovery_period_days.is_some() {
            return Err(ApiError::validation(
                "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
            ));
        }
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.set_recovery(&caller, &request).await }).await
    }

    async fn set_recovery(
        &self,
        caller: &Caller,
        request: &UpdateContinuousBackups,
    ) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.backed_up(caller, &request.table_name)?;
        let mut table = entry.descriptor.clone();
        let asked = request.recovery_period_days.and_then(|days| u32::try_from(days).ok());
        let before = table.recovery.as_ref().map(|recovery| recovery.period_days);
        let period_days = asked.or(before).unwrap_or(PERIOD_DAYS);
        table.recovery = request.enabled.then_some(Recovery { period_days });
        let changed = self.change(&control, TableChange::quiet(table)).await?;
        Ok(Reply::json(&self.describe_recovery(&changed.descriptor)))
    }
}

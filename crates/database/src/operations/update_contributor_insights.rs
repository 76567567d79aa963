//! UpdateContributorInsights: stored and shown.
//!
//! A change answers ENABLING or DISABLING, as AWS says, and is done; asking for what is so already changes nothing.

use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::descriptor::Insights;
use crate::{Database, insights};
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::UpdateContributorInsights;
use wire::dynamodb::enumeration::{ContributorInsightsAction, ContributorInsightsMode, Enumeration};

impl Database {
    /// UpdateContributorInsights.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table or global index.
    pub async fn update_contributor_insights(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = UpdateContributorInsights::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.set_insights(&caller, &request).await }).await
    }

    async fn set_insights(
        &self,
        caller: &Caller,
        request: &UpdateContributorInsights,
    ) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        let (mut table, name) = (entry.descriptor.clone(), request.index_name.as_deref());
        let index = insights::index_id(&table, name)?;
        let now = insights::of(&table, index);
        let enabled = request.action == ContributorInsightsAction::Enable;
        let mode = match (enabled, now) {
            // Enabling without a mode goes back to the usual one.
            (true, _) => {
                request.mode.unwrap_or(ContributorInsightsMode::AccessedAndThrottledKeys).as_str().to_owned()
            }
            (false, Some(now)) => now.mode.clone(),
            (false, None) => return Ok(Reply::json(&insights::answer(&table, name, "DISABLED", None))),
        };
        if let Some(now) = now
            && now.enabled == enabled
            && now.mode == mode
        {
            let status = if enabled { "ENABLED" } else { "DISABLED" };
            return Ok(Reply::json(&insights::answer(&table, name, status, Some(&mode))));
        }
        let changed_ms = self.environment.clock.now_ms();
        table.insights.retain(|insights| insights.index != index);
        table.insights.push(Insights { index, enabled, mode: mode.clone(), changed_ms });
        let status = if enabled { "ENABLING" } else { "DISABLING" };
        let answer = insights::answer(&table, name, status, Some(&mode));
        self.change(&control, TableChange::quiet(table)).await?;
        Ok(Reply::json(&answer))
    }
}

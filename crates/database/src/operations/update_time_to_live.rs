//! UpdateTimeToLive: one more index, of expiry times, filled like any other.

use crate::Database;
use crate::backfill::Target;
use crate::caller::{Caller, Reply};
use crate::control::{TableChange, detached};
use crate::descriptor::TimeToLiveDescriptor;
use crate::meta::{MetaKey, TIME_TO_LIVE};
use serde_json::json;
use std::sync::Arc;
use store::SpaceId;
use wire::ApiError;
use wire::dynamodb::UpdateTimeToLive;

impl Database {
    /// UpdateTimeToLive.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, or it is as asked already.
    pub async fn update_time_to_live(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = UpdateTimeToLive::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.set_time_to_live(&caller, &request).await }).await
    }

    async fn set_time_to_live(
        self: &Arc<Self>,
        caller: &Caller,
        request: &UpdateTimeToLive,
    ) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        check(request, entry.descriptor.time_to_live.as_ref())?;
        let mut change = TableChange::fenced(entry.descriptor.clone());
        let cursor = MetaKey::Cursor(entry.table.id, TIME_TO_LIVE).key(self.meta);
        change.effect.writes.push((cursor, None));
        if request.enabled {
            let space = self.create_space()?;
            let attribute = request.attribute_name.clone();
            let enabled = TimeToLiveDescriptor { attribute, space: space.0, filled: false };
            change.descriptor.time_to_live = Some(enabled);
            let changed = self.change(&control, change).await;
            if changed.is_err() {
                self.drop_spaces(&[space]);
            }
            changed?;
            drop(control);
            self.fill_soon(entry.table.id, Target::TimeToLive(space.0)).await;
        } else {
            let old = change.descriptor.time_to_live.take();
            self.change(&control, change).await?;
            self.drop_spaces(&old.iter().map(|old| SpaceId(old.space)).collect::<Vec<_>>());
        }
        Ok(Reply::json(&json!({
            "TimeToLiveSpecification": { "Enabled": request.enabled, "AttributeName": request.attribute_name },
        })))
    }
}

fn check(request: &UpdateTimeToLive, now: Option<&TimeToLiveDescriptor>) -> Result<(), ApiError> {
    match now {
        None if request.enabled => Ok(()),
        None => Err(ApiError::validation("TimeToLive is already disabled")),
        Some(now) if now.attribute != request.attribute_name => Err(ApiError::validation(format!(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}",
            now.attribute
        ))),
        Some(_) if request.enabled => Err(ApiError::validation("TimeToLive is already enabled")),
        Some(_) => Ok(()),
    }
}

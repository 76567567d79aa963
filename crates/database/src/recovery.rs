//! Continuous backups: how far back a table can be taken, and taking a copy of it there.
//!
//! No history of items is kept but the change log of the table. Where that shows the items as they were before, and
//! begins before the time in question, a copy of the present state is taken back by undoing all that was done since:
//! each item that was written becomes what it was before the first of the writes.

use crate::Database;
use crate::caller::Caller;
use crate::catalog::Entry;
use crate::description::timestamp;
use crate::descriptor::TableDescriptor;
use crate::keys::ItemKey;
use crate::transfer::{Changes, Told};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Effect, Key, SpaceId};
use streams::{StreamDescriptor, ViewType};
use wire::ApiError;

/// To which time a table is taken.
pub(crate) enum Moment {
    /// The present.
    Now,
    /// The end of this millisecond, by what its log says was done since.
    Before(Box<Changes>, u64),
}

impl Database {
    /// The table of an operation on continuous backups.
    pub(crate) fn backed_up(&self, caller: &Caller, name: &str) -> Result<Arc<Entry>, ApiError> {
        self.catalog
            .find(caller, name)
            .ok_or_else(|| ApiError::table_not_found(format!("Table not found: {name}")))
    }

    /// `ContinuousBackupsDescription`.
    pub(crate) fn describe_recovery(&self, table: &TableDescriptor) -> Value {
        let now_ms = self.environment.clock.now_ms();
        let description = match &table.recovery {
            None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
            Some(recovery) => json!({
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": recovery.period_days,
                "EarliestRestorableDateTime": timestamp(self.earliest_restorable(table, now_ms).0),
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

    /// The earliest time to which the table can be taken, and the stream that can do it, where there is one.
    fn earliest_restorable(
        &self,
        table: &TableDescriptor,
        now_ms: u64,
    ) -> (u64, Option<Arc<StreamDescriptor>>) {
        let stream = table.enabled_stream().and_then(|stream| self.streams.get(&stream.arn));
        let shows_old = |view| matches!(view, ViewType::OldImage | ViewType::NewAndOldImages);
        let stream = stream.filter(|stream| shows_old(stream.view) && !Changes::may_be_missing(&self.store));
        let kept_ms = now_ms.saturating_sub(self.options.streams.retention_ms);
        // Millisecond by millisecond: what was done in that in which the stream began may have been before it.
        let earliest_ms =
            stream.as_ref().map_or(now_ms, |stream| (stream.created_ms + 1).max(kept_ms).min(now_ms));
        (earliest_ms, stream)
    }

    /// The moment of a `RestoreDateTime`.
    ///
    /// # Errors
    /// When the table cannot be taken there.
    pub(crate) fn moment(&self, entry: &Entry, time_ms: Option<i64>) -> Result<Moment, ApiError> {
        let Some(time_ms) = time_ms else { return Ok(Moment::Now) };
        let time_ms = u64::try_from(time_ms).unwrap_or_default();
        let now_ms = self.environment.clock.now_ms();
        let (earliest_ms, stream) = self.earliest_restorable(&entry.descriptor, now_ms);
        let (Some(stream), true) = (stream, (earliest_ms..=now_ms).contains(&time_ms)) else {
            return Err(out_of_reach());
        };
        let changes = Changes::new(self, &entry.table, &stream, (time_ms + 1, u64::MAX), Told::Before);
        Ok(Moment::Before(Box::new(changes), time_ms))
    }

    /// Undoes changes in a copy of the table that they are of. The copy is of a moment after their first, and before
    /// this is called: what was done to an item since that moment is undone with the rest.
    ///
    /// # Errors
    /// When the log cannot be read or goes away meanwhile, or the store fails.
    pub(crate) async fn undo(
        &self,
        entry: &Entry,
        (mut changes, time_ms): (Changes, u64),
        copy: SpaceId,
    ) -> Result<(), ApiError> {
        while let Some(page) =
            changes.next().await.map_err(|failure| ApiError::internal_server_error(failure.message))?
        {
            let undo = |change: transfer::Change| {
                let key = ItemKey::of_image(&entry.table, self.hasher, &change.keys)?;
                Some((
                    Key { space: copy, bytes: key.key.bytes },
                    change.old.map(|old| Bytes::copy_from_slice(old.as_bytes())),
                ))
            };
            let writes: Option<Vec<_>> = page.into_iter().map(undo).collect();
            let writes = writes.ok_or_else(|| ApiError::internal_server_error("a record has no key"))?;
            self.commit(Effect { writes, ..Effect::default() }).await?;
            environment::yield_now().await;
        }
        // What was read is whole only if none of it was old enough to be trimmed meanwhile.
        let (earliest_ms, _) = self.earliest_restorable(&entry.descriptor, self.environment.clock.now_ms());
        if earliest_ms > time_ms { Err(out_of_reach()) } else { Ok(()) }
    }
}

fn out_of_reach() -> ApiError {
    ApiError::invalid_restore_time(
        "RestoreDateTime is not between EarliestRestorableDateTime and LatestRestorableDateTime. The table can be taken \
         back as far as its stream shows what items were before",
    )
}

//! RestoreTableToPointInTime: a new table of what another one holds or held, where recovery is enabled for that one.
//!
//! The latest restorable time is the moment of the call; how far back it goes, `recovery` tells. What the table held
//! then is copied before this answers, so that a crash afterwards loses nothing.

use crate::Database;
use crate::backup::Source;
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::detached;
use crate::description::Counts;
use crate::descriptor::{Restore, TableDescriptor};
use crate::recovery::Moment;
use crate::restore::restored_table;
use std::sync::Arc;
use store::SpaceId;
use wire::dynamodb::RestoreTableToPointInTime;
use wire::{ApiError, TableRef};

impl Database {
    /// RestoreTableToPointInTime.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, recovery is not enabled for it, it cannot be
    /// taken to the time that is asked for, or the new table exists.
    pub async fn restore_table_to_point_in_time(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = RestoreTableToPointInTime::decode(body)?;
        check(&request)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.restore_moment(&caller, &request).await }).await
    }

    async fn restore_moment(
        self: &Arc<Self>,
        caller: &Caller,
        request: &RestoreTableToPointInTime,
    ) -> Result<Reply, ApiError> {
        let control = self.control.lock().await;
        let entry = self.recoverable(caller, request)?;
        let table = restored_table(&entry.descriptor, &request.target_table_name, &request.overrides)?;
        self.check_target(caller, &request.target_table_name)?;
        let moment = self.moment(&entry, request.restore_date_time_ms)?;
        let source = Source::now(&self.store, entry.table.space)?;
        let of_ms = match &moment {
            Moment::Now => self.environment.clock.now_ms(),
            Moment::Before(_, time_ms) => *time_ms,
        };
        let space = self.create_space()?;
        drop(control);
        let restore = Restore {
            source_arn: entry.descriptor.arn(),
            backup_arn: None,
            of_ms,
            space: space.0,
            is_own_space: true,
        };
        let begun = match self.copy_of(&entry, source, moment, space).await {
            Ok(counts) => {
                self.restore_copy((caller, request), table, restore).await.map(|entry| (entry, counts.items))
            }
            Err(error) => Err(error),
        };
        if begun.is_err() {
            self.drop_spaces(&[space]);
        }
        let (entry, items) = begun?;
        Ok(self.restore_soon(&entry, items).await)
    }

    /// Copies the table, and takes the copy to the moment. Counts what was copied.
    async fn copy_of(
        &self,
        entry: &Entry,
        source: Source<'_>,
        moment: Moment,
        copy: SpaceId,
    ) -> Result<Counts, ApiError> {
        let counts = self.copy_all(source, copy).await?;
        if let Moment::Before(changes, time_ms) = moment {
            self.undo(entry, (*changes, time_ms), copy).await?;
        }
        Ok(counts)
    }

    async fn restore_copy(
        &self,
        (caller, request): (&Caller, &RestoreTableToPointInTime),
        table: TableDescriptor,
        restore: Restore,
    ) -> Result<Arc<Entry>, ApiError> {
        let mut control = self.control.lock().await;
        // Again: it may have been made meanwhile.
        self.check_target(caller, &request.target_table_name)?;
        let copy = SpaceId(restore.space);
        let table = self.give_spaces((caller, &request.overrides), table, restore, &mut control)?;
        let spaces: Vec<SpaceId> = table.spaces().into_iter().filter(|space| *space != copy).collect();
        let begun = self.begin_restore(table, &control).await;
        if begun.is_err() {
            self.drop_spaces(&spaces);
        }
        begun
    }

    /// The source, if it may be restored.
    fn recoverable(
        &self,
        caller: &Caller,
        request: &RestoreTableToPointInTime,
    ) -> Result<Arc<Entry>, ApiError> {
        let named = request.source_table_arn.as_deref().or(request.source_table_name.as_deref());
        let name = named.unwrap_or_default();
        let found = self.catalog.find(caller, name);
        let entry = found.ok_or_else(|| ApiError::table_not_found(format!("Table not found: {name}")))?;
        if entry.descriptor.recovery.is_none() {
            let text = format!("Point in time recovery is not enabled for table '{}'", entry.descriptor.name);
            return Err(ApiError::point_in_time_recovery_unavailable(text));
        }
        Ok(entry)
    }
}

fn check(request: &RestoreTableToPointInTime) -> Result<(), ApiError> {
    match (&request.source_table_arn, &request.source_table_name) {
        (Some(_), Some(_)) => {
            return Err(ApiError::validation("Must provide exactly one of: sourceTableArn, sourceTableName"));
        }
        (None, None) => {
            return Err(ApiError::validation(
                "The parameter 'TableName' is required but was not present in the request",
            ));
        }
        (Some(arn), None) if TableRef::parse_arn(arn).is_none() => {
            return Err(ApiError::validation(format!("sourceTableArn is not a valid ARN: {arn}")));
        }
        _ => {}
    }
    match (request.use_latest_restorable_time, request.restore_date_time_ms) {
        (true, Some(_)) => Err(ApiError::validation(
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore \
             request. Please specify only one of them.",
        )),
        (false, None) => Err(ApiError::validation(
            "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
        )),
        _ => Ok(()),
    }
}

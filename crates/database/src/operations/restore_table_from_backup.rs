//! RestoreTableFromBackup: a new table of what a backup holds.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::control::detached;
use crate::descriptor::Restore;
use crate::restore::restored_table;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::RestoreTableFromBackup;

impl Database {
    /// RestoreTableFromBackup.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such backup, it is in use, or the table exists.
    pub async fn restore_table_from_backup(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = RestoreTableFromBackup::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.restore_backup(&caller, &request).await }).await
    }

    async fn restore_backup(
        self: &Arc<Self>,
        caller: &Caller,
        request: &RestoreTableFromBackup,
    ) -> Result<Reply, ApiError> {
        let mut control = self.control.lock().await;
        let arn = &request.backup_arn;
        let backup = self.backups.get(caller, arn)?;
        let table = restored_table(&backup.table, &request.target_table_name, &request.overrides)?;
        self.check_target(caller, &request.target_table_name)?;
        if backup.creating {
            return Err(ApiError::backup_in_use(format!("Backup is being created: {arn}")));
        }
        if self.is_restoring(arn) {
            let text = format!("Backup is being used to restore another table: {arn}");
            return Err(ApiError::backup_in_use(text));
        }
        let restore = Restore {
            source_arn: backup.table.arn(),
            backup_arn: Some(arn.clone()),
            of_ms: backup.created_ms,
            space: backup.space,
            is_own_space: false,
        };
        let table = self.give_spaces((caller, &request.overrides), table, restore, &mut control)?;
        let spaces = table.spaces();
        let begun = self.begin_restore(table, &control).await;
        if begun.is_err() {
            self.drop_spaces(&spaces);
        }
        let entry = begun?;
        drop(control);
        Ok(self.restore_soon(&entry, backup.items).await)
    }
}

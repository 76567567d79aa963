//! DeleteBackup: the backup is gone when this answers.

use crate::Database;
use crate::backup::described;
use crate::caller::{Caller, Reply};
use crate::control::detached;
use crate::meta::MetaKey;
use serde_json::json;
use std::sync::Arc;
use store::Effect;
use wire::ApiError;
use wire::dynamodb::DeleteBackup;

impl Database {
    /// DeleteBackup.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such backup, or it is being made or restored.
    pub async fn delete_backup(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DeleteBackup::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.forget_backup(&caller, &request.backup_arn).await }).await
    }

    async fn forget_backup(&self, caller: &Caller, arn: &str) -> Result<Reply, ApiError> {
        let _control = self.control.lock().await;
        let backup = self.backups.get(caller, arn)?;
        if backup.creating {
            return Err(ApiError::backup_in_use(format!("Backup is being created: {arn}")));
        }
        if self.is_restoring(arn) {
            return Err(ApiError::backup_in_use(format!("Backup is being used to restore table: {arn}")));
        }
        let writes = vec![(MetaKey::Backup(arn).key(self.meta), None)];
        self.commit(Effect { writes, ..Effect::default() }).await?;
        self.backups.remove(arn);
        self.drop_spaces(&[backup.space_id()]);
        Ok(Reply::json(&json!({ "BackupDescription": described(&backup, true) })))
    }
}

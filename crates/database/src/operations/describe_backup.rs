//! DescribeBackup.

use crate::Database;
use crate::backup::described;
use crate::caller::{Caller, Reply};
use serde_json::json;
use wire::ApiError;
use wire::dynamodb::DescribeBackup;

impl Database {
    /// DescribeBackup.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such backup.
    pub fn describe_backup(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeBackup::decode(body)?;
        let backup = self.backups.get(caller, &request.backup_arn)?;
        Ok(Reply::json(&json!({ "BackupDescription": described(&backup, false) })))
    }
}

//! ListBackups: the oldest first, a page at a time. Deleted tables' backups are listed too.

use crate::Database;
use crate::backup::{Backup, BackupArn, summary};
use crate::caller::{Caller, Reply};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::dynamodb::ListBackups;
use wire::dynamodb::enumeration::BackupTypeFilter;
use wire::{ApiError, TableRef};

const PAGE: usize = 100;

impl Database {
    /// ListBackups.
    ///
    /// # Errors
    /// When the request breaks a rule.
    pub fn list_backups(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListBackups::decode(body)?;
        if let (Some(from), Some(to)) = (request.from_ms, request.to_ms)
            && from > to
        {
            return Err(ApiError::validation(
                "Time range lower bound must be less than or equal to upper bound",
            ));
        }
        let start = request.exclusive_start_backup_arn.as_deref().map(BackupArn::parse).transpose()?;
        // Only users make backups here.
        let kind = request.backup_type.unwrap_or(BackupTypeFilter::User);
        let mut backups = match kind {
            BackupTypeFilter::User | BackupTypeFilter::All => self.backups.of(caller),
            BackupTypeFilter::System | BackupTypeFilter::AwsBackup => Vec::new(),
        };
        // The backup of the cursor may be gone: go on with what is after its place.
        backups.retain(|backup| {
            start.is_none_or(|start| backup.place() > (start.id, start.table)) && is_asked(backup, &request)
        });
        let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
        let page: &[Arc<Backup>] = &backups[..backups.len().min(limit)];
        let summaries: Vec<Value> = page.iter().map(|backup| summary(backup)).collect();
        let mut answer = json!({ "BackupSummaries": summaries });
        if page.len() < backups.len() {
            answer["LastEvaluatedBackupArn"] = json!(page.last().map(|backup| &backup.arn));
        }
        Ok(Reply::json(&answer))
    }
}

fn is_asked(backup: &Backup, request: &ListBackups) -> bool {
    let created_ms = i64::try_from(backup.created_ms).unwrap_or(i64::MAX);
    let named = request.table_name.as_deref().map(|name| TableRef::parse(name).name);
    named.is_none_or(|name| name == backup.table.name)
        && request.from_ms.is_none_or(|from_ms| created_ms >= from_ms)
        && request.to_ms.is_none_or(|to_ms| created_ms < to_ms)
}

//! ListBackups.

use super::enumeration::BackupTypeFilter;
use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request, timestamp_ms};
use crate::operation::Operation;

/// Lists backups, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct ListBackups {
    /// Only those of tables of this name or ARN.
    pub table_name: Option<String>,
    /// The most backups answered, 1 to 100.
    pub limit: Option<i32>,
    /// Only those made at this time or later, in milliseconds since the epoch.
    pub from_ms: Option<i64>,
    /// Only those made before this time.
    pub to_ms: Option<i64>,
    /// The last backup of the page before.
    pub exclusive_start_backup_arn: Option<String>,
    /// Which kinds.
    pub backup_type: Option<BackupTypeFilter>,
}

#[derive(Default)]
struct Raw {
    request: ListBackups,
    backup_type: Option<String>,
}

impl ListBackups {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListBackups, ApiError> {
        let mut raw = Raw::default();
        request(body, |reader, name| raw.member(reader, name))?;
        let Raw { mut request, backup_type } = raw;
        let mut constraints = Constraints::new(Layer::of(Operation::ListBackups));
        if request.table_name.is_some() {
            constraints.table_name(request.table_name.as_deref());
        }
        constraints.range("limit", request.limit, 1, 100);
        let start = request.exclusive_start_backup_arn.as_deref();
        constraints.length("exclusiveStartBackupArn", start, ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        request.backup_type = constraints.enumeration("backupType", backup_type.as_deref());
        constraints.finish()?;
        Ok(request)
    }
}

impl Raw {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), JsonError> {
        let request = &mut self.request;
        match name {
            "TableName" => request.table_name = owned_string(reader)?,
            "Limit" => request.limit = integer(reader)?.map(|limit| limit.value),
            "TimeRangeLowerBound" => request.from_ms = timestamp_ms(reader)?,
            "TimeRangeUpperBound" => request.to_ms = timestamp_ms(reader)?,
            "ExclusiveStartBackupArn" => request.exclusive_start_backup_arn = owned_string(reader)?,
            "BackupType" => self.backup_type = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }
}

//! RestoreTableFromBackup.

use super::restore_overrides::{Raw, RestoreOverrides};
use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Makes a table from a backup.
#[derive(Clone, Debug)]
pub struct RestoreTableFromBackup {
    /// The new table's name.
    pub target_table_name: String,
    /// The backup.
    pub backup_arn: String,
    /// What is otherwise than it was.
    pub overrides: RestoreOverrides,
}

impl RestoreTableFromBackup {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<RestoreTableFromBackup, ApiError> {
        let (mut target_table_name, mut backup_arn, mut raw) = (None, None, Raw::default());
        request(body, |reader, name| {
            match name {
                "TargetTableName" => target_table_name = owned_string(reader)?,
                "BackupArn" => backup_arn = owned_string(reader)?,
                _ => raw.member(reader, name)?,
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::RestoreTableFromBackup));
        constraints.required("targetTableName", target_table_name.as_ref());
        constraints.plain_table_name("targetTableName", target_table_name.as_deref());
        constraints.required("backupArn", backup_arn.as_ref());
        constraints.length("backupArn", backup_arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        let overrides = raw.check(&mut constraints);
        constraints.finish()?;
        Ok(RestoreTableFromBackup {
            target_table_name: target_table_name.unwrap_or_default(),
            backup_arn: backup_arn.unwrap_or_default(),
            overrides,
        })
    }
}

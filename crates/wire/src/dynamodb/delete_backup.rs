//! DeleteBackup.

use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Deletes a backup.
#[derive(Clone, Debug)]
pub struct DeleteBackup {
    /// The backup.
    pub backup_arn: String,
}

impl DeleteBackup {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DeleteBackup, ApiError> {
        let backup_arn = super::only_text(body, "BackupArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::DeleteBackup));
        constraints.required("backupArn", backup_arn.as_ref());
        constraints.length("backupArn", backup_arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(DeleteBackup { backup_arn: backup_arn.unwrap_or_default() })
    }
}

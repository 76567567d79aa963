//! DescribeBackup.

use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Tells of a backup.
#[derive(Clone, Debug)]
pub struct DescribeBackup {
    /// The backup.
    pub backup_arn: String,
}

impl DescribeBackup {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeBackup, ApiError> {
        let backup_arn = super::only_text(body, "BackupArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::DescribeBackup));
        constraints.required("backupArn", backup_arn.as_ref());
        constraints.length("backupArn", backup_arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(DescribeBackup { backup_arn: backup_arn.unwrap_or_default() })
    }
}

//! CreateBackup.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Backs a table up.
#[derive(Clone, Debug)]
pub struct CreateBackup {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// What the backup is called; other backups may be called the same.
    pub backup_name: String,
}

impl CreateBackup {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<CreateBackup, ApiError> {
        let (mut table_name, mut backup_name) = (None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "BackupName" => backup_name = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::CreateBackup));
        constraints.table_name(table_name.as_deref());
        constraints.required("backupName", backup_name.as_ref());
        constraints.plain_table_name("backupName", backup_name.as_deref());
        constraints.finish()?;
        Ok(CreateBackup {
            table_name: table_name.unwrap_or_default(),
            backup_name: backup_name.unwrap_or_default(),
        })
    }
}

//! DescribeContinuousBackups, which Terraform asks of every table.

use crate::Database;
use crate::caller::{Caller, Reply};
use wire::ApiError;
use wire::dynamodb::DescribeContinuousBackups;

impl Database {
    /// DescribeContinuousBackups.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn describe_continuous_backups(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DescribeContinuousBackups::decode(body)?;
        let entry = self.backed_up(caller, &request.table_name)?;
        Ok(Reply::json(&self.describe_recovery(&entry.descriptor)))
    }
}

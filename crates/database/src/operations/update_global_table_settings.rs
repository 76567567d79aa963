//! UpdateGlobalTableSettings: there are none.

use crate::Database;
use crate::caller::Reply;
use crate::global_tables;
use wire::ApiError;
use wire::dynamodb::UpdateGlobalTableSettings;

impl Database {
    /// UpdateGlobalTableSettings.
    ///
    /// # Errors
    /// Always: there is no such global table.
    pub fn update_global_table_settings(&self, body: &[u8]) -> Result<Reply, ApiError> {
        let request = UpdateGlobalTableSettings::decode(body)?;
        Err(global_tables::settings_not_found(&request.global_table_name))
    }
}

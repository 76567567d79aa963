//! UpdateGlobalTableSettings.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Changes the settings of a global table; nothing but its name decides what is answered.
#[derive(Clone, Debug)]
pub struct UpdateGlobalTableSettings {
    /// The name.
    pub global_table_name: String,
}

impl UpdateGlobalTableSettings {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateGlobalTableSettings, ApiError> {
        let global_table_name = super::only_text(body, "GlobalTableName")?;
        let mut constraints = Constraints::new(Layer::of(Operation::UpdateGlobalTableSettings));
        constraints.required("globalTableName", global_table_name.as_ref());
        constraints.plain_table_name("globalTableName", global_table_name.as_deref());
        constraints.finish()?;
        Ok(UpdateGlobalTableSettings { global_table_name: global_table_name.unwrap_or_default() })
    }
}

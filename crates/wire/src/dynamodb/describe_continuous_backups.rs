//! DescribeContinuousBackups.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Tells whether a table is backed up continuously.
#[derive(Clone, Debug)]
pub struct DescribeContinuousBackups {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl DescribeContinuousBackups {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeContinuousBackups, ApiError> {
        let layer = Layer::of(Operation::DescribeContinuousBackups);
        let table_name = super::only_table_name(body, layer)?;
        Ok(DescribeContinuousBackups { table_name, layer })
    }
}

//! DescribeTimeToLive.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Tells by which attribute items expire.
#[derive(Clone, Debug)]
pub struct DescribeTimeToLive {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl DescribeTimeToLive {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeTimeToLive, ApiError> {
        let layer = Layer::of(Operation::DescribeTimeToLive);
        let table_name = super::only_table_name(body, layer)?;
        Ok(DescribeTimeToLive { table_name, layer })
    }
}

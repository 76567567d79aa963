//! DescribeKinesisStreamingDestination.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Asks to which Kinesis streams a table's changes go.
#[derive(Clone, Debug)]
pub struct DescribeKinesisStreamingDestination {
    /// The table: a name or an ARN.
    pub table_name: String,
}

impl DescribeKinesisStreamingDestination {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeKinesisStreamingDestination, ApiError> {
        let layer = Layer::of(Operation::DescribeKinesisStreamingDestination);
        let table_name = super::only_table_name(body, layer)?;
        Ok(DescribeKinesisStreamingDestination { table_name })
    }
}

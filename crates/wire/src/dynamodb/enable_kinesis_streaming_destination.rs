//! EnableKinesisStreamingDestination.

use super::enumeration::ApproximateCreationDateTimePrecision;
use super::kinesis_streaming_destination::{Destination, ENABLING};
use crate::error::ApiError;
use crate::operation::Operation;

/// Has a data stream take a table's changes.
#[derive(Clone, Debug)]
pub struct EnableKinesisStreamingDestination {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The ARN of the data stream.
    pub stream_arn: String,
    /// The precision in which the records tell their time.
    pub precision: Option<ApproximateCreationDateTimePrecision>,
}

impl EnableKinesisStreamingDestination {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<EnableKinesisStreamingDestination, ApiError> {
        let operation = Operation::EnableKinesisStreamingDestination;
        let Destination { table_name, stream_arn, precision } =
            Destination::decode(body, operation, ENABLING)?;
        Ok(EnableKinesisStreamingDestination { table_name, stream_arn, precision })
    }
}

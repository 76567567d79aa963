//! DisableKinesisStreamingDestination.

use super::enumeration::ApproximateCreationDateTimePrecision;
use super::kinesis_streaming_destination::{Destination, ENABLING};
use crate::error::ApiError;
use crate::operation::Operation;

/// Ends the delivery of a table's changes to a data stream.
#[derive(Clone, Debug)]
pub struct DisableKinesisStreamingDestination {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The ARN of the data stream.
    pub stream_arn: String,
    /// The precision in which the records tell their time.
    pub precision: Option<ApproximateCreationDateTimePrecision>,
}

impl DisableKinesisStreamingDestination {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DisableKinesisStreamingDestination, ApiError> {
        let operation = Operation::DisableKinesisStreamingDestination;
        let Destination { table_name, stream_arn, precision } =
            Destination::decode(body, operation, ENABLING)?;
        Ok(DisableKinesisStreamingDestination { table_name, stream_arn, precision })
    }
}

//! UpdateKinesisStreamingDestination.

use super::enumeration::ApproximateCreationDateTimePrecision;
use super::kinesis_streaming_destination::Destination;
use crate::error::ApiError;
use crate::operation::Operation;

const CONFIGURATION: (&str, &str) = (
    "UpdateKinesisStreamingConfiguration",
    "updateKinesisStreamingConfiguration.approximateCreationDateTimePrecision",
);

/// Changes how a table's changes are delivered to a data stream.
#[derive(Clone, Debug)]
pub struct UpdateKinesisStreamingDestination {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The ARN of the data stream.
    pub stream_arn: String,
    /// The precision in which the records tell their time.
    pub precision: Option<ApproximateCreationDateTimePrecision>,
}

impl UpdateKinesisStreamingDestination {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateKinesisStreamingDestination, ApiError> {
        let operation = Operation::UpdateKinesisStreamingDestination;
        let Destination { table_name, stream_arn, precision } =
            Destination::decode(body, operation, CONFIGURATION)?;
        Ok(UpdateKinesisStreamingDestination { table_name, stream_arn, precision })
    }
}

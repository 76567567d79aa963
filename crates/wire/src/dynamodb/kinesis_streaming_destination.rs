//! What the three operations that change a Kinesis destination have in common.

use super::enumeration::ApproximateCreationDateTimePrecision;
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request, structure};
use crate::operation::Operation;

/// The lengths that the ARN of a data stream may have.
const ARN_LENGTHS: (usize, usize) = (37, 1024);

const PRECISION: &str = "ApproximateCreationDateTimePrecision";

/// The member with the configuration, and what it is called in a failure, where delivery is switched on or off.
pub(super) const ENABLING: (&str, &str) = (
    "EnableKinesisStreamingConfiguration",
    "enableKinesisStreamingConfiguration.approximateCreationDateTimePrecision",
);

/// A request of one of the three.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) table_name: String,
    pub(super) stream_arn: String,
    pub(super) precision: Option<ApproximateCreationDateTimePrecision>,
}

impl Destination {
    /// Reads the request; its configuration stands in this member, and is called so in a failure.
    pub(super) fn decode(
        body: &[u8],
        operation: Operation,
        (member, path): (&'static str, &'static str),
    ) -> Result<Destination, ApiError> {
        let (mut table_name, mut stream_arn, mut precision) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "StreamArn" => stream_arn = owned_string(reader)?,
                name if name == member => precision = read_configuration(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(operation));
        constraints.table_name(table_name.as_deref());
        constraints.required("streamArn", stream_arn.as_ref());
        constraints.length("streamArn", stream_arn.as_deref(), ARN_LENGTHS.0, ARN_LENGTHS.1);
        let precision = constraints.enumeration(path, precision.as_deref());
        constraints.finish()?;
        Ok(Destination {
            table_name: table_name.unwrap_or_default(),
            stream_arn: stream_arn.unwrap_or_default(),
            precision,
        })
    }
}

fn read_configuration(reader: &mut Reader<'_>) -> Result<Option<String>, JsonError> {
    let mut precision = None;
    structure(reader, |reader, name| {
        match name {
            PRECISION => precision = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(precision)
}

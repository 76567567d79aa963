//! EnableKinesisStreamingDestination: every write acknowledged after the answer is delivered.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::data_streams::scope;
use crate::descriptor::Destination;
use crate::destinations::{answer, stored};
use serde_json::json;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::EnableKinesisStreamingDestination;
use wire::dynamodb::enumeration::Enumeration;

impl Database {
    /// EnableKinesisStreamingDestination.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table or stream, or the table has a destination.
    pub async fn enable_kinesis_streaming_destination(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = EnableKinesisStreamingDestination::decode(body)?;
        let (arn, precision) = (request.stream_arn, request.precision);
        self.change_destinations(caller, request.table_name, move |database, caller, table| {
            if database.data_streams.by_arn(scope(caller), &arn).is_none() {
                return Err(ApiError::resource_not_found(format!(
                    "Requested resource not found: Stream: {arn} not found"
                )));
            }
            if table.active_destination().is_some() {
                return Err(ApiError::validation(
                    "Table is not in a valid state to enable Kinesis Streaming Destination: \
                     EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE \
                     operation.",
                ));
            }
            let mut answer = answer(table, &arn, "ENABLING");
            answer["EnableKinesisStreamingConfiguration"] = match precision {
                Some(precision) => json!({ "ApproximateCreationDateTimePrecision": precision.as_str() }),
                None => json!({}),
            };
            let precision = precision.map(stored);
            table.put_destination(Destination { stream_arn: arn, active: true, precision, reason: None });
            Ok(answer)
        })
        .await
    }
}

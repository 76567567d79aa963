//! UpdateKinesisStreamingDestination: the precision in which the records of later writes tell their time.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::destinations::{answer, stored};
use serde_json::json;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::UpdateKinesisStreamingDestination;
use wire::dynamodb::enumeration::Enumeration;

impl Database {
    /// UpdateKinesisStreamingDestination.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, the destination is not active, or it is as asked for.
    pub async fn update_kinesis_streaming_destination(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = UpdateKinesisStreamingDestination::decode(body)?;
        let (arn, precision) = (request.stream_arn, request.precision);
        self.change_destinations(caller, request.table_name, move |_, _, table| {
            let (name, id) = (table.name.clone(), table.uuid.clone());
            let active = table.destinations.iter_mut().find(|one| one.active && one.stream_arn == arn);
            let Some(active) = active else {
                return Err(ApiError::validation(format!(
                    "Table is not in a valid state to enable Kinesis Streaming Destination: No streaming \
                     destination with streamArn: {arn} found for table with tableName: {name}"
                )));
            };
            let Some(precision) = precision else {
                return Err(ApiError::validation(
                    "Streaming destination cannot be updated with given parameters: \
                     UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
                ));
            };
            let text = precision.as_str();
            if active.precision.unwrap_or_default() == stored(precision) {
                return Err(ApiError::validation(format!(
                    "Invalid Request: Precision is already set to the desired value of {text} for tableId: {id}, \
                     kdsArn: {arn}"
                )));
            }
            active.precision = Some(stored(precision));
            let mut answer = answer(table, &arn, "UPDATING");
            answer["UpdateKinesisStreamingConfiguration"] =
                json!({ "ApproximateCreationDateTimePrecision": text });
            Ok(answer)
        })
        .await
    }
}

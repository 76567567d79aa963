//! DisableKinesisStreamingDestination: no write acknowledged after the answer is delivered.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::destinations::answer;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::DisableKinesisStreamingDestination;

impl Database {
    /// DisableKinesisStreamingDestination.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, or the destination is not active.
    pub async fn disable_kinesis_streaming_destination(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = DisableKinesisStreamingDestination::decode(body)?;
        let arn = request.stream_arn;
        self.change_destinations(caller, request.table_name, move |_, _, table| {
            let Some(active) = table.active_destination().filter(|active| active.stream_arn == arn) else {
                return Err(ApiError::validation(
                    "Table is not in a valid state to disable Kinesis Streaming Destination: \
                     KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
                ));
            };
            let mut disabled = active.clone();
            disabled.active = false;
            table.put_destination(disabled);
            Ok(answer(table, &arn, "DISABLING"))
        })
        .await
    }
}

//! DescribeKinesisStreamingDestination.

use crate::caller::{Caller, Reply};
use crate::{Database, destinations};
use serde_json::{Value, json};
use wire::ApiError;
use wire::dynamodb::DescribeKinesisStreamingDestination;

impl Database {
    /// DescribeKinesisStreamingDestination.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn describe_kinesis_streaming_destination(
        &self,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = DescribeKinesisStreamingDestination::decode(body)?;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        let described: Vec<Value> =
            entry.descriptor.destinations.iter().map(destinations::describe).collect();
        Ok(Reply::json(&json!({
            "TableName": entry.descriptor.name,
            "KinesisDataStreamDestinations": described,
        })))
    }
}

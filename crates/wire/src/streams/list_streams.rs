//! ListStreams.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};

/// Lists streams.
#[derive(Clone, Debug)]
pub struct ListStreams {
    /// Only those of tables of this name.
    pub table_name: Option<String>,
    /// The most streams answered, 1 to 100.
    pub limit: Option<i32>,
    /// The last stream of the page before.
    pub exclusive_start_stream_arn: Option<String>,
}

impl ListStreams {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListStreams, ApiError> {
        let (mut table_name, mut limit, mut start) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                "ExclusiveStartStreamArn" => start = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::OLD);
        constraints.range("limit", limit, 1, i32::MAX);
        if table_name.is_some() {
            // A name only: an ARN fails the pattern.
            constraints.plain_table_name("tableName", table_name.as_deref());
        }
        constraints.finish()?;
        if limit.is_some_and(|limit| limit > 100) {
            return Err(ApiError::validation(
                "One or more parameter values were invalid: Limit cannot be greater than the maximum allowed size: 100",
            ));
        }
        Ok(ListStreams { table_name, limit, exclusive_start_stream_arn: start })
    }
}

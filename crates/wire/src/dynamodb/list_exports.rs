//! ListExports.

use super::TABLE_ARN_LENGTH_MAX;
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Lists exports, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct ListExports {
    /// Only those of this table.
    pub table_arn: Option<String>,
    /// The most that are answered, 1 to 25.
    pub limit: Option<i32>,
    /// Where the page before ended.
    pub next_token: Option<String>,
}

impl ListExports {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListExports, ApiError> {
        let (mut table_arn, mut limit, mut next_token) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TableArn" => table_arn = owned_string(reader)?,
                "MaxResults" => limit = integer(reader)?.map(|limit| limit.value),
                "NextToken" => next_token = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::ListExports));
        constraints.length("tableArn", table_arn.as_deref(), 1, TABLE_ARN_LENGTH_MAX);
        constraints.range("maxResults", limit, 1, 25);
        constraints.finish()?;
        Ok(ListExports { table_arn, limit, next_token })
    }
}

//! ListExports.

use super::TABLE_ARN_LENGTH_MAX;
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Lists exports to S3. There are none.
#[derive(Clone, Debug)]
pub struct ListExports;

impl ListExports {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListExports, ApiError> {
        let (mut table_arn, mut limit) = (None, None);
        request(body, |reader, name| {
            match name {
                "TableArn" => table_arn = owned_string(reader)?,
                "MaxResults" => limit = integer(reader)?.map(|limit| limit.value),
                "NextToken" => drop(owned_string(reader)?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::ListExports));
        constraints.length("tableArn", table_arn.as_deref(), 1, TABLE_ARN_LENGTH_MAX);
        constraints.range("maxResults", limit, 1, 25);
        constraints.finish()?;
        Ok(ListExports)
    }
}

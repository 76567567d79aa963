//! GetRecords.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};

/// Reads records.
#[derive(Clone, Debug)]
pub struct GetRecords {
    /// The iterator.
    pub shard_iterator: String,
    /// The most records answered, 1 to 1,000.
    pub limit: Option<i32>,
}

impl GetRecords {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<GetRecords, ApiError> {
        let (mut shard_iterator, mut limit) = (None, None);
        request(body, |reader, name| {
            match name {
                "ShardIterator" => shard_iterator = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::OLD);
        constraints.required("shardIterator", shard_iterator.as_ref());
        constraints.length("shardIterator", shard_iterator.as_deref(), 1, 2048);
        constraints.range("limit", limit, 1, i32::MAX);
        constraints.finish()?;
        if limit.is_some_and(|limit| limit > 1000) {
            return Err(ApiError::validation(
                "One or more parameter values were invalid: Limit should be less than or equal to 1000",
            ));
        }
        Ok(GetRecords { shard_iterator: shard_iterator.unwrap_or_default(), limit })
    }
}

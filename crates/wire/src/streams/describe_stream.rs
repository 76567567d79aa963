//! DescribeStream.

use super::{SHARD_ID_LENGTH_MAX, SHARD_ID_LENGTH_MIN};
use crate::dynamodb::enumeration::ShardFilterType;
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request, structure};

/// Describes a stream and its shards.
#[derive(Clone, Debug)]
pub struct DescribeStream {
    /// The stream.
    pub stream_arn: String,
    /// The most shards answered, 1 to 100.
    pub limit: Option<i32>,
    /// The last shard of the page before.
    pub exclusive_start_shard_id: Option<String>,
    /// The shard whose children alone are asked for (`ShardFilter` of type `CHILD_SHARDS`).
    pub children_of: Option<String>,
}

#[derive(Default)]
struct Filter {
    kind: Option<String>,
    shard_id: Option<String>,
}

impl DescribeStream {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeStream, ApiError> {
        let (mut stream_arn, mut limit, mut start, mut filter) = (None, None, None, None);
        request(body, |reader, name| {
            match name {
                "StreamArn" => stream_arn = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                "ExclusiveStartShardId" => start = owned_string(reader)?,
                "ShardFilter" => filter = read_filter(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::OLD);
        constraints.required("streamArn", stream_arn.as_ref());
        constraints.range("limit", limit, 1, i32::MAX);
        constraints.length(
            "exclusiveStartShardId",
            start.as_deref(),
            SHARD_ID_LENGTH_MIN,
            SHARD_ID_LENGTH_MAX,
        );
        let children_of = filter.and_then(|filter| check_filter(&mut constraints, filter));
        constraints.finish()?;
        if limit.is_some_and(|limit| limit > 100) {
            return Err(ApiError::validation(
                "One or more parameter values were invalid: Limit cannot be greater than the maximum: 100",
            ));
        }
        let stream_arn = stream_arn.unwrap_or_default();
        Ok(DescribeStream { stream_arn, limit, exclusive_start_shard_id: start, children_of })
    }
}

fn read_filter(reader: &mut Reader<'_>) -> Result<Option<Filter>, JsonError> {
    let mut filter = Filter::default();
    let present = structure(reader, |reader, name| {
        match name {
            "Type" => filter.kind = owned_string(reader)?,
            "ShardId" => filter.shard_id = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| filter))
}

/// A filter needs both its members: there is one type, and it is about a shard.
fn check_filter(constraints: &mut Constraints, filter: Filter) -> Option<String> {
    let path = "shardFilter.shardId";
    constraints.required("shardFilter.type", filter.kind.as_ref());
    let kind: Option<ShardFilterType> = constraints.enumeration("shardFilter.type", filter.kind.as_deref());
    constraints.required(path, filter.shard_id.as_ref());
    constraints.length(path, filter.shard_id.as_deref(), SHARD_ID_LENGTH_MIN, SHARD_ID_LENGTH_MAX);
    kind.and(filter.shard_id)
}

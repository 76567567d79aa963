//! GetShardIterator.

use super::{SHARD_ID_LENGTH_MAX, SHARD_ID_LENGTH_MIN};
use crate::dynamodb::enumeration::ShardIteratorType;
use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request};

/// Makes an iterator over a shard.
#[derive(Clone, Debug)]
pub struct GetShardIterator {
    /// The stream.
    pub stream_arn: String,
    /// The shard.
    pub shard_id: String,
    /// Where it starts.
    pub shard_iterator_type: ShardIteratorType,
    /// The record it starts at or after, 21 to 40 characters; given exactly when the type needs one.
    pub sequence_number: Option<String>,
}

impl GetShardIterator {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<GetShardIterator, ApiError> {
        let (mut stream_arn, mut shard_id, mut kind, mut sequence_number) = (None, None, None, None);
        request(body, |reader, name| {
            match name {
                "StreamArn" => stream_arn = owned_string(reader)?,
                "ShardId" => shard_id = owned_string(reader)?,
                "ShardIteratorType" => kind = owned_string(reader)?,
                "SequenceNumber" => sequence_number = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::OLD);
        constraints.required("streamArn", stream_arn.as_ref());
        constraints.required("shardId", shard_id.as_ref());
        constraints.length("shardId", shard_id.as_deref(), SHARD_ID_LENGTH_MIN, SHARD_ID_LENGTH_MAX);
        constraints.required("shardIteratorType", kind.as_ref());
        let kind: Option<ShardIteratorType> = constraints.enumeration("shardIteratorType", kind.as_deref());
        match sequence_number.as_ref().map(|number: &String| number.chars().count()) {
            Some(..21) => constraints.fail_named("sequenceNumber", Constraint::MinLength(21)),
            Some(41..) => constraints.fail_named("sequenceNumber", Constraint::MaxLength(40)),
            Some(_) | None => {}
        }
        constraints.finish()?;
        let shard_iterator_type = kind.unwrap_or(ShardIteratorType::TrimHorizon);
        check_pairing(shard_iterator_type, sequence_number.is_some())?;
        Ok(GetShardIterator {
            stream_arn: stream_arn.unwrap_or_default(),
            shard_id: shard_id.unwrap_or_default(),
            shard_iterator_type,
            sequence_number,
        })
    }
}

fn check_pairing(kind: ShardIteratorType, has_number: bool) -> Result<(), ApiError> {
    use ShardIteratorType::{AfterSequenceNumber, AtSequenceNumber, Latest, TrimHorizon};
    match (kind, has_number) {
        (AtSequenceNumber | AfterSequenceNumber, false) => Err(ApiError::validation(
            "One or more parameter values were invalid: SequenceNumber cannot be null",
        )),
        (TrimHorizon | Latest, true) => Err(ApiError::validation(
            "One or more parameter values were invalid: SequenceNumber should not be passed for this iterator type",
        )),
        _ => Ok(()),
    }
}

//! GetShardIterator.

use super::{SHARD_ID_LENGTH_MAX, SHARD_ID_LENGTH_MIN};
use crate::dynamodb::enumeration::ShardIteratorType;
use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request, timestamp_ms};

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
    /// The time that it starts at, in milliseconds; given exactly when the type needs one.
    pub timestamp_ms: Option<i64>,
}

impl GetShardIterator {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<GetShardIterator, ApiError> {
        let (mut stream_arn, mut shard_id, mut kind) = (None, None, None);
        let (mut sequence_number, mut timestamp) = (None, None);
        request(body, |reader, name| {
            match name {
                "StreamArn" => stream_arn = owned_string(reader)?,
                "ShardId" => shard_id = owned_string(reader)?,
                "ShardIteratorType" => kind = owned_string(reader)?,
                "SequenceNumber" => sequence_number = owned_string(reader)?,
                "Timestamp" => timestamp = timestamp_ms(reader)?,
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
        check_pairing(shard_iterator_type, sequence_number.is_some(), timestamp.is_some())?;
        Ok(GetShardIterator {
            stream_arn: stream_arn.unwrap_or_default(),
            shard_id: shard_id.unwrap_or_default(),
            shard_iterator_type,
            sequence_number,
            timestamp_ms: timestamp,
        })
    }
}

fn check_pairing(kind: ShardIteratorType, has_number: bool, has_time: bool) -> Result<(), ApiError> {
    use ShardIteratorType::{AfterSequenceNumber, AtSequenceNumber, AtTimestamp};
    let wrong = match (kind, has_number, has_time) {
        (AtSequenceNumber | AfterSequenceNumber, false, _) => "SequenceNumber cannot be null",
        (AtSequenceNumber | AfterSequenceNumber, true, false) | (AtTimestamp, false, true) => return Ok(()),
        (AtTimestamp, false, false) => "Timestamp cannot be null",
        (_, true, _) if !matches!(kind, AtSequenceNumber | AfterSequenceNumber) => {
            "SequenceNumber should not be passed for this iterator type"
        }
        (_, _, true) => "Timestamp should not be passed for this iterator type",
        _ => return Ok(()),
    };
    Err(ApiError::validation(format!("One or more parameter values were invalid: {wrong}")))
}

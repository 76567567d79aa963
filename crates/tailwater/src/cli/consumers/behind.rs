//! How far a shard is behind: reads what comes after its checkpoint, and counts.

use super::asking::Asking;
use super::lease::{Checkpoint, Lease};
use crate::cli::remote::CallError;
use serde_json::{Value, json};

/// What waits in a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    /// How many records; none where nobody can know.
    pub(super) records: Option<u64>,
    /// Whether there are more than were counted.
    pub(super) more: bool,
    /// When the first of them was written, in milliseconds since the epoch.
    pub(super) oldest_ms: Option<u64>,
    pub(super) remark: Option<&'static str>,
}

/// How many empty pages say that there is nothing more in an open shard: on AWS one may come before what there is.
const EMPTY_PAGES: u32 = 2;

const UNKNOWN: &str = "only its worker knows where it is";
const TRIMMED: &str = "trimmed: what came after the checkpoint is gone";
const GONE: &str = "the shard is gone";
const EXPIRED: &str = "its iterator has expired: counted from the beginning of the shard";

/// What waits after the checkpoint of a lease; without a lease, all of the shard.
pub(super) async fn behind(
    asking: &mut Asking,
    stream: &str,
    (shard, lease): (&str, Option<&Lease>),
    most: u64,
) -> Result<Behind, CallError> {
    let Some(mut start) = start(lease) else {
        return Ok(Behind { remark: Some(UNKNOWN), ..Behind::default() });
    };
    let mut remark = None;
    loop {
        let counted = count(asking, stream, shard, (&start, most)).await;
        match counted {
            Ok(counted) => return Ok(Behind { remark, ..counted }),
            Err(CallError::Refused { code, .. }) if code == "ResourceNotFoundException" => {
                return Ok(Behind { remark: Some(GONE), ..Behind::default() });
            }
            // Never twice: the oldest record is not asked for by its number.
            Err(CallError::Refused { code, .. })
                if code == "TrimmedDataAccessException" && start != Start::Oldest =>
            {
                (start, remark) = (Start::Oldest, Some(TRIMMED));
            }
            Err(CallError::Refused { code, .. })
                if code == "ExpiredIteratorException" && matches!(start, Start::Iterator(_)) =>
            {
                let number = lease.and_then(|lease| lease.shard_start.clone());
                start = number.map_or(Start::Oldest, Start::At);
                remark = Some(EXPIRED);
            }
            Err(error) => return Err(error),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Oldest,
    At(String),
    After(String),
    Iterator(String),
}

fn start(lease: Option<&Lease>) -> Option<Start> {
    let Some(lease) = lease else { return Some(Start::Oldest) };
    match (&lease.checkpoint, &lease.bookmark, &lease.shard_start) {
        (Checkpoint::After(number), _, _) => Some(Start::After(number.clone())),
        (Checkpoint::TrimHorizon | Checkpoint::Latest, Some(iterator), _) => {
            Some(Start::Iterator(iterator.clone()))
        }
        (Checkpoint::TrimHorizon, None, Some(number)) => Some(Start::At(number.clone())),
        (Checkpoint::TrimHorizon, None, None) => Some(Start::Oldest),
        _ => None,
    }
}

async fn count(
    asking: &mut Asking,
    stream: &str,
    shard: &str,
    (start, most): (&Start, u64),
) -> Result<Behind, CallError> {
    let mut iterator = match start {
        Start::Oldest => asking.iterator(stream, shard, ("TRIM_HORIZON", None)).await?,
        Start::At(number) => asking.iterator(stream, shard, ("AT_SEQUENCE_NUMBER", Some(number))).await?,
        Start::After(number) => {
            asking.iterator(stream, shard, ("AFTER_SEQUENCE_NUMBER", Some(number))).await?
        }
        Start::Iterator(iterator) => iterator.clone(),
    };
    let (mut count, mut empty, mut oldest_ms) = (0_u64, 0, None);
    loop {
        let page = asking.stream("GetRecords", &json!({ "ShardIterator": iterator, "Limit": 1000 })).await?;
        let records = page["Records"].as_array().map_or(&[][..], Vec::as_slice);
        oldest_ms = oldest_ms.or_else(|| records.first().and_then(created_ms));
        count += records.len() as u64;
        empty = if records.is_empty() { empty + 1 } else { 0 };
        let next = page["NextShardIterator"].as_str();
        let more = count >= most && next.is_some();
        match next.filter(|_| !more && empty < EMPTY_PAGES) {
            Some(next) => iterator = next.to_owned(),
            None => return Ok(Behind { records: Some(count), more, oldest_ms, remark: None }),
        }
    }
}

/// When a record was written; streams give whole seconds.
fn created_ms(record: &Value) -> Option<u64> {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64()?;
    (seconds > 0.0).then_some(seconds * 1_000.0).map(|ms| ms as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_says_where_counting_begins() {
        let lease = |checkpoint: &str, bookmark: Option<&str>, shard_start: Option<&str>| Lease {
            checkpoint: Checkpoint::of(checkpoint),
            bookmark: bookmark.map(str::to_owned),
            shard_start: shard_start.map(str::to_owned),
            ..Lease::default()
        };
        for (lease, expected) in [
            (lease("5", Some("old"), Some("1")), Some(Start::After("5".to_owned()))),
            (lease("LATEST", Some("here"), Some("1")), Some(Start::Iterator("here".to_owned()))),
            (lease("TRIM_HORIZON", None, Some("1")), Some(Start::At("1".to_owned()))),
            (lease("TRIM_HORIZON", None, None), Some(Start::Oldest)),
            (lease("LATEST", None, Some("1")), None),
            (lease("AT_TIMESTAMP", None, None), None),
        ] {
            assert_eq!(start(Some(&lease)), expected, "{lease:?}");
        }
        assert_eq!(start(None), Some(Start::Oldest));
    }
}

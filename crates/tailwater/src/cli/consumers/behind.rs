//! How far a shard is behind: reads what comes after its checkpoint, and counts.

use super::lease::{Checkpoint, Lease};
use crate::cli::api::Streams;
use consumer::replica::follower::PAGE_MAX;
use consumer::transport::StartingPosition;
use consumer::{CallError, SequenceNumber};

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
    streams: &mut Streams,
    stream: &str,
    (shard, lease): (&str, Option<&Lease>),
    most: u64,
) -> Result<Behind, CallError> {
    let Some(mut start) = start(lease) else {
        return Ok(Behind { remark: Some(UNKNOWN), ..Behind::default() });
    };
    let mut remark = None;
    loop {
        let counted = count(streams, stream, shard, (&start, most)).await;
        match counted {
            Ok(counted) => return Ok(Behind { remark, ..counted }),
            Err(CallError::NotFound(_)) => return Ok(Behind { remark: Some(GONE), ..Behind::default() }),
            // Never twice: the oldest record is not asked for by its number.
            Err(CallError::Trimmed(_)) if start != OLDEST => (start, remark) = (OLDEST, Some(TRIMMED)),
            Err(CallError::ExpiredIterator(_)) if matches!(start, Start::Iterator(_)) => {
                let number = lease.and_then(|lease| lease.shard_start.as_deref());
                start = number.map_or(OLDEST, at);
                remark = Some(EXPIRED);
            }
            Err(error) => return Err(error),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Start {
    Position(StartingPosition),
    Iterator(String),
}

const OLDEST: Start = Start::Position(StartingPosition::TrimHorizon);

fn at(number: &str) -> Start {
    Start::Position(StartingPosition::At(SequenceNumber::new(number)))
}

fn start(lease: Option<&Lease>) -> Option<Start> {
    let Some(lease) = lease else { return Some(OLDEST) };
    match (&lease.checkpoint, &lease.bookmark, &lease.shard_start) {
        (Checkpoint::After(number), _, _) => {
            Some(Start::Position(StartingPosition::After(SequenceNumber::new(number))))
        }
        (Checkpoint::TrimHorizon | Checkpoint::Latest, Some(iterator), _) => {
            Some(Start::Iterator(iterator.clone()))
        }
        (Checkpoint::TrimHorizon, None, Some(number)) => Some(at(number)),
        (Checkpoint::TrimHorizon, None, None) => Some(OLDEST),
        _ => None,
    }
}

async fn count(
    streams: &mut Streams,
    stream: &str,
    shard: &str,
    (start, most): (&Start, u64),
) -> Result<Behind, CallError> {
    let mut iterator = match start {
        Start::Position(position) => streams.iterator(stream, shard, position).await?,
        Start::Iterator(iterator) => iterator.clone(),
    };
    let (mut count, mut empty, mut oldest_ms) = (0_u64, 0, None);
    loop {
        let page = streams.records(&iterator, PAGE_MAX).await?.changes;
        oldest_ms = oldest_ms.or_else(|| page.changes.first().and_then(|change| change.created_ms));
        count += page.changes.len() as u64;
        empty = if page.changes.is_empty() { empty + 1 } else { 0 };
        let next = page.next;
        let more = count >= most && next.is_some();
        match next.filter(|_| !more && empty < EMPTY_PAGES) {
            Some(next) => iterator = next,
            None => return Ok(Behind { records: Some(count), more, oldest_ms, remark: None }),
        }
    }
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
            (
                lease("5", Some("old"), Some("1")),
                Some(Start::Position(StartingPosition::After(SequenceNumber::new("5")))),
            ),
            (lease("LATEST", Some("here"), Some("1")), Some(Start::Iterator("here".to_owned()))),
            (lease("TRIM_HORIZON", None, Some("1")), Some(at("1"))),
            (lease("TRIM_HORIZON", None, None), Some(OLDEST)),
            (lease("LATEST", None, Some("1")), None),
            (lease("AT_TIMESTAMP", None, None), None),
        ] {
            assert_eq!(start(Some(&lease)), expected, "{lease:?}");
        }
        assert_eq!(start(None), Some(OLDEST));
    }
}

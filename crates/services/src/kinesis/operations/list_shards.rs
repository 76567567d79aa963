//! ListShards: a page of a stream's shards, those of a moment where a filter says so.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{NAME, Request};
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;
use store::Store;
use streams::data_stream::{DataShard, DataShardId};

const LIMIT: usize = 1_000;
const LIMIT_MAX: i64 = 10_000;
const TOKEN_LENGTH_MAX: usize = 1_048_576;

const FILTERS: (&[&str], &str) = (
    &[
        "AFTER_SHARD_ID",
        "AT_TRIM_HORIZON",
        "FROM_TRIM_HORIZON",
        "AT_LATEST",
        "AT_TIMESTAMP",
        "FROM_TIMESTAMP",
    ],
    "[AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, FROM_TIMESTAMP, AT_TIMESTAMP, AFTER_SHARD_ID]",
);

/// Which shards are meant.
enum Filter {
    After(DataShardId),
    AtTrimHorizon,
    FromTrimHorizon,
    AtLatest,
    At(u64),
    From(u64),
}

impl Filter {
    fn read(request: &mut Request) -> Result<Option<Self>, Failure> {
        let Some(filter) = request.take("ShardFilter") else { return Ok(None) };
        request.within("shardFilter".to_owned(), filter, |filter| {
            let kind = filter.one_of("Type", FILTERS)?;
            let kind = filter.required("Type", kind);
            let shard = filter.pattern("ShardId", 128, NAME)?;
            let time_ms = filter.time_ms("Timestamp")?;
            filter.finish()?;
            let missing = |what: &str| {
                Failure::argument(format!(
                    "{what} must be given where the type of ShardFilter is {}.",
                    kind.unwrap_or_default()
                ))
            };
            Ok(Some(match kind.unwrap_or_default() {
                "AFTER_SHARD_ID" => Self::After(shard_id(&shard.ok_or_else(|| missing("ShardId"))?)),
                "AT_TRIM_HORIZON" => Self::AtTrimHorizon,
                "AT_LATEST" => Self::AtLatest,
                "AT_TIMESTAMP" => Self::At(time_ms.ok_or_else(|| missing("Timestamp"))?),
                "FROM_TIMESTAMP" => Self::From(time_ms.ok_or_else(|| missing("Timestamp"))?),
                _ => Self::FromTrimHorizon,
            }))
        })
    }

    /// The shards that it means, of those that have not expired.
    fn apply<'a>(&self, shards: &[&'a DataShard]) -> Vec<&'a DataShard> {
        let lives = |id: &DataShardId| shards.iter().any(|shard| shard.number == *id);
        let open_at = |shard: &DataShard, ms: u64| shard.closed_ms.is_none_or(|closed_ms| closed_ms > ms);
        let first = |shard: &DataShard| !shard.parents.iter().any(lives);
        let oldest_ms = shards.iter().map(|shard| shard.created_ms).min().unwrap_or_default();
        let meant = |shard: &&&DataShard| match self {
            Self::After(id) => shard.number > *id,
            // Those from which everything that is there is reached.
            Self::AtTrimHorizon => first(shard),
            Self::At(ms) if *ms <= oldest_ms => first(shard),
            Self::FromTrimHorizon => true,
            Self::AtLatest => shard.is_open(),
            Self::At(ms) => shard.created_ms <= *ms && open_at(shard, *ms),
            Self::From(ms) => shard.closed_ms.is_none_or(|closed_ms| closed_ms >= *ms),
        };
        shards.iter().filter(meant).copied().collect()
    }
}

/// The id; above all where it is none.
fn shard_id(text: &str) -> DataShardId {
    DataShardId::parse(text).unwrap_or(DataShardId(u64::MAX))
}

impl Kinesis {
    pub(in crate::kinesis) fn list_shards(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let token = request.text_of("NextToken", (1, TOKEN_LENGTH_MAX))?;
        let after = request.pattern("ExclusiveStartShardId", 128, NAME)?;
        let limit = request.integer("MaxResults", (1, LIMIT_MAX))?;
        let created_ms = request.time_ms("StreamCreationTimestamp")?;
        let filter = Filter::read(&mut request)?;
        request.finish()?;
        let (stream, after, filtered) = match token {
            // Of the page before: the stream and the last shard, and whether there was a filter (which is said again).
            Some(token) => {
                let page = Page::read(&token).ok_or_else(|| Failure::argument("Invalid NextToken"))?;
                let stream =
                    self.database.data_streams().by_arn(super::super::resource::scope(caller), &page.arn);
                let stream = stream.ok_or_else(|| Failure::argument("Invalid NextToken"))?;
                (stream, None, Some(page.left))
            }
            None => (self.stream(&meant, caller)?, after, None),
        };
        if created_ms.is_some_and(|created_ms| created_ms / 1_000 != stream.created_ms / 1_000) {
            return Err(Failure::not_found(format!(
                "Stream {} under account {} with that creation time not found.",
                stream.name, caller.account
            )));
        }
        let living = self.living_shards(&stream);
        let mut shards = match (&filtered, &filter) {
            (Some(left), _) => living.into_iter().filter(|shard| left.contains(&shard.number)).collect(),
            (None, Some(filter)) => filter.apply(&living),
            (None, None) => living,
        };
        if let Some(after) = after.as_deref().map(shard_id) {
            shards.retain(|shard| shard.number > after);
        }
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT);
        let rest = shards.split_off(limit.min(shards.len()));
        let listed = describe::shards(&shards, &self.database.store().snapshot());
        let mut members = vec![("Shards", listed)];
        if !rest.is_empty() {
            let left = rest.iter().map(|shard| shard.number).collect();
            members.push(("NextToken", Value::from(Page { arn: stream.arn.clone(), left }.text())));
        }
        Ok(Value::structure(members))
    }
}

/// What a token says: the stream, and the shards that are left.
struct Page {
    arn: String,
    left: Vec<DataShardId>,
}

impl Page {
    fn text(&self) -> String {
        let left: Vec<String> = self.left.iter().map(|shard| shard.0.to_string()).collect();
        format!("{}|{}", self.arn, left.join(","))
    }

    fn read(text: &str) -> Option<Self> {
        let (arn, left) = text.split_once('|')?;
        let left = left.split(',').map(|number| number.parse().ok().map(DataShardId));
        Some(Self { arn: arn.to_owned(), left: left.collect::<Option<_>>()? })
    }
}

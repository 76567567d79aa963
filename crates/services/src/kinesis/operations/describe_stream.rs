//! DescribeStream: a stream with a page of its shards.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{NAME, Request};
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;
use store::Store;
use streams::data_stream::DataShardId;

const LIMIT: usize = 100;
const LIMIT_MAX: i64 = 10_000;

impl Kinesis {
    pub(in crate::kinesis) fn describe_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let limit = request.integer("Limit", (1, LIMIT_MAX))?;
        let after = request.pattern("ExclusiveStartShardId", 128, NAME)?;
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let mut shards = self.living_shards(&stream);
        if let Some(after) = &after {
            // What is no shard has nothing behind it.
            let after = DataShardId::parse(after).unwrap_or(DataShardId(u64::MAX));
            shards.retain(|shard| shard.number > after);
        }
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT);
        let more = shards.len() > limit;
        shards.truncate(limit);
        let shards = describe::shards(&shards, &self.database.store().snapshot());
        let mut members = describe::head(&stream);
        members.extend(describe::settings(&stream));
        members.extend([("Shards", shards), ("HasMoreShards", Value::Boolean(more))]);
        Ok(Value::structure([("StreamDescription", Value::structure(members))]))
    }
}

//! MergeShards.

use super::split_shard::closed;
use crate::kinesis::failure::Failure;
use crate::kinesis::request::{NAME, Request};
use crate::kinesis::resource::{Reference, no_shard};
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use streams::data_stream::{DataPlanError, DataStream};

impl Kinesis {
    pub(in crate::kinesis) async fn merge_shards(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let shard = request.pattern("ShardToMerge", 128, NAME)?;
        let shard = request.required("ShardToMerge", shard).unwrap_or_default();
        let adjacent = request.pattern("AdjacentShardToMerge", 128, NAME)?;
        let adjacent = request.required("AdjacentShardToMerge", adjacent).unwrap_or_default();
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let (one, other) =
            (self.living_shard(&stream, &shard)?.number, self.living_shard(&stream, &adjacent)?.number);
        let merge = self.database.change_data_stream(caller, &stream.name, move |stream, opening| {
            if one == other {
                return Err(refusal(stream, DataPlanError::NotAdjacent(one, other)));
            }
            stream.merge(one, other, opening).map_err(|error| refusal(stream, error))
        });
        merge
            .await
            .map_err(|error| Failure::of_change(error, (&stream.name, &caller.account), |failure| failure))?;
        Ok(Value::Null)
    }
}

fn refusal(stream: &DataStream, error: DataPlanError) -> Failure {
    match error {
        DataPlanError::UnknownShard(id) => no_shard(&id.to_string(), stream),
        DataPlanError::ShardClosed(id) => closed(stream, &id.to_string()),
        DataPlanError::NotAdjacent(one, other) => Failure::argument(format!(
            "Shards {one} and {other} in stream {} under account {} are not an adjacent pair of shards eligible for \
             merging",
            stream.name, stream.account
        )),
        DataPlanError::OutOfRange(_) => Failure::internal(error),
    }
}

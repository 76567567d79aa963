//! SplitShard.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{HASH_KEY, NAME, Request};
use crate::kinesis::resource::{Reference, no_shard};
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use streams::data_stream::{DataPlanError, DataStream};

impl Kinesis {
    pub(in crate::kinesis) async fn split_shard(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let shard = request.pattern("ShardToSplit", 128, NAME)?;
        let shard = request.required("ShardToSplit", shard).unwrap_or_default();
        let hash_key = request.pattern("NewStartingHashKey", 39, HASH_KEY)?;
        let hash_key = request.required("NewStartingHashKey", hash_key).unwrap_or_default();
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let number = self.living_shard(&stream, &shard)?.number;
        self.check_shard_limit(caller, 1)?;
        // A key that is no number of 128 bits is above every shard's, as is the largest of one shard alone.
        let at: Option<u128> = hash_key.parse().ok();
        let split = self.database.change_data_stream(caller, &stream.name, move |stream, opening| {
            let outside = || refusal(stream, DataPlanError::OutOfRange(number), &hash_key);
            let range = stream.shard(number).map_or((0, 0), |shard| (shard.first, shard.last));
            // Closer to the ends of the range than AWS lets it be, though a child would own something.
            let inside = |at: &u128| *at > range.0.saturating_add(1) && *at < range.1;
            let at = at.filter(inside).ok_or_else(outside)?;
            stream.split(number, at, opening).map_err(|error| refusal(stream, error, &hash_key))
        });
        split
            .await
            .map_err(|error| Failure::of_change(error, (&stream.name, &caller.account), |failure| failure))?;
        Ok(Value::Null)
    }
}

fn refusal(stream: &DataStream, error: DataPlanError, hash_key: &str) -> Failure {
    let (name, account) = (&stream.name, &stream.account);
    match error {
        DataPlanError::UnknownShard(id) => no_shard(&id.to_string(), stream),
        DataPlanError::ShardClosed(id) => closed(stream, &id.to_string()),
        DataPlanError::OutOfRange(id) | DataPlanError::NotAdjacent(id, _) => {
            let (first, last) = stream.shard(id).map_or((0, 0), |shard| (shard.first, shard.last));
            Failure::argument(format!(
                "NewStartingHashKey {hash_key} used in SplitShard() on shard {id} in stream {name} under account \
                 {account} is not both greater than one plus the shard's StartingHashKey {first} and less than the \
                 shard's EndingHashKey {last}."
            ))
        }
    }
}

/// A shard that is closed cannot be split or merged.
pub(super) fn closed(stream: &DataStream, shard: &str) -> Failure {
    Failure::new(
        "ResourceInUseException",
        format!(
            "Shard {shard} in stream {} under account {} has already been merged or split, and thus is not eligible \
             for merging or splitting.",
            stream.name, stream.account
        ),
    )
}

//! Which stream a request is about: by name, or by ARN.

use super::Kinesis;
use super::failure::Failure;
use super::request::{NAME, Request, STREAM_ARN};
use database::Caller;
use std::sync::Arc;
use streams::data_stream::{DataShard, DataShardId, DataStream};

/// The stream that a request names.
#[derive(Debug)]
pub(super) struct Reference {
    name: Option<String>,
    arn: Option<String>,
    by_id: bool,
}

impl Reference {
    /// Reads the members that say which.
    pub(super) fn read(request: &mut Request) -> Result<Self, Failure> {
        let name = request.pattern("StreamName", 128, NAME)?;
        let arn = request.pattern("StreamARN", 2048, STREAM_ARN)?;
        let by_id = request.text_of("StreamId", (1, 24))?.is_some();
        Ok(Self { name, arn, by_id })
    }

    /// The name of the stream.
    fn name(&self) -> Result<&str, Failure> {
        let of_arn = self.arn.as_deref().and_then(|arn| arn.split_once(":stream/")).map(|(_, name)| name);
        match (self.name.as_deref(), of_arn) {
            (Some(name), Some(other)) if name != other => Err(Failure::argument(format!(
                "StreamARN names another stream than StreamName: {other}, {name}"
            ))),
            (Some(name), _) | (None, Some(name)) => Ok(name),
            (None, None) if self.by_id => Err(Failure::argument(
                "StreamId is not supported by this server: give StreamName or StreamARN",
            )),
            (None, None) => Err(Failure::argument("Must provide one of StreamName or StreamARN.")),
        }
    }
}

/// The caller as streams know it.
pub(super) fn scope(caller: &Caller) -> streams::Caller<'_> {
    streams::Caller { account: &caller.account, region: &caller.region }
}

/// There is no such stream.
pub(super) fn no_stream(name: &str, caller: &Caller) -> Failure {
    Failure::not_found(format!("Stream {name} under account {} not found.", caller.account))
}

/// There is no such shard.
pub(super) fn no_shard(shard: &str, stream: &DataStream) -> Failure {
    Failure::not_found(format!(
        "Shard {shard} in stream {} under account {} does not exist",
        stream.name, stream.account
    ))
}

impl Kinesis {
    /// The stream that is meant.
    pub(super) fn stream(&self, meant: &Reference, caller: &Caller) -> Result<Arc<DataStream>, Failure> {
        let name = meant.name()?;
        let streams = self.database.data_streams();
        let found = match &meant.arn {
            Some(arn) => streams.by_arn(scope(caller), arn),
            None => streams.get(scope(caller), name),
        };
        found.ok_or_else(|| no_stream(name, caller))
    }

    /// Service time.
    pub(super) fn now_ms(&self) -> u64 {
        self.database.environment().clock.now_ms()
    }

    /// The shards of a stream that have not expired.
    pub(super) fn living_shards<'a>(&self, stream: &'a DataStream) -> Vec<&'a DataShard> {
        let (now_ms, retention_ms) = (self.now_ms(), stream.retention_ms());
        stream.shards.iter().filter(|shard| !shard.has_expired(now_ms, retention_ms)).collect()
    }

    /// The shard of this id, unless it has expired.
    pub(super) fn living_shard<'a>(
        &self,
        stream: &'a DataStream,
        id: &str,
    ) -> Result<&'a DataShard, Failure> {
        let shard = DataShardId::parse(id).and_then(|id| stream.shard(id));
        let living = shard.filter(|shard| !shard.has_expired(self.now_ms(), stream.retention_ms()));
        living.ok_or_else(|| no_shard(id, stream))
    }
}

//! Streams and shards as they are shown.

use super::Value;
use std::collections::BTreeSet;
use store::{LogState, Snapshot};
use streams::SequenceNumber;
use streams::data_stream::{DataShard, DataStream};

/// `ON_DEMAND` or `PROVISIONED`.
pub(super) fn mode(stream: &DataStream) -> Value {
    let mode = if stream.on_demand { "ON_DEMAND" } else { "PROVISIONED" };
    Value::structure([("StreamMode", Value::from(mode))])
}

/// What all descriptions of a stream say.
pub(super) fn head(stream: &DataStream) -> Vec<(&'static str, Value)> {
    vec![
        ("StreamName", Value::from(stream.name.as_str())),
        ("StreamARN", Value::from(stream.arn.as_str())),
        ("StreamStatus", Value::from("ACTIVE")),
        ("StreamModeDetails", mode(stream)),
        ("StreamCreationTimestamp", Value::Time(stream.created_ms)),
    ]
}

/// What both long descriptions say besides.
pub(super) fn settings(stream: &DataStream) -> Vec<(&'static str, Value)> {
    let monitored = Value::structure([("ShardLevelMetrics", metrics(&stream.metrics))]);
    let encryption = if stream.encryption_key.is_some() { "KMS" } else { "NONE" };
    let mut members = vec![
        ("RetentionPeriodHours", Value::Integer(i64::from(stream.retention_hours))),
        ("EnhancedMonitoring", Value::List(vec![monitored])),
        ("EncryptionType", Value::from(encryption)),
    ];
    members.extend(stream.encryption_key.as_deref().map(|key| ("KeyId", Value::from(key))));
    members
}

/// Names of metrics.
pub(super) fn metrics(metrics: &BTreeSet<String>) -> Value {
    Value::List(metrics.iter().map(|metric| Value::from(metric.as_str())).collect())
}

/// A range of hash keys.
pub(super) fn hash_keys(shard: &DataShard) -> Value {
    Value::structure([
        ("StartingHashKey", Value::from(shard.first.to_string())),
        ("EndingHashKey", Value::from(shard.last.to_string())),
    ])
}

/// Shards, but for those whose logs are not there.
pub(super) fn shards(shards: &[&DataShard], snapshot: &impl Snapshot) -> Value {
    let shown = shards.iter().filter_map(|shard| Some(one_shard(shard, &snapshot.log(shard.log)?)));
    Value::List(shown.collect())
}

fn one_shard(shard: &DataShard, state: &LogState) -> Value {
    let number = |position| Value::from(SequenceNumber::of(position).to_string());
    let mut range = vec![("StartingSequenceNumber", number(state.start))];
    if !shard.is_open() {
        range.push(("EndingSequenceNumber", number(state.tail)));
    }
    let mut members = vec![("ShardId", Value::from(shard.number.to_string()))];
    for (name, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(&shard.parents) {
        members.push((name, Value::from(parent.to_string())));
    }
    members.push(("HashKeyRange", hash_keys(shard)));
    members.push(("SequenceNumberRange", Value::structure(range)));
    Value::structure(members)
}

/// The shards that go on from one, as GetRecords tells them at its end.
pub(super) fn children(stream: &DataStream, shard: &DataShard) -> Value {
    let child = |child: &DataShard| {
        let parents = child.parents.iter().map(|parent| Value::from(parent.to_string()));
        Value::structure([
            ("ShardId", Value::from(child.number.to_string())),
            ("ParentShards", Value::List(parents.collect())),
            ("HashKeyRange", hash_keys(child)),
        ])
    };
    Value::List(stream.children(shard.number).map(child).collect())
}

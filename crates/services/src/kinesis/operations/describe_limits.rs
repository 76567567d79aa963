//! DescribeLimits.

use super::create_stream::SHARDS_MAX;
use crate::kinesis::resource::scope;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

impl Kinesis {
    pub(in crate::kinesis) fn describe_limits(&self, caller: &Caller) -> Value {
        let streams = self.database.data_streams().after(scope(caller), None);
        let open: usize = streams.iter().map(|stream| stream.open_shards().len()).sum();
        let on_demand = streams.iter().filter(|stream| stream.on_demand).count();
        Value::structure([
            ("ShardLimit", Value::count(SHARDS_MAX)),
            ("OpenShardCount", Value::count(open)),
            ("OnDemandStreamCount", Value::count(on_demand)),
            // Each has shards, so there is no other limit.
            ("OnDemandStreamCountLimit", Value::count(SHARDS_MAX)),
        ])
    }
}

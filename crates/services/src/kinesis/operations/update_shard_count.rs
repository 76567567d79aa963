//! UpdateShardCount: shards of even width, by splits and merges in one commit.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::Request;
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;

const SCALING: (&[&str], &str) = (&["UNIFORM_SCALING"], "[UNIFORM_SCALING]");

impl Kinesis {
    pub(in crate::kinesis) async fn update_shard_count(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let target = request.integer("TargetShardCount", (1, i64::MAX))?;
        let target = request.required("TargetShardCount", target).unwrap_or_default();
        let scaling = request.one_of("ScalingType", SCALING)?;
        request.required("ScalingType", scaling);
        request.finish()?;
        let stream = self.stream(&meant, caller)?;
        let present = stream.open_shards().len();
        let shards = u32::try_from(target).unwrap_or(u32::MAX);
        if shards as usize > present.saturating_mul(2) || (shards as usize) < present.div_ceil(2) {
            let bound = if shards as usize > present { present * 2 } else { present.div_ceil(2) };
            let which = if shards as usize > present {
                "UpdateShardCount cannot scale up over double"
            } else {
                "UpdateShardCount cannot scale down below half"
            };
            return Err(Failure::new(
                "LimitExceededException",
                format!(
                    "{which} your current open shard count. Current open shard count: {present} Target shard count: \
                     {target}, limit: {bound}"
                ),
            ));
        }
        self.check_shard_limit(caller, shards.saturating_sub(u32::try_from(present).unwrap_or(u32::MAX)))?;
        let scaled = self
            .database
            .change_data_stream(caller, &stream.name, move |stream, opening| stream.scale(shards, opening));
        scaled
            .await
            .map_err(|error| Failure::of_change(error, (&stream.name, &caller.account), Failure::internal))?;
        Ok(Value::structure([
            ("StreamName", Value::from(stream.name.as_str())),
            ("CurrentShardCount", Value::count(present)),
            ("TargetShardCount", Value::Integer(target)),
            ("StreamARN", Value::from(stream.arn.as_str())),
        ]))
    }
}

//! CreateStream: the stream is ACTIVE when this answers.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{NAME, Request};
use crate::kinesis::resource::scope;
use crate::kinesis::{Kinesis, Value, tags};
use database::Caller;
use streams::data_stream::NewDataStream;

/// How many open shards an account has in a region at most.
pub(super) const SHARDS_MAX: usize = 20_000;

/// The modes of a stream, the default first, and their set as AWS lists it.
pub(super) const MODES: (&[&str], &str) = (&["PROVISIONED", "ON_DEMAND"], "[PROVISIONED, ON_DEMAND]");

/// How many shards a stream on demand begins with.
const ON_DEMAND_SHARDS: u32 = 4;

const RETENTION_HOURS: u32 = 24;
/// The least and the most that the largest record of a stream may have; the least is the default.
pub(super) const RECORD_SIZES_KIB: (i64, i64) = (1_024, 10_240);

impl Kinesis {
    pub(in crate::kinesis) async fn create_stream(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let name = request.pattern("StreamName", 128, NAME)?;
        let name = request.required("StreamName", name);
        let shards = request.integer("ShardCount", (1, i64::MAX))?;
        let on_demand = read_mode(&mut request)? == Some("ON_DEMAND");
        let tags = tags::read(&mut request)?.unwrap_or_default();
        let record_size = request.integer("MaxRecordSizeInKiB", RECORD_SIZES_KIB)?;
        request.finish()?;
        request.unsupported(&["WarmThroughputMiBps", "RecordDistributionStrategy"])?;
        let shards = match (on_demand, shards) {
            (true, Some(_)) => {
                return Err(Failure::argument("ShardCount must not be given where StreamMode is ON_DEMAND."));
            }
            (false, None) => {
                return Err(Failure::argument("ShardCount must be given where StreamMode is PROVISIONED."));
            }
            (true, None) => ON_DEMAND_SHARDS,
            (false, Some(shards)) => u32::try_from(shards).unwrap_or(u32::MAX),
        };
        self.check_shard_limit(caller, shards)?;
        let name = name.unwrap_or_default();
        let new = NewDataStream {
            name: name.clone(),
            account: caller.account.to_string(),
            region: caller.region.to_string(),
            on_demand,
            retention_hours: RETENTION_HOURS,
            record_size_max_kib: u32::try_from(record_size.unwrap_or(RECORD_SIZES_KIB.0)).unwrap_or(u32::MAX),
            tags: tags::first(tags)?,
            shards,
        };
        match self.database.create_data_stream(new).await {
            Ok(_) => Ok(Value::Null),
            Err(error) => Err(Failure::of_change(error, (&name, &caller.account), |never| match never {})),
        }
    }

    /// Refuses more shards than an account may have.
    pub(super) fn check_shard_limit(&self, caller: &Caller, more: u32) -> Result<(), Failure> {
        let streams = self.database.data_streams().after(scope(caller), None);
        let open: usize = streams.iter().map(|stream| stream.open_shards().len()).sum();
        if open.saturating_add(more as usize) <= SHARDS_MAX {
            return Ok(());
        }
        Err(Failure::new(
            "LimitExceededException",
            format!(
                "This request would exceed the shard limit for the account {} in {}. Current shard count for the \
                 account: {open}. Limit: {SHARDS_MAX}. Number of additional shards that would have resulted from this \
                 request: {more}.",
                caller.account, caller.region
            ),
        ))
    }
}

/// Reads the member `StreamModeDetails`.
pub(super) fn read_mode(request: &mut Request) -> Result<Option<&'static str>, Failure> {
    let Some(details) = request.take("StreamModeDetails") else { return Ok(None) };
    request.within("streamModeDetails".to_owned(), details, |details| {
        let mode = details.one_of("StreamMode", MODES)?;
        Ok(details.required("StreamMode", mode))
    })
}
